// The table of figures: those of finite buffers.
#include <string>

#include "arrayflex/energy/buffer_energy.h"
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

V known(const std::optional<std::int64_t>& value) { return value ? V(*value) : V(); }

const BlockPlan& plan_of(S s) { return s.layer().buffers.value().plan; }

const BufferAccesses& accesses_of(S s, M m) { return s.entry->buffers.value()[m.first]; }

std::optional<std::int64_t> size_of(const BufferParameters& buffers, std::size_t which) {
  const std::optional<std::int64_t> sizes[] = {buffers.operand_bytes, buffers.weight_bytes,
                                               buffers.accumulator_bytes};
  return sizes[which];
}

V energy_of(S s, M m) {
  const auto size = size_of(s.run().memory->buffers.value(), m.first);
  if (!size) return {};
  return static_cast<double>(accesses_of(s, m).bytes()) * buffer_pj_per_byte(*size);
}

}  // namespace

std::vector<FigureRow> run_buffer_figure_rows() {
  return {
      {F::run, "memory.buffers.{buffer}_bytes", T::number_or_null, "bytes", W::buffers,
       "size of a buffer; null: unlimited",
       [](S s, M m) { return known(size_of(s.run().memory->buffers.value(), m.first)); }},
      {F::run, "memory.buffers.banks", T::count, "count", W::buffers,
       "2: a tile's operands are fetched while the one before runs",
       [](S s, M) -> V { return std::int64_t{s.run().memory->buffers->banks}; }},
      {F::run, "memory.buffers.port_bytes_per_cycle", T::number_or_null, "bytes/cycle", W::buffers,
       "into a buffer, or out of the accumulators, per cycle of the array; null: unlimited",
       [](S s, M) { return known(s.run().memory->buffer_port_bytes); }},
      {F::run, "memory.buffers.mapping", T::text, "text", W::buffers,
       "how loop order and blocks are chosen: traffic, time, rows or columns",
       [](S s, M) -> V { return s.run().memory->mapping; }},
      {F::run, "memory.buffers.energy_source", T::text, "text", W::buffers,
       "where buffer_energy_pj comes from",
       [](S, M) -> V { return std::string(kBufferEnergySource); }},
  };
}

std::vector<FigureRow> entry_buffer_figure_rows() {
  return {
      FigureRow{F::layer, "mapping.order", T::text, "text", W::buffers,
                "the outermost loop: blocks of rows of A (rows) or column blocks of B (columns)",
                [](S s, M) -> V { return std::string(name_of(plan_of(s).order)); }}
          .in_csv(Csv::layer, "mapping_order")
          .on_page("loop order", kOwnCell),
      FigureRow{F::layer, "mapping.block_rows", T::count, "count", W::buffers,
                "rows of A in a block, T_b", [](S s, M) -> V { return plan_of(s).block_rows; }}
          .in_csv(Csv::layer, "mapping_block_rows"),
      FigureRow{F::layer, "mapping.kept", T::text, "text", W::buffers,
                "operands that are fetched once: a, b, \"a and b\" or none",
                [](S s, M) -> V { return std::string(kept_by(plan_of(s))); }}
          .in_csv(Csv::layer, "mapping_kept"),
      FigureRow{F::entry, "buffer_accesses.{buffer}.writes", T::count, "elements", W::buffers,
                "elements written to a buffer",
                [](S s, M m) -> V { return accesses_of(s, m).writes; }}
          .in_csv(Csv::layer, "{buffer}_writes_elements"),
      FigureRow{F::entry, "buffer_accesses.{buffer}.reads", T::count, "elements", W::buffers,
                "elements read from it", [](S s, M m) -> V { return accesses_of(s, m).reads; }}
          .in_csv(Csv::layer, "{buffer}_reads_elements"),
      FigureRow{F::entry, "buffer_accesses.{buffer}.bytes", T::count, "bytes", W::buffers,
                "both in bytes", [](S s, M m) -> V { return accesses_of(s, m).bytes(); }}
          .in_csv(Csv::layer, "{buffer}_accessed_bytes"),
      FigureRow{
          F::entry, "buffer_energy_pj.{buffer}", T::number_or_null, "pJ", W::buffers,
          "those bytes times the energy per byte of an SRAM of that size; null: unlimited; no "
          "other energy has it",
          energy_of}
          .in_csv(Csv::layer, "{buffer}_energy_pj")
          .in_sweep("buffer_energy_pj", kSweepPoints, "buffer_energy_pj"),
  };
}

}  // namespace arrayflex
