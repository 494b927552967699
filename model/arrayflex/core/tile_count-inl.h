// Results and toggles, compiled once per instruction set by tile_kernel.cpp. One vector holds the
// same net of neighbouring columns; T is the innermost loop. Toggles are counted by carry-save
// adders over four rows of A at a time, so that one population count serves four values.

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
#include <limits>

#include "arrayflex/core/bit_count-inl.h"
#include "arrayflex/core/tile_kernel.h"
#include "arrayflex/core/tile_multiply-inl.h"

HWY_BEFORE_NAMESPACE();
namespace arrayflex {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Settled values of one net class of one PE for one row of A.
template <class Lane>
struct PeNets {
  Vector<Lane> product, csa_sum, csa_carry, psum;
};

// The counters that last while a vector of columns is walked from north to south.
template <class Lane>
struct ColumnCounters {
  OnesCounter<Lane> product, sum_bottom, sum_inner, carry_bottom, carry_inner, psum;
};

// How a row of PEs treats the carry-save pair.
enum class RowKind { single, top, inner, bottom, conventional };

constexpr bool takes_carry(RowKind kind) {
  return kind == RowKind::inner || kind == RowKind::bottom;
}
constexpr bool registers_sum(RowKind kind) {
  return kind == RowKind::single || kind == RowKind::bottom || kind == RowKind::conventional;
}

// Counts one block of rows of A in one tile. product_bits = 2*Wd; Lane has Wa bits.
template <class Lane, int product_bits>
class BlockCounter {
 public:
  BlockCounter(const TileKernelBlock& block, TileToggles& toggles)
      : block_(block),
        toggles_(toggles),
        lanes_(static_cast<int>(hn::Lanes(d_))),
        weights_(hwy::AllocateAligned<Lane>(static_cast<std::size_t>(block.rows) *
                                            static_cast<std::size_t>(lanes_))),
        sum_(hwy::AllocateAligned<Lane>(buffer_size())),
        carry_(hwy::AllocateAligned<Lane>(buffer_size())) {}

  void run() {
    for (int c0 = 0; c0 < block_.active_cols; c0 += lanes_) {
      run_columns(c0, std::min(lanes_, block_.active_cols - c0));
    }
  }

 private:
  using V = Vector<Lane>;
  using Counter = OnesCounter<Lane>;

  std::size_t buffer_size() const {
    return static_cast<std::size_t>((block_.row_count + 1) * lanes_);
  }

  RowKind kind_of(int r) const {
    if (block_.design == Design::conventional) return RowKind::conventional;
    const bool top = r % block_.k == 0;
    const bool bottom = (r + 1) % block_.k == 0 || r + 1 == block_.rows;
    if (top) return bottom ? RowKind::single : RowKind::top;
    return bottom ? RowKind::bottom : RowKind::inner;
  }

  void run_columns(int c0, int count) {
    pack_weights(block_, c0, count, lanes_, weights_.get());
    std::fill_n(sum_.get(), buffer_size(), Lane{0});
    const Counter zero = zero_counter<Lane>();
    ColumnCounters<Lane> counters{zero, zero, zero, zero, zero, zero};
    LaneTotals totals;
    const int south = block_.rows - 1;
    if (toggles_.per_pe.empty()) {
      run_rows(0, south, counters);
      flush(counters, totals);
    } else {
      for (int r = 0; r < south; ++r) {
        run_rows(r, r + 1, counters);
        totals = LaneTotals();
        flush(counters, totals);
        add_per_pe(r, c0, count, totals);
      }
    }
    run_rows(south, south + 1, counters);  // alone: its sums are wanted per column
    totals = LaneTotals();
    flush(counters, totals);
    add_per_pe(south, c0, count, totals);
    for (int c = 0; c < count; ++c) {
      toggles_.south_psum[static_cast<std::size_t>(c0) + static_cast<std::size_t>(c)] +=
          totals.psum[c];
    }
    store_partial(c0, count);
  }

  // Everything is inlined here, so that the counters stay in place from row to row.
  HWY_NOINLINE void run_rows(int r0, int r1, ColumnCounters<Lane>& counters) {
    ColumnCounters<Lane> c = counters;
    RowCounters bottom{c.product, c.sum_bottom, c.carry_bottom, c.psum};
    RowCounters inner{c.product, c.sum_inner, c.carry_inner, c.psum};
    for (int r = r0; r < r1; ++r) {
      switch (kind_of(r)) {
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

  // The PE's nets for row i of A; hands the sum (and the carry) to the row below.
  template <RowKind kind>
  HWY_INLINE PeNets<Lane> settle(const std::int32_t* a, V w, std::int64_t i) {
    PeNets<Lane> nets;
    Lane* sum_at = sum_.get() + i * lanes_;
    Lane* carry_at = carry_.get() + i * lanes_;
    const V p = product(d_, a[i], w);
    const V s = hn::Load(d_, sum_at);
    nets.product = p;
    if constexpr (kind == RowKind::conventional) {
      nets.psum = hn::Add(s, p);
      hn::Store(nets.psum, d_, sum_at);
      return nets;
    }
    V majority;
    if constexpr (takes_carry(kind)) {
      const V cy = hn::Load(d_, carry_at);
      const V half = hn::Xor(s, p);
      nets.csa_sum = hn::Xor(half, cy);
      majority = select_bits(half, cy, s);
    } else {
      nets.csa_sum = hn::Xor(s, p);
      majority = hn::And(s, p);
    }
    nets.csa_carry = hn::Add(majority, majority);
    if constexpr (registers_sum(kind)) {
      nets.psum = takes_carry(kind) ? hn::Add(nets.csa_sum, nets.csa_carry) : hn::Add(s, p);
      hn::Store(nets.psum, d_, sum_at);
    } else {
      hn::Store(nets.csa_sum, d_, sum_at);
      hn::Store(nets.csa_carry, d_, carry_at);
    }
    return nets;
  }

  HWY_INLINE V product_bits_of(V changed) const {
    if constexpr (product_bits == 8 * sizeof(Lane)) {
      return changed;
    } else {
      return hn::And(changed, hn::Set(d_, (Lane{1} << product_bits) - 1));
    }
  }

  // The counters of one row of PEs while they are in use.
  struct RowCounters {
    Counter& product;
    Counter& sum;
    Counter& carry;
    Counter& psum;
  };

  template <RowKind kind>
  HWY_INLINE void count_one(const PeNets<Lane>& before, const PeNets<Lane>& now,
                            RowCounters& c) const {
    c.product.add1(product_bits_of(hn::Xor(before.product, now.product)));
    if constexpr (kind != RowKind::conventional) {
      c.sum.add1(hn::Xor(before.csa_sum, now.csa_sum));
      c.carry.add1(hn::Xor(before.csa_carry, now.csa_carry));
    }
    if constexpr (registers_sum(kind)) {
      c.psum.add1(hn::Xor(before.psum, now.psum));
    }
  }

  // What a pair of rows of A carries over into the counting of pairs of pairs.
  struct PairCarries {
    V product, sum, carry, psum;
  };

  template <RowKind kind>
  HWY_INLINE PairCarries count_pair(const PeNets<Lane>& before, const PeNets<Lane>& n0,
                                    const PeNets<Lane>& n1, RowCounters& c) const {
    PairCarries carries;
    const V x0 = hn::Xor(before.product, n0.product);
    const V x1 = hn::Xor(n0.product, n1.product);
    if constexpr (product_bits == 8 * sizeof(Lane)) {
      carries.product = c.product.add2(x0, x1);
    } else {  // two products fill one lane: counted as one value, when the second pair is there
      carries.product = hn::Or(product_bits_of(x0), hn::ShiftLeft<product_bits>(x1));
    }
    if constexpr (kind != RowKind::conventional) {
      carries.sum =
          c.sum.add2(hn::Xor(before.csa_sum, n0.csa_sum), hn::Xor(n0.csa_sum, n1.csa_sum));
      carries.carry = c.carry.add2(hn::Xor(before.csa_carry, n0.csa_carry),
                                   hn::Xor(n0.csa_carry, n1.csa_carry));
    }
    if constexpr (registers_sum(kind)) {
      carries.psum = c.psum.add2(hn::Xor(before.psum, n0.psum), hn::Xor(n0.psum, n1.psum));
    }
    return carries;
  }

  template <RowKind kind>
  HWY_INLINE void count_pairs(const PairCarries& first, const PairCarries& second,
                              RowCounters& c) const {
    if constexpr (product_bits == 8 * sizeof(Lane)) {
      c.product.add_twos(first.product, second.product);
    } else {
      c.product.add_pair(first.product, second.product);
    }
    if constexpr (kind != RowKind::conventional) {
      c.sum.add_twos(first.sum, second.sum);
      c.carry.add_twos(first.carry, second.carry);
    }
    if constexpr (registers_sum(kind)) {
      c.psum.add_twos(first.psum, second.psum);
    }
  }

  template <RowKind kind>
  HWY_INLINE void stream(int r, RowCounters& c) {
    const std::int32_t* a = block_.a + static_cast<std::int64_t>(r) * block_.a_stride;
    const V w = hn::Load(d_, weights_.get() + static_cast<std::int64_t>(r) * lanes_);
    const V zero = hn::Zero(d_);
    const PeNets<Lane> empty{zero, zero, zero, zero};
    PeNets<Lane> before = block_.first ? empty : settle<kind>(a, w, 0);
    const std::int64_t end = block_.row_count + 1;
    std::int64_t i = 1;
    while (i + 4 <= end) {
      const std::int64_t groups =
          std::min<std::int64_t>(kCountsBytes ? Counter::kMaxPending : end, (end - i) / 4);
      make_room(c, groups);
      for (const std::int64_t stop = i + 4 * groups; i < stop; i += 4) {
        const PeNets<Lane> n0 = settle<kind>(a, w, i);
        const PeNets<Lane> n1 = settle<kind>(a, w, i + 1);
        const PairCarries first = count_pair<kind>(before, n0, n1, c);
        const PeNets<Lane> n2 = settle<kind>(a, w, i + 2);
        before = settle<kind>(a, w, i + 3);
        const PairCarries second = count_pair<kind>(n1, n2, before, c);
        count_pairs<kind>(first, second, c);
      }
    }
    const std::int64_t singles = end - i + (block_.last ? 1 : 0);
    make_room(c, singles);
    for (; i < end; ++i) {
      const PeNets<Lane> now = settle<kind>(a, w, i);
      count_one<kind>(before, now, c);
      before = now;
    }
    if (block_.last) {
      count_one<kind>(before, empty, c);
    }
  }

  // How many more groups the counters' bytes hold.
  HWY_INLINE static std::int64_t room(const RowCounters& c) {
    if constexpr (!kCountsBytes) {
      return std::numeric_limits<std::int64_t>::max();
    } else {
      return Counter::kMaxPending - std::max(std::max(c.product.pending, c.sum.pending),
                                             std::max(c.carry.pending, c.psum.pending));
    }
  }

  // Makes room for `groups` <= kMaxPending groups and takes it.
  HWY_INLINE static void make_room(RowCounters& c, std::int64_t groups) {
    if constexpr (kCountsBytes) {
      const bool full = room(c) < groups;
      for (Counter* counter : {&c.product, &c.sum, &c.carry, &c.psum}) {
        if (full) {
          counter->settle();
        }
        counter->pending += groups;
      }
    }
  }

  struct LaneTotals {
    std::int64_t all[kMaxLanes<Lane>] = {};   // all nets of the PE
    std::int64_t psum[kMaxLanes<Lane>] = {};  // psum alone
  };

  // Adds the totals per lane to `per_lane`, weight times; returns the sum over the lanes and resets
  // the counter.
  std::int64_t take(Counter& counter, std::int64_t* per_lane, std::int64_t weight) {
    HWY_ALIGN Lane values[kMaxLanes<Lane>] = {};
    counter.settle();
    hn::Store(counter.total(), d_, values);
    std::int64_t sum = 0;
    for (int c = 0; c < lanes_; ++c) {
      per_lane[c] += weight * static_cast<std::int64_t>(values[c]);
      sum += static_cast<std::int64_t>(values[c]);
    }
    counter = zero_counter<Lane>();
    return sum;
  }

  void flush(ColumnCounters<Lane>& counters, LaneTotals& totals) {
    // What an inner PE passes on and the sum that a bottom PE registers toggle a mux output, too.
    const bool has_muxes = block_.design == Design::arrayflex;
    toggles_.product += take(counters.product, totals.all, 1);
    toggles_.csa_sum_bottom += take(counters.sum_bottom, totals.all, 1);
    toggles_.csa_sum_inner += take(counters.sum_inner, totals.all, 2);
    toggles_.csa_carry_bottom += take(counters.carry_bottom, totals.all, 1);
    toggles_.csa_carry_inner += take(counters.carry_inner, totals.all, 2);
    toggles_.psum += take(counters.psum, totals.psum, 1);
    for (int c = 0; c < lanes_; ++c) {
      totals.all[c] += totals.psum[c] * (has_muxes ? 2 : 1);
    }
  }

  void add_per_pe(int r, int c0, int count, const LaneTotals& totals) {
    for (int c = 0; c < count && !toggles_.per_pe.empty(); ++c) {
      const std::int64_t pe = static_cast<std::int64_t>(r) * block_.cols + c0 + c;
      toggles_.per_pe[static_cast<std::size_t>(pe)] += totals.all[c];
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
  hwy::AlignedFreeUniquePtr<Lane[]> weights_, sum_, carry_;
};

}  // namespace HWY_NAMESPACE
}  // namespace arrayflex
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
