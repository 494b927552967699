// Results and toggles, compiled once per instruction set by tile_kernel.cpp. One vector holds the
// same net of neighbouring columns; T is the innermost loop.
//
// Between two cycles in which the array is empty every net falls as often as it rises: rising bits
// are counted, twice. Two successive steps of a net cannot both rise, so that one vector holds the
// rises of two rows of A; carry-save adders then take four such vectors, eight rows, to one
// population count. Rows of zeros behind the last one of a block do not rise.

// Highway's per-target include guard.
#if defined(ARRAYFLEX_TILE_COUNT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ARRAYFLEX_TILE_COUNT_INL_H_
#undef ARRAYFLEX_TILE_COUNT_INL_H_
#else
#define ARRAYFLEX_TILE_COUNT_INL_H_
#endif

#include <hwy/aligned_allocator.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "arrayflex/engine/bit_count-inl.h"
#include "arrayflex/engine/pe_net_counters-inl.h"
#include "arrayflex/engine/tile_kernel.h"
#include "arrayflex/engine/tile_multiply-inl.h"

HWY_BEFORE_NAMESPACE();
namespace arrayflex {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Counts one block of rows of A in one tile. product_bits = 2*Wd; Lane has Wa bits.
template <class Lane, int product_bits>
class BlockCounter {
 public:
  BlockCounter(const TileKernelBlock& block, TileToggles& toggles)
      : block_(block),
        toggles_(toggles),
        lanes_(static_cast<int>(hn::Lanes(d_))),
        sum_(hwy::AllocateAligned<Lane>(buffer_size())),
        carry_(hwy::AllocateAligned<Lane>(buffer_size())) {
    for (int r = 0; r < block.rows; ++r) kinds_.push_back(kind_of(r));
  }

  void run() {
    for (int c0 = 0; c0 < block_.active_cols; c0 += lanes_) {
      run_columns(c0, std::min(lanes_, block_.active_cols - c0));
    }
  }

 private:
  using V = Vector<Lane>;
  using Nets = PeNets<Lane>;
  using Counters = ColumnCounters<Lane>;
  using Row = RowCounters<Lane, product_bits>;
  using Counts = LaneCounts<Lane>;

  // Rows of A that are streamed: an even number.
  std::int64_t padded_rows() const { return (block_.row_count + 1) / 2 * 2; }
  // The row before the block and those of the block.
  std::size_t buffer_size() const { return static_cast<std::size_t>((padded_rows() + 1) * lanes_); }

  RowKind kind_of(int r) const {
    if (block_.design == Design::conventional) return RowKind::conventional;
    const bool top = r % block_.k == 0;
    const bool bottom = (r + 1) % block_.k == 0 || r + 1 == block_.rows;
    if (top) return bottom ? RowKind::single : RowKind::top;
    return bottom ? RowKind::bottom : RowKind::inner;
  }

  // The weights of these columns: where they are, or, for less than a vector, filled up with zeros.
  void set_weights(int c0, int count) {
    weight_stride_ = count < lanes_ ? lanes_ : block_.cols;
    column_weights_ = columns_of(block_.weights, c0, count, padded_weights_);
    if (block_.weights_before == block_.weights) {
      column_weights_before_ = column_weights_;
    } else if (block_.weights_before != nullptr) {
      column_weights_before_ = columns_of(block_.weights_before, c0, count, padded_weights_before_);
    }
  }

  const std::int32_t* columns_of(const std::int32_t* weights, int c0, int count,
                                 std::vector<std::int32_t>& padded) const {
    if (count == lanes_) return weights + c0;
    padded.assign(static_cast<std::size_t>(block_.rows) * static_cast<std::size_t>(lanes_), 0);
    for (int r = 0; r < block_.rows; ++r) {
      std::copy_n(weights + c0 + static_cast<std::int64_t>(r) * block_.cols, count,
                  padded.begin() + r * lanes_);
    }
    return padded.data();
  }

  void run_columns(int c0, int count) {
    set_weights(c0, count);
    std::fill_n(sum_.get(), buffer_size(), Lane{0});
    Counters counters = Counters::zero();
    const int south = block_.rows - 1;
    Counts above;  // psum of all rows but the last, whose sums are wanted per column
    if (toggles_.per_pe.empty()) {
      run_rows(0, south, counters);
      above = lane_counts(counters.psum);
    } else {
      for (int r = 0; r < south; ++r) {
        run_rows(r, r + 1, counters);
        add_per_pe(r, c0, count, flush(counters));
      }
    }
    run_rows(south, south + 1, counters);
    const Counts psum = lane_counts(counters.psum);
    std::int64_t* const south_psum = toggles_.south_psum.data() + c0;
    for (int c = 0; c < count; ++c) south_psum[c] += 2 * (psum.ones[c] - above.ones[c]);
    const Counts all = flush(counters);
    if (!toggles_.per_pe.empty()) add_per_pe(south, c0, count, all);
    store_partial(c0, count);
  }

  // Everything is inlined here, so that the counters stay in place from row to row.
  HWY_NOINLINE void run_rows(int r0, int r1, Counters& counters) {
    Counters c = counters;
    const Row bottom{c.product, c.sum_bottom, c.carry_bottom, c.psum, c};
    const Row inner{c.product, c.sum_inner, c.carry_inner, c.psum, c};
    for (int r = r0; r < r1; ++r) {
      switch (kinds_[static_cast<std::size_t>(r)]) {
        case RowKind::single:
          stream<RowKind::single>(r, bottom);
          break;
        case RowKind::top:
          stream<RowKind::top>(r, inner);
          break;
        case RowKind::inner:
          stream<RowKind::inner>(r, inner);
          break;
        case RowKind::bottom:
          stream<RowKind::bottom>(r, bottom);
          break;
        case RowKind::conventional:
          stream<RowKind::conventional>(r, bottom);
          break;
      }
    }
    counters = c;
  }

  // A row of A at its row of PEs. Kept apart from the object, so that it stays in registers.
  struct Position {
    const std::int32_t* a;
    Lane* sum;  // of the rows of PEs above
    Lane* carry;

    HWY_INLINE void advance(std::int64_t rows) {
      const auto lanes = static_cast<std::int64_t>(hn::Lanes(Tag<Lane>()));
      a += rows;
      sum += rows * lanes;
      carry += rows * lanes;
    }
  };

  // The PE's nets for the row of A `ahead` of the position; hands the sum (and the carry) to the
  // row of PEs below.
  template <RowKind kind>
  HWY_INLINE Nets settle(Position at, V w, int ahead) const {
    at.advance(ahead);
    Lane* const sum_at = at.sum;
    Lane* const carry_at = at.carry;
    Nets nets;
    const V p = product(d_, *at.a, w);
    const V s = hn::Load(d_, sum_at);
    nets.product = p;
    if constexpr (kind == RowKind::conventional) {
      nets.psum = hn::Add(s, p);
      hn::Store(nets.psum, d_, sum_at);
      return nets;
    }
    const V half = hn::Xor(s, p);
    V carry_in = hn::Zero(d_);
    if constexpr (takes_carry(kind)) {
      carry_in = hn::Load(d_, carry_at);
      nets.csa_sum = hn::Xor(half, carry_in);
      nets.csa_majority = select_bits(half, carry_in, s);
    } else {
      nets.csa_sum = half;
      nets.csa_majority = hn::And(s, p);
    }
    if constexpr (registers_sum(kind)) {
      nets.psum = hn::Add(s, p);  // what the carry-propagate adder makes of sum and carry
      if constexpr (takes_carry(kind)) nets.psum = hn::Add(nets.psum, carry_in);
      hn::Store(nets.psum, d_, sum_at);
    } else {
      hn::Store(nets.csa_sum, d_, sum_at);
      hn::Store(hn::Add(nets.csa_majority, nets.csa_majority), d_, carry_at);
    }
    return nets;
  }

  // The rises of two rows of A; `before` is the row before them and becomes the last of them.
  template <RowKind kind>
  HWY_INLINE Nets rises(const Position& at, V w, int ahead, Nets& before) const {
    const Nets n0 = settle<kind>(at, w, ahead);
    const Nets n1 = settle<kind>(at, w, ahead + 1);
    Nets rising;
    rising.product = rising_bits(before.product, n0.product, n1.product);
    if constexpr (kind != RowKind::conventional) {
      rising.csa_sum = rising_bits(before.csa_sum, n0.csa_sum, n1.csa_sum);
      rising.csa_majority = rising_bits(before.csa_majority, n0.csa_majority, n1.csa_majority);
    }
    if constexpr (registers_sum(kind)) {
      rising.psum = rising_bits(before.psum, n0.psum, n1.psum);
    }
    before = n1;
    return rising;
  }

  // All rows of A through one row of PEs: eight at a time, then four, then two.
  template <RowKind kind>
  HWY_INLINE void stream(int r, const Row& c) const {
    Position at{block_.a + static_cast<std::int64_t>(r) * block_.a_stride, sum_.get(),
                carry_.get()};
    const V w = extend<Lane>(column_weights_ + r * weight_stride_);
    const V zero = hn::Zero(d_);
    Nets before{zero, zero, zero, zero};
    if (column_weights_before_ != nullptr) {
      before = settle<kind>(at, extend<Lane>(column_weights_before_ + r * weight_stride_), 0);
    }
    at.advance(1);
    std::int64_t left = padded_rows();
    while (left >= 8) {
      const std::int64_t groups = std::min(left / 8, OnesCounter<Lane>::kMaxPending);
      c.all.make_room(groups);
      for (std::int64_t i = 0; i < groups; ++i) {
        const Nets x0 = rises<kind>(at, w, 0, before);
        const Nets x1 = rises<kind>(at, w, 2, before);
        const Nets twos0 = c.template add_pairs<kind>(x0, x1);
        const Nets x2 = rises<kind>(at, w, 4, before);
        const Nets x3 = rises<kind>(at, w, 6, before);
        const Nets twos1 = c.template add_pairs<kind>(x2, x3);
        c.template add_group<kind>(twos0, twos1);
        at.advance(8);
      }
      left -= 8 * groups;
    }
    if (left > 0) stream_rest<kind>(at, w, left, before, c);
  }

  template <RowKind kind>
  HWY_INLINE void stream_rest(Position at, V w, std::int64_t left, Nets& before,
                              const Row& c) const {
    c.all.make_room(2);
    if (left >= 4) {
      const Nets x0 = rises<kind>(at, w, 0, before);
      const Nets x1 = rises<kind>(at, w, 2, before);
      c.template add_half_group<kind>(x0, x1);
      at.advance(4);
    }
    if (left % 4 != 0) {
      c.template add_single_pair<kind>(rises<kind>(at, w, 0, before));
    }
  }

  // Adds the counters to the toggles and resets them; returns the rises of all nets per lane.
  Counts flush(Counters& counters) {
    // The pair that an inner PE passes on and the sum that a bottom PE registers toggle a mux
    // output, too.
    const bool has_muxes = block_.design == Design::arrayflex;
    Counts all;
    const auto take = [&](auto& counter, std::int64_t& toggles, std::int64_t nets) {
      const Counts counts = lane_counts(counter);
      toggles += 2 * counts.sum();
      all.add(counts, nets);
    };
    take(counters.product, toggles_.product, 1);
    take(counters.sum_bottom, toggles_.csa_sum_bottom, 1);
    take(counters.sum_inner, toggles_.csa_sum_inner, 2);
    take(counters.carry_bottom, toggles_.csa_carry_bottom, 1);
    take(counters.carry_inner, toggles_.csa_carry_inner, 2);
    take(counters.psum, toggles_.psum, has_muxes ? 2 : 1);
    counters = Counters::zero();
    return all;
  }

  void add_per_pe(int r, int c0, int count, const Counts& rises) {
    for (int c = 0; c < count; ++c) {
      const std::int64_t pe = static_cast<std::int64_t>(r) * block_.cols + c0 + c;
      toggles_.per_pe[static_cast<std::size_t>(pe)] += 2 * rises.ones[c];
    }
  }

  void store_partial(int c0, int count) {
    for (std::int64_t i = 0; i < block_.row_count; ++i) {
      store_row(sum_.get() + (i + 1) * lanes_, count,
                block_.partial + i * block_.partial_stride + c0);
    }
  }

  Tag<Lane> d_;
  const TileKernelBlock& block_;
  TileToggles& toggles_;
  int lanes_;
  const std::int32_t* column_weights_ = nullptr;  // of the columns at work: row 0, then by stride
  const std::int32_t* column_weights_before_ = nullptr;  // nullptr: the array was empty
  std::int64_t weight_stride_ = 0;
  std::vector<std::int32_t> padded_weights_, padded_weights_before_;
  std::vector<RowKind> kinds_;  // by row: a division per row would show where blocks are short
  hwy::AlignedFreeUniquePtr<Lane[]> sum_, carry_;
};

}  // namespace HWY_NAMESPACE
}  // namespace arrayflex
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
