#include "arrayflex/pin/observe/control_nets.h"

#include <utility>

#include "arrayflex/pin/array/types.h"

namespace arrayflex::pin {
namespace {

// The RTL's default COUNT_WIDTH.
constexpr int kCountBits = 32;
constexpr int kModeBits = 6;
constexpr int kPhaseBits = 2;

// Bits that hold 0..largest, at least one.
int bits_for(int largest) {
  int bits = 1;
  while (largest >> bits != 0) ++bits;
  return bits;
}

class ControlNetList {
 public:
  explicit ControlNetList(const ArraySystem& system)
      : system_(system), signals_(system.signals()) {}

  std::vector<ControlNet> all() {
    add_inputs();
    path_.emplace_back("controller");
    add_state();
    add_enables();
    if (system_.design() == Design::arrayflex) add_tables();
    return std::move(nets_);
  }

 private:
  static constexpr bool kStatic = true;

  void add(const char* name, int lsb, int width_bits, bool is_vector, bool is_static,
           std::function<std::uint64_t()> read) {
    const std::uint64_t mask = low_bits(width_bits);
    nets_.push_back({{path_, name},
                     lsb,
                     width_bits,
                     is_vector,
                     is_static,
                     is_static,
                     [read = std::move(read), mask] { return read() & mask; }});
  }
  template <class Signal>
  void add_bit(const char* name, const Signal& signal) {
    add(name, 0, 1, false, false, [&signal] { return std::uint64_t{signal.read()}; });
  }
  template <class Signal>
  void add_number(const char* name, const Signal& signal, int width_bits, bool is_static = false) {
    add(name, 0, width_bits, true, is_static,
        [&signal] { return static_cast<std::uint64_t>(signal.read()); });
  }
  /// One field of the RTL's vector per signal.
  template <class Signals>
  void add_fields(const char* name, const Signals& signals, int width_bits,
                  bool is_static = false) {
    int lsb = 0;
    for (const auto& signal : signals) {
      add(name, lsb, width_bits, true, is_static,
          [&signal] { return static_cast<std::uint64_t>(signal.read()); });
      lsb += width_bits;
    }
  }
  /// The last column, where the model has no operand register and the RTL a constant.
  void add_last_column(const char* name, std::uint64_t value) {
    add(name, system_.config().cols() - 1, 1, true, kStatic, [value] { return value; });
  }

  void add_inputs() {
    const int data_width = system_.config().data_width_bits();
    if (system_.design() == Design::arrayflex) {
      add_number("mode", signals_.mode, kModeBits, kStatic);
    }
    add_fields("west", signals_.west, data_width);
    add_fields("north", signals_.north, data_width);
  }

  void add_state() {
    add_number("phase", signals_.phase, kPhaseBits);
    add_number("phase_cycle", signals_.phase_cycle, kCountBits);
    add_bit("drain", signals_.drain);
    add_bit("output_valid", signals_.output_valid);
    // The model holds the last row's number where there is none.
    add("output_row", 0, kCountBits, true, false, [&s = signals_] {
      return static_cast<std::uint64_t>(s.output_valid.read() ? s.output_row.read() : 0);
    });
  }

  void add_enables() {
    add_bit("weight_enable", signals_.weight_enable);
    if (signals_.overlapping) add_weight_controls(*signals_.overlapping);
    add_bit("pipeline_enable", signals_.pipeline_enable);
    add_fields("psum_enable", signals_.psum_enable, 1);
    add_fields("operand_enable", signals_.operand_enable, 1);
    add_last_column("operand_enable", 0);
  }

  // The RTL has one vector of enables, two for each PE, and the selection of PE (0, 0).
  void add_weight_controls(const ArraySystem::Signals::Overlapping& signals) {
    add_number("load_cycle", signals.load_cycle, kCountBits);
    const PinLevelArray& array = system_.pin_level_array();
    int lsb = 0;
    for (int r = 0; r < array.rows(); ++r) {
      for (int c = 0; c < array.cols(); ++c) {
        for (const WeightControl bank : {kLoadEnable0, kLoadEnable1}) {
          const bool& bit = array.weight_control(bank, r, c);
          add("bank_enable", lsb++, 1, true, false, [&bit] { return std::uint64_t{bit}; });
        }
      }
    }
    add_bit("weight_select", signals.weight_controls[kWeightSelect][0]);
    nets_.back().is_held = true;
  }

  void add_tables() {
    add_fields("bottom", signals_.bottom, 1, kStatic);
    add_fields("operand_boundary", signals_.operand_boundary, 1, kStatic);
    add_last_column("operand_boundary", 1);
    add_fields("skew_depth", signals_.skew_depth, bits_for(system_.config().rows() - 1), kStatic);
    add_fields("deskew_depth", signals_.deskew_depth, bits_for(system_.config().cols() - 1),
               kStatic);
  }

  const ArraySystem& system_;
  const ArraySystem::Signals& signals_;
  std::vector<std::string> path_{rtl_top_name(system_.design())};
  std::vector<ControlNet> nets_;
};

}  // namespace

std::vector<ControlNet> control_nets(const ArraySystem& system) {
  return ControlNetList(system).all();
}

RtlName clock_net(Design design) { return {{rtl_top_name(design)}, "clk"}; }

}  // namespace arrayflex::pin
