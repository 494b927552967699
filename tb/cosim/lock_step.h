// Runs a verilated array in lock-step with a pin-level model and compares them cycle by cycle.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <systemc>
#include <utility>
#include <vector>

#include "arrayflex/pin/array_system.h"
#include "net_pairs.h"
#include "rtl_model.h"

namespace arrayflex::cosim {

/// Where model and RTL differed first.
struct Mismatch {
  std::int64_t cycle = 0;     ///< since the reset; 0 is the first tile's first load cycle
  std::string phase;          ///< of the model, e.g. "stream cycle 3, k = 2"
  std::string instance;       ///< the model's name, e.g. "array.pe_2_1.csa_sum"
  std::int64_t expected = 0;  ///< in the model, sign-extended from the net's width
  std::int64_t actual = 0;    ///< in the RTL
};
std::ostream& operator<<(std::ostream& out, const Mismatch& mismatch);

/// Looks at the RTL in every cycle, besides the comparison.
class CycleObserver {
 public:
  virtual ~CycleObserver() = default;
  virtual void reset() {}        ///< every register has become 0
  virtual void before_edge() {}  ///< the cycle is over, its last values are still there
  virtual void after_edge() {}   ///< the next cycle's values have settled
};

/// The RTL follows the model: the same clock edges, resets, modes, tile requests and operands at
/// its ports. A request made at the instant of a clock edge takes effect at that very edge in the
/// model; hence the RTL gets its edge in the same instant, but delta cycles later, when the model
/// has settled. Values that the model drives at the array's edges pass an edge register here: they
/// change at the RTL's ports after the RTL's clock edge, never with it.
class LockStep final : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(LockStep);
  LockStep(const sc_core::sc_module_name& name, const pin::ArraySystem& model, RtlModel& rtl);

  /// Rows of A in the tile that is requested next; where tiles overlap, in each of the product's.
  void announce_tile(std::int64_t t_count) { t_counts_ = {t_count}; }
  void announce_tiles(std::vector<std::int64_t> t_counts) { t_counts_ = std::move(t_counts); }
  void add_observer(CycleObserver& observer) { observers_.push_back(&observer); }
  void clear_observers() { observers_.clear(); }
  /// Called at the first mismatch; nothing is compared after it.
  void on_mismatch(std::function<void()> stop) { stop_ = std::move(stop); }

  const std::optional<Mismatch>& mismatch() const { return mismatch_; }
  /// Clock edges after which everything was compared.
  std::int64_t compared_edges() const { return compared_edges_; }
  /// Resets that came while a tile was running.
  std::int64_t resets_in_mid_tile() const { return resets_in_mid_tile_; }
  std::size_t compared_nets() const { return pairs_.size(); }

 private:
  void end_of_elaboration() override;
  void note_edge() { edge_seen_ = true; }
  void note_reset() { reset_seen_ = true; }
  void follow_clock();
  void follow();
  void apply_reset();
  void apply_edge();
  void drive_requests();
  void drive_operands();
  void compare();
  std::string phase_text() const;

  const pin::ArraySystem& model_;
  RtlModel& rtl_;
  std::vector<NetPair> pairs_;
  std::vector<CycleObserver*> observers_;
  std::function<void()> stop_;
  std::optional<Mismatch> mismatch_;
  bool edge_seen_ = false;
  bool reset_seen_ = false;
  bool in_reset_ = true;
  std::vector<std::int64_t> t_counts_;
  std::int64_t cycle_ = -1;
  std::int64_t compared_edges_ = 0;
  std::int64_t resets_in_mid_tile_ = 0;
  RtlNet rtl_phase_;
};

}  // namespace arrayflex::cosim
