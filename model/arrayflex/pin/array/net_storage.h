// Values of an array's combinational nets, one contiguous block per kind of net.
#pragma once

#include <cstddef>
#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/pin/array/types.h"

namespace arrayflex::pin {

/// The nets of all PEs, index r*C + c. The Net channels refer into it; the activity probe walks it.
/// Kinds that the design does not have are empty.
struct NetStorage {
  NetStorage(Design design, std::size_t pes, int weight_banks = 1)
      : operand(pes), weight(weight_banks > 1 ? pes : 0), product(pes), adder(pes) {
    if (design == Design::arrayflex) {
      csa_sum.resize(pes);
      csa_carry.resize(pes);
      operand_mux.resize(pes);
      sum_mux.resize(pes);
      carry_mux.resize(pes);
    }
  }

  std::vector<Operand> operand;      ///< the multiplier's a input
  std::vector<Operand> weight;       ///< weight mux output; with two weight registers only
  std::vector<Sum> product;          ///< a*w
  std::vector<Sum> csa_sum;          ///< compressor
  std::vector<Sum> csa_carry;        ///< compressor
  std::vector<Sum> adder;            ///< psum_reg's input; 0 where the adder is isolated
  std::vector<Operand> operand_mux;  ///< bypass mux outputs; where c+1 = C there is none, the slot
                                     ///< stays 0
  std::vector<Sum> sum_mux;
  std::vector<Sum> carry_mux;
};

}  // namespace arrayflex::pin
