// The controller: load/stream/idle state machine, mode select, clock enables.
#pragma once

#include <cstdint>
#include <systemc>

#include "arrayflex/core/config.h"
#include "arrayflex/pin/array/types.h"

namespace arrayflex::pin {

/// Values of the `phase` signal.
enum Phase : int { kIdle = 0, kLoad = 1, kStream = 2 };

/// Steps a tile through the array: R load cycles, then T+G+H-2 stream cycles, then one drain cycle
/// that overlaps with the next tile's first load cycle or with an idle cycle. All its outputs
/// change at a rising clock edge, with two exceptions: a tile requested later in the instant of an
/// edge starts in the cycle that this edge began, and a reset acts at once.
class Controller final : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(Controller);
  Controller(const sc_core::sc_module_name& name, const ArrayConfig& config, Design design);

  template <class T>
  using Out = sc_core::sc_out<T>;
  template <class T>
  using OutVector = sc_core::sc_vector<sc_core::sc_out<T>>;

  sc_core::sc_in<bool> clk{"clk"};
  Out<bool> clock_request{"clock_request"};      ///< the clock must run
  Out<bool> reset{"reset"};                      ///< from a reset request to the next tile
  Out<int> mode{"mode"};                         ///< collapse factor k
  Out<int> phase{"phase"};                       ///< kIdle, kLoad, kStream
  Out<std::int64_t> phase_cycle{"phase_cycle"};  ///< l or s: 0-based cycle of the phase
  Out<bool> drain{"drain"};                      ///< the cycle after the stream phase
  Out<bool> weight_enable{"weight_enable"};      ///< load phase
  Out<bool> pipeline_enable{"pipeline_enable"};  ///< stream phase and drain cycle
  Out<bool> count_weights{"count_weights"};      ///< load and stream phase
  /// The same window one cycle later, since the pipeline's clock runs one cycle longer.
  Out<bool> count_pipeline{"count_pipeline"};
  Out<bool> output_valid{"output_valid"};      ///< a row of X is at the array's south edge
  Out<std::int64_t> output_row{"output_row"};  ///< its t
  OutVector<bool> psum_enable;                 ///< per row
  OutVector<bool> operand_enable;              ///< per column boundary, C-1 of them
  OutVector<bool> bottom;                      ///< per row; ArrayFlex only
  OutVector<bool> operand_boundary;            ///< per column boundary; ArrayFlex only
  OutVector<int> skew_depth;                   ///< per row
  OutVector<int> deskew_depth;                 ///< per column

  /// Starts a tile of t_count rows as soon as the state machine is idle at a clock edge. Ignored
  /// when a reset request follows before that.
  void request_tile(std::int64_t t_count);
  /// Goes to idle at once, selects mode k and holds the array in reset until the next tile.
  void request_reset(int k);
  int selected_mode() const { return requested_k_; }
  /// Neither a tile in progress nor one requested.
  bool idle() const { return phase_ == kIdle && !tile_requested_; }

  /// Cycles of load and stream phases, counted edge by edge since clear_cycles().
  std::int64_t cycles() const { return cycles_; }
  void clear_cycles() { cycles_ = 0; }

  const char* kind() const override { return "controller"; }

 private:
  void step();
  void advance();
  void enter_reset();
  void publish();
  void publish_enables(bool pipeline_on);
  void publish_mode();
  bool is_bottom(int r) const { return (r + 1) % k_ == 0 || r + 1 == rows_; }
  bool is_boundary(int c) const { return (c + 1) % k_ == 0; }
  int row_groups() const { return (rows_ + k_ - 1) / k_; }
  // The stream cycle in which row 0 of X is at the south edge.
  std::int64_t first_row_cycle() const { return row_groups() + col_groups() - 1; }
  int col_groups() const { return (cols_ + k_ - 1) / k_; }

  int rows_, cols_;
  int k_ = 1;
  Phase phase_ = kIdle;
  std::int64_t phase_cycle_ = 0;
  bool drain_ = false;
  std::int64_t drain_row_ = 0;  // the row of X at the south edge in the drain cycle
  bool in_reset_ = false;
  std::int64_t stream_cycles_ = 0;
  std::int64_t cycles_ = 0;
  bool tile_requested_ = false;
  std::int64_t requested_t_ = 0;
  bool reset_requested_ = false;
  int requested_k_ = 1;
  bool had_edge_ = false;
  sc_core::sc_time last_edge_;
  sc_core::sc_event request_{"request"};
};

}  // namespace arrayflex::pin
