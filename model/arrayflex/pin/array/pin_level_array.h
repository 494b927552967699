// The base of the two pin-level arrays: their ports and processes.
#pragma once

#include <array>
#include <optional>
#include <systemc>

#include "arrayflex/core/activity.h"
#include "arrayflex/core/config.h"
#include "arrayflex/pin/array/types.h"
#include "arrayflex/pin/array/weight_wave.h"

namespace arrayflex::pin {

/// How much of an array consists of SystemC channels: what tells Engine::pin from Engine::cycle.
enum class Detail {
  signals,  ///< SystolicArray: every PE has ports, every register is a signal, every wire a net
  state,    ///< CycleArray: signals at the array's edges only, PEs are views on shared state
};

/// R x C processing elements in either design, with skew and de-skew buffers.
///
/// Two steps serve the whole array. At a rising clock edge the first looks at the cycle that ends,
/// counts its activity, and latches every register whose enable is on. After the registers and the
/// edge's inputs have taken their new values, the second settles all combinational nets. It does
/// so again when an input of the array changes later in the same instant.
class PinLevelArray : public sc_core::sc_module {
 public:
  template <class T>
  using In = sc_core::sc_in<T>;
  template <class T>
  using InVector = sc_core::sc_vector<sc_core::sc_in<T>>;

  In<bool> clk{"clk"};
  In<bool> reset{"reset"};  ///< active high: every register becomes 0
  /// Clock enable of the weight registers; where each PE has one.
  std::optional<In<bool>> weight_enable;
  /// Control bits of the weight registers by WeightControl and row; where each PE has two. The rows
  /// see them as WeightWave says.
  std::array<InVector<bool>, kWeightControls> weight_controls;
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
  Overlap overlap() const { return overlap_; }
  Design design() const { return design_; }

  /// A control bit as the PE at row r and column c sees it, where each PE has two weight registers;
  /// throws std::out_of_range for a PE that is not there. The reference stays valid.
  const bool& weight_control(WeightControl control, int r, int c) const;

  /// Notified in the delta cycle after the nets have settled.
  const sc_core::sc_event& settled() const { return settled_; }

  /// Starts to count from the reset state. Call it with the array in reset and settled.
  virtual void begin_recording() = 0;
  /// Ends counting. Where the pipeline is still to drain (pipeline_enable is on), the drain's
  /// toggles and clock bits are read from the pins: each register's D against its Q, each net
  /// against 0. Throws std::logic_error when something other than 0 would enter the pipeline.
  virtual void end_recording() = 0;
  /// Stops counting and keeps what was counted.
  void abandon_recording() { recording_ = false; }

  /// Counts since begin_recording().
  virtual const ActivityCounters& activity() const = 0;
  virtual const PeToggleMap& pe_toggles() const = 0;

 protected:
  SC_HAS_PROCESS(PinLevelArray);
  PinLevelArray(const sc_core::sc_module_name& name, const ArrayConfig& config, Design design);

  std::size_t index(int r, int c) const {
    return static_cast<std::size_t>(r) * static_cast<std::size_t>(cols_) +
           static_cast<std::size_t>(c);
  }
  /// Throws std::out_of_range unless 0 <= r < rows() and 0 <= c < cols().
  void require_pe(int r, int c) const;

  /// Counts, if recording(), and latches; not called in reset.
  virtual void latch_edge() = 0;
  virtual void reset_registers() = 0;
  virtual void settle_nets() = 0;

  const int rows_, cols_;
  const Design design_;
  const Overlap overlap_;
  const int wrap_shift_;            ///< 64 - Wa
  std::optional<WeightWave> wave_;  ///< where each PE has two weight registers
  bool recording_ = false;

 private:
  /// Columns of the first group, as the mode pins say.
  std::size_t group_cols() const;
  void drive_wave();
  void clock_edge();
  void apply_reset();
  void forward_settle();
  void settle();

  sc_core::sc_event edge_done_{"edge_done"};
  sc_core::sc_event settle_request_{"settle_request"};
  sc_core::sc_event settled_{"settled"};
};

/// Its name up to 0.1.
using ArrayModel = PinLevelArray;

}  // namespace arrayflex::pin
