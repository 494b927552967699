// The two levels of detail of the pin level side by side in one simulation: every register, phase
// and counter is the same in every clock cycle, through stalls, mode switches and an abort.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "arrayflex/pin/array_system.h"
#include "harness/simulation.h"
#include "system/engines/array_comparison.h"
#include "system/engines/cases.h"

namespace arrayflex::testing {
namespace {

using pin::ArraySystem;
using pin::Detail;

struct ArrayCase {
  int rows, cols, data_width_bits, acc_width_bits;
  Design design;
  RecordOptions record = {true, true};
  Overlap overlap = Overlap::none;
};

std::ostream& operator<<(std::ostream& out, const ArrayCase& c) {
  out << name_of(c.design) << "_" << c.rows << "x" << c.cols << "_" << c.data_width_bits;
  if (c.overlap != Overlap::none) out << "_" << name_of(c.overlap);
  if (!c.record.activity) return out << "_without_activity";
  if (!c.record.pe_map) return out << "_without_map";
  return c.record.kernel.empty() ? out : out << "_" << c.record.kernel;
}

ArrayConfig config_of(const ArrayCase& c) {
  ArrayParameters p;
  p.rows = c.rows;
  p.cols = c.cols;
  p.data_width_bits = c.data_width_bits;
  p.acc_width_bits = c.acc_width_bits;
  p.modes.clear();
  for (int k = 1; k <= std::min(c.rows, c.cols); ++k) {
    p.modes.push_back(k);
    p.clocks.mode_ps[k] = 500.0 + 50.0 * k;
  }
  p.clocks.conventional_ps = 500.0;
  p.overlap = c.overlap;
  return ArrayConfig(p);
}

// Nets beside the arrays, too. Empty where all are the same.
std::string first_difference(const ArraySystem& signals, const ArraySystem& state) {
  ArrayComparison comparison(signals.array(), state.cycle_array());
  comparison.expect_same("clk", signals.signals().clk.read(), state.signals().clk.read());
  comparison.expect_same("phase", signals.signals().phase.read(), state.signals().phase.read());
  comparison.expect_same("phase_cycle", signals.signals().phase_cycle.read(),
                         state.signals().phase_cycle.read());
  comparison.expect_same("cycles", signals.cycles(), state.cycles());
  return comparison.first_difference();
}

// A tile with operands of its own.
struct TileData {
  TileData(const ArrayConfig& config, std::mt19937_64& random) {
    const auto draw = [&](int limit) {
      return 1 + static_cast<int>(random() % static_cast<std::uint64_t>(limit));
    };
    n = draw(config.rows());
    m = draw(config.cols());
    t = draw(12);
    weights = values(config, n * m, random);
    a = values(config, t * n, random);
  }

  static std::vector<std::int32_t> values(const ArrayConfig& config, int count,
                                          std::mt19937_64& random) {
    std::uniform_int_distribution<std::int64_t> value(config.operand_min(), config.operand_max());
    std::vector<std::int32_t> list(static_cast<std::size_t>(count));
    for (auto& v : list) {
      const unsigned choice = static_cast<unsigned>(random() % 6);
      v = static_cast<std::int32_t>(choice == 0   ? config.operand_min()
                                    : choice == 1 ? 0
                                                  : value(random));
    }
    return list;
  }

  int t = 1, n = 1, m = 1;
  std::vector<std::int32_t> weights, a;
};

struct Product {
  int k = 1;
  std::vector<TileData> tiles;
  std::vector<double> stalls_ps;  // after each tile
  std::optional<double> abort_after_ps;
};

std::vector<Product> make_products(const ArrayConfig& config, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Product> products;
  const int modes = std::min(config.rows(), config.cols());
  for (int i = 0; i < 2 * modes + 4; ++i) {
    Product product;
    product.k = 1 + i % modes;
    for (int tile = 0; tile < 3; ++tile) {
      product.tiles.emplace_back(config, random);
      const double stalls[] = {0, 0, 1, 300, 1100, 7000};
      product.stalls_ps.push_back(stalls[random() % 6]);
    }
    // Somewhere in the load phase, the stream phase, the drain cycle or a stall.
    if (i % 3 == 2) product.abort_after_ps = static_cast<double>(random() % 20000);
    products.push_back(std::move(product));
  }
  return products;
}

// Each tile is asked for when the one before streams, or some time later.
std::vector<std::int64_t> run_overlapping(ArraySystem& system, const Product& product) {
  std::vector<std::int64_t> results;
  const auto count = static_cast<std::int64_t>(product.tiles.size());
  system.begin_gemm(product.k);
  for (std::int64_t i = 0; i < count; ++i) {
    const TileData& tile = product.tiles[static_cast<std::size_t>(i)];
    const pin::StreamedTile streamed{tile.weights.data(),
                                     tile.t,
                                     tile.n,
                                     tile.m,
                                     [&tile](std::int64_t t) { return tile.a.data() + t * tile.n; },
                                     [&](std::int64_t, const pin::Sum* row) {
                                       results.insert(results.end(), row, row + tile.m);
                                     }};
    system.request_load(streamed);
    system.request_stream(streamed, i + 1 == count);
    system.wait_for(ArraySystem::Milestone::streams, i);
    const double stall_ps = product.stalls_ps[static_cast<std::size_t>(i)];
    if (stall_ps > 0) sc_core::wait(stall_ps, sc_core::SC_PS);
  }
  system.wait_for(ArraySystem::Milestone::done, count - 1);
  system.end_gemm();
  return results;
}

std::vector<std::int64_t> run_product(ArraySystem& system, const Product& product) {
  if (system.config().overlap() != Overlap::none) return run_overlapping(system, product);
  std::vector<std::int64_t> results;
  system.begin_gemm(product.k);
  for (std::size_t i = 0; i < product.tiles.size(); ++i) {
    const TileData& tile = product.tiles[i];
    std::vector<std::int64_t> x(static_cast<std::size_t>(tile.t) *
                                static_cast<std::size_t>(tile.m));
    system.run_tile({tile.weights.data(), tile.a.data(), x.data(), tile.t, tile.n, tile.m, false});
    results.insert(results.end(), x.begin(), x.end());
    if (product.stalls_ps[i] > 0) sc_core::wait(product.stalls_ps[i], sc_core::SC_PS);
  }
  system.end_gemm();
  return results;
}

class LockStep : public ::testing::TestWithParam<ArrayCase> {};

TEST_P(LockStep, EveryRegisterAndCounterInEveryCycle) {
  const ArrayConfig config = config_of(GetParam());
  ArraySystem signals("signals", config, GetParam().design, GetParam().record);
  ArraySystem state("state", config, GetParam().design, GetParam().record, Detail::state);
  const std::uint64_t seed = test_seed();
  const std::vector<Product> products = make_products(config, seed);
  const sc_core::sc_time slot(1, sc_core::SC_US);  // products start together
  std::vector<std::vector<std::int64_t>> results[2];
  const auto run_all = [&](ArraySystem& system, std::vector<std::vector<std::int64_t>>& to) {
    for (std::size_t i = 0; i < products.size(); ++i) {
      to.push_back(run_product(system, products[i]));
      sc_core::wait(slot * static_cast<double>(i + 1) - sc_core::sc_time_stamp());
    }
  };
  const auto abort_some = [&] {
    for (std::size_t i = 0; i < products.size(); ++i) {
      if (!products[i].abort_after_ps) continue;
      const sc_core::sc_time at = slot * static_cast<double>(i) +
                                  sc_core::sc_time(*products[i].abort_after_ps, sc_core::SC_PS);
      if (at > sc_core::sc_time_stamp()) sc_core::wait(at - sc_core::sc_time_stamp());
      signals.abort();
      state.abort();
    }
  };
  int compared = 0;
  const auto compare = [&] {
    const sc_core::sc_time end = slot * static_cast<double>(products.size()) - slot * 0.01;
    while (sc_core::sc_time_stamp() < end && !HasFailure()) {
      sc_core::wait(end - sc_core::sc_time_stamp(),
                    signals.pin_level_array().settled() | state.pin_level_array().settled());
      for (int i = 0; i < 8; ++i) sc_core::wait(sc_core::SC_ZERO_TIME);
      EXPECT_EQ(first_difference(signals, state), "")
          << "at " << sc_core::sc_time_stamp() << ", cycle " << signals.cycles()
          << " of the product; operand seed " << seed;
      ++compared;
    }
  };
  harness::run_in_threads({[&] { run_all(signals, results[0]); },
                           [&] { run_all(state, results[1]); }, abort_some, compare});
  EXPECT_EQ(results[0], results[1]);
  EXPECT_GT(compared, 100);
}

INSTANTIATE_TEST_SUITE_P(
    Arrays, LockStep,
    ::testing::Values(
        ArrayCase{1, 1, 32, 64, Design::arrayflex}, ArrayCase{1, 5, 8, 32, Design::arrayflex},
        ArrayCase{6, 1, 16, 64, Design::arrayflex}, ArrayCase{4, 4, 32, 64, Design::arrayflex},
        ArrayCase{5, 9, 8, 32, Design::arrayflex}, ArrayCase{11, 7, 32, 64, Design::arrayflex},
        ArrayCase{16, 17, 16, 64, Design::arrayflex}, ArrayCase{4, 4, 16, 64, Design::conventional},
        ArrayCase{9, 10, 8, 32, Design::conventional},
        ArrayCase{7, 3, 32, 64, Design::conventional},
        // The records decide which nets settle when.
        ArrayCase{9, 7, 32, 64, Design::arrayflex, {false}},
        ArrayCase{9, 7, 32, 64, Design::arrayflex, {true}},
        ArrayCase{9, 7, 8, 32, Design::conventional, {false}},
        ArrayCase{9, 7, 8, 32, Design::arrayflex, {true, true, "scalar"}},
        ArrayCase{4, 4, 32, 64, Design::arrayflex, {true, true}, Overlap::load},
        ArrayCase{9, 7, 8, 32, Design::arrayflex, {true, true}, Overlap::load},
        ArrayCase{1, 5, 32, 64, Design::arrayflex, {true, true}, Overlap::full},
        ArrayCase{6, 1, 16, 64, Design::arrayflex, {true, true}, Overlap::full},
        ArrayCase{5, 9, 8, 32, Design::arrayflex, {true, true}, Overlap::full},
        ArrayCase{11, 7, 32, 64, Design::arrayflex, {true}, Overlap::full},
        ArrayCase{9, 10, 16, 64, Design::conventional, {true, true}, Overlap::full},
        ArrayCase{9, 7, 32, 64, Design::arrayflex, {false}, Overlap::full}),
    [](const auto& test) {
      std::ostringstream name;
      name << test.param;
      return name.str();
    });

TEST(LockStepAccess, TheOtherLevelOfDetailIsRefused) {
  const ArrayConfig config = config_of({2, 2, 32, 64, Design::arrayflex});
  ArraySystem signals("signals", config);
  ArraySystem state("state", config, Design::arrayflex, {}, Detail::state);
  EXPECT_THROW(signals.cycle_array(), std::logic_error);
  EXPECT_THROW(state.array(), std::logic_error);
  EXPECT_THROW(state.cycle_array().pe(2, 0), std::out_of_range);
  EXPECT_THROW(state.cycle_array().skew(1).reg(1), std::out_of_range);
}

}  // namespace
}  // namespace arrayflex::testing
