// The layers of a report as CSV: the figures of the table that have a column.
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <tuple>

#include "arrayflex/core/text.h"
#include "arrayflex/report/evaluated_report.h"
#include "arrayflex/report/figures.h"

namespace arrayflex {
namespace {

using Entries = std::vector<EvaluatedEntry>;

struct Column {
  const Figure* figure;
  Design design;

  std::string name() const {
    return (design == Design::conventional ? "conventional_" : "") + figure->column;
  }
};

struct ToField {
  std::string operator()(std::monostate) const { return {}; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return fmt::format("{}", value); }
  std::string operator()(const std::string& value) const { return csv_field(value); }
  template <class Value>
  std::string operator()(const Value&) const {
    throw std::logic_error("a list has no column");
  }
};

// Where a column stands: sections that belong together, design, section, and where a section goes
// by the members of a family, the member. Equal ones stay in the order of the table.
std::tuple<int, Design, CsvSection, std::size_t> place_of(const Column& column) {
  const CsvSection section = column.figure->section;
  const std::size_t member = column.figure->member;
  switch (section) {
    case CsvSection::none:
    case CsvSection::layer:
      return {0, column.design, section, 0};
    case CsvSection::design:
      return {1, column.design, section, 0};
    case CsvSection::memory:
    case CsvSection::toggles:
    case CsvSection::sampling:
      return {2, column.design, section, 0};
    case CsvSection::clocks:
      return {2, column.design, section, member};
    case CsvSection::energy:
      return {3, column.design, section, member};
    case CsvSection::ratios:
      return {4, column.design, section, member};
  }
  return {};
}

// A column is there when every layer has its figure, one of energies when every layer has those of
// both designs, one that says 1 or 0 of the others when any layer has it.
bool is_present(const Column& column, const EvaluatedReport& report, const Entries& layers) {
  const auto has = [&](FigureWhen when, Design design) {
    return [&report, when, design](const EvaluatedEntry& entry) {
      return condition_of(when).holds({report, &entry, design});
    };
  };
  const auto all_have = [&](FigureWhen when) {
    return !layers.empty() && std::all_of(layers.begin(), layers.end(), has(when, column.design));
  };
  switch (column.figure->when) {
    case FigureWhen::always:
      return true;
    case FigureWhen::energy:
      return all_have(FigureWhen::ratios);
    case FigureWhen::energy_sampling:  // half widths are 0 in layers whose tiles all ran
      return all_have(FigureWhen::ratios) &&
             std::any_of(layers.begin(), layers.end(),
                         has(FigureWhen::energy_sampling, Design::arrayflex));
    case FigureWhen::packed:  // 1 in layers whose products have tiles of their own
      return std::any_of(layers.begin(), layers.end(), has(FigureWhen::packed, column.design));
    default:
      return all_have(column.figure->when);
  }
}

std::vector<Column> columns_of(const EvaluatedReport& report, const Entries& layers) {
  std::vector<Column> columns;
  for (const Figure& figure : figures()) {
    if (figure.section == CsvSection::none || !figure.is_of(report.run().array)) continue;
    for (const Design design : {Design::arrayflex, Design::conventional}) {
      if (design == Design::conventional && figure.scope != FigureScope::design) continue;
      const Column column{&figure, design};
      if (is_present(column, report, layers)) columns.push_back(column);
    }
  }
  std::stable_sort(columns.begin(), columns.end(),
                   [](const Column& a, const Column& b) { return place_of(a) < place_of(b); });
  return columns;
}

}  // namespace

std::string to_csv(const EvaluatedReport& report) {
  const Entries& layers = report.layers();
  const std::vector<Column> columns = columns_of(report, layers);
  std::vector<std::string> fields;
  fields.reserve(columns.size());
  for (const Column& column : columns) fields.push_back(column.name());
  std::string text = fmt::format("{}\n", fmt::join(fields, ","));
  for (const EvaluatedEntry& layer : layers) {
    fields.clear();
    for (const Column& column : columns) {
      const FigureValue value = column.figure->get({report, &layer, column.design});
      fields.push_back(std::visit(ToField(), value));
    }
    text += fmt::format("{}\n", fmt::join(fields, ","));
  }
  return text;
}

std::string to_csv(const RunReport& report) { return to_csv(EvaluatedReport(report)); }

}  // namespace arrayflex
