#include "arrayflex/pin/array/weight_wave.h"

#include <algorithm>

namespace arrayflex::pin {

WeightWave::WeightWave(std::size_t rows, std::size_t cols, bool travels)
    : rows_(rows), cols_(cols), travels_(travels) {
  for (auto& bits : bits_) bits = std::make_unique<bool[]>(rows * cols);
}

void WeightWave::reset() {
  for (auto& bits : bits_) std::fill_n(bits.get(), rows_ * cols_, false);
}

void WeightWave::advance(std::size_t group_cols) {
  if (!travels_ || group_cols >= cols_) return;
  for (int control = 0; control < kWeightControls; ++control) {
    for (std::size_t r = 0; r < rows_; ++r) {
      bool* const bits = row_of(control, r);
      std::copy_backward(bits, bits + cols_ - group_cols, bits + cols_);
    }
  }
}

void WeightWave::drive(WeightControl control, std::size_t r, std::size_t group_cols, bool value) {
  const std::size_t reach = travels_ ? std::min(group_cols, cols_) : cols_;
  bool* const bits = row_of(control, r);
  if (bits[0] != value) std::fill_n(bits, reach, value);
}

}  // namespace arrayflex::pin
