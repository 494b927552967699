#include "workloads/scale_sim/topology.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <vector>

#include "arrayflex/core/checked.h"
#include "arrayflex/core/text.h"
#include "workloads/csv.h"

namespace arrayflex::workloads {
namespace {

// SCALE-Sim's own writer of topologies has one stride per axis.
constexpr const char* kStrideHeight = "stride height";
constexpr const char* kStrideWidth = "stride width";
constexpr std::size_t kStrideColumn = 7;

/// A column: how messages name it, and its spellings in headers, in lower case.
struct Column {
  const char* name;
  std::vector<std::string> spellings;
};

const std::vector<Column>& convolution_columns() {
  static const std::vector<Column> columns{
      {"Layer name", {"layer name", "layer"}},
      {"IFMAP Height", {"ifmap height"}},
      {"IFMAP Width", {"ifmap width"}},
      {"Filter Height", {"filter height"}},
      {"Filter Width", {"filter width"}},
      {"Channels", {"channels"}},
      {"Num Filter", {"num filter", "num filters"}},
      {"Strides", {"strides", "stride", kStrideHeight}},
  };
  return columns;
}

const std::vector<Column>& gemm_columns() {
  static const std::vector<Column> columns{
      {"Layer Name", {"layer name", "layer"}}, {"M", {"m"}}, {"N", {"n"}}, {"K", {"k"}}};
  return columns;
}

/// Lower case, runs of blanks (non-breaking ones, too) as one space.
std::string normalised(std::string text) {
  for (std::size_t at; (at = text.find("\xC2\xA0")) != std::string::npos;) text.replace(at, 2, " ");
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isspace(byte) == 0) {
      result += static_cast<char>(std::tolower(byte));
    } else if (!result.empty() && result.back() != ' ') {
      result += ' ';
    }
  }
  return result;
}

bool matches(const Column& column, const std::string& field) {
  return std::find(column.spellings.begin(), column.spellings.end(), normalised(field)) !=
         column.spellings.end();
}

/// Two names tell the kind: the first column's and the second's.
bool starts_like(const CsvRow& header, const std::vector<Column>& columns) {
  return matches(columns[0], field_or_blank(header, 0)) &&
         matches(columns[1], field_or_blank(header, 1));
}

bool is_number(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](unsigned char c) { return std::isdigit(c) != 0; });
}

enum class Kind { none, convolution, gemm };

/// A row by its numbers alone: SCALE-Sim reads by position.
Kind kind_of(const CsvRow& row) {
  std::size_t numbers = 0;
  while (is_number(field_or_blank(row, numbers + 1))) ++numbers;
  if (row.fields.front().empty() || is_number(row.fields.front())) return Kind::none;
  if (numbers >= 7) return Kind::convolution;
  return numbers == 3 ? Kind::gemm : Kind::none;
}

/// What the columns are of a table whose header is not SCALE-Sim's: by its first layer.
Kind kind_by_position(const CsvDocument& document) {
  return document.rows.size() < 2 ? Kind::none : kind_of(document.rows[1]);
}

/// Columns that only native tables have (layer_table.h).
bool looks_native(const CsvRow& header) {
  static const std::set<std::string> own{
      "type", "t", "in_h", "in_w", "in_channels", "out_channels", "kernel_h", "kernel_w"};
  return std::any_of(header.fields.begin(), header.fields.end(),
                     [](const std::string& field) { return own.count(normalised(field)) != 0; });
}

/// N:M as in "2:4".
bool is_sparsity(const std::string& text) {
  const std::size_t colon = text.find(':');
  return colon != std::string::npos && is_number(text.substr(0, colon)) &&
         is_number(text.substr(colon + 1));
}

class TopologyReader {
 public:
  explicit TopologyReader(const CsvDocument& document) : document_(document) {}

  Workload read() {
    read_header();
    workload_.name = stem_of(document_.source);
    workload_.description = document_.description;
    for (std::size_t i = 1; i < document_.rows.size(); ++i) read_row(document_.rows[i]);
    if (workload_.layers.empty()) {
      throw InputError(fmt::format("{}: no layer follows the header row", document_.source));
    }
    add_notes();
    return std::move(workload_);
  }

 private:
  void read_header() {
    if (document_.rows.empty()) {
      throw InputError(fmt::format("{}: no header row", document_.source));
    }
    const CsvRow& header = document_.rows.front();
    is_gemm_ =
        starts_like(header, gemm_columns()) ||
        (!starts_like(header, convolution_columns()) && kind_by_position(document_) == Kind::gemm);
    columns_ = is_gemm_ ? &gemm_columns() : &convolution_columns();
    // A header that is a layer itself would be lost: SCALE-Sim never reads the first row.
    const bool by_position =
        kind_by_position(document_) == (is_gemm_ ? Kind::gemm : Kind::convolution) &&
        kind_of(header) == Kind::none;
    for (std::size_t i = 0; i < columns_->size(); ++i) {
      if (!matches((*columns_)[i], field_or_blank(header, i))) misname(i, by_position);
    }
    if (!by_position) require_stride_width();
    for (std::size_t i = columns_->size(); i < header.fields.size(); ++i) {
      read_extra_column(i, by_position);
    }
  }

  void misname(std::size_t column, bool by_position) {
    const std::string wanted = (*columns_)[column].name;
    const std::string& found = header_field(column);
    if (by_position) {
      misnamed_.push_back(
          fmt::format("\"{}\" as {}", without_control_characters(found, '?'), wanted));
      return;
    }
    const bool has_no_header = kind_of(document_.rows.front()) != Kind::none;
    fail_at(document_, document_.rows.front().line, column, "column", found,
            fmt::format("the header of a SCALE-Sim {} topology has \"{}\" here{}",
                        is_gemm_ ? "GEMM" : "convolution", wanted,
                        has_no_header ? "; the first row is a layer: put a header above it" : ""));
  }

  void read_extra_column(std::size_t column, bool by_position) {
    const std::string name = normalised(header_field(column));
    if (column == kStrideColumn + 1 && has_stride_width()) return;
    if (name.substr(0, 8) == "sparsity") {
      sparsity_column_ = column;
    } else if (!is_gemm_ && name.substr(0, 5) == "batch") {
      batch_column_ = column;
    } else if (!name.empty() && !by_position) {
      fail_at(document_, document_.rows.front().line, column, "column", header_field(column),
              fmt::format("after \"{}\" only \"Sparsity\" is known", columns_->back().name));
    }
  }

  const std::string& header_field(std::size_t column) const {
    return field_or_blank(document_.rows.front(), column);
  }

  bool has_stride_width() const {
    return !is_gemm_ && (normalised(header_field(kStrideColumn)) == kStrideHeight ||
                         normalised(header_field(kStrideColumn + 1)) == kStrideWidth);
  }

  void require_stride_width() const {
    if (has_stride_width() && normalised(header_field(kStrideColumn + 1)) != kStrideWidth) {
      fail_at(document_, document_.rows.front().line, kStrideColumn + 1, "column",
              header_field(kStrideColumn + 1), "after \"Stride height\" comes \"Stride width\"");
    }
  }

  void read_row(const CsvRow& row) {
    check_extra_fields(row);
    Layer layer;
    layer.name = unique_name(row);
    if (is_gemm_) {
      layer.gemm.t = number(row, 1);
      layer.gemm.m = number(row, 2);
      layer.gemm.n = number(row, 3);
    } else {
      layer.gemm = lower(row);
    }
    workload_.layers.push_back(layer);
  }

  void check_extra_fields(const CsvRow& row) {
    for (std::size_t i = columns_->size(); i < row.fields.size(); ++i) {
      const std::string& text = row.fields[i];
      if (text.empty() || (i == kStrideColumn + 1 && has_stride_width())) continue;
      if (i == batch_column_ && batch_column_ != 0) continue;
      if (text.front() == '#') {
        ++remarks_;
        return;
      }
      if (i == sparsity_column_ || (sparsity_column_ == 0 && is_sparsity(text))) {
        has_sparsity_ = true;
      } else {
        fail_at(document_, row.line, i, "field after the last column", text,
                "it must be blank, or a sparsity N:M");
      }
    }
  }

  GemmShape lower(const CsvRow& row) const {
    const std::int64_t height = number(row, 1), width = number(row, 2);
    const std::int64_t filter_height = number(row, 3), filter_width = number(row, 4);
    const std::int64_t stride = number(row, kStrideColumn);
    const std::int64_t stride_width =
        has_stride_width() ? parse_integer(document_, row, kStrideColumn + 1, "Stride width", 1)
                           : stride;
    require_fits(row, 3, filter_height, "IFMAP Height", height);
    require_fits(row, 4, filter_width, "IFMAP Width", width);
    GemmShape shape;
    shape.t = product(row, 1, "T, the number of output pixels,",
                      {batch_of(row), ceil_div(height - filter_height + stride, stride),
                       ceil_div(width - filter_width + stride_width, stride_width)});
    shape.n = product(row, 3, "N, the filter size,", {filter_height, filter_width, number(row, 5)});
    shape.m = number(row, 6);
    return shape;
  }

  std::int64_t batch_of(const CsvRow& row) const {
    if (batch_column_ == 0 || field_or_blank(row, batch_column_).empty()) return 1;
    return parse_integer(document_, row, batch_column_, "batch", 1);
  }

  void require_fits(const CsvRow& row, std::size_t column, std::int64_t filter,
                    const char* input_name, std::int64_t input) const {
    if (filter > input) {
      fail_at(
          document_, row.line, column, (*columns_)[column].name, std::to_string(filter),
          fmt::format("a filter may be at most as large as its input, {} = {}", input_name, input));
    }
  }

  std::int64_t product(const CsvRow& row, std::size_t column, const char* what,
                       const std::vector<std::int64_t>& factors) const {
    std::int64_t result = 1;
    for (const std::int64_t factor : factors) {
      if (factor > kMaxLayerDim / result) {
        fail_at(document_, row.line, column, (*columns_)[column].name, field_or_blank(row, column),
                fmt::format("{} may be at most {}", what, kMaxLayerDim));
      }
      result *= factor;
    }
    return result;
  }

  std::int64_t number(const CsvRow& row, std::size_t column) const {
    return parse_integer(document_, row, column, (*columns_)[column].name, 1);
  }

  std::string unique_name(const CsvRow& row) {
    const std::string& name = field_or_blank(row, 0);
    if (name.empty()) {
      fail_at(document_, row.line, 0, columns_->front().name, name, "every layer needs a name");
    }
    if (!is_gemm_ && name.find("DP") != std::string::npos) ++depthwise_marks_;
    std::string unique = name;
    while (!names_.insert(unique).second) {
      unique = fmt::format("{}#{}", name, ++copies_.try_emplace(name, 1).first->second);
    }
    renamed_ += unique != name ? 1 : 0;
    return unique;
  }

  void add_notes() {
    workload_.notes = document_.notes;
    const auto note = [&](const std::string& text) {
      workload_.notes.push_back(fmt::format("{}: {}", document_.source, text));
    };
    if (!misnamed_.empty()) {
      note(fmt::format("columns are read by position, as SCALE-Sim does: {}.",
                       fmt::join(misnamed_, ", ")));
    }
    if (batch_column_ != 0) {
      note("the batch column multiplies the output pixels; SCALE-Sim takes it for a stride.");
    }
    if (remarks_ != 0) {
      note(fmt::format("{} layer(s) end in a remark with #, which is ignored.", remarks_));
    }
    if (has_sparsity_ || sparsity_column_ != 0) {
      workload_.notes.push_back(fmt::format(
          "{}: the Sparsity column is ignored, all layers are dense.", document_.source));
    }
    if (renamed_ != 0) {
      workload_.notes.push_back(fmt::format(
          "{}: {} layer(s) with a name that is taken got a number, such as \"Conv1#2\".",
          document_.source, renamed_));
    }
    if (depthwise_marks_ != 0) {
      workload_.notes.push_back(
          fmt::format("{}: {} layer(s) with \"DP\" in the name are read as ordinary convolutions; "
                      "SCALE-Sim's naming trick for depthwise layers is not applied.",
                      document_.source, depthwise_marks_));
    }
  }

  const CsvDocument& document_;
  Workload workload_;
  const std::vector<Column>* columns_ = nullptr;
  bool is_gemm_ = false;
  std::size_t sparsity_column_ = 0;  ///< 0: the header has none
  std::size_t batch_column_ = 0;     ///< likewise
  std::vector<std::string> misnamed_;
  std::int64_t remarks_ = 0;
  bool has_sparsity_ = false;
  std::int64_t depthwise_marks_ = 0;
  std::int64_t renamed_ = 0;
  std::set<std::string> names_;
  std::map<std::string, std::int64_t> copies_;  ///< per name, the number given last
};

}  // namespace

bool is_scale_sim_topology(std::string_view csv_text) {
  const CsvDocument document = parse_csv(csv_text, "");
  if (document.rows.empty()) return false;
  const CsvRow& header = document.rows.front();
  if (starts_like(header, convolution_columns()) || starts_like(header, gemm_columns()))
    return true;
  return !looks_native(header) &&
         (kind_of(header) != Kind::none || kind_by_position(document) != Kind::none);
}

Workload parse_scale_sim_topology(std::string_view csv_text, const std::string& source) {
  const CsvDocument document = parse_csv(csv_text, source);
  return TopologyReader(document).read();
}

}  // namespace arrayflex::workloads
