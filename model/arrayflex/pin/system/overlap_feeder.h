// Drives the array's west and north edges when tiles overlap.
#pragma once

#include <cstdint>
#include <deque>
#include <exception>
#include <optional>
#include <systemc>
#include <utility>
#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/pin/array/types.h"
#include "arrayflex/pin/system/operand_feeder.h"

namespace arrayflex::pin {

/// In load cycle l of a tile it drives weight row R-1-l at the north edge; with Overlap::full
/// column group h sees it h cycles later, through delay lines that are no part of the array. In
/// stream cycle s it drives row s of A at the west edge, all rows of the array at once (the skew
/// buffer delays them). Everything else is 0. Tiles are numbered as OverlapController does.
class OverlapFeeder final : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(OverlapFeeder);
  OverlapFeeder(const sc_core::sc_module_name& name, const ArrayConfig& config);

  sc_core::sc_in<bool> clk{"clk"};
  sc_core::sc_in<int> mode{"mode"};
  sc_core::sc_in<bool> weight_enable{"weight_enable"};
  sc_core::sc_in<std::int64_t> load_tile{"load_tile"};
  sc_core::sc_in<std::int64_t> load_cycle{"load_cycle"};
  sc_core::sc_in<int> phase{"phase"};
  sc_core::sc_in<std::int64_t> stream_tile{"stream_tile"};
  sc_core::sc_in<std::int64_t> phase_cycle{"phase_cycle"};
  sc_core::sc_vector<sc_core::sc_out<Operand>> west;   ///< per row
  sc_core::sc_vector<sc_core::sc_out<Operand>> north;  ///< per column

  struct Weights {
    const std::int32_t* values = nullptr;  ///< n_count x m_count, row-major, dense
    int n_count = 0;
    int m_count = 0;
  };
  struct Rows {
    std::int64_t t_count = 0;
    int n_count = 0;
    RowReader read_row;
  };
  /// The weights and rows of one more tile. Weights stay in use until its load phase ends, rows
  /// until the last one has been read.
  void supply_weights(const Weights& weights) { weights_.push(weights); }
  void supply_rows(Rows rows) { rows_of_a_.push(std::move(rows)); }
  /// Forgets all tiles; the next one has number 0. Drives zeros from now on.
  void release();

  /// Notified in the next delta cycle when read_row threw; failure() is what it threw.
  const sc_core::sc_event& failed() const { return failed_; }
  std::exception_ptr failure() const { return failure_; }

  const char* kind() const override { return "overlap_feeder"; }

 private:
  using Edge = sc_core::sc_vector<sc_core::sc_out<Operand>>;
  // The rows and weights of tiles, by number; those before the one asked for are forgotten.
  template <class T>
  class ByTile {
   public:
    void push(T item) { items_.push_back(std::move(item)); }
    /// nullptr where there is no such tile.
    const T* find(std::int64_t tile) {
      for (; first_ < tile && !items_.empty(); ++first_) items_.pop_front();
      return tile == first_ && !items_.empty() ? &items_.front() : nullptr;
    }
    void clear() {
      items_.clear();
      first_ = 0;
    }

   private:
    std::deque<T> items_;
    std::int64_t first_ = 0;
  };
  // A row of weights at the west end of the delay lines.
  struct DelayedRow {
    std::vector<Operand> values;
    bool is_zero = true;
  };

  void shift();
  void drive();
  void take_weights();
  void drive_north();
  void drive_west();
  const std::int32_t* operand_row(const Rows& rows);
  Operand operand(std::int32_t value) const {
    return static_cast<Operand>(static_cast<std::uint32_t>(value) << operand_shift_) >>
           operand_shift_;
  }
  DelayedRow& delayed(std::size_t cycles) {
    return delay_line_[(newest_ + delay_line_.size() - cycles) % delay_line_.size()];
  }

  const int rows_, cols_;
  const bool delays_columns_;
  const int operand_shift_;
  ByTile<Weights> weights_;
  ByTile<Rows> rows_of_a_;
  std::vector<DelayedRow> delay_line_;  // a ring: this cycle's row and those before
  std::size_t newest_ = 0;
  bool north_is_zero_ = true;
  bool west_is_zero_ = true;
  // The row of A that was read last: the edge may be driven again within a cycle.
  std::int64_t read_tile_ = -1, read_t_ = -1;
  const std::int32_t* read_values_ = nullptr;
  std::exception_ptr failure_;
  sc_core::sc_event failed_{"failed"};
  sc_core::sc_event shifted_{"shifted"};
};

}  // namespace arrayflex::pin
