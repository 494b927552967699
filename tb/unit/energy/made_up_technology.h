// Numbers for tests of energies: each one different, so that a mix-up shows.
#pragma once

#include "arrayflex/energy/technology.h"

namespace arrayflex {

/// By how much one number is larger than the one before it; toggles of a part of the PE are dearer
/// than those of the part before by ten times as much.
struct MadeUpSteps {
  double toggle, clocked, gated;
};

inline void fill_design(DesignTechnology& design, double first, const MadeUpSteps& steps) {
  for (const int k : {1, 2}) {
    double of_part = first * k + steps.toggle;
    for (auto& part : design.toggle_fj[k]) {
      for (const NetClass c : net_classes_of(ArrayParameters())) {
        part[index_of(c)] = {of_part + steps.toggle * static_cast<double>(index_of(c)), "test"};
      }
      of_part += 10 * steps.toggle;
    }
  }
  double value = first;
  for (Quantity& q : design.clocked_bit_fj) q = {value += steps.clocked, "test"};
  for (Quantity& q : design.gated_bit_fj) q = {value += steps.gated, "test"};
  design.clock_tree_fj = {0.75, "test"};
  design.pe_leakage_nw = {first * 4, "test"};
  design.register_bit_leakage_nw = {0.5, "test"};
  for (Quantity& q : design.area_um2) q = {value += 1, "test"};
  design.register_bit_area_um2 = {2, "test"};
}

/// 8 bits, two modes, with clocks; no second weight register.
inline Technology made_up_technology() {
  constexpr MadeUpSteps kSteps{0.3, 0.7, 0.1};  // sums of these are rounded
  Technology t;
  t.name = "bench";
  t.description = "for tests";
  t.source = "made up";
  fill_design(t.widths[8].arrayflex, 2, kSteps);
  fill_design(t.widths[8].conventional, 1, kSteps);
  t.widths[8].conventional.toggle_fj.erase(2);
  t.clocks.conventional_ps = 400;
  t.clocks.mode_ps = {{1, 500.0}, {2, 600.0}};
  return t;
}

}  // namespace arrayflex
