// The choice of k by energy and energy-delay product, against every mode run by itself.
#include "arrayflex/report/objective.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "arrayflex/core/error.h"
#include "arrayflex/report/evaluated_report.h"
#include "arrayflex/study/study.h"

namespace arrayflex::study {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

StudyRequest network_request(Objective objective, std::optional<int> k = std::nullopt) {
  StudyRequest request;
  request.workload = "made up";
  request.network = {
      {"a", {90, 30, 20}, 1}, {"b", {3, 16, 16}, 1}, {"c", {20, 9, 1}, 5}, {"d", {7, 64, 5}, 2}};
  request.array.rows = request.array.cols = 16;
  request.array.data_width_bits = 8;
  request.array.modes = {1, 2, 4, 8};
  request.technology = shipped_technology("asap7");
  request.objective = objective;
  request.k = k;
  request.threads = 1;
  return request;
}

struct Value {
  double figure, energy_pj, time_ns;
};

// Of a layer, in words of the report rather than of the choice.
Value value_of(const EvaluatedEntry& entry, Objective objective) {
  const DesignEnergy& energy = entry.energy.arrayflex.value();
  const bool busy = objective == Objective::energy_busy || objective == Objective::edp_busy;
  const double energy_pj =
      energy.of(busy ? Accounting::busy : Accounting::exact).breakdown.total_pj();
  const bool product = objective == Objective::edp || objective == Objective::edp_busy;
  return {product ? energy_pj * energy.time_ns : energy_pj, energy_pj, energy.time_ns};
}

class ObjectiveOfK : public ::testing::TestWithParam<Objective> {};
INSTANTIATE_TEST_SUITE_P(All, ObjectiveOfK,
                         ::testing::Values(Objective::energy, Objective::edp,
                                           Objective::energy_busy, Objective::edp_busy),
                         [](const auto& row) { return name_of(row.param); });

TEST_P(ObjectiveOfK, IsTheLeastOfAllModes) {
  const Objective objective = GetParam();
  const RunReport chosen = run_network(network_request(objective));
  const RunReport fastest = run_network(network_request(Objective::time));
  const EvaluatedReport evaluated(chosen), evaluated_fastest(fastest);
  EXPECT_EQ(chosen.objective, objective);
  EXPECT_EQ(fastest.objective, Objective::time);
  std::vector<RunReport> by_mode;
  for (const int k : {1, 2, 4, 8}) by_mode.push_back(run_network(network_request(objective, k)));
  double own_pj = 0, own_ns = 0, fastest_pj = 0, fastest_ns = 0;
  for (std::size_t i = 0; i < chosen.layers.size(); ++i) {
    const RunReport* best = nullptr;
    for (const RunReport& report : by_mode) {
      const auto figure = [&](const RunReport& of) {
        return value_of(EvaluatedReport(of).layers()[i], objective).figure;
      };
      if (best == nullptr || figure(report) < figure(*best)) best = &report;
    }
    const LayerReport& layer = chosen.layers[i];
    SCOPED_TRACE(layer.name);
    EXPECT_EQ(layer.k, best->layers[i].k);
    EXPECT_EQ(layer.arrayflex, best->layers[i].arrayflex);
    EXPECT_EQ(layer.conventional, best->layers[i].conventional);
    EXPECT_EQ(layer.fastest.value().k, fastest.layers[i].k);
    const Value own = value_of(evaluated.layers()[i], objective);
    const Value other = value_of(evaluated_fastest.layers()[i], objective);
    EXPECT_DOUBLE_EQ(objective_gain(chosen, evaluated.layers()[i]).value(),
                     1 - own.figure / other.figure);
    EXPECT_GE(objective_gain(chosen, evaluated.layers()[i]).value(), 0);
    own_pj += own.energy_pj;
    own_ns += own.time_ns;
    fastest_pj += other.energy_pj;
    fastest_ns += other.time_ns;
  }
  const bool product = objective == Objective::edp || objective == Objective::edp_busy;
  EXPECT_NEAR(objective_gain(chosen, evaluated.total()).value(),
              1 - own_pj / fastest_pj * (product ? own_ns / fastest_ns : 1), 1e-12);
}

TEST(ObjectiveOfKAlone, DiffersFromTime) {
  const auto modes = [](Objective objective) {
    std::vector<int> all;
    for (const LayerReport& layer : run_network(network_request(objective)).layers) {
      all.push_back(layer.k);
    }
    return all;
  };
  EXPECT_NE(modes(Objective::energy), modes(Objective::time));
}

// Nothing costs anything: all modes are alike, whatever their clocks.
TEST(ObjectiveOfKAlone, ATieGoesToTheSmallerK) {
  Technology free = shipped_technology("asap7");
  free.widths.clear();
  for (const Design design : {Design::arrayflex, Design::conventional}) {
    (design == Design::arrayflex ? free.widths[8].arrayflex : free.widths[8].conventional)
        .toggle_fj[1] = {};
  }
  free.clocks.conventional_ps = 500;
  free.clocks.mode_ps = {{1, 900.0}, {2, 500.0}, {4, 700.0}, {8, 900.0}};
  StudyRequest request = network_request(Objective::edp);
  request.technology = free;
  const RunReport report = run_network(request);
  const EvaluatedReport evaluated(report);
  for (std::size_t i = 0; i < report.layers.size(); ++i) {
    EXPECT_EQ(report.layers[i].k, 1);
    EXPECT_NE(report.layers[i].fastest.value().k, 1);
    EXPECT_EQ(objective_gain(report, evaluated.layers()[i]), std::nullopt);
  }
}

// Every mode runs, X arrives once.
TEST(ObjectiveOfKAlone, TheResultIsDeliveredOnce) {
  StudyRequest request = network_request(Objective::edp);
  const ArrayConfig config = array_of(request);
  const GemmShape shape{2, 1, 2};
  Product product;
  product.shape = shape;
  product.operands = std::make_shared<DenseOperands>(config, shape, std::vector<std::int32_t>{2, 3},
                                                     std::vector<std::int32_t>{5, 7});
  DenseResult x(shape, config.acc_width_bits());
  product.result = &x;
  run_product(request, product);
  EXPECT_THAT(x.values(), ElementsAre(10, 14, 15, 21));
}

TEST(ObjectiveOfKAlone, ModesWithoutAClockAreNotConsidered) {
  StudyRequest request = network_request(Objective::energy);
  request.array.technology_clocks = false;
  request.array.clocks.conventional_ps = 500;
  request.array.clocks.mode_ps = {{2, 500.0}};
  for (const LayerReport& layer : run_network(request).layers) EXPECT_EQ(layer.k, 2);
}

TEST(ObjectiveOfKAlone, SamplesChooseByTheirEstimates) {
  StudyRequest request = network_request(Objective::edp);
  request.sample_tiles = 1000;  // all of them
  const RunReport sample = run_network(request),
                  exact = run_network(network_request(Objective::edp));
  for (std::size_t i = 0; i < exact.layers.size(); ++i) {
    EXPECT_EQ(sample.layers[i].k, exact.layers[i].k);
  }
}

std::string refusal(const StudyRequest& request) {
  try {
    const Study study(request);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(ObjectiveOfKAlone, WhatCannotBeChosenByIsRefused) {
  StudyRequest request = network_request(Objective::edp);
  EXPECT_EQ(refusal(request), "");
  request.engine = Engine::analytic;
  EXPECT_THAT(refusal(request),
              AllOf(HasSubstr("objective = edp: the analytic engine counts no activity; use"),
                    HasSubstr("engine fast, pin or cycle")));
  request = network_request(Objective::energy_busy);
  request.activity = false;
  EXPECT_THAT(refusal(request),
              HasSubstr("objective = energy_busy: there is no energy to choose by "
                        "with activity off"));
  request = network_request(Objective::edp);
  request.technology->widths.clear();
  request.array.technology_clocks = false;
  request.array.clocks.mode_ps = {{1, 500.0}};
  EXPECT_THAT(refusal(request), HasSubstr("objective edp: "));
}

TEST(ObjectiveOfKAlone, WhatIsWrittenMeanwhileIsRefused) {
  StudyRequest request = network_request(Objective::edp);
  request.engine = Engine::pin;
  request.traces.vcd_path = "x.vcd";
  EXPECT_THAT(refusal(request), HasSubstr("every mode runs, and trace would hold all of them"));
  request.traces.vcd_path.clear();
  request.traces.saif_path = "x.saif";
  request.traces.saif_detail = SaifDetail::totals;
  EXPECT_EQ(refusal(request), "");
}

TEST(ObjectiveOfKAlone, WithAGivenKThereIsNoChoice) {
  StudyRequest request = network_request(Objective::edp, 2);
  request.engine = Engine::analytic;
  std::vector<std::string> texts;
  StudyHooks hooks;
  hooks.log = [&](LogLevel level, const std::string& text) {
    if (level == LogLevel::warning) texts.push_back(text);
  };
  const RunReport report = run_network(request, hooks);
  EXPECT_EQ(report.objective, Objective::time);
  EXPECT_THAT(texts, Contains("objective is ignored: k is given, there is no choice"));
}

}  // namespace
}  // namespace arrayflex::study
