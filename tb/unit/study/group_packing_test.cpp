// Groups that share a tile, against the oracle on the block-diagonal product written out.
#include "arrayflex/core/group_packing.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <iostream>
#include <random>

#include "arrayflex/core/latency.h"
#include "arrayflex/engine/fast_engine.h"
#include "arrayflex/study/study.h"
#include "oracle/cycle_oracle.h"
#include "workloads/layer_table.h"
#include "workloads/scale_sim/report.h"

namespace arrayflex::study {
namespace {

using Matrix = std::vector<std::int32_t>;

constexpr Overlap kOverlaps[] = {Overlap::none, Overlap::load, Overlap::full};
constexpr std::uint64_t kSeed = 11;

std::uint64_t test_seed() {
  const char* text = std::getenv("ARRAYFLEX_TEST_SEED");
  const std::uint64_t seed = text != nullptr ? std::strtoull(text, nullptr, 10) : 20261125;
  std::cout << "ARRAYFLEX_TEST_SEED=" << seed << "\n";
  return seed;
}

// How many fit, by trying: not the formula of the model.
std::int64_t brute_force_groups(const Layer& layer, int rows, int cols) {
  std::int64_t groups = 1;
  while (groups < layer.repeat && (groups + 1) * layer.gemm.n <= rows &&
         (groups + 1) * layer.gemm.m <= cols) {
    ++groups;
  }
  return groups;
}

struct Group {
  Matrix a, b;
};

Group synthetic_group(const ArrayConfig& config, const Layer& layer, std::int64_t instance) {
  const GemmShape& s = layer.gemm;
  const workloads::SyntheticOperands operands(config, s, {}, kSeed,
                                              workloads::operand_stream(layer.name, instance));
  Group group{Matrix(static_cast<std::size_t>(s.t * s.n)),
              Matrix(static_cast<std::size_t>(s.n * s.m))};
  operands.read_a(0, s.t, 0, s.n, group.a.data(), s.n);
  operands.read_b(0, s.n, 0, s.m, group.b.data(), s.m);
  return group;
}

// The block-diagonal product, element by element.
Group written_out(const GemmShape& s, const std::vector<Group>& groups) {
  const auto count = static_cast<std::int64_t>(groups.size());
  Group all{Matrix(static_cast<std::size_t>(s.t * s.n * count)),
            Matrix(static_cast<std::size_t>(s.n * count * s.m * count))};
  for (std::int64_t g = 0; g < count; ++g) {
    const Group& group = groups[static_cast<std::size_t>(g)];
    for (std::int64_t t = 0; t < s.t; ++t) {
      for (std::int64_t n = 0; n < s.n; ++n) {
        all.a[static_cast<std::size_t>(t * count * s.n + g * s.n + n)] =
            group.a[static_cast<std::size_t>(t * s.n + n)];
      }
    }
    for (std::int64_t n = 0; n < s.n; ++n) {
      for (std::int64_t m = 0; m < s.m; ++m) {
        all.b[static_cast<std::size_t>((g * s.n + n) * count * s.m + g * s.m + m)] =
            group.b[static_cast<std::size_t>(n * s.m + m)];
      }
    }
  }
  return all;
}

// The layer on the oracle: its products one after the other.
oracle::OracleResult expected_of(const ArrayConfig& config, Design design, int k,
                                 const Layer& layer) {
  const GemmShape& s = layer.gemm;
  const std::int64_t together = brute_force_groups(layer, config.rows(), config.cols());
  oracle::OracleResult sum;
  for (std::int64_t first = 0; first < layer.repeat; first += together) {
    std::vector<Group> groups;
    for (std::int64_t g = first; g < std::min(first + together, layer.repeat); ++g) {
      groups.push_back(synthetic_group(config, layer, g));
    }
    const auto count = static_cast<std::int64_t>(groups.size());
    const Group product = written_out(s, groups);
    const oracle::OracleResult one =
        oracle::run(config, design, k, {s.t, count * s.n, count * s.m}, product.a, product.b);
    sum.cycles += one.cycles;
    sum.tiles += one.tiles;
    sum.activity += one.activity;
    sum.pe_toggles += one.pe_toggles;
  }
  return sum;
}

void expect_equal(const DesignFigures& figures, const oracle::OracleResult& expected) {
  EXPECT_EQ(figures.cycles, expected.cycles);
  EXPECT_EQ(figures.activity, expected.activity);
}

StudyRequest request_of(int rows, int cols, int k, Overlap overlap, std::vector<Layer> layers) {
  StudyRequest request;
  request.workload = "groups";
  request.network = std::move(layers);
  request.array.rows = rows;
  request.array.cols = cols;
  request.array.modes = {k};
  request.array.overlap = overlap;
  request.k = k;
  request.seed = kSeed;
  request.threads = 1;
  return request;
}

// Runs the layers and holds every figure against the oracle; how many were packed.
int expect_equals_oracle(StudyRequest request) {
  request.pe_map = true;
  std::vector<PeToggleMap> maps(request.network.size());
  StudyHooks hooks;
  hooks.layer_map = [&](std::size_t layer, const PeToggleMap& map) { maps[layer] = map; };
  const RunReport report = run_network(request, hooks);
  const ArrayConfig config(report.array);
  int packed = 0;
  for (std::size_t i = 0; i < report.layers.size(); ++i) {
    const LayerReport& layer = report.layers[i];
    const Layer& given = request.network[i];
    SCOPED_TRACE(fmt::format("{}x{} k={} overlap={} layer {}", config.rows(), config.cols(),
                             layer.k, name_of(config.overlap()), layer.name));
    const oracle::OracleResult own = expected_of(config, Design::arrayflex, layer.k, given);
    expect_equal(layer.arrayflex, own);
    expect_equal(layer.conventional, expected_of(config, Design::conventional, 1, given));
    EXPECT_EQ(maps[i].toggles, own.pe_toggles.toggles);
    EXPECT_EQ(layer.tiles, own.tiles);
    EXPECT_EQ(layer.groups_per_tile, brute_force_groups(given, config.rows(), config.cols()));
    EXPECT_EQ(layer.gemm, given.gemm);
    EXPECT_EQ(layer.repeat, given.repeat);
    EXPECT_EQ(layer.macs, macs(given.gemm) * given.repeat);
    EXPECT_EQ(layer_cycles(config, given, layer.k, layer.groups_per_tile), own.cycles);
    if (layer.groups_per_tile > 1) ++packed;
  }
  return packed;
}

Layer named(GemmShape shape, std::int64_t repeat) {
  return {fmt::format("T{}N{}M{}G{}", shape.t, shape.n, shape.m, repeat), shape, repeat};
}

std::vector<Layer> small_layers(int rows, int cols) {
  std::vector<Layer> layers;
  for (std::int64_t n = 1; n <= rows + 1; ++n) {
    for (std::int64_t m = 1; m <= cols + 1; ++m) {
      for (std::int64_t repeat = 1; repeat <= 5; ++repeat) {
        for (const std::int64_t t : {1, 3}) layers.push_back(named({t, n, m}, repeat));
      }
    }
  }
  return layers;
}

class GroupPacking : public ::testing::TestWithParam<Overlap> {};
INSTANTIATE_TEST_SUITE_P(Overlap, GroupPacking, ::testing::ValuesIn(kOverlaps),
                         [](const auto& overlap) { return std::string(name_of(overlap.param)); });

TEST_P(GroupPacking, EqualsTheOracleOnTheProductWrittenOut) {
  int packed = 0;
  for (int rows = 1; rows <= 4; ++rows) {
    for (int cols = 1; cols <= 4; ++cols) {
      for (int k = 1; k <= std::min(rows, cols); ++k) {
        packed +=
            expect_equals_oracle(request_of(rows, cols, k, GetParam(), small_layers(rows, cols)));
        ASSERT_FALSE(HasFailure());
      }
    }
  }
  EXPECT_EQ(packed, 360);
}

TEST_P(GroupPacking, EqualsTheOracleOnRandomLayers) {
  std::mt19937_64 random(test_seed());
  const auto below = [&random](int limit) {
    return 1 + static_cast<int>(random() % static_cast<std::uint64_t>(limit));
  };
  int packed = 0;
  for (int i = 0; i < 40; ++i) {
    const int rows = below(24), cols = below(24);
    const Layer layer = named({below(40), below(rows), below((cols + 1) / 2)}, below(40));
    StudyRequest request = request_of(rows, cols, below(std::min(rows, cols)), GetParam(), {layer});
    const WidthPair& width = kWidthPairs[random() % std::size(kWidthPairs)];
    request.array.data_width_bits = width.data_bits;
    request.threads = 2;
    packed += expect_equals_oracle(request);
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GE(packed, 5);
}

// X of every group, from operands with extremes, whatever blocks the engine reads.
TEST(GroupPackingResults, AreThoseOfTheGroups) {
  std::mt19937_64 random(test_seed());
  const auto below = [&random](int limit) {
    return 1 + static_cast<int>(random() % static_cast<std::uint64_t>(limit));
  };
  for (int i = 0; i < 60; ++i) {
    ArrayParameters parameters;
    parameters.rows = below(20);
    parameters.cols = below(20);
    parameters.modes = {below(std::min(parameters.rows, parameters.cols))};
    parameters.overlap = kOverlaps[i % 3];
    const ArrayConfig config(parameters);
    const GemmShape shape{below(600), below((parameters.rows + 1) / 2),
                          below((parameters.cols + 1) / 2)};
    const Layer layer = named(shape, below(12));
    std::vector<std::shared_ptr<const OperandSource>> sources;
    std::vector<std::vector<std::int64_t>> expected;
    for (std::int64_t g = 0; g < layer.repeat; ++g) {
      Group group{Matrix(static_cast<std::size_t>(shape.t * shape.n)),
                  Matrix(static_cast<std::size_t>(shape.n * shape.m))};
      for (Matrix* matrix : {&group.a, &group.b}) {
        for (std::int32_t& value : *matrix) value = static_cast<std::int32_t>(random());
      }
      DenseResult alone(shape, config.acc_width_bits());
      const DenseOperands operands(config, shape, group.a, group.b);
      FastEngine(config).run(shape, parameters.modes[0], operands, alone);
      expected.push_back(alone.values());
      sources.push_back(std::make_shared<DenseOperands>(operands));
    }
    std::size_t next = 0;
    for (const PackedProducts& some :
         packed_products(layer, groups_per_tile(layer, config, true))) {
      for (std::int64_t product = 0; product < some.count; ++product) {
        ASSERT_EQ(static_cast<std::size_t>(some.first_group_of(product)), next);
        const auto first = sources.begin() + some.first_group_of(product);
        const PackedOperands packed(shape, {first, first + some.groups});
        DenseResult result(some.shape, config.acc_width_bits());
        FastEngine(config).run(some.shape, parameters.modes[0], packed, result);
        for (std::int64_t g = 0; g < some.groups; ++g, ++next) {
          for (std::int64_t t = 0; t < shape.t; ++t) {
            for (std::int64_t m = 0; m < shape.m; ++m) {
              ASSERT_EQ(
                  result.values()[static_cast<std::size_t>(t * some.shape.m + g * shape.m + m)],
                  expected[next][static_cast<std::size_t>(t * shape.m + m)]);
            }
          }
        }
      }
    }
    ASSERT_EQ(next, expected.size());
  }
}

TEST(GroupPackingOperands, AnyBlockIsThatOfTheProductWrittenOut) {
  const GemmShape shape{3, 2, 3};
  const ArrayConfig config{ArrayParameters{}};
  std::vector<Group> groups(3);
  std::vector<std::shared_ptr<const OperandSource>> sources;
  std::int32_t value = 0;
  for (Group& group : groups) {
    for (int i = 0; i < 6; ++i) group.a.push_back(++value);
    for (int i = 0; i < 6; ++i) group.b.push_back(++value);
    sources.push_back(std::make_shared<DenseOperands>(config, shape, group.a, group.b));
  }
  const Group expected = written_out(shape, groups);
  const PackedOperands packed(shape, sources);
  const std::int64_t n_all = 6, m_all = 9;
  for (std::int64_t n0 = 0; n0 <= n_all; ++n0) {
    for (std::int64_t n_count = 0; n0 + n_count <= n_all; ++n_count) {
      Matrix a(20, -1);
      packed.read_a(1, 2, n0, n_count, a.data(), 7);
      for (std::int64_t i = 0; i < 2 * 7; ++i) {
        const std::int64_t row = i / 7, col = i % 7;
        const std::int32_t wanted =
            col < n_count ? expected.a[static_cast<std::size_t>((1 + row) * n_all + n0 + col)] : -1;
        ASSERT_EQ(a[static_cast<std::size_t>(i)], wanted);
      }
      for (std::int64_t m0 = 0; m0 <= m_all; ++m0) {
        for (std::int64_t m_count = 0; m0 + m_count <= m_all; ++m_count) {
          Matrix b(6 * 10, -1);
          packed.read_b(n0, n_count, m0, m_count, b.data(), 10);
          for (std::int64_t i = 0; i < 6 * 10; ++i) {
            const std::int64_t row = i / 10, col = i % 10;
            const bool inside = row < n_count && col < m_count;
            ASSERT_EQ(
                b[static_cast<std::size_t>(i)],
                inside ? expected.b[static_cast<std::size_t>((n0 + row) * m_all + m0 + col)] : -1);
          }
        }
      }
    }
  }
}

StudyRequest grouped_request(Engine engine = Engine::fast) {
  StudyRequest request = request_of(6, 5, 2, Overlap::full,
                                    {{"left over", {7, 2, 1}, 8},
                                     {"all", {4, 1, 2}, 4},
                                     {"too wide", {3, 2, 4}, 3},
                                     {"one", {5, 8, 6}, 1}});
  request.engine = engine;
  return request;
}

void expect_equal_reports(const RunReport& a, const RunReport& b) {
  ASSERT_EQ(a.layers.size(), b.layers.size());
  for (std::size_t i = 0; i < a.layers.size(); ++i) {
    SCOPED_TRACE(a.layers[i].name);
    EXPECT_EQ(a.layers[i].tiles, b.layers[i].tiles);
    EXPECT_EQ(a.layers[i].groups_per_tile, b.layers[i].groups_per_tile);
    for (const auto design : {&LayerReport::arrayflex, &LayerReport::conventional}) {
      const DesignFigures &p = a.layers[i].*design, &q = b.layers[i].*design;
      EXPECT_EQ(p.cycles, q.cycles);
      if (p.activity && q.activity) {
        EXPECT_EQ(p.activity, q.activity);
      }
    }
  }
}

TEST(GroupPackingStudy, TheClosedFormAndASampleOfAllTilesAgreeWithTheFastEngine) {
  const RunReport fast = run_network(grouped_request());
  EXPECT_EQ(fast.layers[0].groups_per_tile, 3);
  EXPECT_EQ(fast.layers[0].tiles, 3);
  EXPECT_EQ(fast.layers[1].groups_per_tile, 2);
  EXPECT_EQ(fast.layers[2].groups_per_tile, 1);
  EXPECT_EQ(fast.layers[3].groups_per_tile, 1);
  expect_equal_reports(run_network(grouped_request(Engine::analytic)), fast);
  StudyRequest sampled = grouped_request();
  sampled.sample_tiles = 1000;
  const RunReport sample = run_network(sampled);
  expect_equal_reports(sample, fast);
  EXPECT_EQ(sample.layers[0].arrayflex.sampling.value().tiles_total, 3);
  EXPECT_TRUE(sample.layers[0].arrayflex.sampling.value().is_exact());
}

TEST(GroupPackingStudy, OffRunsEveryGroupAlone) {
  StudyRequest request = grouped_request();
  request.group_packing = false;
  const RunReport report = run_network(request);
  const ArrayConfig config(report.array);
  for (std::size_t i = 0; i < report.layers.size(); ++i) {
    EXPECT_EQ(report.layers[i].groups_per_tile, 1);
    EXPECT_EQ(report.layers[i].arrayflex.cycles, layer_cycles(config, request.network[i], 2));
  }
  EXPECT_EQ(report.layers[0].tiles, 8);
}

TEST(GroupPackingStudy, TheFastestModeIsThatWithoutPacking) {
  for (const char* network : {"mobilenet_v1", "mobilenet_v2", "convnext_t"}) {
    StudyRequest request;
    request.workload = network;
    request.engine = Engine::analytic;
    const RunReport packed = run_network(request);
    request.group_packing = false;
    const RunReport alone = run_network(request);
    for (std::size_t i = 0; i < packed.layers.size(); ++i) {
      EXPECT_EQ(packed.layers[i].k, alone.layers[i].k) << packed.layers[i].name;
    }
  }
}

TEST(GroupPackingStudy, MobileNetsDepthwiseLayersAreThirteenTimesFaster) {
  StudyRequest request;
  request.workload = "mobilenet_v1";
  request.layers = {"*.dw"};
  request.engine = Engine::analytic;
  const ReportTotals packed = totals(run_network(request).layers);
  request.group_packing = false;
  const ReportTotals alone = totals(run_network(request).layers);
  EXPECT_EQ(packed.macs, alone.macs);
  EXPECT_NEAR(
      static_cast<double>(alone.arrayflex.cycles) / static_cast<double>(packed.arrayflex.cycles),
      13.0, 0.05);
}

TEST(GroupPackingStudy, MappingEfficiencyCountsAllGroupsOfATile) {
  const RunReport report = run_network(request_of(4, 4, 1, Overlap::none, {{"a", {3, 2, 1}, 4}}));
  EXPECT_THAT(workloads::to_scale_sim_compute_report(report, Design::arrayflex,
                                                     workloads::ScaleSimVersion::v3),
              ::testing::HasSubstr(", 25.0, "));  // 2 tiles, 4 of 16 weights each
}

#ifdef ARRAYFLEX_WITH_PIN

TEST(GroupPackingStudy, PinEqualsFast) {
  expect_equal_reports(run_network(grouped_request(Engine::pin)), run_network(grouped_request()));
}

TEST(GroupPackingStudy, CycleEqualsFast) {
  expect_equal_reports(run_network(grouped_request(Engine::cycle)), run_network(grouped_request()));
}

// A and X as without packing, B with the zeros beside the diagonal.
TEST(GroupPackingStudy, TrafficBehindAMemory) {
  StudyRequest request = grouped_request();
  request.memory = MemoryModel{};
  const RunReport report = run_network(request);
  expect_equal_reports(report, run_network(grouped_request()));
  const DmaTraffic& traffic = report.layers[0].arrayflex.memory.value().dma;
  EXPECT_EQ(traffic.a, 8U * 7 * 2 * 4);
  EXPECT_EQ(traffic.x_written, 8U * 7 * 1 * 8);
  EXPECT_EQ(traffic.b, (2U * (3 * 2) * 3 + (2 * 2) * 2) * 4);
}

#endif

}  // namespace
}  // namespace arrayflex::study
