// Whole studies of a small network. Those that simulate do so once per test: ctest runs each test
// in a process of its own.
#include "arrayflex/study/study.h"

#include <gmock/gmock.h>

#include "arrayflex/core/error.h"
#include "arrayflex/report/report.h"
#include "arrayflex/study/errors.h"

namespace arrayflex::study {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

StudyRequest small_request(Engine engine = Engine::fast) {
  StudyRequest request;
  request.workload = "made up";
  request.network = {{"a", {5, 9, 6}, 1}, {"b", {3, 2, 7}, 3}};
  request.array.rows = 4;
  request.array.cols = 5;
  request.engine = engine;
  request.seed = 7;
  return request;
}

void expect_equal_figures(const DesignFigures& a, const DesignFigures& b) {
  EXPECT_EQ(a.cycles, b.cycles);
  EXPECT_EQ(a.time_ns, b.time_ns);
  EXPECT_EQ(a.activity, b.activity);
}

void expect_equal_layers(const RunReport& a, const RunReport& b) {
  ASSERT_EQ(a.layers.size(), b.layers.size());
  for (std::size_t i = 0; i < a.layers.size(); ++i) {
    SCOPED_TRACE(a.layers[i].name);
    EXPECT_EQ(a.layers[i].k, b.layers[i].k);
    EXPECT_EQ(a.layers[i].tiles, b.layers[i].tiles);
    expect_equal_figures(a.layers[i].arrayflex, b.layers[i].arrayflex);
    expect_equal_figures(a.layers[i].conventional, b.layers[i].conventional);
  }
}

TEST(Study, FastGivesActivityAndTheClosedFormsCycles) {
  const RunReport fast = run_network(small_request());
  const RunReport analytic = run_network(small_request(Engine::analytic));
  EXPECT_EQ(fast.engine, Engine::fast);
  EXPECT_EQ(analytic.engine, Engine::analytic);
  ASSERT_EQ(fast.layers.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    const LayerReport &f = fast.layers[i], &a = analytic.layers[i];
    EXPECT_EQ(f.arrayflex.cycles, a.arrayflex.cycles);
    EXPECT_EQ(f.conventional.cycles, a.conventional.cycles);
    EXPECT_EQ(f.arrayflex.time_ns, a.arrayflex.time_ns);
    EXPECT_EQ(a.arrayflex.activity, std::nullopt);
    EXPECT_GT(f.arrayflex.activity.value().total_toggles(), 0);
  }
  EXPECT_FALSE(fast.operand_recipe.empty());
  EXPECT_TRUE(analytic.operand_recipe.empty());
}

#ifdef ARRAYFLEX_WITH_PIN

TEST(Study, PinEqualsFast) {
  const RunReport fast = run_network(small_request());
  const RunReport pin = run_network(small_request(Engine::pin));
  EXPECT_EQ(pin.engine, Engine::pin);
  expect_equal_layers(pin, fast);
}

TEST(Study, CycleEqualsFast) {
  expect_equal_layers(run_network(small_request(Engine::cycle)), run_network(small_request()));
}

TEST(Study, AnIdealMemoryAddsTrafficAndNothingElse) {
  StudyRequest request = small_request();
  request.memory = MemoryModel{};
  const RunReport behind_memory = run_network(request);
  expect_equal_layers(behind_memory, run_network(small_request()));
  ASSERT_TRUE(behind_memory.memory.has_value());
  EXPECT_EQ(behind_memory.memory->model, "ideal");
  const auto& memory = behind_memory.layers[0].arrayflex.memory;
  ASSERT_TRUE(memory.has_value());
  EXPECT_EQ(memory->dma.x_written, 5 * 6 * 8);
}

TEST(Study, PinBehindASlowMemoryStalls) {
  StudyRequest request = small_request(Engine::pin);
  request.memory = MemoryModel{8.0, 20};
  const RunReport pin = run_network(request);
  const RunReport bare = run_network(small_request());
  const DesignFigures& figures = pin.layers[0].arrayflex;
  EXPECT_EQ(figures.cycles, bare.layers[0].arrayflex.cycles);
  EXPECT_EQ(figures.activity, bare.layers[0].arrayflex.activity);
  EXPECT_GT(figures.memory.value().stall_cycles, 0);
  EXPECT_GT(figures.time_ns, bare.layers[0].arrayflex.time_ns);
}

TEST(Study, ASimulationRunsOncePerProcess) {
  run_network(small_request(Engine::pin));
  EXPECT_ANY_THROW(run_network(small_request(Engine::pin)));
}

#endif

TEST(Study, TheFilterAndTheModeAreThoseOfTheRequest) {
  StudyRequest request = small_request(Engine::analytic);
  request.layers = {"[^a]"};
  request.k = 3;
  const RunReport report = run_network(request);
  ASSERT_EQ(report.layers.size(), 1U);
  EXPECT_EQ(report.layers[0].name, "b");
  EXPECT_EQ(report.layers[0].k, 3);
  EXPECT_EQ(report.k, 3);
}

TEST(Study, ShippedNetworksAreFoundByName) {
  StudyRequest request;
  request.workload = "resnet34";
  request.engine = Engine::analytic;
  const RunReport report = run_network(request);
  EXPECT_EQ(report.workload, "resnet34");
  EXPECT_EQ(totals(report.layers).conventional.cycles, 809350);
}

TEST(Study, AProductDeliversItsResult) {
  const ArrayConfig config = array_of(small_request());
  const GemmShape shape{2, 2, 2};
  const auto operands = std::make_shared<DenseOperands>(
      config, shape, std::vector<std::int32_t>{1, 2, 3, 4}, std::vector<std::int32_t>{5, 6, 7, 8});
  DenseResult result(shape, config.acc_width_bits());
  const RunReport report = run_product(small_request(), {shape, operands, &result});
  EXPECT_THAT(result.values(), ElementsAre(19, 22, 43, 50));
  EXPECT_EQ(report.workload, "gemm");
  EXPECT_EQ(report.seed, std::nullopt);
  ASSERT_EQ(report.layers.size(), 1U);
}

// Notes down what the study tells.
struct Listener final : ProgressListener {
  double total = 0, done = 0;
  std::vector<std::string> names;
  void begin(double total_work) override { total = total_work; }
  void begin_layer(const std::string& name) override { names.push_back(name); }
  void add(double work) override { done += work; }
};

TEST(Study, ProgressComesToItsTotal) {
  for (const std::optional<std::int64_t> sample : {std::optional<std::int64_t>{}, {3}}) {
    Listener listener;
    StudyHooks hooks;
    hooks.progress = &listener;
    StudyRequest request = small_request();
    request.threads = 1;
    request.sample_tiles = sample;
    run_network(request, hooks);
    EXPECT_GT(listener.total, 0);
    EXPECT_EQ(listener.done, listener.total);
    EXPECT_THAT(listener.names, ElementsAre("a", "b"));
  }
}

TEST(Study, MapsOfLayersAddUpToTheTotal) {
  StudyRequest request = small_request();
  request.pe_map = true;
  PeToggleMap sum, total;
  std::vector<std::size_t> layers;
  StudyHooks hooks;
  hooks.layer_map = [&](std::size_t layer, const PeToggleMap& map) {
    layers.push_back(layer);
    sum += map;
  };
  hooks.total_map = [&](const PeToggleMap& map) { total = map; };
  run_network(request, hooks);
  EXPECT_THAT(layers, ElementsAre(0, 1));
  EXPECT_EQ(total.rows, 4);
  EXPECT_EQ(sum.toggles, total.toggles);
  EXPECT_GT(total.at(0, 0), 0);
  request.engine = Engine::analytic;
  EXPECT_THROW(run_network(request, hooks), InputError);
}

TEST(Study, ReadyComesBeforeAnythingRuns) {
  Listener listener;
  StudyHooks hooks;
  hooks.progress = &listener;
  hooks.ready = [&](const std::vector<Layer>& layers) {
    EXPECT_EQ(layers.size(), 2U);
    EXPECT_TRUE(listener.names.empty());
    throw OutputError("no room");
  };
  EXPECT_THROW(run_network(small_request(), hooks), OutputError);
  EXPECT_TRUE(listener.names.empty());
}

TEST(Study, ACancelledStudyEndsBeforeTheNextLayer) {
  Listener listener;
  StudyHooks hooks;
  hooks.progress = &listener;
  hooks.cancelled = [&] { return !listener.names.empty(); };
  EXPECT_THROW(run_network(small_request(), hooks), Cancelled);
  EXPECT_THAT(listener.names, ElementsAre("a"));
}

TEST(Study, NotesOfTheCallerAreLoggedAndReported) {
  std::vector<std::string> warnings;
  StudyHooks hooks;
  hooks.log = [&](LogLevel level, const std::string& text) {
    if (level == LogLevel::warning) warnings.push_back(text);
  };
  StudyRequest request = small_request(Engine::analytic);
  request.notes = {"from elsewhere"};
  request.array.clocks.mode_ps[1] = 500;
  request.array.technology_clocks = false;
  request.array.modes = {1, 2};
  const RunReport report = run_network(request, hooks);
  EXPECT_THAT(report.notes, ElementsAre("from elsewhere"));
  EXPECT_THAT(warnings,
              ElementsAre("no clock period is known for k = 2: k auto does not consider it",
                          "from elsewhere"));
}

TEST(Study, OverflowNamesTheLayer) {
  StudyRequest request = small_request(Engine::analytic);
  request.network = {{"huge", {kMaxLayerDim, kMaxLayerDim, kMaxLayerDim}, kMaxLayerDim}};
  try {
    run_network(request);
    ADD_FAILURE();
  } catch (const OverflowError& error) {
    EXPECT_THAT(error.what(), HasSubstr("layer huge: "));
  }
}

}  // namespace
}  // namespace arrayflex::study
