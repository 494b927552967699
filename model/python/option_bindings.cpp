// The table of options, and keyword arguments that go through it.
#include <pybind11/stl.h>

#include <limits>

#include "arrayflex/core/error.h"
#include "bindings.h"

namespace arrayflex::python {
namespace {

namespace py = pybind11;
using study::Axis;
using study::Option;
using study::OptionValue;
using study::ValueKind;
using study::ValueType;

bool has_bounds(ValueType type) {
  return type == ValueType::integer || type == ValueType::power_of_two ||
         type == ValueType::number || type == ValueType::integers;
}

py::object bound(const ValueKind& kind, double value) {
  if (!has_bounds(kind.type)) return py::none();
  if (kind.type == ValueType::number) return py::float_(value);
  if (value >= study::kMaxInt64Bound) return py::int_(std::numeric_limits<std::int64_t>::max());
  return py::int_(static_cast<std::int64_t>(value));
}

py::list choices_of(const ValueKind& kind) {
  return kind.sensible.empty() ? py::list(py::cast(kind.choices))
                               : py::list(py::cast(kind.sensible));
}

py::dict axis_row(const Axis& axis) {
  py::dict row;
  row["name"] = axis.name;
  row["type"] = name_of(axis.kind.type);
  row["min"] = bound(axis.kind, axis.kind.min);
  row["max"] = bound(axis.kind, axis.kind.max);
  row["choices"] = choices_of(axis.kind);
  row["unit"] = axis.unit;
  row["default"] = to_python(axis.default_value);
  row["absent_word"] = axis.absent_word;
  row["words"] = axis.words;
  return row;
}

py::dict option_row(const Option& option) {
  py::dict row;
  row["key"] = option.key;
  row["names"] = option.names;
  row["group"] = option.group;
  py::list commands;
  if ((option.commands & study::kRun) != 0) commands.append("run");
  if ((option.commands & study::kGemm) != 0) commands.append("gemm");
  row["commands"] = commands;
  row["type"] = name_of(option.kind.type);
  row["min"] = bound(option.kind, option.kind.min);
  row["max"] = bound(option.kind, option.kind.max);
  row["choices"] = choices_of(option.kind);
  row["unit"] = option.unit;
  row["default"] = to_python(option.default_value);
  row["default_text"] = default_text(option);
  row["help"] = documentation_text(option);
  row["callable"] = option.python.callable;
  row["keyword"] = option.python.name;
  row["keyword_default"] = to_python(option.python.default_value);
  row["config_key"] = option.config_key;
  py::list axes;
  for (const Axis& axis : option.axes) axes.append(axis_row(axis));
  row["axes"] = axes;
  return row;
}

const Option& option_of_keyword(const std::string& keyword) {
  for (const Option& option : study::all_options()) {
    if (option.python.name == keyword) return option;
  }
  throw py::type_error("got an unexpected keyword argument '" + keyword + "'");
}

OptionValue to_value(const Option& option, const std::string& keyword, const py::handle& value) {
  switch (option.kind.type) {
    case ValueType::integer:
      return value.cast<std::int64_t>();
    case ValueType::power_of_two:  // a word for what is none
      return parse_value(option.kind, keyword, std::to_string(value.cast<std::int64_t>()));
    case ValueType::number:
      return value.cast<double>();
    case ValueType::on_off:  // a word is as good as a truth value
      if (py::isinstance<py::str>(value)) break;
      return value.cast<bool>();
    case ValueType::flag:
      return value.cast<bool>();
    case ValueType::integers:
      return value.cast<std::vector<int>>();
    case ValueType::texts:
      return value.cast<std::vector<std::string>>();
    case ValueType::choice:
    case ValueType::text:
    case ValueType::path:
      break;
  }
  return parse_value(option.kind, keyword, value.cast<std::string>());
}

}  // namespace

py::object to_python(const OptionValue& value) {
  if (std::holds_alternative<std::monostate>(value)) return py::none();
  return py::cast(value);
}

void set_options(study::StudyRequest& request, const py::dict& keywords) {
  for (const auto& [name, value] : keywords) {
    if (value.is_none()) continue;
    const auto keyword = name.cast<std::string>();
    const Option& option = option_of_keyword(keyword);
    option.set(request, keyword, to_value(option, keyword, value));
  }
}

void bind_options(py::module_& m) {
  m.def("options", [] {
    py::list rows;
    for (const Option& option : study::all_options()) rows.append(option_row(option));
    return rows;
  });
}

}  // namespace arrayflex::python
