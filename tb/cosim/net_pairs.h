// Which net of the RTL is which of the pin-level model.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "arrayflex/core/activity.h"
#include "arrayflex/pin/array_system.h"
#include "rtl_model.h"

namespace arrayflex::cosim {

/// The same register, net or control signal in both.
struct NetPair {
  std::string name;  ///< the model's hierarchical name, e.g. "array.pe_0_1.psum_reg"
  std::function<std::int64_t()> model;
  RtlNet rtl;
  std::optional<NetClass> net_class;  ///< where its toggles count
  bool is_signed = true;              ///< for messages
};

/// Every pair of a model and its RTL: state machine, enables, every register and net of every PE,
/// skew and de-skew buffer. Throws std::out_of_range where the RTL lacks one.
std::vector<NetPair> pair_nets(const pin::ArraySystem& model, const RtlModel& rtl);

/// Clock enables of the RTL's registers, with the bits that each of them clocks.
struct ClockEnable {
  RegisterClass register_class;
  RtlNet enable;
  std::int64_t clocked_bits;
};
std::vector<ClockEnable> clock_enables(const RtlModel& rtl);

}  // namespace arrayflex::cosim
