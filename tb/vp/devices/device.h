// Base of the platform's small devices: registers behind a TLM-2.0 target socket.
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <optional>
#include <systemc>
#include <tlm>

namespace arrayflex::vp {

/// Answers blocking transactions of 1, 2, 4 or 8 bytes, aligned, without byte enables; no DMI, no
/// debug transport, since reads may have side effects. Responses: burst error for other lengths or
/// a streaming width below the length, byte-enable error for enables, address error for misaligned
/// addresses and where there is no register of that width, command error for a register that cannot
/// be read or written, generic error without a data pointer.
class Device : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Device> socket;

 protected:
  enum class Access { done, no_register, not_allowed };

  explicit Device(const sc_core::sc_module_name& name);

  /// `now` is the time of the access, which may lie ahead of sc_time_stamp().
  virtual Access read(std::uint64_t offset, unsigned bytes, const sc_core::sc_time& now,
                      std::uint64_t& value) = 0;
  virtual Access write(std::uint64_t offset, unsigned bytes, const sc_core::sc_time& now,
                       std::uint64_t value) = 0;

  /// Whether [offset, offset + bytes) is a 64-bit register at `base`, or one half of it.
  static bool is_within_64(std::uint64_t offset, unsigned bytes, std::uint64_t base);
  /// The part of a 64-bit register at `base` that an access reads.
  static std::uint64_t part_of(std::uint64_t value, std::uint64_t offset, std::uint64_t base);
  /// The value of a 64-bit register at `base` after a part of it is written.
  static std::uint64_t merged(std::uint64_t value, std::uint64_t offset, unsigned bytes,
                              std::uint64_t base, std::uint64_t written);

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  tlm::tlm_response_status execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& now);
};

}  // namespace arrayflex::vp
