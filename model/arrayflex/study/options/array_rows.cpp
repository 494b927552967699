// Options of the workload and of the array.
#include <fmt/format.h>

#include "arrayflex/core/error.h"
#include "arrayflex/core/widths.h"
#include "arrayflex/study/options/rows.h"
#include "arrayflex/study/options/text_values.h"

namespace arrayflex::study {
namespace {

constexpr const char* kArrayGroup = "Array";
constexpr int kMaxWidthBits = 64;

const ArrayParameters& defaults() {
  static const ArrayParameters parameters;
  return parameters;
}

ValueKind width() {
  ValueKind kind = integer(1, kMaxWidthBits);
  kind.sensible = operand_widths();
  return kind;
}

std::vector<std::string> overlaps() {
  std::vector<std::string> names;
  for (const Overlap overlap : all_overlaps()) names.emplace_back(name_of(overlap));
  return names;
}

ValueKind text_or(std::vector<std::string> choices) {
  ValueKind kind = of_type(ValueType::text);
  kind.choices = std::move(choices);
  return kind;
}

void set_dimensions(StudyRequest& request, const std::string& item, const OptionValue& value) {
  request.onnx.dims = parse_dimensions(item, std::get<std::vector<std::string>>(value));
}

void set_layers(StudyRequest& request, const std::string&, const OptionValue& value) {
  request.layers = std::get<std::vector<std::string>>(value);
}

void set_technology(StudyRequest& request, const std::string& item, const OptionValue& value) {
  request.technology = load_technology_option(item, std::get<std::string>(value));
}

Option rows_row() {
  return Row("rows", integer(1, kMaxArrayDim))
      .value("N")
      .otherwise(std::int64_t{defaults().rows})
      .help("rows of PEs, {min}..{max} [default: {default}]")
      .python("Array")
      .config("rows")
      .axis()
      .sets(&ArrayRequest::rows, &ArrayParameters::rows)
      .in(kArrayGroup);
}

Option cols_row() {
  return Row("cols", integer(1, kMaxArrayDim))
      .value("N")
      .otherwise(std::int64_t{defaults().cols})
      .help("columns of PEs, {min}..{max} [default: {default}]")
      .python("Array")
      .config("cols")
      .axis()
      .sets(&ArrayRequest::cols, &ArrayParameters::cols)
      .in(kArrayGroup);
}

Option data_width_row() {
  return Row("data_width", width())
      .value("BITS", "bits")
      .otherwise(std::int64_t{defaults().data_width_bits})
      .help(fmt::format("operand width in bits: {} [default: {{default}}]", operand_widths_text()))
      .python("Array", "data_width_bits")
      .config("data_width_bits")
      .axis()
      .sets(&ArrayRequest::data_width_bits, &ArrayParameters::data_width_bits, true)
      .in(kArrayGroup);
}

Option acc_width_row() {
  return Row("acc_width", integer(1, kMaxWidthBits))
      .value("BITS", "bits")
      .otherwise({}, "the one that fits")
      .help("width of sums in bits: 32 for 8-bit operands, else 64\n[default: {default}]")
      .python("Array", "acc_width_bits")
      .config("acc_width_bits")
      .sets(&ArrayRequest::acc_width_bits, &ArrayParameters::acc_width_bits, true)
      .in(kArrayGroup);
}

Option modes_row() {
  return Row("modes", integers(1, kMaxArrayDim))
      .value("K,K,...")
      .otherwise({},
                 fmt::format("{}, as far as they fit the array", fmt::join(defaults().modes, ",")))
      .help("collapse factors the array offers, comma-separated\n[default: {default}]")
      .python("Array")
      .config("modes")
      .axis("default")
      .sets(&ArrayRequest::modes, &ArrayParameters::modes, true)
      .in(kArrayGroup);
}

Option overlap_row() {
  return Row("overlap", choice(overlaps()))
      .value("none|load|full")
      .otherwise(std::string(name_of(defaults().overlap)))
      .help(
          "tiles of a product: none: one after the other; load: the next\ntile's weights load "
          "while a tile streams, into a second register\nper PE; full: and it streams right behind "
          "[default: {default}]")
      .python("Array")
      .config("overlap")
      .axis()
      .sets(&ArrayRequest::overlap, &ArrayParameters::overlap)
      .in(kArrayGroup);
}

Option k_row() {
  return Row("k", integer(1, kMaxArrayDim))
      .value("auto|N")
      .otherwise({}, "auto")
      .help(
          "collapse factor of all layers, or auto: per layer the fastest\nof the modes whose "
          "clock is known [default: {default}]")
      .python("run")
      .axis("auto")
      .sets(&StudyRequest::k)
      .in(kArrayGroup);
}

Option objective_row() {
  return Row("objective", choice({kObjectives.begin(), kObjectives.end()}))
      .value("time|energy|edp|energy_busy|edp_busy")
      .otherwise(name_of(StudyRequest().objective))
      .help(
          "what --k auto looks for the least of, layer by layer: time,\nenergy or energy-delay "
          "product of the array, as it is (exact) or\nin the accounting busy; all but time run "
          "every mode and need an\nengine with activity [default: {default}]")
      .python("run")
      .axis()
      .sets(&StudyRequest::objective)
      .in(kArrayGroup);
}

// Its axis has words, as YAML has no on and off of its own.
Option group_packing_row() {
  return Row("group_packing", of_type(ValueType::on_off))
      .only(kRun)
      .value("on|off")
      .otherwise(StudyRequest().group_packing)
      .help(
          "products of a layer that fit next to each other share a tile\n(groups of a "
          "convolution, heads of an attention product);\noff: each has its own, as in the paper "
          "[default: {default}]")
      .python("run")
      .axis({"group_packing", "", choice({"on", "off"}), std::string("on"), ""})
      .sets(&StudyRequest::group_packing)
      .in(kArrayGroup);
}

Option config_row() {
  return Row("config", of_type(ValueType::path))
      .names("-c,--config")
      .value("FILE")
      .help(
          "JSON file with the array's parameters and clocks, see below, or a\nconfiguration of "
          "SCALE-Sim (.cfg)")
      .in(kArrayGroup);
}

Option dataflow_override_row() {
  return Row("dataflow_override", choice({"ws"}))
      .only(kRun)
      .value("ws")
      .help(
          "run a configuration of SCALE-Sim with another dataflow (os, is, ...)\nas "
          "weight-stationary, the only one there is")
      .in(kArrayGroup);
}

Option technology_row() {
  return Row("tech", text_or(shipped_technologies()))
      .value("NAME|FILE")
      .otherwise(std::string(kDefaultTechnology))
      .help(
          "technology: clock periods and energies, one of {choices}\nor a JSON file with "
          "numbers for the operand width, see\n'arrayflex tech'; clocks in --config "
          "win over its clocks\n[default: {default}]")
      .python("Array", "technology")
      .axis()
      .sets(&set_technology)
      .in(kArrayGroup);
}

}  // namespace

std::vector<Option> workload_rows() {
  return {
      Row("workload", of_type(ValueType::text))
          .names("workload")
          .only(kRun)
          .value("WORKLOAD")
          .help("shipped workload, CSV file (native or SCALE-Sim), YAML file\n(Timeloop or ZigZag) "
                "or ONNX model")
          .axis()
          .sets(&StudyRequest::workload)
          .in(""),
      Row("topology", of_type(ValueType::text))
          .names("-t,--topology")
          .only(kRun)
          .value("FILE")
          .help("the same, as SCALE-Sim's users give it")
          .in(""),
      Row("dim", of_type(ValueType::texts))
          .only(kRun)
          .value("NAME=VALUE")
          .help("value of a dynamic dimension of an ONNX model, by its name or,\nwithout one, by "
                "input and axis: 'x[0]=1'; may be repeated")
          .python("run", "dims")
          .sets(&set_dimensions)
          .in(""),
      Row("layers", of_type(ValueType::texts))
          .only(kRun)
          .value("PATTERN")
          .help("only layers whose names match these comma-separated glob\npatterns; a leading ! "
                "leaves the matching ones out")
          .python("run")
          .sets(&set_layers)
          .in(""),
  };
}

std::vector<Option> array_rows() {
  return {rows_row(),
          cols_row(),
          data_width_row(),
          acc_width_row(),
          modes_row(),
          overlap_row(),
          k_row(),
          objective_row(),
          group_packing_row(),
          config_row(),
          dataflow_override_row(),
          technology_row()};
}

}  // namespace arrayflex::study
