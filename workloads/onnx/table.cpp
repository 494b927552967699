#include "workloads/onnx/table.h"

#include <fmt/format.h>

namespace arrayflex::workloads {
namespace {

// Always in quotes: a name may hold commas, and one that begins with '#' is no comment then.
std::string quoted(const std::string& name) {
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"') text += '"';
    text += c;
  }
  return text + '"';
}

std::string text_of(const TableRow& row) {
  if (!row.convolution) {
    return fmt::format("{},gemm,,,,,,,,,,,,,,,,,{},{},{},{}\n", quoted(row.name), row.gemm.t,
                       row.gemm.n, row.gemm.m, row.repeat * row.times);
  }
  const ConvolutionShape& c = *row.convolution;
  return fmt::format("{},conv,{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},,,,{}\n",
                     quoted(row.name), c.batch, c.in_h, c.in_w, c.in_channels, c.out_channels,
                     c.kernel_h, c.kernel_w, c.stride_h, c.stride_w, c.dilation_h, c.dilation_w,
                     c.pad_top, c.pad_bottom, c.pad_left, c.pad_right, c.groups,
                     row.times == 1 ? "" : std::to_string(row.times));
}

}  // namespace

std::string to_layer_table(const std::vector<TableRow>& rows,
                           const std::vector<std::string>& comments) {
  std::string text;
  for (const std::string& comment : comments) text += "# " + comment + '\n';
  text +=
      "name,type,batch,in_h,in_w,in_channels,out_channels,kernel_h,kernel_w,stride_h,stride_w,"
      "dilation_h,dilation_w,pad_top,pad_bottom,pad_left,pad_right,groups,t,n,m,repeat\n";
  for (const TableRow& row : rows) text += text_of(row);
  return text;
}

}  // namespace arrayflex::workloads
