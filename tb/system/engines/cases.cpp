#include "system/engines/cases.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <random>

#include "arrayflex/core/latency.h"

namespace arrayflex::testing {
namespace {

// A third of the values are extremes, so that products and sums reach their limits and wrap.
std::int32_t random_operand(std::mt19937_64& random, const ArrayConfig& config) {
  const std::int64_t extremes[] = {config.operand_min(),    config.operand_max(), 0, -1, 1,
                                   config.operand_min() + 1};
  if (random() % 3 == 0) {
    return static_cast<std::int32_t>(extremes[random() % 6]);
  }
  const auto span = static_cast<std::uint64_t>(config.operand_max() - config.operand_min()) + 1;
  return static_cast<std::int32_t>(config.operand_min() +
                                   static_cast<std::int64_t>(random() % span));
}

std::vector<std::int32_t> random_matrix(std::mt19937_64& random, const ArrayConfig& config,
                                        std::int64_t rows, std::int64_t cols) {
  std::vector<std::int32_t> matrix(static_cast<std::size_t>(rows * cols));
  // Some matrices hold nothing but the smallest operand: every product is the largest there is.
  const bool all_minimum = random() % 16 == 0;
  for (std::int32_t& value : matrix) {
    value = all_minimum ? static_cast<std::int32_t>(config.operand_min())
                        : random_operand(random, config);
  }
  return matrix;
}

}  // namespace

ArrayConfig EngineCase::config() const {
  ArrayParameters p;
  p.rows = rows;
  p.cols = cols;
  p.data_width_bits = data_width_bits;
  p.acc_width_bits = acc_width_bits;
  p.modes = {k};
  p.clocks.mode_ps[k] = 1000.0 / 1.8;
  p.overlap = overlap;
  return ArrayConfig(p);
}

DenseOperands EngineCase::operands() const {
  std::mt19937_64 random(seed);
  const ArrayConfig array = config();
  std::vector<std::int32_t> a = random_matrix(random, array, shape.t, shape.n);
  std::vector<std::int32_t> b = random_matrix(random, array, shape.n, shape.m);
  return {array, shape, std::move(a), std::move(b)};
}

std::ostream& operator<<(std::ostream& out, const EngineCase& c) {
  return out << name_of(c.design) << " " << c.rows << "x" << c.cols << " k=" << c.k << " "
             << c.data_width_bits << "/" << c.acc_width_bits << " T=" << c.shape.t
             << " N=" << c.shape.n << " M=" << c.shape.m << " overlap=" << name_of(c.overlap)
             << " operand seed=" << c.seed;
}

std::vector<EngineCase> exhaustive_small_cases() {
  std::vector<EngineCase> cases;
  const auto add = [&cases](EngineCase c) {
    c.seed = cases.size() + 1;
    cases.push_back(c);
  };
  for (int rows = 1; rows <= 4; ++rows) {
    for (int cols = 1; cols <= 4; ++cols) {
      for (const WidthPair& width : kWidthPairs) {
        for (std::int64_t t = 1; t <= 3; ++t) {
          for (const std::int64_t n : {1, rows, rows + 1, 2 * rows + 1}) {
            for (const std::int64_t m : {1, cols, cols + 1}) {
              EngineCase c{rows, cols, 1, width.data_bits, width.acc_bits, {t, n, m}};
              for (c.k = 1; c.k <= std::min(rows, cols); ++c.k) {
                add(c);
              }
              c.k = 1;
              c.design = Design::conventional;
              add(c);
            }
          }
        }
      }
    }
  }
  return cases;
}

std::vector<EngineCase> exhaustive_overlap_cases(Overlap overlap) {
  std::vector<EngineCase> cases;
  for (int rows = 1; rows <= 4; ++rows) {
    for (int cols = 1; cols <= 4; ++cols) {
      for (int k = 0; k <= std::min(rows, cols); ++k) {  // 0: conventional
        for (std::int64_t t = 1; t <= 3; ++t) {
          for (std::int64_t n = 1; n <= 3; ++n) {
            for (std::int64_t m = 1; m <= 3; ++m) {
              for (const WidthPair& width : kWidthPairs) {
                // The last tile of a row or column of tiles is a whole one, or of one row or
                // column.
                const bool whole = (n + m + t + static_cast<std::int64_t>(cases.size())) % 2 == 0;
                EngineCase c{rows, cols, std::max(k, 1), width.data_bits, width.acc_bits, {}};
                c.shape = {t, whole ? n * rows : (n - 1) * rows + 1,
                           whole ? m * cols : (m - 1) * cols + 1};
                c.design = k == 0 ? Design::conventional : Design::arrayflex;
                c.overlap = overlap;
                c.seed = cases.size() + 1;
                cases.push_back(c);
              }
            }
          }
        }
      }
    }
  }
  return cases;
}

std::vector<EngineCase> random_overlap_cases(std::uint64_t seed, Overlap overlap, int count,
                                             int max_side) {
  std::vector<EngineCase> cases = random_cases(seed, count, max_side);
  std::mt19937_64 random(seed);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    EngineCase& c = cases[i];
    c.overlap = overlap;
    const auto offset = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(c.rows));
    // Below, at and above R, by turns.
    c.shape.t = i % 3 == 0 ? std::max<std::int64_t>(1, c.rows - offset) : c.rows;
    if (i % 3 == 2) c.shape.t += 1 + offset;
    // Tiles also meet with hidden loads where all PEs are one stage.
    if (overlap == Overlap::load && random() % 4 == 0) {
      c.cols = c.k = c.rows;
      c.design = Design::arrayflex;
    }
    c.shape.m = 1 + static_cast<std::int64_t>(random() % (3 * static_cast<std::uint64_t>(c.cols)));
  }
  return cases;
}

std::vector<EngineCase> random_cases(std::uint64_t seed, int count, int max_side) {
  std::mt19937_64 random(seed);
  const auto below = [&random](std::int64_t limit) {
    return 1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(limit));
  };
  std::vector<EngineCase> cases;
  for (int i = 0; i < count; ++i) {
    EngineCase c;
    c.rows = static_cast<int>(below(max_side));
    c.cols = static_cast<int>(below(max_side));
    c.k = static_cast<int>(below(std::min(c.rows, c.cols)));
    const WidthPair& width = kWidthPairs[random() % std::size(kWidthPairs)];
    c.data_width_bits = width.data_bits;
    c.acc_width_bits = width.acc_bits;
    c.shape.t = random() % 4 == 0 ? 1 : below(40);
    c.shape.n = below(3 * c.rows);
    c.shape.m = below(2 * c.cols);
    c.design = random() % 4 == 0 ? Design::conventional : Design::arrayflex;
    c.seed = random();
    cases.push_back(c);
  }
  return cases;
}

void move_to_array_of(const EngineCase& array, EngineCase& c) {
  c.rows = array.rows;
  c.cols = array.cols;
  c.data_width_bits = array.data_width_bits;
  c.acc_width_bits = array.acc_width_bits;
  c.design = array.design;
  c.k = 1 + (c.k - 1) % std::min(c.rows, c.cols);
}

std::uint64_t test_seed() {
  const char* text = std::getenv("ARRAYFLEX_TEST_SEED");
  const std::uint64_t seed = text != nullptr ? std::strtoull(text, nullptr, 10) : 20231108;
  std::cout << "ARRAYFLEX_TEST_SEED=" << seed << "\n";
  return seed;
}

Outcome run_fast(const EngineCase& c, const std::string& kernel) {
  const FastEngine engine(c.config(), c.design, {true, true, kernel});
  DenseResult result(c.shape, c.acc_width_bits);
  Outcome outcome;
  outcome.gemm = engine.run(c.shape, c.k, c.operands(), result);
  outcome.x = result.values();
  return outcome;
}

std::string kernel_test_name(const ::testing::TestParamInfo<std::string>& kernel) {
  std::string name = kernel.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

void expect_equal(const EngineCase& c, const Outcome& outcome,
                  const oracle::OracleResult& expected) {
  EXPECT_EQ(outcome.x, expected.x) << c;
  EXPECT_EQ(outcome.gemm.cycles, expected.cycles) << c;
  for (const NetClass net : all_net_classes()) {
    EXPECT_EQ(outcome.gemm.activity[net], expected.activity[net]) << name_of(net) << " of " << c;
  }
  EXPECT_EQ(outcome.gemm.activity.clocked_bits, expected.activity.clocked_bits) << c;
  EXPECT_EQ(outcome.gemm.activity.gated_bits, expected.activity.gated_bits) << c;
  EXPECT_EQ(outcome.gemm.pe_toggles.toggles, expected.pe_toggles.toggles) << c;
}

void expect_equals_oracle(const EngineCase& c, const Outcome& outcome) {
  const DenseOperands operands = c.operands();
  const oracle::OracleResult expected =
      oracle::run(c.config(), c.design, c.k, c.shape, operands.a(), operands.b());
  const int latency_k = c.design == Design::conventional ? 1 : c.k;
  expect_equal(c, outcome, expected);
  EXPECT_EQ(outcome.gemm.cycles, gemm_cycles(c.config(), c.shape, latency_k)) << c;
  EXPECT_EQ(outcome.gemm.tiles, expected.tiles) << c;
}

}  // namespace arrayflex::testing
