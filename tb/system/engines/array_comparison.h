// Register by register, net by net and count by count: the array as signals and as state.
#pragma once

#include <optional>
#include <sstream>
#include <string>

#include "arrayflex/pin/array/systolic_array.h"
#include "arrayflex/pin/cycle/cycle_array.h"

namespace arrayflex::testing {

/// Compares two arrays; says where they differ first.
class ArrayComparison {
 public:
  ArrayComparison(const pin::SystolicArray& signals, const pin::CycleArray& state)
      : signals_(signals), state_(state) {}

  /// Compares everything; empty where all is the same.
  std::string first_difference() {
    compare_counts();
    compare_pes();
    compare_chains();
    return difference_.value_or("");
  }

  template <class A, class B>
  void expect_same(const std::string& instance, const A& want, const B& got) {
    if (difference_ || want == got) return;
    std::ostringstream text;
    text << instance << ": " << want << " with signals, " << got << " as state";
    difference_ = text.str();
  }

 private:
  void compare_counts() {
    for (const NetClass c : all_net_classes()) {
      expect_same(std::string("toggles of ") + name_of(c), signals_.activity()[c],
                  state_.activity()[c]);
    }
    for (const RegisterClass c : all_register_classes()) {
      const auto i = static_cast<std::size_t>(c);
      expect_same(std::string("clocked bits of ") + name_of(c), signals_.activity().clocked_bits[i],
                  state_.activity().clocked_bits[i]);
      expect_same(std::string("gated bits of ") + name_of(c), signals_.activity().gated_bits[i],
                  state_.activity().gated_bits[i]);
    }
    expect_same("equality of the maps", true,
                signals_.pe_toggles().toggles == state_.pe_toggles().toggles);
  }

  void compare_pes() {
    for (int r = 0; r < signals_.rows(); ++r) {
      for (int c = 0; c < signals_.cols() && !difference_; ++c) {
        compare_pe(signals_.pe(r, c), state_.pe(r, c));
      }
    }
  }

  void compare_pe(const pin::ProcessingElement& want, const pin::PeView& got) {
    const std::string pe = std::string(want.basename()) + ".";
    expect_same("name of " + pe, std::string(want.basename()), std::string(got.basename()));
    expect_same(pe + "weight_reg", want.weight_reg().read(), got.weight_reg());
    if (want.weight() != nullptr) {
      expect_same(pe + "weight_bank1", want.weight_reg(1).read(), got.weight_reg(1));
      expect_same(pe + "weight", want.weight()->read(), got.weight());
    }
    expect_same(pe + "psum_reg", want.psum_reg().read(), got.psum_reg());
    expect_same(pe + "has operand_reg", want.operand_reg() != nullptr, got.has_operand_register());
    if (want.operand_reg() != nullptr) {
      expect_same(pe + "operand_reg", want.operand_reg()->read(), got.operand_reg());
    }
    expect_same(pe + "operand", want.operand().read(), got.operand());
    expect_same(pe + "product", want.product().read(), got.product());
    expect_same(pe + "adder", want.adder().read(), got.adder());
    if (want.csa_sum() == nullptr) return;
    expect_same(pe + "csa_sum", want.csa_sum()->read(), got.csa_sum());
    expect_same(pe + "csa_carry", want.csa_carry()->read(), got.csa_carry());
    expect_same(pe + "sum_mux", want.sum_mux()->out->read(), got.sum_mux());
    expect_same(pe + "carry_mux", want.carry_mux()->out->read(), got.carry_mux());
    if (want.operand_mux() == nullptr) return;
    expect_same(pe + "operand_mux", want.operand_mux()->out->read(), got.operand_mux());
  }

  void compare_chains() {
    for (int r = 0; r < signals_.rows(); ++r) {
      compare_chain(signals_.skew(r), state_.skew(r));
    }
    for (int c = 0; c < signals_.cols(); ++c) {
      compare_chain(signals_.deskew(c), state_.deskew(c));
      const auto col = static_cast<std::size_t>(c);
      expect_same("south_" + std::to_string(c), signals_.south[col]->read(),
                  state_.south[col]->read());
    }
  }

  template <class Chain, class View>
  void compare_chain(const Chain& want, const View& got) {
    const std::string chain = std::string(want.basename()) + ".";
    expect_same(chain + "length", want.length(), got.length());
    for (int stage = 0; stage < want.length() && !difference_; ++stage) {
      expect_same(chain + "reg_" + std::to_string(stage), want.reg(stage).read(), got.reg(stage));
    }
    expect_same(chain + "out", want.out->read(), got.out().read());
  }

  const pin::SystolicArray& signals_;
  const pin::CycleArray& state_;
  std::optional<std::string> difference_;
};

}  // namespace arrayflex::testing
