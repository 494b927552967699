// Clock, enables and state machine of an array system, as the RTL has them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "arrayflex/formats/rtl_names.h"
#include "arrayflex/pin/array_system.h"

namespace arrayflex::pin {

/// Some bits of a control net.
struct ControlNet {
  RtlName rtl;
  int lsb = 0;                          ///< its place in the RTL's vector
  int width_bits = 1;                   ///< 1..64
  bool is_vector = false;               ///< whether the RTL's net has a range
  bool is_static = false;               ///< decided by the mode, which changes in reset only
  bool is_held = false;                 ///< keeps its value behind the product, until the reset
  std::function<std::uint64_t()> read;  ///< the low width_bits bits of the value now
};

/// The inputs `west`, `north` and, of ArrayFlex, `mode`; the controller's state, enables and, of
/// ArrayFlex, tables; where tiles overlap, also what controls the two weight registers. Nets of the
/// top come first, those of one vector one after the other, its bits rising. The system must
/// outlive them.
std::vector<ControlNet> control_nets(const ArraySystem& system);

/// The clock's name in the RTL.
RtlName clock_net(Design design);

}  // namespace arrayflex::pin
