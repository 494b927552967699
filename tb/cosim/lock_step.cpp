#include "lock_step.h"

#include <algorithm>
#include <ostream>

#include "arrayflex/pin/system/controller.h"

namespace arrayflex::cosim {
namespace {

// From a clock edge until the model has settled: a product may end at it, the next one begin, with
// another mode, and ask for its first tile. More does no harm.
constexpr int kModelDeltas = 64;
// From a signal at the RTL's ports until its outputs have changed.
constexpr int kRtlDeltas = 3;

void wait_deltas(int count) {
  for (int i = 0; i < count; ++i) sc_core::wait(sc_core::SC_ZERO_TIME);
}

template <class Signals>
std::vector<pin::Operand> values_of(const Signals& signals) {
  std::vector<pin::Operand> values;
  for (const auto& signal : signals) values.push_back(signal.read());
  return values;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Mismatch& m) {
  return out << "cycle " << m.cycle << " (" << m.phase << "): " << m.instance << " is " << m.actual
             << " in the RTL, expected " << m.expected;
}

LockStep::LockStep(const sc_core::sc_module_name& name, const pin::ArraySystem& model,
                   RtlModel& rtl)
    : sc_module(name), model_(model), rtl_(rtl) {
  SC_METHOD(note_edge);
  sensitive << model.signals().clk.posedge_event();
  dont_initialize();
  SC_METHOD(note_reset);
  sensitive << model.signals().reset.posedge_event();
  dont_initialize();
  SC_THREAD(follow_clock);
}

void LockStep::end_of_elaboration() {
  pairs_ = pair_nets(model_, rtl_);
  rtl_phase_ = rtl_.net("controller.phase");
}

void LockStep::follow_clock() {
  const auto& signals = model_.signals();
  rtl_.rst = true;
  for (;;) {
    sc_core::wait(signals.clk.value_changed_event() | signals.reset.posedge_event());
    if (!signals.clk.read()) rtl_.clk = false;
    wait_deltas(kModelDeltas);
    while (edge_seen_ || reset_seen_) follow();
  }
}

void LockStep::follow() {
  const bool at_edge = edge_seen_;
  edge_seen_ = false;
  if (at_edge) {
    for (CycleObserver* observer : observers_) observer->before_edge();
  }
  // A reset comes before the edge: a tile may start at the edge in whose instant it was.
  if (reset_seen_ || in_reset_) apply_reset();
  if (at_edge) apply_edge();
  drive_operands();
  if (!mismatch_) compare();
  if (!at_edge) return;
  for (CycleObserver* observer : observers_) observer->after_edge();
  if (!mismatch_) ++compared_edges_;
}

void LockStep::apply_reset() {
  if (reset_seen_ && rtl_phase_.bits() != 0) ++resets_in_mid_tile_;
  reset_seen_ = false;
  cycle_ = -1;
  rtl_.rst = true;
  rtl_.mode = static_cast<std::uint32_t>(model_.signals().mode.read());
  wait_deltas(kRtlDeltas);
  in_reset_ = model_.signals().reset.read();
  if (!in_reset_) {
    rtl_.rst = false;
    wait_deltas(kRtlDeltas);
  }
  for (CycleObserver* observer : observers_) observer->reset();
}

// What begins with this edge, the model says: it is in the phase's first cycle.
void LockStep::drive_requests() {
  const auto& signals = model_.signals();
  if (!signals.overlapping) {
    rtl_.start = signals.phase.read() == pin::kLoad && signals.phase_cycle.read() == 0;
    if (!t_counts_.empty()) rtl_.t_count = static_cast<std::uint32_t>(t_counts_.front());
    return;
  }
  const auto& overlapping = *signals.overlapping;
  rtl_.load_start = signals.weight_enable.read() && overlapping.load_cycle.read() == 0;
  const bool starts = (signals.phase.read() & pin::kStream) != 0 && signals.phase_cycle.read() == 0;
  rtl_.start = starts;
  if (!starts) return;
  const auto tile = static_cast<std::size_t>(overlapping.stream_tile.read());
  rtl_.t_count = static_cast<std::uint32_t>(t_counts_.at(std::min(tile, t_counts_.size() - 1)));
}

void LockStep::apply_edge() {
  drive_requests();
  wait_deltas(kRtlDeltas);
  rtl_.clk = true;
  wait_deltas(kRtlDeltas);
  if (!in_reset_) ++cycle_;
}

void LockStep::drive_operands() {
  rtl_.drive_west(values_of(model_.signals().west));
  rtl_.drive_north(values_of(model_.signals().north));
  wait_deltas(kRtlDeltas);
}

void LockStep::compare() {
  for (const NetPair& pair : pairs_) {
    const std::int64_t expected = pair.model();
    const std::uint64_t bits =
        static_cast<std::uint64_t>(expected) & pin::low_bits(pair.rtl.width_bits());
    if (bits == pair.rtl.bits()) continue;
    const std::int64_t actual =
        pair.is_signed ? pair.rtl.value() : static_cast<std::int64_t>(pair.rtl.bits());
    mismatch_ = Mismatch{cycle_, phase_text(), pair.name, expected, actual};
    if (stop_) stop_();
    return;
  }
}

std::string LockStep::phase_text() const {
  const auto& signals = model_.signals();
  const char* const names[] = {"idle", "load", "stream", "load and stream"};
  std::string text = names[signals.phase.read()];
  if (signals.phase.read() != pin::kIdle) {
    text += " cycle " + std::to_string(signals.phase_cycle.read());
  }
  if (signals.drain.read()) text += ", drain";
  return text + ", k = " + std::to_string(signals.mode.read());
}

}  // namespace arrayflex::cosim
