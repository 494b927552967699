// The controller: mode select, clock enables, and when the tiles of a product run.
#pragma once

#include <cstdint>
#include <systemc>

#include "arrayflex/core/config.h"
#include "arrayflex/pin/array/types.h"

namespace arrayflex::pin {

/// Values of the `phase` signal: a bit for each phase. Where tiles overlap, both may be on.
enum Phase : int { kIdle = 0, kLoad = 1, kStream = 2, kLoadAndStream = 3 };

/// The part that all controllers share: the mode, the enables of the pipeline's registers, requests
/// and reset. All its outputs change at a rising clock edge, with two exceptions: what is requested
/// later in the instant of an edge starts in the cycle that this edge began, and a reset acts at
/// once.
class Controller : public sc_core::sc_module {
 public:
  template <class T>
  using Out = sc_core::sc_out<T>;
  template <class T>
  using OutVector = sc_core::sc_vector<sc_core::sc_out<T>>;

  sc_core::sc_in<bool> clk{"clk"};
  Out<bool> clock_request{"clock_request"};      ///< the clock must run
  Out<bool> reset{"reset"};                      ///< from a reset request to the next tile
  Out<int> mode{"mode"};                         ///< collapse factor k
  Out<int> phase{"phase"};                       ///< a Phase
  Out<std::int64_t> phase_cycle{"phase_cycle"};  ///< s or l: 0-based cycle of the phase
  Out<bool> drain{"drain"};                      ///< the cycle after a tile's stream phase
  Out<bool> weight_enable{"weight_enable"};      ///< load phase
  Out<bool> pipeline_enable{"pipeline_enable"};  ///< stream phases and drain cycles
  Out<bool> count_weights{"count_weights"};      ///< the cycle is one of the product's
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

  /// Goes to idle at once, forgets what was requested before, selects mode k and holds the array in
  /// reset until the next tile.
  void request_reset(int k);
  int selected_mode() const { return requested_k_; }

  /// Cycles that count as the product's, edge by edge since clear_cycles().
  std::int64_t cycles() const { return cycles_; }
  void clear_cycles() { cycles_ = 0; }

  const char* kind() const override { return "controller"; }

 protected:
  SC_HAS_PROCESS(Controller);
  /// edge_instant: how long after an edge a request still starts in the cycle that it began.
  Controller(const sc_core::sc_module_name& name, const ArrayConfig& config, Design design,
             const sc_core::sc_time& edge_instant = sc_core::SC_ZERO_TIME);

  /// The steps of a clock edge, and the start of whatever was requested in its instant.
  virtual void advance() = 0;
  virtual void start_requested() = 0;
  virtual void forget_requests() = 0;
  virtual void go_idle() = 0;
  virtual void publish() = 0;

  /// Have step() run in this instant.
  void wake() { request_.notify(sc_core::SC_ZERO_TIME); }
  void leave_reset() { in_reset_ = false; }
  /// Publishes the enables of the pipeline's registers.
  void enable_pipeline(bool on);
  void publish_reset() { reset = in_reset_; }
  void count_cycle() { ++cycles_; }

  int row_groups() const { return (rows_ + k_ - 1) / k_; }
  int col_groups() const { return (cols_ + k_ - 1) / k_; }
  std::int64_t stream_cycles(std::int64_t t_count) const {
    return t_count + row_groups() + col_groups() - 2;
  }
  /// The stream cycle in which row 0 of X is at the south edge.
  std::int64_t first_row_cycle() const { return row_groups() + col_groups() - 1; }

  const int rows_, cols_;
  int k_ = 1;

 private:
  void step();
  void enter_reset();
  void publish_mode();
  bool is_bottom(int r) const { return (r + 1) % k_ == 0 || r + 1 == rows_; }
  bool is_boundary(int c) const { return (c + 1) % k_ == 0; }

  bool in_reset_ = false;
  std::int64_t cycles_ = 0;
  bool reset_requested_ = false;
  int requested_k_ = 1;
  const sc_core::sc_time edge_instant_;
  bool had_edge_ = false;
  sc_core::sc_time last_edge_;
  sc_core::sc_event request_{"request"};
};

}  // namespace arrayflex::pin
