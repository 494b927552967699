#include "workloads/scale_sim/report.h"

#include <fmt/format.h>

#include <limits>
#include <vector>

#include "arrayflex/core/checked.h"

namespace arrayflex::workloads {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

const DesignFigures& figures_of(const LayerReport& layer, Design design) {
  return design == Design::arrayflex ? layer.arrayflex : layer.conventional;
}

std::int64_t stall_cycles(const DesignFigures& figures) {
  return figures.memory ? figures.memory->stall_cycles : 0;
}

std::int64_t total_cycles(const DesignFigures& figures) {
  return checked_add(figures.cycles, stall_cycles(figures), "total cycles");
}

double ratio(double value, double reference) { return reference > 0 ? value / reference : 0; }

// As Python writes a float: a number that is whole keeps a decimal.
std::string text_of(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

std::string line_of(std::size_t layer, const std::vector<std::string>& fields) {
  return fmt::format("{}, {},\n", layer, fmt::join(fields, ", "));
}

std::vector<std::string> compute_fields(const LayerReport& layer, const DesignFigures& figures,
                                        const ArrayParameters& array, ScaleSimVersion version) {
  const TilePlan plan(layer.gemm, array.rows, array.cols);
  const double pes = static_cast<double>(array.rows) * array.cols;
  // Of a product as it ran: of the layer's products that share its tile, on average.
  const double groups = static_cast<double>(layer.repeat) /
                        static_cast<double>(ceil_div(layer.repeat, layer.groups_per_tile));
  const double weights =
      static_cast<double>(layer.gemm.n) * static_cast<double>(layer.gemm.m) * groups;
  const double percent_of_macs = 100 * static_cast<double>(layer.macs);
  const std::int64_t total = total_cycles(figures);
  std::vector<std::string> fields;
  // Nothing is fetched before a layer's first cycle, so the total is the one with prefetch, too.
  if (version == ScaleSimVersion::v3) fields.push_back(std::to_string(total));
  fields.push_back(std::to_string(total));
  fields.push_back(std::to_string(stall_cycles(figures)));
  fields.push_back(text_of(ratio(percent_of_macs, static_cast<double>(total) * pes)));
  fields.push_back(text_of(100 * weights / (static_cast<double>(plan.count()) * pes)));
  fields.push_back(text_of(ratio(percent_of_macs, static_cast<double>(figures.cycles) * pes)));
  return fields;
}

std::vector<std::string> bandwidth_fields(const LayerReport& layer, const DesignFigures& figures,
                                          const ArrayParameters& array) {
  const TilePlan plan(layer.gemm, array.rows, array.cols);
  const auto t = static_cast<double>(layer.gemm.t), n = static_cast<double>(layer.gemm.n),
             m = static_cast<double>(layer.gemm.m), repeat = static_cast<double>(layer.repeat);
  const auto total = static_cast<double>(total_cycles(figures));
  const auto per_cycle = [&](double words) { return text_of(ratio(words, total)); };
  const auto dma = [&](std::uint64_t DmaTraffic::*bytes, int width_bits) {
    if (!figures.memory) return text_of(kUnknown);
    return per_cycle(static_cast<double>(figures.memory->dma.*bytes) * 8 / width_bits);
  };
  return {per_cycle(t * n * static_cast<double>(plan.col_blocks()) * repeat),
          per_cycle(n * m * repeat),
          per_cycle(t * m * static_cast<double>(plan.row_blocks()) * repeat),
          dma(&DmaTraffic::a, array.data_width_bits),
          dma(&DmaTraffic::b, array.data_width_bits),
          dma(&DmaTraffic::x_written, array.acc_width_bits)};
}

}  // namespace

std::string to_scale_sim_compute_report(const RunReport& report, Design design,
                                        ScaleSimVersion version) {
  std::string text = fmt::format(
      "LayerID, {}Total Cycles, Stall Cycles, Overall Util %, Mapping Efficiency %, Compute Util "
      "%,\n",
      version == ScaleSimVersion::v3 ? "Total Cycles (incl. prefetch), " : "");
  for (std::size_t i = 0; i < report.layers.size(); ++i) {
    const LayerReport& layer = report.layers[i];
    text += line_of(i, compute_fields(layer, figures_of(layer, design), report.array, version));
  }
  return text;
}

std::string to_scale_sim_bandwidth_report(const RunReport& report, Design design) {
  std::string text =
      "LayerID, Avg IFMAP SRAM BW, Avg FILTER SRAM BW, Avg OFMAP SRAM BW, Avg IFMAP DRAM BW, Avg "
      "FILTER DRAM BW, Avg OFMAP DRAM BW,\n";
  for (std::size_t i = 0; i < report.layers.size(); ++i) {
    const LayerReport& layer = report.layers[i];
    text += line_of(i, bandwidth_fields(layer, figures_of(layer, design), report.array));
  }
  return text;
}

}  // namespace arrayflex::workloads
