// The systolic array: PEs, skew and de-skew buffers, and their wiring.
#pragma once

#include <memory>
#include <optional>
#include <systemc>
#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/pin/activity_probe.h"
#include "arrayflex/pin/net.h"
#include "arrayflex/pin/net_storage.h"
#include "arrayflex/pin/pe.h"
#include "arrayflex/pin/skew_buffer.h"

namespace arrayflex::pin {

/// A constant 0.
class TieLow final : public sc_core::sc_module {
 public:
  explicit TieLow(const sc_core::sc_module_name& name) : sc_module(name) {}
  sc_core::sc_signal<Sum> out{"out"};
};

/// R x C processing elements in either design. Children: `pe_<r>_<c>`, `skew_<r>`, `deskew_<c>`.
///
/// Two processes serve the whole array. At a rising clock edge the first looks at all pins of the
/// cycle that ends, counts their activity, and latches every register whose enable is on. After the
/// registers and the edge's inputs have taken their new values, the second settles all
/// combinational nets, from north-west to south-east. It does so again when an input of the array
/// changes later in the same instant.
class SystolicArray final : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(SystolicArray);
  SystolicArray(const sc_core::sc_module_name& name, const ArrayConfig& config, Design design,
                RecordOptions record = {});
  ~SystolicArray() override;

  template <class T>
  using In = sc_core::sc_in<T>;
  template <class T>
  using InVector = sc_core::sc_vector<sc_core::sc_in<T>>;

  In<bool> clk{"clk"};
  In<bool> reset{"reset"};                      ///< active high: every register becomes 0
  In<bool> weight_enable{"weight_enable"};      ///< clock enable of the weight registers
  In<bool> pipeline_enable{"pipeline_enable"};  ///< clock enable of the skew buffers
  In<bool> count_weights{"count_weights"};      ///< the cycle counts in weight_reg's clock bits
  In<bool> count_pipeline{"count_pipeline"};    ///< the same for the pipeline's registers
  InVector<bool> psum_enable;                   ///< per row
  InVector<bool> operand_enable;                ///< per column boundary, C-1 of them
  InVector<bool> bottom;                        ///< per row; ArrayFlex only
  InVector<bool> operand_boundary;              ///< per column boundary; ArrayFlex only
  InVector<int> skew_depth;                     ///< per row: skew registers in use
  InVector<int> deskew_depth;                   ///< per column: de-skew registers in use
  InVector<Operand> west;                       ///< per row: A[t][r], before the skew buffer
  InVector<Operand> north;                      ///< per column: weights, load phase
  sc_core::sc_vector<sc_core::sc_export<sc_core::sc_signal_in_if<Sum>>> south;  ///< X[t][c]

  int rows() const { return rows_; }
  int cols() const { return cols_; }
  Design design() const { return design_; }

  /// 0 <= r < rows(), 0 <= c < cols(); throws std::out_of_range.
  const ProcessingElement& pe(int r, int c) const;
  const ShiftChain<Operand>& skew(int r) const;
  const ShiftChain<Sum>& deskew(int c) const;

  /// Notified in the delta cycle after the nets have settled.
  const sc_core::sc_event& settled() const { return settled_; }

  /// Starts to count from the reset state. Call it with the array in reset and settled.
  void begin_recording();
  /// Ends counting. Where the pipeline is still to drain (pipeline_enable is on), the drain's
  /// toggles and clock bits are read from the pins: each register's D against its Q, each net
  /// against 0. Throws std::logic_error when something other than 0 would enter the pipeline.
  void end_recording();
  /// Stops counting and keeps what was counted.
  void abandon_recording() { recording_ = false; }

  /// Counts since begin_recording().
  const ActivityCounters& activity() const { return probe_.activity(); }
  const PeToggleMap& pe_toggles() const { return probe_.pe_toggles(); }

  const char* kind() const override { return "systolic_array"; }
  /// Traces every PE and buffer; each of them also has a trace() of its own.
  void trace(sc_core::sc_trace_file* file) const override;

 private:
  void build_pes();
  void build_buffers();
  void wire_pe(int r, int c);
  void wire_arrayflex_pe(int r, int c);
  std::size_t index(int r, int c) const {
    return static_cast<std::size_t>(r) * static_cast<std::size_t>(cols_) +
           static_cast<std::size_t>(c);
  }
  ProcessingElement& pe_at(int r, int c) { return *pes_[index(r, c)]; }
  void end_of_elaboration() override;

  void clock_edge();
  void apply_reset();
  void forward_settle();
  void settle();

  /// Calls visit(register class, PE index or -1, register, value at D) for each register that the
  /// next clock edge clocks, as the enable pins say.
  template <class Visit>
  void visit_clocked_registers(const Visit& visit);
  template <bool kCount, bool kMap>
  void latch_impl(EdgeCounts& counts);
  template <bool kCount, bool kMap>
  void latch_portable(EdgeCounts& counts);
  template <bool kCount, bool kMap>
  void latch_popcnt(EdgeCounts& counts);
  void latch(EdgeCounts& counts);
  void count_edge(const EdgeCounts& counts);

  int rows_, cols_;
  Design design_;
  int wrap_shift_;
  NetStorage nets_;
  RegisterPools registers_;
  NetWatchList watch_list_;
  ActivityProbe probe_;
  bool recording_ = false;

  // A constant 0: the top row group's S and Cy, and what a bottom PE sends down as carry.
  std::unique_ptr<TieLow> ground_;
  std::vector<std::unique_ptr<ProcessingElement>> pes_;
  std::vector<std::unique_ptr<ShiftChain<Operand>>> skew_;
  std::vector<std::unique_ptr<ShiftChain<Sum>>> deskew_;
  std::vector<ProcessingElement::Pins> pins_;

  sc_core::sc_event edge_done_{"edge_done"};
  sc_core::sc_event settle_request_{"settle_request"};
  sc_core::sc_event settled_{"settled"};
};

}  // namespace arrayflex::pin
