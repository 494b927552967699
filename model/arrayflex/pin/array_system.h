// A complete array at pin level: clock, controller, edges, PEs, accumulators.
#pragma once

#include <array>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <systemc>

#include "arrayflex/core/config.h"
#include "arrayflex/engine/fast_engine.h"
#include "arrayflex/pin/array/pin_level_array.h"
#include "arrayflex/pin/array/systolic_array.h"
#include "arrayflex/pin/cycle/cycle_array.h"
#include "arrayflex/pin/system/accumulator_bank.h"
#include "arrayflex/pin/system/clock_generator.h"
#include "arrayflex/pin/system/controller.h"
#include "arrayflex/pin/system/operand_feeder.h"
#include "arrayflex/pin/system/overlap_controller.h"
#include "arrayflex/pin/system/overlap_feeder.h"
#include "arrayflex/pin/system/sequential_controller.h"

namespace arrayflex::pin {

/// One tile in memory.
struct Tile {
  const std::int32_t* weights = nullptr;  ///< n_count x m_count, row-major, dense
  const std::int32_t* a = nullptr;        ///< t_count x n_count, row-major, dense
  std::int64_t* partial = nullptr;        ///< t_count x m_count out, row-major, dense
  std::int64_t t_count = 0;               ///< >= 1
  int n_count = 0;                        ///< 1..R
  int m_count = 0;                        ///< 1..C
  bool accumulate = false;                ///< add to `partial` modulo 2^Wa: a further row block
};

/// One tile whose rows come and go one by one.
struct StreamedTile {
  const std::int32_t* weights = nullptr;  ///< n_count x m_count, row-major, dense
  std::int64_t t_count = 0;               ///< >= 1
  int n_count = 0;                        ///< 1..R
  int m_count = 0;                        ///< 1..C
  RowReader read_row;
  RowWriter write_row;
};

/// A module that runs matrix products on a pin-level array. It has no ports and its own clock, so
/// it can stand anywhere in a simulation; idle, it costs nothing. Children: `clock`, `controller`,
/// `feeder`, `array`, `accumulators` and the signals between them. `detail` chooses what `array` is
/// made of; results, cycles, times and counts do not depend on it, nor does any register.
///
/// begin_gemm(), run_tile(), end_gemm() and run() block: call them from one SC_THREAD. A product of
/// n cycles takes n clock periods, to the rounding of the host's time resolution. Between two tiles
/// any number of stall cycles may pass; a tile asked for within a clock cycle starts with the next.
///
/// Where the tiles overlap (ArrayConfig::overlap()), run_tile() still runs one tile from its load
/// phase to its last sum before it returns; to run() they follow each other as closely as they
/// can, and request_load(), request_stream() and what waits for them are for callers that decide
/// themselves when a tile may load and when it may stream.
class ArraySystem final : public sc_core::sc_module {
 public:
  ArraySystem(const sc_core::sc_module_name& name, const ArrayConfig& config,
              Design design = Design::arrayflex, const RecordOptions& record = {},
              Detail detail = Detail::signals);

  /// Starts a product from the reset state in mode k (ignored by the conventional array). Takes no
  /// time, except for the rest of a drain cycle under way. Throws InputError when k is out of
  /// range, when the mode has no clock period, or one below two units of the time resolution;
  /// std::logic_error while a tile runs.
  void begin_gemm(int k);

  /// Runs one tile: returns when its last partial sum has been taken, at the clock edge that ends
  /// its latency. Throws InputError for counts out of range, std::logic_error outside a product,
  /// and what a row reader or writer throws (the product is then abandoned). After abort() it
  /// returns at once, with unspecified partial sums, until the next begin_gemm().
  void run_tile(const Tile& tile);
  void run_tile(const StreamedTile& tile);

  /// The next tile may load: its weights (and n_count, m_count) are there until it streams. It
  /// begins with this cycle at an edge's instant, otherwise with the next, but not before the tile
  /// before it has begun to stream. Returns at once; so does request_stream(): the tile's rows may
  /// enter, and its sums leave, P cycles after the tile before, or as soon as its weights are
  /// there. Every load request is followed by a stream request for the same tile, in order; more
  /// than one tile may be ahead. `is_last` says that no tile follows (or call end_gemm() in the
  /// instant in which the last tile is done): the drain of the last one is no cycle of the product.
  /// From any process; only where tiles overlap, else std::logic_error. Throw as run_tile().
  void request_load(const StreamedTile& tile);
  void request_stream(const StreamedTile& tile, bool is_last);

  /// How far a tile has come.
  enum class Milestone {
    loads,    ///< its load phase has begun: cycle l_i
    streams,  ///< its stream phase has begun: cycle b_i
    done,     ///< its last sum has been taken, S cycles later
  };
  /// Blocks until tile number i, from 0 on in the product, has come that far: returns in the
  /// instant of the clock edge that begins the cycle. Throws what a row reader or writer threw; at
  /// once after abort(). One SC_THREAD may wait for loads and streams while another waits for tiles
  /// that are done.
  void wait_for(Milestone milestone, std::int64_t tile);

  /// The clock's edge of this instant, or its next start, now, if it has stopped, stands for a time
  /// `steps` of the host's time resolution from now, within half a step. The edges that follow are
  /// rounded from there, so that they are those of a clock that never stopped.
  void round_clock_from(long double steps) { clock_.set_rounding(steps); }

  /// Ends the product: the counts include the last tile's drain, which overlaps with what follows
  /// and takes no time here.
  void end_gemm();

  /// Abandons whatever runs and returns to the reset state. May be called from any process.
  void abort();

  /// Runs a whole product, as FastEngine::run(): tiles in the order of TilePlan, each tile's rows
  /// accumulated in `result` block by block. Throws as the calls above, std::runtime_error when
  /// abort() interrupts it, and whatever operands or result throw.
  GemmResult run(const GemmShape& shape, int k, const OperandSource& operands, ResultSink& result);

  /// Counts since begin_gemm(): complete after end_gemm(), and after each tile up to its drain.
  std::int64_t cycles() const { return controller().cycles(); }
  const ActivityCounters& activity() const { return array_->activity(); }
  const PeToggleMap& pe_toggles() const { return array_->pe_toggles(); }

  const ArrayConfig& config() const { return config_; }
  /// Clock period of mode k (ignored for the conventional array). Throws InputError for a k that
  /// the array cannot have, and where the mode has no period or one too long for simulation.
  double period_ps(int k) const;
  Design design() const { return design_; }
  const PinLevelArray& pin_level_array() const { return *array_; }
  const PinLevelArray& array_model() const { return *array_; }  ///< its name up to 0.1
  /// The array with its PEs; throws std::logic_error unless it was built with Detail::signals, or
  /// Detail::state for cycle_array().
  const SystolicArray& array() const;
  const CycleArray& cycle_array() const;
  const Controller& controller() const;
  const ClockGenerator& clock() const { return clock_; }

  /// The signals between the modules, for traces and lock-step comparison.
  struct Signals {
    explicit Signals(const ArrayConfig& config, Design design);

    template <class T>
    using Signal = sc_core::sc_signal<T>;
    template <class T>
    using SignalVector = sc_core::sc_vector<sc_core::sc_signal<T>>;

    Signal<bool> clk{"clk"};
    Signal<bool> clock_request{"clock_request"};
    Signal<bool> reset{"reset"};
    Signal<int> mode{"mode"};
    Signal<int> phase{"phase"};
    Signal<std::int64_t> phase_cycle{"phase_cycle"};
    Signal<bool> drain{"drain"};
    Signal<bool> weight_enable{"weight_enable"};
    Signal<bool> pipeline_enable{"pipeline_enable"};
    Signal<bool> count_weights{"count_weights"};
    Signal<bool> count_pipeline{"count_pipeline"};
    Signal<bool> output_valid{"output_valid"};
    Signal<std::int64_t> output_row{"output_row"};
    SignalVector<bool> psum_enable;
    SignalVector<bool> operand_enable;
    SignalVector<bool> bottom;
    SignalVector<bool> operand_boundary;
    SignalVector<int> skew_depth;
    SignalVector<int> deskew_depth;
    SignalVector<Operand> west;
    SignalVector<Operand> north;

    /// Where tiles overlap.
    struct Overlapping {
      explicit Overlapping(const ArrayConfig& config);

      Signal<std::int64_t> load_tile{"load_tile"};
      Signal<std::int64_t> load_cycle{"load_cycle"};
      Signal<std::int64_t> stream_tile{"stream_tile"};
      Signal<std::int64_t> output_tile{"output_tile"};
      std::array<SignalVector<bool>, kWeightControls>
          weight_controls;  ///< by WeightControl and row
    };
    std::optional<Overlapping> overlapping;
  };
  const Signals& signals() const { return signals_; }

  /// Traces the signals between the modules and the whole array. Call it before the simulation
  /// starts.
  void trace(sc_core::sc_trace_file* file) const override;

  const char* kind() const override { return "array_system"; }

 private:
  // Controller and feeder: of tiles that run one after the other, or of tiles that overlap.
  struct Sequential {
    Sequential(const ArrayConfig& config, Design design)
        : controller("controller", config, design), feeder("feeder", config) {}
    SequentialController controller;
    OperandFeeder feeder;
  };
  struct Overlapping {
    Overlapping(const ArrayConfig& config, Design design)
        : controller("controller", config, design), feeder("feeder", config) {}
    OverlapController controller;
    OverlapFeeder feeder;
  };

  Controller& any_controller();
  void connect_clock();
  void connect_controller();
  void connect_sequential();
  void connect_overlapping();
  template <class Feeder>
  void connect_edges(Feeder& feeder);
  void trace_signals(sc_core::sc_trace_file* file) const;
  void check(const StreamedTile& tile) const;
  bool may_request(const StreamedTile& tile) const;
  void run_checked(const StreamedTile& tile, AccumulatorBank::Target target);
  void run_alone(const StreamedTile& tile, AccumulatorBank::Target target);
  void request_rows(const StreamedTile& tile, AccumulatorBank::Target target, bool is_last);
  bool has_come_to(Milestone milestone, std::int64_t tile) const;
  const sc_core::sc_event& event_of(Milestone milestone) const;
  bool has_tiles_in_flight() const;
  void forget_tiles();
  void run_plan_tile(const GemmShape& shape, const arrayflex::Tile& place,
                     const OperandSource& operands, ResultSink& result);
  void run_overlapping(const TilePlan& plan, const GemmShape& shape, const OperandSource& operands,
                       ResultSink& result);

  enum class State { idle, in_gemm, aborted };

  ArrayConfig config_;
  Design design_;
  Signals signals_;
  ClockGenerator clock_{"clock"};
  std::unique_ptr<Sequential> sequential_;  // one of the two
  std::unique_ptr<Overlapping> overlapping_;
  std::unique_ptr<PinLevelArray> array_;
  AccumulatorBank accumulators_;
  State state_ = State::idle;
  bool tile_running_ = false;         // run_tile() is active
  std::int64_t tiles_requested_ = 0;  // to stream, of the product; where tiles overlap
  std::uint64_t aborts_ = 0;
  sc_core::sc_event aborted_{"aborted"};
};

}  // namespace arrayflex::pin
