// The accumulators below the array.
#pragma once

#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <optional>
#include <systemc>
#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/pin/array/types.h"

namespace arrayflex::pin {

/// Takes row t of a tile's partial sums, m_count of them.
using RowWriter = std::function<void(std::int64_t t, const Sum* row)>;

/// Takes the de-skewed rows of X from the array's south pins and adds the partial sums of a column
/// block's row blocks. A row is taken in the cycle in which it is at the pins, as soon as they have
/// settled: hence a tile's last row is there when its latency has passed. Where tiles overlap
/// several may be in flight; their rows arrive tile by tile.
class AccumulatorBank final : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(AccumulatorBank);
  /// `settled` tells when the south pins are stable in a cycle.
  AccumulatorBank(const sc_core::sc_module_name& name, const ArrayConfig& config,
                  const sc_core::sc_event& settled);

  sc_core::sc_in<bool> valid{"valid"};
  sc_core::sc_in<std::int64_t> row{"row"};  ///< t of the row at the pins
  /// Number of its tile, from 0 on since the last release(); where tiles overlap.
  std::optional<sc_core::sc_in<std::int64_t>> tile;
  sc_core::sc_vector<sc_core::sc_in<Sum>> south;  ///< per column

  /// Where the sums of one tile go: into `sums`, or row by row to `write_row` if that is set.
  struct Target {
    std::int64_t t_count = 0;
    int m_count = 0;
    Sum* sums = nullptr;      ///< t_count x m_count, row-major, dense
    bool accumulate = false;  ///< add to sums modulo 2^Wa instead of overwriting them
    RowWriter write_row;
  };
  /// Expects one more tile.
  void expect(Target target);
  /// Forgets all tiles: ignores the pins until the next expect().
  void release();

  /// Tiles of which all rows have been taken, since the last release().
  std::int64_t tiles_taken() const { return tiles_taken_; }
  /// Notified in the next delta cycle when the tile's last row has been taken.
  const sc_core::sc_event& tile_done() const { return tile_done_; }
  /// Notified in the next delta cycle when write_row threw; failure() is what it threw.
  const sc_core::sc_event& failed() const { return failed_; }
  std::exception_ptr failure() const { return failure_; }

  const char* kind() const override { return "accumulator_bank"; }

 private:
  void end_of_elaboration() override;
  void take_row();
  void store(const Target& target, std::int64_t t);

  int wrap_shift_;
  std::vector<const Sum*> pins_;
  std::vector<Sum> row_buffer_;
  std::deque<Target> targets_;
  std::int64_t tiles_taken_ = 0;
  std::int64_t rows_taken_ = 0;  // of the first target
  bool armed_ = false;           // without `tile`: the previous tile's last row has left the pins
  std::exception_ptr failure_;
  sc_core::sc_event tile_done_{"tile_done"};
  sc_core::sc_event failed_{"failed"};
};

}  // namespace arrayflex::pin
