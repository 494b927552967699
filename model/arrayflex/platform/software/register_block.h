// Turns generic payloads into register accesses, with the responses IEEE 1666 asks for.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <systemc>
#include <tlm>
#include <vector>

#include "arrayflex/platform/software/registers.h"

namespace arrayflex::platform {

/// A register with what reading and writing it does. A read-write register holds what was written,
/// in the bits of its fields (all bits, if it has none), from its reset value on, and needs no
/// handler; any other needs `read` if it can be read and `write` if it can be written.
struct BoundRegister {
  const RegisterInfo* info = nullptr;  ///< outlives the register block
  /// Value without side effects; `index` counts within registers of the same kind.
  std::function<std::uint64_t(int index)> read = {};
  /// A write with its effects, `delay` after now; of a read-write register, what its write does
  /// besides storing the value.
  std::function<void(std::uint64_t value, const sc_core::sc_time& delay)> write = {};
};

/// Responses: see docs/registers.md. Once constructed it never throws, waits or reports.
class RegisterBlock {
 public:
  /// Throws std::logic_error, naming the register, where a handler is missing or would never be
  /// called, and where registers overlap or leave the window.
  explicit RegisterBlock(std::vector<BoundRegister> registers);
  RegisterBlock(const RegisterBlock&) = delete;
  RegisterBlock& operator=(const RegisterBlock&) = delete;

  /// Executes a transaction and sets its response. `held_in_reset`: every read and write gets a
  /// generic error.
  void transport(tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay,
                 bool held_in_reset);
  /// Debug access of any length and alignment: returns the number of bytes up to the first that is
  /// not mapped, or, in a write, not part of a read-write register.
  unsigned int debug(tlm::tlm_generic_payload& payload);
  /// Read-write registers get their reset values, a latched half is forgotten.
  void reset();
  /// The value of a read-write register; throws std::logic_error for another.
  std::uint64_t value_of(Register id, int index = 0) const;

 private:
  struct Slot {
    BoundRegister bound;
    std::vector<std::uint64_t> stored;  ///< of a read-write register, one per index
    std::uint64_t mask = 0;             ///< the bits that are stored
  };
  /// The register behind a 32-bit word of the window.
  struct Word {
    Slot* slot = nullptr;
    int index = 0;
    bool high = false;  ///< upper half of a 64-bit register

    const RegisterInfo& info() const { return *slot->bound.info; }
    std::uint64_t& stored() const { return slot->stored[static_cast<std::size_t>(index)]; }
    /// Value without side effects.
    std::uint64_t read() const;
    void store(std::uint64_t value) const { stored() = value & slot->mask; }
  };

  void map(Slot& slot);

  tlm::tlm_response_status execute(tlm::tlm_generic_payload& payload,
                                   const sc_core::sc_time& delay);
  tlm::tlm_response_status check_lanes(const tlm::tlm_generic_payload& payload,
                                       bool* enabled) const;
  void read_words(std::size_t first, std::size_t count, const bool* enabled, unsigned char* data);
  void write_words(std::size_t first, std::size_t count, const bool* enabled,
                   const unsigned char* data, const sc_core::sc_time& delay);
  std::uint32_t read_word(std::size_t word) const;

  std::vector<Slot> slots_;  ///< never grows once words_ point into it
  std::vector<Word> words_;
  // A 32-bit read of a low half latches the high half, so that two reads give one value.
  std::optional<std::size_t> latched_word_;
  std::uint32_t latched_value_ = 0;
};

}  // namespace arrayflex::platform
