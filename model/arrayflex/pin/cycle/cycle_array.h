// The systolic array as state that is stepped clock edge by clock edge; PEs are views on it.
#pragma once

#include <cstdint>
#include <memory>
#include <systemc>
#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/pin/array/net.h"
#include "arrayflex/pin/array/pin_level_array.h"
#include "arrayflex/pin/array/popcount.h"
#include "arrayflex/pin/cycle/cycle_kernel.h"
#include "arrayflex/pin/cycle/cycle_state.h"
#include "arrayflex/pin/cycle/cycle_views.h"
#include "arrayflex/pin/observe/activity_probe.h"

namespace arrayflex::pin {

/// The array for watching large sizes at speed: the ports of SystolicArray, and the same registers,
/// nets and counts in every cycle, but no channels within. Children: `pe_<r>_<c>`, `skew_<r>`,
/// `deskew_<c>`, views that read the state. A register has its new value in the delta cycle of the
/// edge already, a net when settled() is notified.
///
/// The mode pins (bottom, operand_boundary, depths) must not change while counts are recorded, nor
/// must reset come: ArraySystem ends the recording first.
class CycleArray final : public PinLevelArray {
 public:
  CycleArray(const sc_core::sc_module_name& name, const ArrayConfig& config, Design design,
             const RecordOptions& record = {});
  ~CycleArray() override;

  /// 0 <= r < rows(), 0 <= c < cols(); throws std::out_of_range.
  const PeView& pe(int r, int c) const;
  const ChainView<Operand>& skew(int r) const { return *skew_.at(static_cast<std::size_t>(r)); }
  const ChainView<Sum>& deskew(int c) const { return *deskew_.at(static_cast<std::size_t>(c)); }
  const CycleState& state() const { return state_; }

  void begin_recording() override;
  void end_recording() override;
  const ActivityCounters& activity() const override { return probe_.activity(); }
  const PeToggleMap& pe_toggles() const override { return probe_.pe_toggles(); }

  const char* kind() const override { return "cycle_array"; }
  /// Traces every PE and buffer; each of them also has a trace() of its own.
  void trace(sc_core::sc_trace_file* file) const override;

 private:
  // Toggles of one row's nets in the cycle that has settled.
  struct NetToggles {
    std::int64_t operand = 0;
    std::int64_t west_operand = 0;  // the first column's part
    std::int64_t weight = 0;        // the weight muxes
    std::int64_t psum = 0;          // as seen by the sum muxes of a bottom row
    RowToggles sums;
  };
  // The same of all rows.
  struct NetTotals {
    std::int64_t operand = 0, weight = 0, product = 0, csa_sum = 0, csa_carry = 0, bypass_mux = 0;
    void add(const NetToggles& row, bool is_bottom);
  };
  // Facts of a row. "Zero" flags may be off although everything is 0.
  struct RowStatus {
    bool operand_zero = true, operand_reg_zero = true, nets_zero = true, psum_zero = true;
    bool weight_zero = true;      // with one weight register
    bool weight_latched = false;  // with two: a register has changed since the mux settled
    // The row has settled in this cycle, so that the nets' `before` is the last cycle.
    bool operand_settled = false, weight_settled = false, nets_settled = false;
    std::int64_t psum_toggles = 0;  // of the last edge
    NetToggles toggles;
  };
  struct ColumnGroup {
    std::size_t begin, end;
  };
  // The input pins' values, resolved through the ports' binding.
  struct Pins {
    std::vector<const bool*> psum_enable, operand_enable, bottom, operand_boundary;
    std::vector<const int*> skew_depth, deskew_depth;
    std::vector<const Operand*> west, north;
  };

  void build_views();
  void end_of_elaboration() override;

  void latch_edge() override;
  void reset_registers() override;
  void settle_nets() override;

  void latch(EdgeCounts& counts);
  void latch_psums(EdgeCounts& counts);
  bool psum_row_stays_zero(std::size_t r) const;
  std::int64_t latch_psum_row(std::size_t r);
  void latch_operands(EdgeCounts& counts);
  std::int64_t latch_operand_row(std::size_t r);
  void latch_buffers(EdgeCounts& counts);
  void latch_weights(EdgeCounts& counts);
  void latch_only_weights(EdgeCounts& counts);
  void latch_bank(std::size_t r, std::size_t bank, EdgeCounts& counts);
  std::int64_t load_weights(std::size_t r, std::size_t bank, ColumnGroup columns,
                            const Operand* from);

  const Sum* last_row_sums() const;
  void read_mode_pins();
  void settle_weights(std::size_t r);
  void settle_operands(std::size_t r);
  void settle_row(std::size_t r);
  void settle_south();

  // The values of a row's nets in another cycle; nullptr where they do not differ.
  struct RowValues {
    const Operand* operand = nullptr;
    const Operand* weight = nullptr;
    const Sum* product = nullptr;
    const Sum* csa_sum = nullptr;
    const Sum* csa_carry = nullptr;
    const Sum* psum = nullptr;
  };
  void take_net_toggles();
  void add_net_totals(const NetTotals& totals);
  void map_cycle(std::size_t r);
  void map_net_toggles(std::size_t r, const RowValues& other);
  void map_row(std::size_t r, const Sum* a, const Sum* b, int width, std::int64_t times);
  void map_row(std::size_t r, ColumnGroup columns, const Operand* a, const Operand* b);
  NetToggles toggles_from_zero(std::size_t r) const;
  bool count_drain_edge(EdgeCounts& counts);
  bool clocked_registers_are_zero() const;

  std::int64_t hamming(const Operand* a, const Operand* b, std::size_t count) const {
    return kernel_.hamming_operands(a, b, count, data_mask_);
  }
  std::int64_t hamming(Operand a, Operand b) const {
    return count_bits(static_cast<std::uint32_t>(a ^ b) & data_mask_);
  }

  CycleState state_;
  const CycleKernel& kernel_;
  std::uint32_t data_mask_;
  std::vector<RowStatus> status_;
  std::vector<ColumnGroup> groups_;           // columns that share an operand
  std::vector<std::size_t> enabled_columns_;  // whose operand registers the edge clocks
  StateVector<Operand> north_row_;
  StateVector<Operand> zero_operands_;  // one row
  std::vector<std::uint8_t> selected_;  // per PE: what the weight mux shows, as weight_select
  StateVector<Sum> psum_before_;        // psum_reg in the cycle before; for the map only
  NetWatchList watch_list_;
  NetStorage no_nets_;  // the probe is told the nets' toggles
  ActivityProbe probe_;
  Pins pins_;

  std::vector<std::unique_ptr<PeView>> pes_;
  std::vector<std::unique_ptr<ChainView<Operand>>> skew_;
  std::vector<std::unique_ptr<ChainView<Sum>>> deskew_;
};

}  // namespace arrayflex::pin
