// Finite on-chip buffers: in which blocks and which order a product's tiles run, what is fetched
// before each of them, and what that costs in memory traffic and buffer accesses.
//
// docs/architecture.md, "Buffers and loop order", is the definition.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "arrayflex/core/bursts.h"
#include "arrayflex/core/config.h"
#include "arrayflex/core/gemm.h"
#include "arrayflex/core/latency.h"

namespace arrayflex {

/// On-chip memories of the accelerator. One without a size is `unlimited`: it takes what two tiles
/// (`banks`) need, however long T is, and keeps nothing beyond, so A and B are fetched for every
/// tile.
struct BufferParameters {
  std::optional<std::int64_t> operand_bytes;      ///< of A, 1..kMaxBufferBytes
  std::optional<std::int64_t> weight_bytes;       ///< of B
  std::optional<std::int64_t> accumulator_bytes;  ///< of the sums of X, all columns together
  /// 2: the next tile's operands are fetched while a tile runs, and the sums of the next block are
  /// formed while those of the last one are written. 1: neither.
  int banks = 2;

  /// Whether nothing depends on any of them: the tiles run as TilePlan says.
  bool is_unlimited() const { return !operand_bytes && !weight_bytes && !accumulator_bytes; }
};

/// Largest accepted number of bytes per cycle into a buffer.
inline constexpr std::int64_t kMaxBufferPort = 1000000;

inline constexpr std::int64_t kMaxBufferBytes = std::int64_t{1} << 50;

/// Throws InputError naming the first parameter that is out of bounds.
void validate(const BufferParameters& buffers);

/// The order of the loops over tiles; the loop over row blocks is always the innermost one, since
/// their sums stay in the accumulators.
enum class LoopOrder {
  rows,     ///< blocks of rows of A, then column blocks of B: A can stay, B comes again
  columns,  ///< column blocks of B, then blocks of rows of A: B can stay, A comes again
};

/// "rows" or "columns".
const char* name_of(LoopOrder order);

/// How a plan is chosen.
enum class Mapping {
  traffic,  ///< least DRAM traffic
  time,     ///< least time
  rows,     ///< least DRAM traffic, order rows
  columns,  ///< the same, order columns
};

/// Their names, in order.
inline constexpr std::array<const char*, 4> kMappings{"traffic", "time", "rows", "columns"};

inline const char* name_of(Mapping mapping) { return kMappings[static_cast<std::size_t>(mapping)]; }

/// A way through a product.
struct BlockPlan {
  LoopOrder order = LoopOrder::rows;
  std::int64_t block_rows = 1;  ///< T_b: rows of A in a block; the last block may have fewer
  /// A is fetched once: a block of its rows stays over the column blocks (order rows), or all of A
  /// stays (columns). Otherwise A is fetched for every tile.
  bool keeps_a = false;
  /// B is fetched once: all of it stays (order rows), or a column block stays over the blocks of
  /// rows (columns). Otherwise B is fetched for every tile.
  bool keeps_b = false;

  friend bool operator==(const BlockPlan& a, const BlockPlan& b) {
    return a.order == b.order && a.block_rows == b.block_rows && a.keeps_a == b.keeps_a &&
           a.keeps_b == b.keeps_b;
  }
};

/// "none", "a", "b" or "a and b".
const char* kept_by(const BlockPlan& plan);

/// One tile of a plan.
struct PlannedTile {
  Tile tile;
  std::int64_t t0 = 0, t_count = 0;  ///< rows of A
  bool fetches_a = false, fetches_b = false;
  bool opens_block = false, closes_block = false;  ///< first, last of its sums
  std::int64_t block = 0;                          ///< of sums: 0, 1, ... in the order they run
};

/// Bytes that a product moves between memory and the buffers.
struct MemoryTraffic {
  std::int64_t a = 0, b = 0, x = 0;

  std::int64_t total() const;  ///< Throws OverflowError.
};

/// Bytes on chip that a plan needs.
struct BufferNeeds {
  std::int64_t operand_bytes = 0, weight_bytes = 0, accumulator_bytes = 0;
};

/// Elements that go into a buffer and come out of it, and their width.
struct BufferAccesses {
  std::int64_t writes = 0, reads = 0;
  int element_bytes = 1;

  std::int64_t bytes() const;  ///< of both. Throws OverflowError.
  BufferAccesses& operator+=(const BufferAccesses& other);

  friend bool operator==(const BufferAccesses& a, const BufferAccesses& b) {
    return a.writes == b.writes && a.reads == b.reads && a.element_bytes == b.element_bytes;
  }
};

/// In the order of BufferParameters: operands, weights, accumulators.
using AllBufferAccesses = std::array<BufferAccesses, 3>;

/// The tiles of a product in the order of a plan.
class PlannedProduct {
 public:
  /// Throws InputError for an invalid shape, or block_rows outside 1..T.
  PlannedProduct(const ArrayConfig& config, const GemmShape& shape, const BlockPlan& plan,
                 int banks = 2);

  const GemmShape& shape() const { return shape_; }
  const BlockPlan& plan() const { return plan_; }
  std::int64_t operand_bytes() const { return operand_bytes_; }  ///< of an element of A or B
  std::int64_t sum_bytes() const { return sum_bytes_; }          ///< of an element of X
  std::int64_t row_blocks() const { return row_blocks_; }        ///< ceil(N/R)
  std::int64_t col_blocks() const { return col_blocks_; }        ///< ceil(M/C)
  std::int64_t t_blocks() const { return t_blocks_; }            ///< ceil(T/T_b)
  std::int64_t count() const { return count_; }                  ///< of tiles
  /// The tile that runs at position index, 0 <= index < count().
  PlannedTile tile(std::int64_t index) const;

  /// Where a tile's weights, rows of A and sums lie in B, A and X; the matrix begins at `address`,
  /// its rows are stride_bytes apart.
  MemoryRows weights_of(const PlannedTile& planned, std::uint64_t address,
                        std::uint64_t stride_bytes) const;
  MemoryRows rows_of(const PlannedTile& planned, std::uint64_t address,
                     std::uint64_t stride_bytes) const;
  MemoryRows sums_of(const PlannedTile& planned, std::uint64_t address,
                     std::uint64_t stride_bytes) const;

  /// Banks of sums in mode k: for blocks whose sums are formed at once, ceil(S/P), and for those
  /// that are written meanwhile.
  std::int64_t sum_banks(int k) const;

  // All throw OverflowError beyond 2^63-1.
  MemoryTraffic traffic() const;
  BufferNeeds needs() const;
  AllBufferAccesses accesses() const;
  /// Cycles without stalls, clocked ones among them; in closed form.
  CountedCycles cycles(int k) const;

 private:
  std::int64_t streaming_width() const;

  ArrayTiming timing_;
  GemmShape shape_;
  BlockPlan plan_;
  std::int64_t banks_, operand_bytes_, sum_bytes_;
  std::int64_t row_blocks_, col_blocks_, t_blocks_, count_;
};

/// The plans worth comparing: for each order and each choice of what is kept, the one with the
/// largest T_b that the buffers hold; no other T_b has less traffic or fewer tiles with the same
/// order and choice. Without sizes the order of TilePlan alone: T_b = T, nothing kept. Throws
/// InputError, naming the buffer and the bytes that the smallest block needs, when none fits, and
/// OverflowError for matrices of more than 2^63-1 bytes.
std::vector<BlockPlan> candidate_plans(const ArrayConfig& config, const GemmShape& shape,
                                       const BufferParameters& buffers);

/// Of the candidates the one with the least traffic; of those with the same the one with the fewest
/// tiles, then the one that candidate_plans() lists first: rows before columns, and what keeps less
/// before what keeps more. `order`: only of that order.
BlockPlan plan_of_least_traffic(const ArrayConfig& config, const GemmShape& shape,
                                const BufferParameters& buffers,
                                std::optional<LoopOrder> order = std::nullopt);

}  // namespace arrayflex
