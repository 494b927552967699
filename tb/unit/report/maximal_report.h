// A report with every figure that there is.
#pragma once

#include <string>

#include "arrayflex/report/report.h"
#include "unit/energy/made_up_technology.h"

namespace arrayflex {

inline Technology maximal_technology() {
  Technology t = made_up_technology();
  for (DesignTechnology* design : {&t.widths[8].arrayflex, &t.widths[8].conventional}) {
    double value = 3;
    OverlapTechnology& overlap = design->overlap.emplace();
    for (auto& part : overlap.toggle_fj) {
      for (const NetClass c : {NetClass::weight_reg, NetClass::weight}) {
        part[index_of(c)] = {value += 0.3, "test"};
      }
    }
    overlap.pe_leakage_nw = {value, "test"};
    for (Quantity& q : overlap.area_um2) q = {value += 1, "test"};
  }
  t.dram_pj_per_byte = Quantity{2.5, "a datasheet"};
  return t;
}

// A design's figures, all of them different.
inline DesignFigures maximal_figures(std::int64_t first) {
  DesignFigures figures;
  figures.cycles = first + 36;
  figures.time_ns = static_cast<double>(first) + 50;
  figures.activity.emplace();
  for (auto& count : figures.activity->toggles) count = first += 1001;
  for (auto& count : figures.activity->clocked_bits) count = first += 3003;
  for (auto& count : figures.activity->gated_bits) count = first += 2007;
  figures.sampling.emplace();
  figures.sampling->tiles_sampled = 1;
  figures.sampling->tiles_total = 2;
  for (auto& width : figures.sampling->half_width) width = static_cast<double>(first += 5);
  figures.sampling->total_half_width = static_cast<double>(first);
  figures.memory.emplace().stall_cycles = ++first;
  for (const DmaPart& part : kDmaParts) {
    figures.memory->dma.*part.bytes = static_cast<std::uint64_t>(++first);
  }
  return figures;
}

inline LayerReport maximal_layer(const std::string& name, std::int64_t first, int k) {
  LayerReport layer;
  layer.name = name;
  layer.gemm = {10, 8, 7};
  layer.repeat = 3;
  layer.groups_per_tile = 2;
  layer.k = k;
  layer.fastest = FastestMode{3 - k, static_cast<double>(first) + 40, 5e6, 7e6};
  layer.tiles = 2;
  layer.macs = 640;
  layer.arrayflex = maximal_figures(first);
  layer.conventional = maximal_figures(first + 11);
  layer.buffers = BufferUse{
      {LoopOrder::rows, 10, true, false},
      {BufferAccesses{first + 1, first + 2, 1}, {first + 3, first + 4, 1}, {first + 5, first, 4}}};
  return layer;
}

inline RunReport maximal_report() {
  RunReport report;
  report.workload = "net";
  report.array.rows = 4;
  report.array.cols = 8;
  report.array.overlap = Overlap::load;  // for the classes that only two weight registers have
  report.array.data_width_bits = 8;
  report.array.acc_width_bits = 32;
  report.array.modes = {1, 2};
  report.technology = maximal_technology();
  report.array.clocks = report.technology->clocks;
  report.engine = Engine::fast;
  report.objective = Objective::edp;
  report.kernel = "scalar";
  report.seed = 7;
  report.operand_recipe = {{"zero_share", 0.5}};
  report.notes = {"a remark"};
  report.memory = MemoryDescription{"64:100", 64.0,     100.0,   400.0,
                                    4096,     8,        "whole", BufferParameters{1000, 2000, 3000},
                                    16,       "traffic"};
  report.layers = {maximal_layer("a", 7, 2), maximal_layer("b", 900, 1)};
  return report;
}

}  // namespace arrayflex
