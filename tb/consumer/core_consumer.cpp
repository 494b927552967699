// A program without SystemC: one product on an 8x8 array, checked.
#include <arrayflex/core/fast_engine.h>

#include <iostream>

int main() {
  arrayflex::ArrayParameters parameters;
  parameters.rows = parameters.cols = 8;
  const arrayflex::ArrayConfig config(parameters);
  const arrayflex::GemmShape shape{2, 3, 2};
  const arrayflex::DenseOperands operands(config, shape, {1, 2, 3, 4, 5, 6}, {1, 0, 0, 1, 1, 1});
  arrayflex::DenseResult x(shape, config.acc_width_bits());
  const arrayflex::GemmResult result = arrayflex::FastEngine(config).run(shape, 2, operands, x);
  std::cout << "cycles " << result.cycles << ", toggles " << result.activity.total_toggles()
            << "\n";
  const bool right = x.values() == std::vector<std::int64_t>{4, 5, 10, 11};
  return right && result.cycles == 8 + 4 + 4 + 2 - 2 ? 0 : 1;
}
