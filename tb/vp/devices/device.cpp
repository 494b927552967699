#include "vp/devices/device.h"

namespace arrayflex::vp {

Device::Device(const sc_core::sc_module_name& name) : sc_core::sc_module(name), socket("socket") {
  socket.register_b_transport(this, &Device::b_transport);
}

bool Device::is_within_64(std::uint64_t offset, unsigned bytes, std::uint64_t base) {
  return (bytes == 8 && offset == base) || (bytes == 4 && (offset == base || offset == base + 4));
}

std::uint64_t Device::part_of(std::uint64_t value, std::uint64_t offset, std::uint64_t base) {
  return value >> (8 * (offset - base));
}

std::uint64_t Device::merged(std::uint64_t value, std::uint64_t offset, unsigned bytes,
                             std::uint64_t base, std::uint64_t written) {
  if (bytes == 8) return written;
  const unsigned shift = static_cast<unsigned>(8 * (offset - base));
  const std::uint64_t mask = std::uint64_t{0xFFFFFFFF} << shift;
  return (value & ~mask) | (written << shift & mask);
}

void Device::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  payload.set_response_status(execute(payload, sc_core::sc_time_stamp() + delay));
}

tlm::tlm_response_status Device::execute(tlm::tlm_generic_payload& payload,
                                         const sc_core::sc_time& now) {
  if (payload.get_command() == tlm::TLM_IGNORE_COMMAND) return tlm::TLM_OK_RESPONSE;
  if (!payload.is_read() && !payload.is_write()) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  const unsigned bytes = payload.get_data_length();
  unsigned char* data = payload.get_data_ptr();
  if (bytes == 0 || bytes > 8 || (bytes & (bytes - 1)) != 0 ||
      payload.get_streaming_width() < bytes) {
    return tlm::TLM_BURST_ERROR_RESPONSE;
  }
  if (data == nullptr) return tlm::TLM_GENERIC_ERROR_RESPONSE;
  if (payload.get_byte_enable_ptr() != nullptr) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  const std::uint64_t offset = payload.get_address();
  if (offset % bytes != 0) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  std::uint64_t value = 0;
  Access result;
  if (payload.is_read()) {
    result = read(offset, bytes, now, value);
    for (unsigned i = 0; i < bytes; ++i) data[i] = static_cast<unsigned char>(value >> (8 * i));
  } else {
    for (unsigned i = 0; i < bytes; ++i) value |= std::uint64_t{data[i]} << (8 * i);
    result = write(offset, bytes, now, value);
  }
  switch (result) {
    case Access::done:
      return tlm::TLM_OK_RESPONSE;
    case Access::not_allowed:
      return tlm::TLM_COMMAND_ERROR_RESPONSE;
    default:
      return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  }
}

}  // namespace arrayflex::vp
