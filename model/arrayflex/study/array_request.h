// The array of a study: what is asked of it, and what stands for the rest.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/energy/technology.h"

namespace arrayflex::study {

/// The technology of studies that name none.
inline constexpr const char* kDefaultTechnology = "paper";

/// Parameters as given; what was not given is empty.
struct ArrayRequest {
  std::optional<int> rows, cols;  ///< 1..kMaxArrayDim; default 128
  /// Operands, in bits: 8, 16 or 32. Default 32, or 8 where sums of 32 bits are asked for.
  std::optional<int> data_width_bits;
  std::optional<int> acc_width_bits;      ///< default: the width that goes with the operands
  std::optional<std::vector<int>> modes;  ///< default: those of 1, 2, 4 that fit the array
  std::optional<Overlap> overlap;         ///< of a product's tiles; default none
  ClockPeriods clocks;                    ///< those given
  /// Clocks that are not given are the technology's, which then must have numbers for the operand
  /// width. Without, clocks are those given and no others.
  bool technology_clocks = true;
};

/// Whether a study runs in a mode: it is one of the array's, or the k that was asked for.
bool runs_in_mode(int mode, const std::vector<int>& modes, std::optional<int> k);

/// The parameters of `base` where `request` gives none.
ArrayRequest with_defaults_of(ArrayRequest request, const ArrayRequest& base);

/// A JSON file of array parameters, as load_array_parameters(). Throws InputError.
ArrayRequest load_array_request(const std::string& path);

/// Those of the default modes that fit an array of this size, at least mode 1.
std::vector<int> default_modes(std::int64_t rows, std::int64_t cols);

/// The array with all defaults filled in. `technology` gives the clocks of the modes, of mode `k`
/// where there is one, and of the conventional array. Throws InputError.
ArrayConfig resolve_array(const ArrayRequest& request, const Technology& technology,
                          std::optional<int> k = std::nullopt);

}  // namespace arrayflex::study
