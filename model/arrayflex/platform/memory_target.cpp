#include "arrayflex/platform/memory_target.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "arrayflex/core/error.h"

namespace arrayflex::platform {

MemoryTarget::MemoryTarget(const sc_core::sc_module_name& name, const MemoryParameters& parameters)
    : sc_core::sc_module(name),
      socket("socket"),
      parameters_(parameters),
      phase_queue_(this, &MemoryTarget::on_phase) {
  if (parameters.size_bytes == 0 || parameters.size_bytes - 1 > ~parameters.base_address) {
    throw InputError("size_bytes", std::to_string(parameters.size_bytes),
                     "1..2^64 - base_address is allowed");
  }
  if (!(parameters.bytes_per_ns >= 0) || std::isinf(parameters.bytes_per_ns)) {
    throw InputError("bytes_per_ns", std::to_string(parameters.bytes_per_ns),
                     "0 (unlimited) or a positive number is allowed");
  }
  socket.register_b_transport(this, &MemoryTarget::b_transport);
  socket.register_nb_transport_fw(this, &MemoryTarget::nb_transport_fw);
  socket.register_transport_dbg(this, &MemoryTarget::transport_dbg);
  socket.register_get_direct_mem_ptr(this, &MemoryTarget::get_direct_mem_ptr);
}

sc_core::sc_time MemoryTarget::transfer_time(std::uint64_t bytes) const {
  if (parameters_.bytes_per_ns <= 0) return sc_core::SC_ZERO_TIME;
  return {static_cast<double>(bytes) / parameters_.bytes_per_ns, sc_core::SC_NS};
}

tlm::tlm_response_status MemoryTarget::execute(tlm::tlm_generic_payload& payload) {
  if (payload.get_command() == tlm::TLM_IGNORE_COMMAND) return tlm::TLM_OK_RESPONSE;
  if (!payload.is_read() && !payload.is_write()) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  unsigned char* data = payload.get_data_ptr();
  const std::uint64_t length = payload.get_data_length();
  const std::uint64_t width = std::min<std::uint64_t>(payload.get_streaming_width(), length);
  if (length == 0 || width == 0) return tlm::TLM_BURST_ERROR_RESPONSE;
  if (data == nullptr) return tlm::TLM_GENERIC_ERROR_RESPONSE;
  // Below the base the offset wraps to a large number.
  const std::uint64_t offset = payload.get_address() - parameters_.base_address;
  if (offset >= parameters_.size_bytes || width > parameters_.size_bytes - offset) {
    return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  }
  const unsigned char* enables = payload.get_byte_enable_ptr();
  const std::uint64_t enable_length = payload.get_byte_enable_length();
  if (enables != nullptr) {
    const bool valid = enable_length != 0 &&
                       std::all_of(enables, enables + enable_length, [](unsigned char enable) {
                         return enable == TLM_BYTE_ENABLED || enable == TLM_BYTE_DISABLED;
                       });
    if (!valid) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  }
  const auto is_enabled = [&](std::uint64_t i) {
    return enables == nullptr || enables[i % enable_length] == TLM_BYTE_ENABLED;
  };
  std::uint64_t count = 0;
  for (std::uint64_t i = 0; i < length; i += count) {
    // Neighbours within a beat of one streaming width are copied at once.
    const std::uint64_t most = std::min(width - i % width, length - i);
    const bool enabled = is_enabled(i);
    count = enables == nullptr ? most : 1;
    while (count < most && is_enabled(i + count) == enabled) ++count;
    if (!enabled) continue;
    const std::uint64_t at = offset + i % width;
    const bool done = payload.is_read() ? load(at, data + i, count) : store(at, data + i, count);
    if (!done) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  }
  return tlm::TLM_OK_RESPONSE;
}

bool MemoryTarget::grants_dmi() {
  return parameters_.grant_dmi && parameters_.bytes_per_ns <= 0 && direct() != nullptr;
}

void MemoryTarget::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  payload.set_response_status(execute(payload));
  payload.set_dmi_allowed(grants_dmi());
  delay += parameters_.latency + transfer_time(payload.get_data_length());
}

tlm::tlm_sync_enum MemoryTarget::nb_transport_fw(tlm::tlm_generic_payload& payload,
                                                 tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  if (phase == tlm::END_RESP) {
    payload.acquire();
    phase_queue_.notify(payload, tlm::END_RESP, delay);
    return tlm::TLM_ACCEPTED;
  }
  if (phase != tlm::BEGIN_REQ) return tlm::TLM_ACCEPTED;
  payload.acquire();
  const sc_core::sc_time& now = sc_core::sc_time_stamp();
  busy_until_ = std::max(busy_until_, now + delay + parameters_.latency) +
                transfer_time(payload.get_data_length());
  phase_queue_.notify(payload, tlm::BEGIN_RESP, busy_until_ - now);
  phase = tlm::END_REQ;
  return tlm::TLM_UPDATED;
}

void MemoryTarget::on_phase(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase) {
  if (phase == tlm::BEGIN_RESP) {
    payload.set_response_status(execute(payload));
    ready_.push_back(&payload);
  } else {
    responding_ = false;
    payload.release();
  }
  respond();
}

void MemoryTarget::respond() {
  while (!responding_ && !ready_.empty()) {
    tlm::tlm_generic_payload& payload = *ready_.front();
    ready_.pop_front();
    responding_ = true;
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    const tlm::tlm_sync_enum answer = socket->nb_transport_bw(payload, phase, delay);
    const bool ended =
        answer == tlm::TLM_COMPLETED || (answer == tlm::TLM_UPDATED && phase == tlm::END_RESP);
    if (ended && delay > sc_core::SC_ZERO_TIME) {
      payload.acquire();
      phase_queue_.notify(payload, tlm::END_RESP, delay);
    } else if (ended) {
      responding_ = false;
    }
    payload.release();
  }
}

unsigned int MemoryTarget::transport_dbg(tlm::tlm_generic_payload& payload) {
  const std::uint64_t offset = payload.get_address() - parameters_.base_address;
  unsigned char* data = payload.get_data_ptr();
  if (offset >= parameters_.size_bytes || data == nullptr) return 0;
  const std::uint64_t count =
      std::min<std::uint64_t>(payload.get_data_length(), parameters_.size_bytes - offset);
  if (count == 0) return 0;
  const bool done = (payload.is_read() && load(offset, data, count)) ||
                    (payload.is_write() && store(offset, data, count));
  return done ? static_cast<unsigned int>(count) : 0;
}

bool MemoryTarget::get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi& dmi) {
  dmi.set_start_address(parameters_.base_address);
  dmi.set_end_address(parameters_.base_address + (parameters_.size_bytes - 1));
  if (!grants_dmi()) {
    dmi.allow_none();
    return false;
  }
  dmi.allow_read_write();
  dmi.set_dmi_ptr(direct());
  dmi.set_read_latency(parameters_.latency);
  dmi.set_write_latency(parameters_.latency);
  return true;
}

}  // namespace arrayflex::platform
