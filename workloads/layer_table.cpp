#include "workloads/layer_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <utility>

#include "workloads/csv.h"
#include "workloads/scale_sim/topology.h"
#include "workloads/yaml/import.h"

namespace arrayflex {

// Generated from the CSV files of this folder: (file stem, content).
const std::vector<std::pair<std::string_view, std::string_view>>& embedded_tables();

namespace workloads {
namespace {

using C = ConvolutionShape;

struct ConvolutionColumn {
  const char* name;
  std::int64_t C::*member;
  std::int64_t least;
  bool required;
};
constexpr std::array<ConvolutionColumn, 16> kConvolutionColumns{{
    {"batch", &C::batch, 1, false},
    {"in_h", &C::in_h, 1, true},
    {"in_w", &C::in_w, 1, true},
    {"in_channels", &C::in_channels, 1, true},
    {"out_channels", &C::out_channels, 1, true},
    {"kernel_h", &C::kernel_h, 1, true},
    {"kernel_w", &C::kernel_w, 1, true},
    {"stride_h", &C::stride_h, 1, false},
    {"stride_w", &C::stride_w, 1, false},
    {"pad_top", &C::pad_top, 0, false},
    {"pad_bottom", &C::pad_bottom, 0, false},
    {"pad_left", &C::pad_left, 0, false},
    {"pad_right", &C::pad_right, 0, false},
    {"dilation_h", &C::dilation_h, 1, false},
    {"dilation_w", &C::dilation_w, 1, false},
    {"groups", &C::groups, 1, false},
}};

struct GemmColumn {
  const char* name;
  std::int64_t GemmShape::*member;
};
constexpr std::array<GemmColumn, 3> kGemmColumns{
    {{"t", &GemmShape::t}, {"n", &GemmShape::n}, {"m", &GemmShape::m}}};

std::vector<std::string> known_columns() {
  std::vector<std::string> names{"name", "type"};
  for (const ConvolutionColumn& column : kConvolutionColumns) names.emplace_back(column.name);
  for (const GemmColumn& column : kGemmColumns) names.emplace_back(column.name);
  names.emplace_back("repeat");
  return names;
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// "Name,Type": spreadsheets like capitals.
bool folds_case(const CsvRow& header) {
  bool has_name = false, has_type = false;
  for (const std::string& field : header.fields) {
    if (field == "name" || field == "type") return false;
    has_name = has_name || lower_case(field) == "name";
    has_type = has_type || lower_case(field) == "type";
  }
  return has_name && has_type;
}

class NativeReader {
 public:
  explicit NativeReader(const CsvDocument& document) : document_(document) {}

  Workload read() {
    read_header();
    Workload workload;
    workload.name = stem_of(document_.source);
    workload.description = document_.description;
    workload.notes = document_.notes;
    for (std::size_t i = 1; i < document_.rows.size(); ++i) {
      workload.layers.push_back(read_layer(document_.rows[i]));
    }
    if (workload.layers.empty()) {
      throw InputError(fmt::format("{}: no layer follows the header row", document_.source));
    }
    return workload;
  }

 private:
  void read_header() {
    if (document_.rows.empty()) {
      throw InputError(
          fmt::format("{}: no header row; it names the columns, of which name and type are needed "
                      "(all: {})",
                      document_.source, fmt::join(known_columns(), ", ")));
    }
    const CsvRow& header = document_.rows.front();
    const std::vector<std::string> known = known_columns();
    const bool folds = folds_case(header);
    for (std::size_t i = 0; i < header.fields.size(); ++i) {
      const std::string name = folds ? lower_case(header.fields[i]) : header.fields[i];
      if (name.empty()) continue;  // spreadsheets leave a comma at the end
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        fail_at(document_, header.line, i, "column", name,
                fmt::format("known columns are {} (or the header of a SCALE-Sim topology)",
                            fmt::join(known, ", ")));
      }
      if (!column_index_.emplace(name, i).second) {
        fail_at(document_, header.line, i, "column", name, "each column may appear once");
      }
    }
    for (const char* needed : {"name", "type"}) {
      if (column_index_.count(needed) == 0) {
        throw InputError(fmt::format("{}:{}:1: column \"{}\" is missing from the header row",
                                     document_.source, header.line, needed));
      }
    }
  }

  // The column's value in the row, or nothing where it is blank or the header leaves it out.
  const std::string* find(const CsvRow& row, const char* column) const {
    const auto found = column_index_.find(column);
    if (found == column_index_.end()) return nullptr;
    const std::string& text = field_or_blank(row, found->second);
    return text.empty() ? nullptr : &text;
  }

  // Where a mistake about a column is reported; a column that is not in the file has no position of
  // its own, so the layer's name stands for it.
  std::size_t index_of(const std::string& column) const {
    const auto found = column_index_.find(column);
    return found == column_index_.end() ? column_index_.at("name") : found->second;
  }

  void read_number(const CsvRow& row, const char* column, std::int64_t least, bool required,
                   std::int64_t& value) const {
    if (find(row, column) != nullptr) {
      value = parse_integer(document_, row, index_of(column), column, least);
    } else if (required) {
      fail_at(document_, row.line, index_of(column), column, "",
              fmt::format("layers of type {} need a whole number {}..{} here", type_of(row), least,
                          kMaxLayerDim));
    }
  }

  std::string type_of(const CsvRow& row) const {
    std::string type = field_or_blank(row, index_of("type"));
    if (type != "conv" && type != "gemm") {
      fail_at(document_, row.line, index_of("type"), "type", type, "allowed are conv and gemm");
    }
    return type;
  }

  void reject_value(const CsvRow& row, const char* column) const {
    if (const std::string* text = find(row, column)) {
      fail_at(document_, row.line, index_of(column), column, *text,
              fmt::format("layers of type {} must leave this column blank", type_of(row)));
    }
  }

  std::string read_name(const CsvRow& row) {
    const std::size_t column = index_of("name");
    std::string name = field_or_blank(row, column);
    if (name.empty()) {
      fail_at(document_, row.line, column, "name", name, "every layer needs a name");
    }
    const auto [first, is_new] = lines_by_name_.emplace(name, row.line);
    if (!is_new) {
      fail_at(document_, row.line, column, "name", name,
              fmt::format("layer names must be unique; line {} has it already", first->second));
    }
    return name;
  }

  void reject_values_without_column(const CsvRow& row) const {
    const CsvRow& header = document_.rows.front();
    for (std::size_t i = 0; i < row.fields.size(); ++i) {
      if (!row.fields[i].empty() && field_or_blank(header, i).empty()) {
        fail_at(document_, row.line, i, "field", row.fields[i],
                "the header row names no column here");
      }
    }
  }

  Layer read_layer(const CsvRow& row) {
    reject_values_without_column(row);
    const std::string name = read_name(row);
    Layer layer = type_of(row) == "conv" ? read_convolution(row, name) : read_gemm(row, name);
    std::int64_t repeat = 1;
    read_number(row, "repeat", 1, false, repeat);
    if (repeat > kMaxLayerDim / layer.repeat) {
      fail_at(
          document_, row.line, index_of("repeat"), "repeat", std::to_string(repeat),
          fmt::format("repeat times groups = {} may be at most {}", layer.repeat, kMaxLayerDim));
    }
    layer.repeat *= repeat;
    return layer;
  }

  Layer read_convolution(const CsvRow& row, const std::string& name) const {
    for (const GemmColumn& column : kGemmColumns) reject_value(row, column.name);
    ConvolutionShape conv;
    for (const ConvolutionColumn& column : kConvolutionColumns) {
      read_number(row, column.name, column.least, column.required, conv.*column.member);
    }
    try {
      return lower_convolution(name, conv);
    } catch (const std::runtime_error& error) {
      throw InputError(fmt::format(
          "{}: {}", position(document_, row.line, column_blamed_by(error.what())), error.what()));
    }
  }

  // lower_convolution() starts its messages with the parameter that does not fit the others.
  std::size_t column_blamed_by(std::string_view message) const {
    for (const char* column : {"groups", "kernel_h", "kernel_w"}) {
      if (message.substr(0, std::string_view(column).size()) == column) return index_of(column);
    }
    return index_of("name");
  }

  Layer read_gemm(const CsvRow& row, const std::string& name) const {
    for (const ConvolutionColumn& column : kConvolutionColumns) reject_value(row, column.name);
    Layer layer;
    layer.name = name;
    for (const GemmColumn& column : kGemmColumns) {
      read_number(row, column.name, 1, true, layer.gemm.*column.member);
    }
    return layer;
  }

  const CsvDocument& document_;
  std::map<std::string, std::size_t> column_index_;
  std::map<std::string, std::int64_t> lines_by_name_;
};

std::string read_file(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    throw InputError("workload", path, "it is a folder; a shipped name or a CSV file is needed");
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file || (text.fail() && file.peek() != std::ifstream::traits_type::eof())) {
    throw InputError("workload", path, "the file cannot be read");
  }
  return text.str();
}

}  // namespace

std::vector<ShippedWorkload> shipped() {
  std::vector<ShippedWorkload> result;
  for (const auto& [name, text] : embedded_tables()) {
    result.push_back({std::string(name), parse_csv(text, std::string(name)).description});
  }
  std::sort(result.begin(), result.end(),
            [](const ShippedWorkload& a, const ShippedWorkload& b) { return a.name < b.name; });
  return result;
}

Workload load(const std::string& name_or_path) {
  for (const auto& [name, text] : embedded_tables()) {
    if (name == name_or_path) return parse(text, std::string(name));
  }
  std::error_code ignored;
  if (!std::filesystem::exists(name_or_path, ignored)) {
    std::vector<std::string> names;
    for (const ShippedWorkload& workload : shipped()) names.push_back(workload.name);
    throw InputError(
        "workload", name_or_path,
        fmt::format("neither a file nor one of the shipped workloads: {}", fmt::join(names, ", ")));
  }
  const std::string text = read_file(name_or_path);
  return is_yaml_path(name_or_path) ? parse_yaml(text, name_or_path) : parse(text, name_or_path);
}

Workload parse(std::string_view csv_text, const std::string& source) {
  const CsvDocument document = parse_csv(csv_text, source);
  if (is_scale_sim_topology(csv_text)) return parse_scale_sim_topology(csv_text, source);
  return NativeReader(document).read();
}

}  // namespace workloads
}  // namespace arrayflex
