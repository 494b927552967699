// The report as JSON: the table of figures, written out.
#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>

#include "arrayflex/report/evaluated_report.h"
#include "arrayflex/report/figures.h"

namespace arrayflex {
namespace {

using Json = nlohmann::ordered_json;

struct ToJson {
  Json operator()(std::monostate) const { return {}; }
  Json operator()(const NamedFigures& named) const {
    Json json = Json::object();
    for (const auto& [name, value] : named) json[name] = std::visit(*this, value);
    return json;
  }
  template <class Value>
  Json operator()(const Value& value) const {
    return value;
  }
};

void put(Json& json, const Figure& figure, const FigureSource& source) {
  Json* at = &json;
  for (const std::string& key : figure.path) at = &(*at)[key];
  *at = std::visit(ToJson(), figure.get(source));
}

void put_all(Json& json, std::initializer_list<FigureScope> scopes, const FigureSource& source) {
  for (const Figure& figure : figures()) {
    const bool is_asked = std::find(scopes.begin(), scopes.end(), figure.scope) != scopes.end();
    if (is_asked && figure.is_in(source)) put(json, figure, source);
  }
}

Json conventional_json(const EvaluatedReport& report, const EvaluatedEntry& entry) {
  Json json = Json::object();
  put_all(json, {FigureScope::design}, {report, &entry, Design::conventional});
  return json;
}

Json entry_json(const EvaluatedReport& report, const EvaluatedEntry& entry) {
  using F = FigureScope;
  Json json = Json::object();
  const FigureSource source{report, &entry};
  if (entry.layer != nullptr) put_all(json, {F::layer}, source);
  put_all(json, {F::entry, F::design}, source);
  json["conventional"] = conventional_json(report, entry);
  put_all(json, {F::comparison}, source);
  if (entry.layer == nullptr) put_all(json, {F::total}, source);
  return json;
}

}  // namespace

std::string to_json(const EvaluatedReport& report) {
  const EvaluatedEntry& total = report.total();
  Json json;
  put_all(json, {FigureScope::run}, {report});
  json["layers"] = Json::array();
  for (const EvaluatedEntry& layer : report.layers()) {
    json["layers"].push_back(entry_json(report, layer));
  }
  json["total"] = entry_json(report, total);
  json["conventional"] = conventional_json(report, total);
  // Names come from files: bytes that are not UTF-8 are replaced rather than refused.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string to_json(const RunReport& report) { return to_json(EvaluatedReport(report)); }

}  // namespace arrayflex
