#include "arrayflex/platform/dma/dma.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "arrayflex/core/error.h"

namespace arrayflex::platform {

namespace {

/// Grants kept; the oldest goes first.
constexpr std::size_t kMaxDmiRegions = 16;

bool is_power_of_two(std::uint32_t value) { return value != 0 && (value & (value - 1)) == 0; }

}  // namespace

void validate(const DmaParameters& p) {
  if (!is_power_of_two(p.burst_bytes) || p.burst_bytes < kMinBurstBytes ||
      p.burst_bytes > kMaxBurstBytes) {
    throw InputError(
        "burst_bytes", p.burst_bytes,
        fmt::format("a power of two, {}..{}, is allowed", kMinBurstBytes, kMaxBurstBytes));
  }
  if (!is_power_of_two(p.boundary_bytes) || p.boundary_bytes < p.burst_bytes) {
    throw InputError("boundary_bytes", p.boundary_bytes,
                     "a power of two, not below burst_bytes, is allowed");
  }
  if (p.max_outstanding < kMinOutstanding || p.max_outstanding > kMaxOutstanding) {
    throw InputError("max_outstanding", p.max_outstanding,
                     fmt::format("{}..{} is allowed", kMinOutstanding, kMaxOutstanding));
  }
  if (!(p.response_timeout_ns >= 0 && p.response_timeout_ns <= 1e12)) {
    throw InputError("response_timeout_ns", std::to_string(p.response_timeout_ns),
                     "0 (none) to 1e12 is allowed");
  }
  if (p.use_dmi && p.protocol == DmaProtocol::approximately_timed) {
    throw InputError("use_dmi", "true", "allowed with the loosely timed protocol only");
  }
}

Dma::Dma(Socket& socket, const DmaParameters& parameters)
    : socket_(socket),
      parameters_(parameters),
      phase_queue_(this, &Dma::on_phase),
      progress_(sc_core::sc_gen_unique_name("dma_progress")),
      cancelled_(sc_core::sc_gen_unique_name("dma_cancelled")),
      watchdog_(sc_core::sc_gen_unique_name("dma_watchdog")) {
  validate(parameters_);
  rounded_.resize(buffer_bytes());
  socket_.register_nb_transport_bw(this, &Dma::nb_transport_bw);
  socket_.register_invalidate_direct_mem_ptr(this, &Dma::invalidate_direct_mem_ptr);
  sc_core::sc_spawn_options options;
  options.spawn_method();
  options.dont_initialize();
  options.set_sensitivity(&watchdog_);
  sc_core::sc_spawn([this] { on_watchdog(); }, sc_core::sc_gen_unique_name("dma_on_watchdog"),
                    &options);
}

ErrorCode Dma::error_code_of(tlm::tlm_response_status status) {
  switch (status) {
    case tlm::TLM_ADDRESS_ERROR_RESPONSE:
      return ErrorCode::bus_address;
    case tlm::TLM_COMMAND_ERROR_RESPONSE:
      return ErrorCode::bus_command;
    case tlm::TLM_BURST_ERROR_RESPONSE:
      return ErrorCode::bus_burst;
    case tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE:
      return ErrorCode::bus_byte_enable;
    case tlm::TLM_INCOMPLETE_RESPONSE:
      return ErrorCode::bus_incomplete;
    default:
      return ErrorCode::bus_generic;
  }
}

void Dma::read(const Region& region, unsigned char* buffer) {
  transfer(tlm::TLM_READ_COMMAND, region, buffer);
}

void Dma::write(const Region& region, const unsigned char* buffer) {
  // The generic payload has one data pointer for both directions; a target does not change the data
  // of a write.
  transfer(tlm::TLM_WRITE_COMMAND, region, const_cast<unsigned char*>(buffer));
}

void Dma::transfer(tlm::tlm_command command, const Region& region, unsigned char* buffer) {
  require_running();
  BurstSequence bursts(region, buffer, parameters_);
  if (parameters_.protocol == DmaProtocol::loosely_timed) {
    transfer_blocking(command, bursts);
  } else {
    transfer_nonblocking(command, bursts);
  }
}

// In a buffer of a transaction its data comes first, the byte enables of a rounded write behind.
void Dma::fill(unsigned char* buffer, const Burst& burst) {
  std::memset(buffer, 0, std::size_t{2} * burst.bytes);
  std::memcpy(buffer + burst.skip_bytes, burst.data, burst.used_bytes);
  std::memset(buffer + burst.bytes + burst.skip_bytes, TLM_BYTE_ENABLED, burst.used_bytes);
}

void Dma::take(const unsigned char* buffer, const Burst& burst) {
  std::memcpy(burst.data, buffer + burst.skip_bytes, burst.used_bytes);
}

tlm::tlm_generic_payload& Dma::make_payload(tlm::tlm_command command, const Burst& burst,
                                            unsigned char* buffer) {
  tlm::tlm_generic_payload& payload = pool_.acquire();
  const bool has_enables = burst.is_rounded() && command == tlm::TLM_WRITE_COMMAND;
  payload.set_command(command);
  payload.set_address(burst.address);
  payload.set_data_ptr(buffer);
  payload.set_data_length(burst.bytes);
  payload.set_streaming_width(burst.bytes);
  payload.set_byte_enable_ptr(has_enables ? buffer + burst.bytes : nullptr);
  payload.set_byte_enable_length(has_enables ? burst.bytes : 0);
  payload.set_dmi_allowed(false);
  payload.set_gp_option(tlm::TLM_MIN_PAYLOAD);
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  return payload;
}

void Dma::count(tlm::tlm_command command, std::uint64_t bytes) {
  if (is_cancelled_) return;
  (command == tlm::TLM_READ_COMMAND ? bytes_read_ : bytes_written_) += bytes;
}

// Loosely timed -----------------------------------------------------------------------------------

void Dma::transfer_blocking(tlm::tlm_command command, BurstSequence& bursts) {
  while (!bursts.done()) {
    const Burst burst = bursts.next();
    if (!transfer_direct(command, burst)) {
      unsigned char* const buffer = burst.is_rounded() ? rounded_.data() : burst.data;
      if (burst.is_rounded() && command == tlm::TLM_WRITE_COMMAND) fill(buffer, burst);
      tlm::tlm_generic_payload& payload = make_payload(command, burst, buffer);
      sc_core::sc_time delay = now() - sc_core::sc_time_stamp();
      socket_->b_transport(payload, delay);
      time_ = sc_core::sc_time_stamp() + delay;
      const tlm::tlm_response_status status = payload.get_response_status();
      const bool direct = parameters_.use_dmi && payload.is_dmi_allowed();
      payload.release();
      require_running();
      if (status != tlm::TLM_OK_RESPONSE) throw JobFailure{{error_code_of(status), burst.address}};
      if (burst.is_rounded() && command == tlm::TLM_READ_COMMAND) take(buffer, burst);
      if (direct) request_direct(command, burst.address);
    }
    count(command, burst.bytes);
    synchronize_if_needed();
  }
}

bool Dma::transfer_direct(tlm::tlm_command command, const Burst& burst) {
  const bool reading = command == tlm::TLM_READ_COMMAND;
  const std::uint64_t first = burst.address + burst.skip_bytes;
  const std::uint64_t last = first + burst.used_bytes - 1;
  for (const DmiRegion& region : dmi_) {
    const bool allowed = reading ? region.can_read : region.can_write;
    if (!allowed || first < region.first || last > region.last) continue;
    unsigned char* memory = region.data + (first - region.first);
    if (reading) {
      std::memcpy(burst.data, memory, burst.used_bytes);
    } else {
      std::memcpy(memory, burst.data, burst.used_bytes);
    }
    time_ = now() + (reading ? region.read_latency : region.write_latency);
    return true;
  }
  return false;
}

void Dma::request_direct(tlm::tlm_command command, std::uint64_t address) {
  tlm::tlm_generic_payload& payload = make_payload(command, {address, nullptr, 0}, nullptr);
  tlm::tlm_dmi dmi;
  const bool granted = socket_->get_direct_mem_ptr(payload, dmi);
  payload.release();
  if (!granted || dmi.get_dmi_ptr() == nullptr) return;
  if (dmi_.size() == kMaxDmiRegions) dmi_.erase(dmi_.begin());
  dmi_.push_back({dmi.get_start_address(), dmi.get_end_address(), dmi.get_dmi_ptr(),
                  dmi.is_read_allowed(), dmi.is_write_allowed(), dmi.get_read_latency(),
                  dmi.get_write_latency()});
}

void Dma::invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) {
  dmi_.erase(std::remove_if(dmi_.begin(), dmi_.end(),
                            [&](const DmiRegion& region) {
                              return region.first <= last && first <= region.last;
                            }),
             dmi_.end());
}

// Time and cancellation ---------------------------------------------------------------------------

sc_core::sc_time Dma::now() const { return std::max(time_, sc_core::sc_time_stamp()); }

void Dma::advance_to(const sc_core::sc_time& time) {
  require_running();
  time_ = std::max(now(), time);
  synchronize_if_needed();
}

void Dma::synchronize() {
  require_running();
  while (time_ > sc_core::sc_time_stamp()) {
    // A notification from before start() may still be pending, hence the loop.
    sc_core::wait(time_ - sc_core::sc_time_stamp(), cancelled_);
    require_running();
  }
  keeper_.reset();
}

void Dma::synchronize_if_needed() {
  // The keeper counts from sc_time_stamp(), which moves on while this thread waits for events.
  keeper_.set(now() - sc_core::sc_time_stamp());
  if (keeper_.need_sync()) synchronize();
}

void Dma::require_running() const {
  if (is_cancelled_) throw JobCancelled{};
}

void Dma::cancel() {
  is_cancelled_ = true;
  cancelled_.notify(sc_core::SC_ZERO_TIME);
  progress_.notify(sc_core::SC_ZERO_TIME);
}

void Dma::stop() {
  is_transferring_ = is_watching_ = false;
  watchdog_.cancel();
}

void Dma::start() {
  is_cancelled_ = false;
  time_ = sc_core::sc_time_stamp();
  keeper_.reset();
}

}  // namespace arrayflex::platform
