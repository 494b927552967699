// When a report has a figure.
#include "arrayflex/report/figures.h"

namespace arrayflex {
namespace {

using S = const FigureSource&;

bool has_energy(S s) { return s.entry->energy_of(s.design).has_value(); }

bool has_energy_sampling(S s) {
  return has_energy(s) && s.energy()->exact.half_width_pj.has_value();
}

bool has_both_energies(S s) { return s.entry->energy.arrayflex && s.entry->energy.conventional; }

bool has_dram(S s) { return s.run().technology && s.run().technology->dram_pj_per_byte; }

bool has_memory(S s) {
  return s.entry ? s.figures().memory.has_value() : s.run().memory.has_value();
}

std::vector<FigureCondition> make_conditions() {
  using W = FigureWhen;
  constexpr bool kOfRun = true, kOfEntry = false, kForAll = true, kForSome = false;
  return {
      {W::always, "always", "in every report", "", kOfRun, kForAll, [](S) { return true; }},
      {W::kernel, "kernel", "where the engine has a choice of instruction sets", "kernel", kOfRun,
       kForAll, [](S s) { return !s.run().kernel.empty(); }},
      {W::technology, "technology", "with a technology", "technology", kOfRun, kForAll,
       [](S s) { return s.run().technology.has_value(); }},
      {W::dram, "dram", "where the technology has a number for DRAM", "technology.dram_pj_per_byte",
       kOfRun, kForAll, has_dram},
      {W::area, "area", "where the technology has numbers for the operand width", "area", kOfRun,
       kForAll, [](S s) { return s.report.area().has_value(); }},
      {W::memory, "memory", "with a memory model", "memory", kOfRun, kForAll, has_memory},
      {W::recipe, "recipe", "where operands are synthetic", "operand_recipe", kOfRun, kForAll,
       [](S s) { return !s.run().operand_recipe.empty(); }},
      {W::notes, "notes", "where there is something to remark", "notes", kOfRun, kForAll,
       [](S s) { return !s.run().notes.empty(); }},
      {W::activity, "activity",
       "where the engine counts or estimates toggles; in the total, where it has them of all "
       "layers",
       "activity", kOfEntry, kForAll, [](S s) { return s.figures().activity.has_value(); }},
      {W::sampling, "sampling", "where toggles come from a sample of tiles", "activity.sampling",
       kOfEntry, kForSome,
       [](S s) { return s.figures().activity.has_value() && s.figures().sampling.has_value(); }},
      {W::energy, "energy",
       "where toggles and time are known and the technology has numbers for the operand width",
       "energy", kOfEntry, kForAll, has_energy},
      {W::energy_sampling, "energy_sampling", "where energies come from estimated toggles",
       "energy.exact.sampling", kOfEntry, kForSome, has_energy_sampling},
      {W::dram_energy, "dram_energy",
       "with a memory model and a technology that has a number for DRAM", "dram_energy_pj",
       kOfEntry, kForAll, [](S s) { return has_memory(s) && has_dram(s); }},
      {W::ratios, "ratios", "where both designs have energies", "ratios_to_conventional", kOfEntry,
       kForAll, has_both_energies},
      {W::overlap, "overlap", "where tiles overlap", "array.overlap", kOfRun, kForAll,
       [](S s) { return s.run().array.overlap != Overlap::none; }},
      {W::dma_alignment, "dma_alignment", "where memory transactions are aligned",
       "memory.dma_alignment", kOfRun, kForAll,
       [](S s) { return s.run().memory && !s.run().memory->dma_alignment.empty(); }},
      {W::buffers, "buffers", "behind a memory, where on-chip buffers are anything but the default",
       "memory.buffers", kOfRun, kForAll,
       [](S s) {
         return s.entry ? s.entry->buffers.has_value()
                        : s.run().memory && s.run().memory->buffers.has_value();
       }},
      {W::packed, "packed", "where products of the layer share tiles", "groups_per_tile", kOfEntry,
       kForSome, [](S s) { return s.entry->layer != nullptr && s.layer().groups_per_tile > 1; }},
      {W::objective, "objective", "where k was chosen by energy or energy-delay product",
       "objective", kOfRun, kForAll, [](S s) { return s.run().objective != Objective::time; }},
  };
}

}  // namespace

const std::vector<FigureCondition>& figure_conditions() {
  static const std::vector<FigureCondition> conditions = make_conditions();
  return conditions;
}

const FigureCondition& condition_of(FigureWhen when) {
  return figure_conditions().at(static_cast<std::size_t>(when));
}

}  // namespace arrayflex
