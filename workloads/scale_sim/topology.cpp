#include "workloads/scale_sim/topology.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <vector>

#include "arrayflex/core/checked.h"
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

/// Lower case, runs of blanks as one space.
std::string normalised(const std::string& text) {
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

/// N:M as in "2:4".
bool is_sparsity(const std::string& text) {
  const std::size_t colon = text.find(':');
  const auto digits = [](const std::string& part) {
    return !part.empty() && std::all_of(part.begin(), part.end(),
                                        [](unsigned char c) { return std::isdigit(c) != 0; });
  };
  return colon != std::string::npos && digits(text.substr(0, colon)) &&
         digits(text.substr(colon + 1));
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
    is_gemm_ = starts_like(header, gemm_columns());
    columns_ = is_gemm_ ? &gemm_columns() : &convolution_columns();
    for (std::size_t i = 0; i < columns_->size(); ++i) {
      if (!matches((*columns_)[i], field_or_blank(header, i))) {
        fail_at(document_, header.line, i, "column", field_or_blank(header, i),
                fmt::format("the header of a SCALE-Sim {} topology has \"{}\" here",
                            is_gemm_ ? "GEMM" : "convolution", (*columns_)[i].name));
      }
    }
    require_stride_width();
    for (std::size_t i = columns_->size(); i < header.fields.size(); ++i) {
      const std::string name = normalised(header.fields[i]);
      if (i == kStrideColumn + 1 && has_stride_width()) {
        continue;
      }
      if (name.substr(0, 8) == "sparsity") {
        sparsity_column_ = i;
      } else if (!name.empty()) {
        fail_at(document_, header.line, i, "column", header.fields[i],
                fmt::format("after \"{}\" only \"Sparsity\" is known", columns_->back().name));
      }
    }
  }

  const std::string& header_field(std::size_t column) const {
    return field_or_blank(document_.rows.front(), column);
  }

  bool has_stride_width() const {
    return !is_gemm_ && normalised(header_field(kStrideColumn)) == kStrideHeight;
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
                      {ceil_div(height - filter_height + stride, stride),
                       ceil_div(width - filter_width + stride_width, stride_width)});
    shape.n = product(row, 3, "N, the filter size,", {filter_height, filter_width, number(row, 5)});
    shape.m = number(row, 6);
    return shape;
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
  bool has_sparsity_ = false;
  std::int64_t depthwise_marks_ = 0;
  std::int64_t renamed_ = 0;
  std::set<std::string> names_;
  std::map<std::string, std::int64_t> copies_;  ///< per name, the number given last
};

}  // namespace

bool is_scale_sim_topology(std::string_view csv_text) {
  const CsvDocument document = parse_csv(csv_text, "");
  return !document.rows.empty() && (starts_like(document.rows.front(), convolution_columns()) ||
                                    starts_like(document.rows.front(), gemm_columns()));
}

Workload parse_scale_sim_topology(std::string_view csv_text, const std::string& source) {
  const CsvDocument document = parse_csv(csv_text, source);
  return TopologyReader(document).read();
}

}  // namespace arrayflex::workloads
