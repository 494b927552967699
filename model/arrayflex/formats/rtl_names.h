// Names of the array's nets in the RTL reference design (model/rtl).
#pragma once

#include <string>
#include <vector>

#include "arrayflex/core/config.h"

namespace arrayflex {

/// A net of the RTL: the scopes above it from the top module on, blocks of generate loops being
/// scopes of their own ("row[1]"), and its name.
struct RtlName {
  std::vector<std::string> path;
  std::string net;
};

/// Top module of the design: "array_system" or "conventional_system".
const char* rtl_top_name(Design design);

/// The PE at row r and column c: top, "array", "row[r]", "column[c]", "pe".
std::vector<std::string> rtl_pe_path(Design design, int r, int c);

/// The net of the RTL for a net or register of the pin-level array: `root` is the hierarchical name
/// of the array, `module` of the module that owns the net, below root. SystemC's pe_<r>_<c> is
/// row[r].column[c].pe, skew_<r> is skew[r].buffer, register reg_<i> of a buffer is its
/// chain.reg_[i]; deskew_<c> likewise; all other names are the same. Throws std::logic_error for
/// a module that is not of this form.
RtlName rtl_name(Design design, const std::string& root, const std::string& module,
                 const std::string& net);

/// Whether a net of a PE holds weights, and so keeps its value between the tiles of a product and
/// behind it: "weight_reg", or "weight_bank0", "weight_bank1" and the weight mux's output "weight"
/// where each PE has two weight registers.
bool is_weight_net(const std::string& net);

}  // namespace arrayflex
