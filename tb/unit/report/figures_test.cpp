// The table of figures against the texts that are made of it.
#include "arrayflex/report/figures.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "unit/report/maximal_report.h"

namespace arrayflex {
namespace {

using nlohmann::ordered_json;
using Keys = std::multiset<std::string>;

bool is_by_name(const Figure& figure) {
  return figure.type == FigureType::counts_by_name || figure.type == FigureType::numbers_by_name ||
         figure.type == FigureType::numbers_or_null_by_name;
}

// Keys of the scopes' figures.
Keys keys_of(const std::set<FigureScope>& scopes) {
  Keys keys;
  for (const Figure& figure : figures()) {
    if (scopes.count(figure.scope) != 0) keys.insert(figure.key);
  }
  return keys;
}

// The ways to all values but those behind the keys in `without`; what figures by name have inside
// is one value.
void add_leaves(Keys& leaves, const ordered_json& json, const std::string& path,
                const std::set<std::string>& without) {
  for (const auto& [key, value] : json.items()) {
    const std::string way = path.empty() ? key : path + '.' + key;
    if (without.count(way) != 0) continue;
    const auto is_way = [&](const Figure& figure) {
      return is_by_name(figure) && figure.key == way;
    };
    const bool by_name = std::any_of(figures().begin(), figures().end(), is_way);
    if (value.is_object() && !by_name) {
      add_leaves(leaves, value, way, without);
    } else {
      leaves.insert(way);
    }
  }
}

Keys leaves_of(const ordered_json& json, const std::set<std::string>& without = {}) {
  Keys leaves;
  add_leaves(leaves, json, "", without);
  return leaves;
}

ordered_json maximal_json() { return ordered_json::parse(to_json(maximal_report())); }

TEST(Figures, EveryJsonValueIsInTheTableAndTheOtherWayRound) {
  using F = FigureScope;
  const ordered_json json = maximal_json();
  EXPECT_EQ(leaves_of(json, {"layers", "total", "conventional"}), keys_of({F::run}));
  for (const ordered_json& layer : json["layers"]) {
    EXPECT_EQ(leaves_of(layer, {"conventional"}),
              keys_of({F::layer, F::entry, F::design, F::comparison}));
    EXPECT_EQ(leaves_of(layer["conventional"]), keys_of({F::design}));
  }
  EXPECT_EQ(leaves_of(json["total"], {"conventional"}),
            keys_of({F::entry, F::design, F::comparison, F::total}));
  EXPECT_EQ(leaves_of(json["total"]["conventional"]), keys_of({F::design}));
  EXPECT_EQ(json["conventional"], json["total"]["conventional"]);
}

TEST(Figures, EveryCsvColumnIsInTheTableAndTheOtherWayRound) {
  Keys expected;
  for (const Figure& figure : figures()) {
    if (figure.column.empty()) continue;
    expected.insert(figure.column);
    if (figure.scope == FigureScope::design) expected.insert("conventional_" + figure.column);
  }
  std::istringstream header(to_csv(maximal_report()));
  std::string line;
  std::getline(header, line);
  std::istringstream fields(line);
  Keys columns;
  for (std::string field; std::getline(fields, field, ',');) columns.insert(field);
  EXPECT_EQ(columns, expected);
  EXPECT_EQ(std::set(columns.begin(), columns.end()).size(), columns.size()) << "a name twice";
}

TEST(Figures, HaveUnitsThatTheirNamesEndWithAndAMeaning) {
  const std::set<std::string> units{
      "text",     "count", "ratio", "cycles",  "bits",        "bytes",
      "elements", "ns",    "ps",    "toggles", "bit cycles",  "pJ",
      "mW",       "pJ*ns", "um2",   "pJ/byte", "bytes/cycle", "ratio, count or bits"};
  const std::pair<const char*, const char*> endings[] = {
      {"_ns", "ns"},   {"_ps", "ps"},       {"_pj", "pJ"},         {"_mw", "mW"},
      {"_um2", "um2"}, {"_pj_ns", "pJ*ns"}, {"_cycles", "cycles"}, {"_bits", "bits"}};
  for (const Figure& figure : figures()) {
    EXPECT_EQ(units.count(figure.unit), 1u) << figure.key << ": " << figure.unit;
    EXPECT_STRNE(figure.meaning, "") << figure.key;
    const std::string& name = figure.path.back();
    std::string unit;  // of the longest ending
    std::size_t longest = 0;
    for (const auto& [ending, ending_unit] : endings) {
      const std::string text = ending;
      const bool ends = name.size() >= text.size() &&
                        name.compare(name.size() - text.size(), text.size(), text) == 0;
      if (ends && text.size() > longest) unit = ending_unit, longest = text.size();
    }
    EXPECT_TRUE(unit.empty() || figure.unit == unit) << figure.key << " in " << figure.unit;
  }
}

TEST(Figures, StandInASectionJustWhereTheyNeedOne) {
  for (const Figure& figure : figures()) {
    const bool has_section = figure.section != CsvSection::none;
    EXPECT_EQ(has_section, !figure.column.empty()) << figure.key;
    EXPECT_EQ(figure.title.empty(), figure.page == 0) << figure.key;
    EXPECT_TRUE(figure.page == 0 || has_section) << figure.key << ": orders the page, too";
    EXPECT_EQ(figure.sweep.empty(), figure.tables == 0) << figure.key;
    EXPECT_TRUE(figure.objective.empty() || (figure.tables & kSweepPoints) != 0) << figure.key;
  }
}

// A figure that the smallest report lacks shows where its condition says it does.
TEST(Figures, ConditionsAreThoseOfTheKeys) {
  for (const FigureCondition& condition : figure_conditions()) {
    EXPECT_EQ(&condition_of(condition.when), &condition);
    EXPECT_STRNE(condition.meaning, "");
    if (condition.when == FigureWhen::always) continue;
    std::string pointer = "/" + std::string(condition.key);
    std::replace(pointer.begin(), pointer.end(), '.', '/');
    const ordered_json json = maximal_json();
    const bool is_of_layers = condition.when == FigureWhen::packed;
    const ordered_json& object = condition.is_of_run ? json
                                 : is_of_layers      ? json["layers"][0]
                                                     : json["total"];
    EXPECT_TRUE(object.contains(ordered_json::json_pointer(pointer))) << condition.name;
  }
}

TEST(Figures, ConditionsFailWithoutTheirParts) {
  RunReport report = maximal_report();
  report.technology.reset();
  report.memory.reset();
  report.kernel.clear();
  report.notes.clear();
  report.operand_recipe.clear();
  report.array.overlap = Overlap::none;
  report.objective = Objective::time;
  for (LayerReport& layer : report.layers) {
    for (DesignFigures* figures : {&layer.arrayflex, &layer.conventional}) {
      figures->activity.reset();
      figures->sampling.reset();
      figures->memory.reset();
    }
  }
  const EvaluatedReport evaluated(report);
  for (const FigureCondition& condition : figure_conditions()) {
    const EvaluatedEntry* entry = condition.is_of_run ? nullptr : &evaluated.total();
    EXPECT_EQ(condition.holds({evaluated, entry}), condition.when == FigureWhen::always)
        << condition.name;
  }
}

TEST(Figures, AreWhatTheReportHolds) {
  const RunReport report = maximal_report();
  const EvaluatedReport evaluated(report);
  const FigureSource source{evaluated, &evaluated.layers()[1], Design::conventional};
  const auto value = [&](FigureScope scope, const std::string& key) {
    for (const Figure& figure : figures()) {
      if (figure.scope == scope && figure.key == key) return figure.get(source);
    }
    throw std::runtime_error("no figure " + key);
  };
  const LayerReport& layer = report.layers[1];
  EXPECT_EQ(value(FigureScope::layer, "repeat"), FigureValue(layer.repeat));
  EXPECT_EQ(value(FigureScope::design, "activity.toggles.product"),
            FigureValue((*layer.conventional.activity)[NetClass::product]));
  EXPECT_EQ(value(FigureScope::design, "dma_bytes.x_written"),
            FigureValue(static_cast<std::int64_t>(layer.conventional.memory->dma.x_written)));
  EXPECT_EQ(value(FigureScope::design, "energy.busy.by_component_pj.adder"),
            FigureValue(evaluated.layers()[1].energy.conventional->busy.breakdown.component_pj(
                EnergyComponent::adder)));
  EXPECT_EQ(value(FigureScope::run, "memory.latency_ns"), FigureValue(100.0));
}

}  // namespace
}  // namespace arrayflex
