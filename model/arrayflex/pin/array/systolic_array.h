// The systolic array: PEs, skew and de-skew buffers, and their wiring.
#pragma once

#include <deque>
#include <memory>
#include <systemc>
#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/pin/array/net.h"
#include "arrayflex/pin/array/net_storage.h"
#include "arrayflex/pin/array/pe.h"
#include "arrayflex/pin/array/pin_level_array.h"
#include "arrayflex/pin/array/skew_buffer.h"
#include "arrayflex/pin/observe/activity_probe.h"

namespace arrayflex::pin {

/// A constant 0.
class TieLow final : public sc_core::sc_module {
 public:
  explicit TieLow(const sc_core::sc_module_name& name) : sc_module(name) {}
  sc_core::sc_signal<Sum> out{"out"};
};

/// The array with all its parts as SystemC objects. Children: `pe_<r>_<c>`, `skew_<r>`,
/// `deskew_<c>`. Nets settle from north-west to south-east.
class SystolicArray final : public PinLevelArray {
 public:
  SystolicArray(const sc_core::sc_module_name& name, const ArrayConfig& config, Design design,
                const RecordOptions& record = {});
  ~SystolicArray() override;

  /// 0 <= r < rows(), 0 <= c < cols(); throws std::out_of_range.
  const ProcessingElement& pe(int r, int c) const;
  const ShiftChain<Operand>& skew(int r) const;
  const ShiftChain<Sum>& deskew(int c) const;

  void begin_recording() override;
  void end_recording() override;
  const ActivityCounters& activity() const override { return probe_.activity(); }
  const PeToggleMap& pe_toggles() const override { return probe_.pe_toggles(); }

  const char* kind() const override { return "systolic_array"; }
  /// Traces every PE and buffer; each of them also has a trace() of its own.
  void trace(sc_core::sc_trace_file* file) const override;

 private:
  void build_pes();
  void build_buffers();
  void wire_pe(int r, int c);
  void wire_weights(int r, int c);
  void wire_weight_controls(int r, int c);
  void wire_arrayflex_pe(int r, int c);
  ProcessingElement& pe_at(int r, int c) { return *pes_[index(r, c)]; }
  void end_of_elaboration() override;

  void latch_edge() override;
  void reset_registers() override;
  void settle_nets() override;
  template <class WeightOf>
  void settle_pes(const WeightOf& weight_of);

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

  NetStorage nets_;
  RegisterPools registers_;
  NetWatchList watch_list_;
  ActivityProbe probe_;

  // The values at the control ports of weight registers, with Overlap::full.
  std::deque<WaveTap> wave_taps_;
  // A constant 0: the top row group's S and Cy, and what a bottom PE sends down as carry.
  std::unique_ptr<TieLow> ground_;
  std::vector<std::unique_ptr<ProcessingElement>> pes_;
  std::vector<std::unique_ptr<ShiftChain<Operand>>> skew_;
  std::vector<std::unique_ptr<ShiftChain<Sum>>> deskew_;
  std::vector<ProcessingElement::Pins> pins_;
  std::vector<ProcessingElement::SecondBankPins> second_banks_;  // empty with one weight register
};

}  // namespace arrayflex::pin
