// Turns generic payloads into register accesses, with the responses IEEE 1666 asks for.
#pragma once

#include <cstdint>
#include <optional>
#include <systemc>
#include <tlm>
#include <vector>

#include "arrayflex/platform/software/registers.h"

namespace arrayflex::platform {

/// Who holds the values of the registers.
class RegisterBackend {
 public:
  virtual ~RegisterBackend() = default;
  /// Value without side effects; `index` counts within registers of the same kind.
  virtual std::uint64_t read_register(Register id, int index) const = 0;
  /// A write with its effects, `delay` after now.
  virtual void write_register(Register id, std::uint64_t value, const sc_core::sc_time& delay) = 0;
  /// Stores into a read-write register, without effects on anything else.
  virtual void poke_register(Register id, std::uint64_t value) = 0;
};

/// Responses: see docs/registers.md. Never throws, waits or reports.
class RegisterBlock {
 public:
  explicit RegisterBlock(RegisterBackend& backend);

  /// Executes a transaction and sets its response. `held_in_reset`: every read and write gets a
  /// generic error.
  void transport(tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay,
                 bool held_in_reset);
  /// Debug access of any length and alignment: returns the number of bytes up to the first that is
  /// not mapped, or, in a write, not part of a read-write register.
  unsigned int debug(tlm::tlm_generic_payload& payload);
  /// Forgets a latched half.
  void reset() { latched_word_.reset(); }

 private:
  /// What is behind a 32-bit word of the window.
  struct Word {
    const RegisterInfo* info = nullptr;
    int index = 0;
    bool high = false;  ///< upper half of a 64-bit register
  };

  tlm::tlm_response_status execute(tlm::tlm_generic_payload& payload,
                                   const sc_core::sc_time& delay);
  tlm::tlm_response_status check_lanes(const tlm::tlm_generic_payload& payload,
                                       bool* enabled) const;
  void read_words(std::size_t first, std::size_t count, const bool* enabled, unsigned char* data);
  void write_words(std::size_t first, std::size_t count, const bool* enabled,
                   const unsigned char* data, const sc_core::sc_time& delay);
  std::uint32_t read_word(std::size_t word) const;

  RegisterBackend& backend_;
  std::vector<Word> words_;
  // A 32-bit read of a low half latches the high half, so that two reads give one value.
  std::optional<std::size_t> latched_word_;
  std::uint32_t latched_value_ = 0;
};

}  // namespace arrayflex::platform
