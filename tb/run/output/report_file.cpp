#include "run/output/report_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/core/error.h"
#include "arrayflex/core/json_fields.h"
#include "arrayflex/core/text.h"
#include "arrayflex/report/figures.h"

namespace arrayflex::command {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxQuotedBytes = 60;
// A report is six deep; writing a value out again recurses.
constexpr int kMaxDepth = 32;
// A layer takes about 10 KiB.
constexpr std::size_t kMaxReportBytes = std::size_t{1} << 30;

// A value of the report and the way to it, for messages.
class Node {
 public:
  // Keeps references to the value and to the name of its file.
  Node(const Json& value, const std::string& file, std::string path = {})
      : value_(&value), file_(&file), path_(std::move(path)) {}

  [[noreturn]] void fail(const std::string& allowed) const {
    const std::string text = value_->dump(-1, ' ', true, Json::error_handler_t::replace);
    throw InputError(path_.empty() ? *file_ : fmt::format("{}: {}", *file_, path_),
                     shortened(text, kMaxQuotedBytes), allowed);
  }

  // `key`: one, or several with dots between them.
  bool has(std::string_view key) const {
    if (!value_->is_object()) return false;
    const std::size_t dot = key.find('.');
    const auto found = value_->find(std::string(key.substr(0, dot)));
    if (found == value_->end()) return false;
    return dot == std::string_view::npos || Node(*found, *file_).has(key.substr(dot + 1));
  }

  Node child(const std::string& key) const {
    require_object();
    const auto found = value_->find(key);
    const std::string path = path_.empty() ? key : fmt::format("{}.{}", path_, key);
    if (found == value_->end()) {
      throw InputError(fmt::format("{}: {} is missing: no report of arrayflex run", *file_, path));
    }
    return {*found, *file_, path};
  }

  // The value at the end of a way through objects.
  Node descendant(const std::vector<std::string>& keys) const {
    Node node = *this;
    for (const std::string& key : keys) node = node.child(key);
    return node;
  }

  template <class Visit>
  void for_each_element(Visit visit) const {
    if (!value_->is_array() || value_->empty()) fail("a list of at least one element is needed");
    for (std::size_t i = 0; i < value_->size(); ++i) {
      visit(Node((*value_)[i], *file_, fmt::format("{}[{}]", path_, i)));
    }
  }

  template <class Visit>
  void for_each_member(Visit visit) const {
    require_object();
    for (const auto& [key, value] : value_->items()) {
      visit(Node(value, *file_, fmt::format("{}.{}", path_, key)));
    }
  }

  void require_object() const {
    if (!value_->is_object()) fail("an object is needed");
  }
  void require_text() const {
    if (!value_->is_string()) fail("a text is needed");
  }
  void require_mode_choice() const {
    if (value_->is_string() && *value_ == "auto") return;
    if (!value_->is_number_unsigned() || *value_ == 0)
      fail("\"auto\" or a collapse factor is needed");
  }
  void require_count() const { require_integer(0, std::numeric_limits<std::int64_t>::max()); }
  void require_integer(std::int64_t min, std::int64_t max) const {
    // Numbers that were read are unsigned unless they are negative.
    const bool fits = value_->is_number_unsigned() &&
                      value_->get<std::uint64_t>() >= static_cast<std::uint64_t>(min) &&
                      value_->get<std::uint64_t>() <= static_cast<std::uint64_t>(max);
    if (!fits) fail(fmt::format("a whole number {}..{} is needed", min, max));
  }
  void require_number() const {
    if (!value_->is_number()) fail("a number is needed");
  }
  void require_number_or_null() const {
    if (!value_->is_null()) require_number();
  }

 private:
  const Json* value_;
  const std::string* file_;
  std::string path_;
};

void require(const Node& node, FigureType type) {
  const auto require_each_of = [&](void (Node::*check)() const) {
    node.for_each_member([check](const Node& member) { (member.*check)(); });
  };
  switch (type) {
    case FigureType::text:
      return node.require_text();
    case FigureType::texts:
      return node.for_each_element([](const Node& text) { text.require_text(); });
    case FigureType::count:
      return node.require_count();
    case FigureType::counts:
      return node.for_each_element([](const Node& count) { count.require_count(); });
    case FigureType::counts_by_name:
      return require_each_of(&Node::require_count);
    case FigureType::array_size:
      return node.require_integer(1, kMaxArrayDim);
    case FigureType::number:
      return node.require_number();
    case FigureType::numbers_by_name:
      return require_each_of(&Node::require_number);
    case FigureType::number_or_null:
      return node.require_number_or_null();
    case FigureType::numbers_or_null_by_name:
      return require_each_of(&Node::require_number_or_null);
    case FigureType::mode_choice:
      return node.require_mode_choice();
  }
}

// An object with figures, and what says which of them it must have.
struct Checked {
  const Node& report;
  const ArrayParameters& array;
  const Node& total;  // the object's counterpart in the total: what that has, all layers have
  const Node& object;

  bool must_have(const Figure& figure) const {
    const FigureCondition& condition = condition_of(figure.when);
    if (!figure.is_of(array)) return false;
    if (figure.when == FigureWhen::always) return true;
    if (condition.is_of_run) return report.has(condition.key);
    return object.has(condition.key) || (condition.holds_for_all && total.has(condition.key));
  }
};

void check(const Checked& checked, std::initializer_list<FigureScope> scopes) {
  for (const Figure& figure : figures()) {
    const bool is_asked = std::find(scopes.begin(), scopes.end(), figure.scope) != scopes.end();
    if (is_asked && checked.must_have(figure)) {
      require(checked.object.descendant(figure.path), figure.type);
    }
  }
}

void check_entry(const Checked& checked) {
  using F = FigureScope;
  check(checked, {F::entry, F::design, F::comparison});
  check({checked.report, checked.array, checked.total.child("conventional"),
         checked.object.child("conventional")},
        {F::design});
}

// The machine of the report, whose figures of the run are checked: it has some figures or has not.
ArrayParameters array_of(const Json& report, const std::string& file) {
  Json array = report["array"];
  array.erase("clock_period_ps");  // may have unknown periods, null
  return parse_array_parameters(array.dump(), file);
}

void check_report(const Json& json, const std::string& file) {
  using F = FigureScope;
  const Node report(json, file);
  check({report, {}, report, report}, {F::run});
  const ArrayParameters array = array_of(json, file);
  const Node total = report.child("total");
  check_entry({report, array, total, total});
  check({report, array, total, total}, {F::total});
  report.child("layers").for_each_element([&](const Node& layer) {
    check({report, array, total, layer}, {F::layer});
    check_entry({report, array, total, layer});
  });
  const Node conventional = report.child("conventional");
  check({report, array, conventional, conventional}, {F::design});
}

}  // namespace

Json read_report(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    throw InputError("report file", path,
                     "there is no such file; arrayflex run ... --out DIR writes it");
  }
  const auto limit_depth = [&](int depth, Json::parse_event_t, const Json&) {
    if (depth <= kMaxDepth) return true;
    throw InputError(
        fmt::format("{}: nested deeper than {}: no report of arrayflex run", path, kMaxDepth));
  };
  Json report;
  try {
    report = Json::parse(read_text_file(path, kMaxReportBytes), limit_depth);
  } catch (const Json::exception& problem) {
    // It may quote the file, whose bytes may be anything.
    const std::string reason = plain_text(problem.what(), '?');
    throw InputError(fmt::format("{}: no JSON: {}", path, reason));
  }
  check_report(report, path);
  return report;
}

}  // namespace arrayflex::command
