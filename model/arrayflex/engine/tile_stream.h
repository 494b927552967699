// One product's way through the array, tile by tile: the part of the fast engine that counts.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <vector>

#include "arrayflex/core/activity.h"
#include "arrayflex/core/config.h"
#include "arrayflex/engine/tile_kernel.h"
#include "arrayflex/engine/work_memory.h"

namespace arrayflex {

/// Records to make besides the result.
struct RecordOptions {
  bool activity = true;
  bool pe_map = false;  ///< needs activity
  /// Instruction set of the inner loops, a name of available_kernels(); empty for the best one.
  std::string kernel = {};
};

/// Names of the compiled instruction sets that this processor can run, the best first: "scalar",
/// "SSE4", "AVX2", "AVX-512", "AVX-512-VPOPCNT", ... All of them give the same counts.
std::vector<std::string> available_kernels();

/// Streams the tiles of one product through an array that starts from the reset state. Per tile:
/// load(), then stream() once or several times with consecutive rows of A, then finish_tile().
/// Not thread-safe; use one object per thread.
///
/// Counts are exact between two products. Where tiles meet (core/latency.h, tiles_meet()) the
/// toggles of one tile are those from the tile before it on: the seam belongs to the tile behind
/// it, so that a tile's share can be counted without the tiles after it. All tiles of a product
/// have the same number of rows of A.
class TileStream {
 public:
  /// Rows of A handed to the kernel at a time: large enough to amortise a PE's set-up, small enough
  /// for the sums of a vector of columns to stay in the first-level cache.
  static constexpr std::int64_t kMostBlockRows = 256;

  /// k is ignored for the conventional array (which has the dataflow of k = 1). Throws InputError
  /// unless 1 <= k <= min(rows, cols). block_rows: where tiles are known to have fewer rows of A
  /// than kMostBlockRows, their number saves memory and the time to clear it; nothing else depends
  /// on it. memory, for the arrays, must outlive the object.
  TileStream(const ArrayConfig& config, Design design, int k, RecordOptions record = {},
             std::int64_t block_rows = kMostBlockRows,
             std::pmr::memory_resource* memory = std::pmr::new_delete_resource());

  /// Room for a tile of B, rows x cols with row stride cols: load() and load_uncounted() take what
  /// was written here without copying it. Valid until one of them is called.
  std::int32_t* weight_buffer() { return (has_banks() ? spare_weights_ : old_weights_).get(); }

  /// Loads the weight registers with a tile of B, zero-padded to rows x cols. weights[i*row_stride
  /// + j], i < n_count <= rows, j < m_count <= cols.
  void load(const std::int32_t* weights, int n_count, int m_count, std::int64_t row_stride);

  /// Streams t_count rows of A: a[i*row_stride + j], j < n_count of load(). Writes the tile's
  /// partial sums, sign-extended from Wa bits, to partial[i*partial_stride + j], j < m_count.
  void stream(const std::int32_t* a, std::int64_t t_count, std::int64_t row_stride,
              std::int64_t* partial, std::int64_t partial_stride);

  /// The tile that is loaded starts to stream `cycles` >= 0 later than it would without a memory:
  /// b_i = b_(i-1) + P + cycles. Between load() and its first stream(); not for the first tile of a
  /// product, before which nothing counts. A stall puts a zero between two tiles that would have
  /// met, and its cycles count as long as the tile before still flows (core/latency.h,
  /// next_tile_cycles()).
  void stall(std::int64_t cycles);

  /// Ends the tile. Adds its cycles and clocked and gated bit-cycles.
  /// Throws OverflowError when a count exceeds 2^63-1.
  void finish_tile();

  // A tile's rows of A may be shared out among several objects, e.g. in several threads. The one
  // with the first rows loads the tile as usual, each other one by load_uncounted() and resume();
  // each but the one with the last rows ends with suspend() instead of finish_tile(). Their counts
  // add up to those of one object.

  /// Sets the weight registers without counting: before resume(), or to put an object behind a tile
  /// that another one has run: the one tile before, or, with two weight registers per PE, the two
  /// before, in their order.
  void load_uncounted(const std::int32_t* weights, int n_count, int m_count,
                      std::int64_t row_stride);
  /// After load(), where tiles meet and this object has not streamed the last row of A of the tile
  /// before: t_count and n_count of that tile, and row t_count - 1 of A, row_before[j], j <
  /// n_count.
  void set_row_before(std::int64_t t_count, const std::int32_t* row_before, int n_count);
  /// Back to the reset state, weights 0, without counting.
  void clear_weights();
  /// Continues the loaded tile at row t0 >= 1 of A; row_before[j], j < n_count, is row t0 - 1.
  /// opens_product: no other tile of its product comes before it.
  void resume(std::int64_t t0, const std::int32_t* row_before, bool opens_product);
  /// Leaves the tile to the object that streams the rows that follow.
  void suspend();

  std::int64_t cycles() const { return cycles_; }
  std::int64_t tiles() const { return tiles_; }
  const ActivityCounters& activity() const { return activity_; }
  const PeToggleMap& pe_toggles() const { return pe_toggles_; }

 private:
  std::size_t pe_count() const;
  std::size_t pe_index(int r, int c) const {
    return static_cast<std::size_t>(r) * static_cast<std::size_t>(config_.cols()) +
           static_cast<std::size_t>(c);
  }
  bool has_banks() const { return weight_banks(config_.overlap()) == 2; }
  void set_weights(const std::int32_t* weights, int n_count, int m_count, std::int64_t row_stride);
  void set_column_before(const std::int32_t* row, int n_count);
  void clear_idle_rows();
  bool begin_stream();
  void run_block(std::int64_t count, bool meets, std::int64_t* partial,
                 std::int64_t partial_stride);
  void copy_operands(const std::int32_t* a, std::int64_t count, std::int64_t row_stride);
  void count_operand_toggles(std::int64_t count);
  void count_weight_toggles();
  void count_bank_toggles();
  void fill_row_steps(const std::int32_t* weights, std::vector<std::int64_t>& steps) const;
  void add_weight_map();
  void add_bank_map();
  void add_operand_toggles();
  void add_net_toggles();

  ArrayConfig config_;
  Design design_;
  int k_;
  RecordOptions record_;
  const TileKernel* kernel_;
  std::uint32_t operand_mask_;
  std::int64_t block_rows_;
  std::int64_t operand_stride_;          // the value before, the block, a zero to make it even
  WorkArray<std::int32_t> weights_;      // R x C, of the tile that is loaded
  WorkArray<std::int32_t> old_weights_;  // R x C, of the tile before
  /// R x C, of the one before that, whose bank the loaded tile took over; the buffer for the next
  /// tile. With one register per PE old_weights_ is that buffer.
  WorkArray<std::int32_t> spare_weights_;
  // Toggles between row r and r+1 of weights_ and old_weights_, from r = 0 as far as known.
  std::vector<std::int64_t> row_steps_, old_row_steps_;
  std::pmr::vector<std::int32_t> operands_;  // by row of the array: the value before, then a block
  std::vector<std::int64_t> operand_toggles_;  // per row of the array, of this tile
  TileToggles net_toggles_;                    // of this tile
  int used_rows_ = 0;          // rows of operands_ that may hold something but zeros
  bool at_reset_ = true;       // nothing was loaded since the reset state
  bool opens_product_ = true;  // no tile of the product comes before the one that is loaded
  std::int64_t stall_ = 0;     // cycles by which the loaded tile is late
  // Rows of A of the tile before, whose last one is in column 0 of operands_; 0 where it is not.
  std::int64_t t_before_ = 0;
  int n_count_ = 0;
  int m_count_ = 0;
  std::int64_t t_count_ = 0;
  bool tile_open_ = false;
  std::int64_t cycles_ = 0;
  std::int64_t tiles_ = 0;
  ActivityCounters activity_;
  PeToggleMap pe_toggles_;
};

}  // namespace arrayflex
