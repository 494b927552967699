// The table of figures: those of layers and totals.
#include <cmath>
#include <string>

#include "arrayflex/report/figure_row.h"

namespace arrayflex {
namespace {

using S = const FigureSource&;
using M = const FamilyMember&;
using V = FigureValue;
using T = FigureType;
using W = FigureWhen;
using F = FigureScope;
using Csv = CsvSection;
using Rows = std::vector<FigureRow>;

constexpr unsigned kPointsAndLayers = kSweepPoints | kSweepLayers;

V known(const std::optional<double>& value) { return value ? V(*value) : V(); }

V cycles_saved(S s, M) {
  return known(saving(static_cast<double>(s.entry->arrayflex->cycles),
                      static_cast<double>(s.entry->conventional->cycles)));
}

V layers_by_k(S s, M) {
  NamedFigures counts;
  for (const auto& [k, count] : s.report.totals().layers_by_k) {
    counts.emplace_back(std::to_string(k), count);
  }
  return counts;
}

Rows layer_rows() {
  return {
      FigureRow{F::layer, "name", T::text, "text", W::always, "as in the workload",
                [](S s, M) -> V { return s.layer().name; }}
          .in_csv(Csv::layer, "layer_name"),
      FigureRow{F::layer, "t", T::count, "count", W::always, "rows of A, T, of one product",
                [](S s, M) -> V { return s.layer().gemm.t; }}
          .in_csv(Csv::layer, "t_rows")
          .on_page("T", kOwnCell),
      FigureRow{F::layer, "n", T::count, "count", W::always, "columns of A and rows of B, N",
                [](S s, M) -> V { return s.layer().gemm.n; }}
          .in_csv(Csv::layer, "n_elements")
          .on_page("N", kOwnCell),
      FigureRow{F::layer, "m", T::count, "count", W::always, "columns of B, M",
                [](S s, M) -> V { return s.layer().gemm.m; }}
          .in_csv(Csv::layer, "m_columns")
          .on_page("M", kOwnCell),
      FigureRow{F::layer, "repeat", T::count, "count", W::always,
                "products of this shape; all other figures are those of all of them",
                [](S s, M) -> V { return s.layer().repeat; }}
          .in_csv(Csv::layer, "repeat_count")
          .on_page("repeat", kOwnCell),
      FigureRow{F::layer, "groups_per_tile", T::count, "count", W::packed,
                "how many of these products share a tile; where that does not divide `repeat`, the "
                "last tile has fewer",
                [](S s, M) -> V { return s.layer().groups_per_tile; }}
          .in_csv(Csv::layer, "groups_per_tile_count"),
      FigureRow{F::layer, "k", T::count, "count", W::always, "collapse factor of ArrayFlex",
                [](S s, M) -> V { return std::int64_t{s.layer().k}; }}
          .in_csv(Csv::layer, "k_collapse_factor")
          .on_page("k", kOwnCell)
          .in_sweep("k_collapse_factor", kSweepLayers),
      FigureRow{F::layer, "fastest_k", T::count, "count", W::objective,
                "the collapse factor that takes the least time",
                [](S s, M) -> V { return std::int64_t{s.layer().fastest.value().k}; }}
          .in_csv(Csv::layer, "fastest_k_collapse_factor"),
  };
}

Rows work_rows() {
  return {
      FigureRow{F::entry, "tiles", T::count, "count", W::always, "tiles of both designs",
                [](S s, M) -> V { return s.entry->tiles; }}
          .in_csv(Csv::layer, "tiles_count")
          .in_sweep("tiles_count", kPointsAndLayers),
      FigureRow{F::design, "cycles", T::count, "cycles", W::always,
                "compute cycles, without stalls", [](S s, M) -> V { return s.figures().cycles; }}
          .in_csv(Csv::design, "latency_cycles")
          .on_page("cycles", kOwnCell | kConventionalCell)
          .in_sweep("latency_cycles", kPointsAndLayers)
          .as_objective("latency"),
  };
}

Rows objective_rows() {
  return {
      FigureRow{F::entry, "objective_gain", T::number_or_null, "ratio", W::objective,
                "1 - the figure of the objective over that with every layer in its fastest mode; "
                "null where the latter is 0",
                [](S s, M) { return known(objective_gain(s.run(), *s.entry)); }}
          .in_csv(Csv::layer, "objective_gain_ratio"),
  };
}

Rows memory_rows() {
  return {
      FigureRow{F::design, "stall_cycles", T::count, "cycles", W::memory,
                "waits for memory, on top of `cycles`",
                [](S s, M) -> V { return s.memory().stall_cycles; }}
          .in_csv(Csv::memory, "stall_cycles")
          .on_page("stall cycles", kOwnCell)
          .in_sweep("stall_cycles", kPointsAndLayers),
      FigureRow{F::design, "dma_bytes.{dma_part}", T::count, "bytes", W::memory,
                "bytes of memory transactions that succeeded: operands and descriptors read, sums "
                "read by products that accumulate, results written",
                [](S s, M m) -> V {
                  return static_cast<std::int64_t>(s.memory().dma.*kDmaParts[m.first].bytes);
                }}
          .in_csv(Csv::memory, "dma_{dma_part}_bytes")
          .in_sweep("dma_bytes", kSweepPoints, "dma_bytes"),
      FigureRow{F::design, "dram_energy_pj", T::number, "pJ", W::dram_energy,
                "all of dma_bytes times the technology's energy per byte; no other energy has it",
                [](S s, M) { return known(dram_energy_pj(s.run(), s.figures())); }}
          .in_csv(Csv::memory, "dram_energy_pj")
          .in_sweep("dram_energy_pj", kSweepPoints),
      FigureRow{F::design, "bound_by", T::text, "text", W::memory,
                "the largest of stream cycles (\"compute\"), load cycles and stalls (\"memory\")",
                [](S s, M) -> V { return std::string(name_of(bound_by(s.figures()).value())); }}
          .in_csv(Csv::memory, "bound_by")
          .on_page("bound by", kOwnCell),
  };
}

Rows time_rows() {
  return {
      FigureRow{F::design, "time_ns", T::number_or_null, "ns", W::always,
                "cycles and stalls times the clock period; null where that is not known",
                [](S s, M) { return known(s.figures().time_ns); }}
          .in_csv(Csv::design, "time_ns")
          .on_page("time", kOwnCell | kConventionalCell | kChangeCell)
          .in_sweep("time_ns", kPointsAndLayers)
          .as_objective("latency"),
      FigureRow{F::design, "utilization", T::number, "ratio", W::always,
                "share of the multiply slots of `cycles` that did useful work",
                [](S s, M) -> V {
                  const ArrayParameters& array = s.run().array;
                  return utilization(s.entry->macs, s.figures().cycles, array.rows, array.cols);
                }}
          .in_csv(Csv::design, "utilization_ratio")
          .on_page("utilization", kOwnCell)
          .in_sweep("utilization_ratio", kSweepPoints | kSweepArrayFlexOnly),
      FigureRow{F::entry, "macs", T::count, "count", W::always, "multiply-accumulate operations",
                [](S s, M) -> V { return s.entry->macs; }}
          .in_csv(Csv::layer, "macs_count")
          .on_page("MACs", kOwnCell)
          .in_sweep("macs_count", kSweepPoints),
  };
}

Rows activity_rows() {
  return {
      FigureRow{F::design, "activity.toggles.{net_class}", T::count, "toggles", W::activity,
                "bits that toggle, by net class",
                [](S s, M m) -> V { return s.activity().toggles[m.first]; }}
          .in_csv(Csv::toggles, "{net_class}_toggles")
          .in_sweep("toggles_count", kPointsAndLayers, "activity.toggles"),
      FigureRow{F::design, "activity.clocked_bits.{register_class}", T::count, "bit cycles",
                W::activity, "register bits times cycles with their clock on",
                [](S s, M m) -> V { return s.activity().clocked_bits[m.first]; }}
          .in_csv(Csv::clocks, "{register_class}_clocked_bit_cycles"),
      FigureRow{F::design, "activity.gated_bits.{register_class}", T::count, "bit cycles",
                W::activity, "register bits times cycles with their clock off",
                [](S s, M m) -> V { return s.activity().gated_bits[m.first]; }}
          .in_csv(Csv::clocks, "{register_class}_gated_bit_cycles"),
      FigureRow{F::design, "activity.sampling.tiles_sampled", T::count, "count", W::sampling,
                "tiles that were run", [](S s, M) -> V { return s.sampling().tiles_sampled; }}
          .in_csv(Csv::sampling, "sampled_tiles_count"),
      {F::design, "activity.sampling.tiles_total", T::count, "count", W::sampling,
       "tiles that the sample stands for", [](S s, M) -> V { return s.sampling().tiles_total; }},
      {F::design, "activity.sampling.confidence_level", T::number, "ratio", W::sampling,
       "of the intervals", [](S, M) -> V { return kSamplingConfidence; }},
      FigureRow{F::design, "activity.sampling.toggles_half_width.{net_class}", T::number, "toggles",
                W::sampling, "half the width of the interval around a class's toggles",
                [](S s, M m) -> V { return s.sampling().half_width[m.first]; }}
          .in_csv(Csv::sampling, "{net_class}_half_width_toggles"),
      FigureRow{F::design, "activity.sampling.total_toggles_half_width", T::number, "toggles",
                W::sampling, "the same of the sum over the classes",
                [](S s, M) -> V { return s.sampling().total_half_width; }}
          .in_sweep("toggles_half_width_count", kSweepPoints),
  };
}

const AccountedEnergy& energy_of(S s, M m) { return s.energy()->of(kAllAccountings[m.first]); }

V component_pj(S s, M m, EnergyComponent component) {
  return energy_of(s, m).breakdown.component_pj(component);
}

Rows energy_rows() {
  return {
      FigureRow{F::design, "energy.{accounting}.energy_pj", T::number, "pJ", W::energy,
                "energy of the array: the components added up in their order, to the last bit",
                [](S s, M m) -> V { return energy_of(s, m).breakdown.total_pj(); }}
          .in_csv(Csv::energy, "{accounting}_energy_pj")
          .on_page("energy", kOwnCell | kChangeCell)
          .in_sweep("energy_pj", kPointsAndLayers, "energy.exact.energy_pj")
          .as_objective("energy"),
      FigureRow{F::design, "energy.{accounting}.power_mw", T::number_or_null, "mW", W::energy,
                "mean power: energy over time; null where that is 0",
                [](S s, M m) {
                  const double energy_pj = energy_of(s, m).breakdown.total_pj();
                  return known(power_mw(energy_pj, s.energy()->time_ns));
                }}
          .in_csv(Csv::energy, "{accounting}_power_mw")
          .on_page("power", kOwnCell | kChangeCell)
          .in_sweep("power_mw", kSweepPoints, "energy.exact.power_mw")
          .as_objective("power"),
      FigureRow{F::design, "energy.{accounting}.energy_delay_product_pj_ns", T::number, "pJ*ns",
                W::energy, "energy times time",
                [](S s, M m) -> V {
                  const double energy_pj = energy_of(s, m).breakdown.total_pj();
                  return energy_delay_product_pj_ns(energy_pj, s.energy()->time_ns);
                }}
          .in_csv(Csv::energy, "{accounting}_edp_pj_ns")
          .on_page("EDP", kChangeCell)
          .in_sweep("edp_pj_ns", kSweepPoints, "energy.exact.energy_delay_product_pj_ns")
          .as_objective("energy-delay product"),
  };
}

Rows energy_part_rows() {
  return {
      FigureRow{F::design, "energy.{accounting}.by_component_pj.{component}", T::number, "pJ",
                W::energy, "by the parts that spend it",
                [](S s, M m) { return component_pj(s, m, all_energy_components()[m.second]); }}
          .in_csv(Csv::energy, "{accounting}_{component}_energy_pj"),
      FigureRow{F::design, "energy.{accounting}.by_class_pj.{net_class}", T::number, "pJ",
                W::energy, "switching energy by the nets that toggle",
                [](S s, M m) -> V {
                  return energy_of(s, m).breakdown.class_pj(all_net_classes()[m.second]);
                }}
          .in_csv(Csv::energy, "{accounting}_class_{net_class}_energy_pj"),
      {F::design, "energy.{accounting}.by_class_pj.clock", T::number, "pJ", W::energy,
       "the component once more, beside the classes",
       [](S s, M m) { return component_pj(s, m, EnergyComponent::clock); }},
      {F::design, "energy.{accounting}.by_class_pj.leakage", T::number, "pJ", W::energy,
       "the component once more, beside the classes",
       [](S s, M m) { return component_pj(s, m, EnergyComponent::leakage); }},
      {F::design, "energy.{accounting}.sampling.confidence_level", T::number, "ratio",
       W::energy_sampling, "of the interval", [](S, M) -> V { return kSamplingConfidence; }},
      FigureRow{F::design, "energy.{accounting}.sampling.energy_half_width_pj", T::number, "pJ",
                W::energy_sampling, "half the width of the interval around energy_pj",
                [](S s, M m) -> V { return energy_of(s, m).half_width_pj.value_or(0); }}
          .in_csv(Csv::energy, "{accounting}_half_width_energy_pj"),
  };
}

template <std::optional<double> EnergyRatios::*ratio>
V ratio_of(S s, M m) {
  return known(ratios_to_conventional(s.entry->energy, kAllAccountings[m.first]).value().*ratio);
}

Rows comparison_rows() {
  return {
      {F::comparison, "cycles_saved", T::number_or_null, "ratio", W::always,
       "1 - cycles over the conventional array's; null where those are 0", cycles_saved},
      {F::comparison, "time_saved", T::number_or_null, "ratio", W::always,
       "1 - time over the conventional array's; null where one is not known",
       [](S s, M) {
         return known(saving(s.entry->arrayflex->time_ns, s.entry->conventional->time_ns));
       }},
      FigureRow{F::comparison, "ratios_to_conventional.{accounting}.energy", T::number_or_null,
                "ratio", W::ratios, "energy over the conventional array's; null where that is 0",
                ratio_of<&EnergyRatios::energy>}
          .in_csv(Csv::ratios, "{accounting}_energy_to_conventional_ratio"),
      FigureRow{F::comparison, "ratios_to_conventional.{accounting}.power", T::number_or_null,
                "ratio", W::ratios, "the same of the mean power", ratio_of<&EnergyRatios::power>}
          .in_csv(Csv::ratios, "{accounting}_power_to_conventional_ratio"),
      FigureRow{F::comparison, "ratios_to_conventional.{accounting}.energy_delay_product",
                T::number_or_null, "ratio", W::ratios, "the same of the energy-delay product",
                ratio_of<&EnergyRatios::energy_delay_product>}
          .in_csv(Csv::ratios, "{accounting}_edp_to_conventional_ratio"),
      {F::total, "layers_by_k", T::counts_by_name, "count", W::always,
       "layers that ran with each collapse factor", layers_by_k},
  };
}

}  // namespace

std::vector<FigureRow> entry_figure_rows() {
  Rows all;
  for (const auto& rows :
       {layer_rows, work_rows, objective_rows, memory_rows, entry_buffer_figure_rows, time_rows,
        activity_rows, energy_rows, energy_part_rows, comparison_rows}) {
    for (FigureRow& row : rows()) all.push_back(std::move(row));
  }
  return all;
}

}  // namespace arrayflex
