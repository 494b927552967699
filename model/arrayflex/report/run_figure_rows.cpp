// The table of figures: those of the run.
#include <string>

#include "arrayflex/report/figure_row.h"

namespace arrayflex {
namespace {

using S = const FigureSource&;
using M = const FamilyMember&;
using V = FigureValue;
using T = FigureType;
using W = FigureWhen;
using Rows = std::vector<FigureRow>;

constexpr FigureScope kRun = FigureScope::run;

template <class Number>
V known(const std::optional<Number>& value) {
  return value ? V(*value) : V();
}

V clock_periods(S s, M) {
  const ArrayParameters& array = s.run().array;
  NamedFigures periods{{"conventional", {}}};
  if (array.clocks.conventional_ps) periods[0].second = *array.clocks.conventional_ps;
  for (const int k : array.modes) {
    const auto found = array.clocks.mode_ps.find(k);
    periods.emplace_back(std::to_string(k), std::monostate{});
    if (found != array.clocks.mode_ps.end()) periods.back().second = found->second;
  }
  return periods;
}

V operand_recipe(S s, M) {
  NamedFigures knobs;
  for (const auto& [name, value] : s.run().operand_recipe) knobs.emplace_back(name, value);
  return knobs;
}

V count_of(int number) { return std::int64_t{number}; }

const AreaBreakdown& area_of(S s, M m) {
  return s.report.area()->of(m.first == 0 ? Design::arrayflex : Design::conventional);
}

Rows about_the_run() {
  return {
      {kRun, "workload", T::text, "text", W::always, "shipped name, or path as given",
       [](S s, M) -> V { return s.run().workload; }},
      {kRun, "engine", T::text, "text", W::always, "analytic, fast, pin or cycle",
       [](S s, M) -> V { return std::string(name_of(s.run().engine)); }},
      {kRun, "kernel", T::text, "text", W::kernel, "instruction set of the engine's inner loops",
       [](S s, M) -> V { return s.run().kernel; }},
      {kRun, "seed", T::number_or_null, "count", W::always,
       "of operands and sample; null where nothing is random",
       [](S s, M) -> V { return known(s.run().seed); }},
  };
}

Rows array_rows() {
  return {
      {kRun, "array.rows", T::array_size, "count", W::always, "rows of PEs, R",
       [](S s, M) { return count_of(s.run().array.rows); }},
      {kRun, "array.cols", T::array_size, "count", W::always, "columns of PEs, C",
       [](S s, M) { return count_of(s.run().array.cols); }},
      {kRun, "array.data_width_bits", T::count, "bits", W::always, "operand width, Wd",
       [](S s, M) { return count_of(s.run().array.data_width_bits); }},
      {kRun, "array.acc_width_bits", T::count, "bits", W::always, "width of the sums, Wa",
       [](S s, M) { return count_of(s.run().array.acc_width_bits); }},
      {kRun, "array.modes", T::counts, "count", W::always, "collapse factors k of ArrayFlex",
       [](S s, M) -> V { return s.run().array.modes; }},
      {kRun, "array.overlap", T::text, "text", W::overlap, "how far tiles overlap: load or full",
       [](S s, M) -> V { return std::string(name_of(s.run().array.overlap)); }},
      {kRun, "array.clock_period_ps", T::numbers_or_null_by_name, "ps", W::always,
       "clock periods: `conventional`, then by k; null where not known", clock_periods},
      {kRun, "k", T::mode_choice, "count", W::always,
       "collapse factor given for all layers; \"auto\" where each has its own",
       [](S s, M) -> V { return s.run().k ? count_of(*s.run().k) : V(std::string("auto")); }},
      {kRun, "objective", T::text, "text", W::objective,
       "what k was chosen for the least of: energy or edp, in the accounting exact, or energy_busy "
       "or edp_busy",
       [](S s, M) -> V { return name_of(s.run().objective); }},
  };
}

Rows technology_rows() {
  return {
      {kRun, "technology.name", T::text, "text", W::technology,
       "where energies and areas come from", [](S s, M) -> V { return s.run().technology->name; }},
      {kRun, "technology.description", T::text, "text", W::technology, "what it is",
       [](S s, M) -> V { return s.run().technology->description; }},
      {kRun, "technology.source", T::text, "text", W::technology, "where its numbers come from",
       [](S s, M) -> V { return s.run().technology->source; }},
      {kRun, "technology.clock_periods_from", T::text, "text", W::technology,
       "\"technology\", or \"configuration\" where a clock of the array is another one",
       [](S s, M) -> V {
         return std::string(has_technology_clocks(s.run()) ? "technology" : "configuration");
       }},
      {kRun, "technology.dram_pj_per_byte.value", T::number, "pJ/byte", W::dram, "energy of DRAM",
       [](S s, M) -> V { return s.run().technology->dram_pj_per_byte->value; }},
      {kRun, "technology.dram_pj_per_byte.source", T::text, "text", W::dram,
       "where that number comes from",
       [](S s, M) -> V { return s.run().technology->dram_pj_per_byte->source; }},
  };
}

Rows area_rows() {
  return {
      {kRun, "area.{design}.pe_um2.{part}", T::number, "um2", W::area, "a PE's cell area by part",
       [](S s, M m) -> V { return area_of(s, m).pe_um2[m.second]; }},
      {kRun, "area.{design}.pe_total_um2", T::number, "um2", W::area, "cell area of a PE",
       [](S s, M m) -> V { return area_of(s, m).pe_total_um2(); }},
      {kRun, "area.{design}.skew_registers_um2", T::number, "um2", W::area,
       "skew and de-skew registers of the array",
       [](S s, M m) -> V { return area_of(s, m).skew_um2; }},
      FigureRow{kRun, "area.{design}.array_total_um2", T::number, "um2", W::area,
                "PEs and skew registers, before placement",
                [](S s, M m) -> V { return area_of(s, m).array_total_um2(); }}
          .in_sweep("area_um2", kSweepPoints)
          .as_objective("cell area"),
      {kRun, "area.pe_area_overhead", T::number_or_null, "ratio", W::area,
       "PE area of ArrayFlex over the conventional array's, minus 1; null where the latter is 0",
       [](S s, M) { return known(s.report.area()->pe_overhead); }},
  };
}

Rows memory_rows() {
  return {
      {kRun, "memory.model", T::text, "text", W::memory,
       "as given: \"ideal\" or \"BYTES_PER_CYCLE:LATENCY_NS\"",
       [](S s, M) -> V { return s.run().memory->model; }},
      {kRun, "memory.bytes_per_cycle", T::number_or_null, "bytes/cycle", W::memory,
       "bandwidth, per cycle of the conventional array's clock; null: unlimited",
       [](S s, M) { return known(s.run().memory->bytes_per_cycle); }},
      {kRun, "memory.latency_ns", T::number, "ns", W::memory, "of each transaction",
       [](S s, M) -> V { return s.run().memory->latency_ns; }},
      {kRun, "memory.reference_period_ps", T::number, "ps", W::memory,
       "the clock period that bytes_per_cycle refers to",
       [](S s, M) -> V { return s.run().memory->reference_period_ps; }},
      {kRun, "memory.dma_burst_bytes", T::count, "bytes", W::memory, "longest transaction",
       [](S s, M) -> V { return s.run().memory->dma_burst_bytes; }},
      {kRun, "memory.dma_outstanding_count", T::count, "count", W::memory,
       "most transactions in flight",
       [](S s, M) -> V { return s.run().memory->dma_outstanding_count; }},
      {kRun, "memory.dma_alignment", T::text, "text", W::dma_alignment,
       "memory transactions: powers of two at multiples of their length (natural), or bursts "
       "rounded out (whole)",
       [](S s, M) -> V { return s.run().memory->dma_alignment; }},
  };
}

Rows remarks() {
  return {
      {kRun, "operand_recipe", T::numbers_by_name, "ratio, count or bits", W::recipe,
       "recipe of the synthetic operands, by name", operand_recipe},
      {kRun, "notes", T::texts, "text", W::notes, "remarks on the workload and on the figures",
       [](S s, M) -> V { return s.run().notes; }},
  };
}

}  // namespace

std::vector<FigureRow> run_figure_rows() {
  Rows all;
  for (const auto& rows : {about_the_run, array_rows, technology_rows, area_rows, memory_rows,
                           run_buffer_figure_rows, remarks}) {
    for (FigureRow& row : rows()) all.push_back(std::move(row));
  }
  return all;
}

}  // namespace arrayflex
