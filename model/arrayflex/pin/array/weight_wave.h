// The control bits of two weight registers per PE on their way across the array.
#pragma once

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <systemc>

namespace arrayflex::pin {

/// The control bits of a PE with two weight registers.
enum WeightControl : int {
  kLoadEnable0 = 0,   ///< clock enable of bank 0
  kLoadEnable1 = 1,   ///< clock enable of bank 1
  kWeightSelect = 2,  ///< on: bank 0 feeds the multiplier; otherwise bank 1
};
inline constexpr int kWeightControls = 3;
inline constexpr const char* kWeightControlNames[kWeightControls] = {
    "load_enable_0", "load_enable_1", "weight_select"};

/// A bit of a wave as a channel that a port binds to. It has no name: it is what a signal at the
/// west edge was some cycles ago.
class WaveTap final : public sc_core::sc_signal_in_if<bool> {
 public:
  explicit WaveTap(const bool& bit) : bit_(bit) {}
  const bool& read() const override { return bit_; }
  const bool& get_data_ref() const override { return bit_; }
  // It has no events: the array's settle process looks at it, and nobody else does.
  const sc_core::sc_event& value_changed_event() const override { return no_event(); }
  const sc_core::sc_event& posedge_event() const override { return no_event(); }
  const sc_core::sc_event& negedge_event() const override { return no_event(); }
  const sc_core::sc_event& default_event() const override { return no_event(); }
  bool event() const override { return false; }
  bool posedge() const override { return false; }
  bool negedge() const override { return false; }

 private:
  [[noreturn]] static const sc_core::sc_event& no_event() {
    throw std::logic_error("a tap of a wave has no events");
  }

  const bool& bit_;
};

/// The control bits that are driven at the west edge, as every PE of the array sees them, row by
/// row. With Overlap::load they reach the whole row in the same cycle. With Overlap::full they
/// travel as the operands do: a column group sees them one cycle after its western neighbour. No
/// register is modelled for that.
class WeightWave {
 public:
  WeightWave(std::size_t rows, std::size_t cols, bool travels);

  /// The reset state: all bits are off.
  void reset();
  /// At a clock edge, before the driven bits change: all bits move on by one column group.
  void advance(std::size_t group_cols);
  /// Settles what is driven at the west edge of a row: the first column group sees it, or, unless
  /// bits travel, all do.
  void drive(WeightControl control, std::size_t r, std::size_t group_cols, bool value);

  /// The bits that the PEs of a row see, one per column. References stay valid.
  const bool* row(WeightControl control, std::size_t r) const {
    return bits_[control].get() + r * cols_;
  }

 private:
  bool* row_of(int control, std::size_t r) { return bits_[control].get() + r * cols_; }

  const std::size_t rows_, cols_;
  const bool travels_;
  std::unique_ptr<bool[]> bits_[kWeightControls];
};

}  // namespace arrayflex::pin
