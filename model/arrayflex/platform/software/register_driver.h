// A bus master for tests: reads and writes the accelerator's registers as a driver would.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <systemc>
#include <tlm>

#include "arrayflex/platform/little_endian.h"
#include "arrayflex/platform/software/registers.h"

namespace arrayflex::platform {

class TlmRegisterDriver : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<TlmRegisterDriver> socket;

  explicit TlmRegisterDriver(const sc_core::sc_module_name& name, std::uint64_t base = 0)
      : sc_core::sc_module(name), socket("socket"), base_(base) {}

  /// One blocking access; waits for its delay.
  tlm::tlm_response_status access(tlm::tlm_command command, std::uint64_t address,
                                  unsigned char* data, unsigned int length) {
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(base_ + address);
    payload.set_data_ptr(data);
    payload.set_data_length(length);
    payload.set_streaming_width(length);
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    sc_core::sc_time delay;
    socket->b_transport(payload, delay);
    if (delay > sc_core::SC_ZERO_TIME) sc_core::wait(delay);
    last_response = payload.get_response_status();
    return last_response;
  }

  std::uint64_t read(platform::Register id, int bytes, std::uint32_t extra = 0) {
    unsigned char data[8] = {};
    access(tlm::TLM_READ_COMMAND, static_cast<std::uint32_t>(id) + extra, data,
           static_cast<unsigned>(bytes));
    return platform::load_unsigned(data, bytes);
  }
  std::uint32_t read32(platform::Register id, std::uint32_t extra = 0) {
    return static_cast<std::uint32_t>(read(id, 4, extra));
  }
  std::uint64_t read64(platform::Register id, std::uint32_t extra = 0) {
    return read(id, 8, extra);
  }
  void write(platform::Register id, std::uint64_t value, int bytes, std::uint32_t extra = 0) {
    unsigned char data[8] = {};
    platform::store_unsigned(data, value, bytes);
    access(tlm::TLM_WRITE_COMMAND, static_cast<std::uint32_t>(id) + extra, data,
           static_cast<unsigned>(bytes));
  }
  void write32(platform::Register id, std::uint32_t value, std::uint32_t extra = 0) {
    write(id, value, 4, extra);
  }
  void write64(platform::Register id, std::uint64_t value) { write(id, value, 8); }

  /// Response of the latest access.
  tlm::tlm_response_status last_response = tlm::TLM_INCOMPLETE_RESPONSE;

 private:
  std::uint64_t base_;
};

}  // namespace arrayflex::platform
