// The kernels, compiled once per instruction set by tile_kernel.cpp. One vector holds the same net
// of neighbouring columns; T is the innermost loop. Toggles are counted by carry-save adders over
// four rows of A at a time, so that one population count serves four values.

// Highway's per-target include guard.
#if defined(ARRAYFLEX_TILE_KERNEL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ARRAYFLEX_TILE_KERNEL_INL_H_
#undef ARRAYFLEX_TILE_KERNEL_INL_H_
#else
#define ARRAYFLEX_TILE_KERNEL_INL_H_
#endif

#include <hwy/aligned_allocator.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "arrayflex/core/tile_kernel.h"

HWY_BEFORE_NAMESPACE();
namespace arrayflex {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class Lane>
using Tag = hn::ScalableTag<Lane>;
template <class Lane>
using Vector = hn::Vec<Tag<Lane>>;

// a*w per lane, modulo the lane. 64-bit lanes hold 32-bit operands in their low halves.
HWY_INLINE Vector<std::uint64_t> product(Tag<std::uint64_t> d, std::int32_t a,
                                         Vector<std::uint64_t> w) {
#if HWY_TARGET == HWY_SCALAR  // has no multiplication of neighbouring halves
  return hn::Set(d, static_cast<std::uint64_t>(std::int64_t{a}) * hn::GetLane(w));
#else
  const hn::Repartition<std::int32_t, Tag<std::uint64_t>> d32;
  return hn::BitCast(d, hn::MulEven(hn::Set(d32, a), hn::BitCast(d32, w)));
#endif
}
HWY_INLINE Vector<std::uint32_t> product(Tag<std::uint32_t> d, std::int32_t a,
                                         Vector<std::uint32_t> w) {
  return hn::Mul(hn::Set(d, static_cast<std::uint32_t>(a)), w);
}

// Per bit: mask ? yes : no.
template <class V>
HWY_INLINE V select_bits(V mask, V yes, V no) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  return hn::IfVecThenElse(mask, yes, no);  // one ternary-logic instruction; elsewhere per byte
#else
  return hn::Or(hn::And(mask, yes), hn::AndNot(mask, no));
#endif
}

template <class Lane>
constexpr std::size_t kMaxLanes = HWY_MAX_BYTES / sizeof(Lane);

// Rows of `lanes` neighbouring weights each, zero beyond `count`.
template <class Lane>
void pack_weights(const TileKernelBlock& block, int c0, int count, int lanes, Lane* to) {
  for (int r = 0; r < block.rows; ++r) {
    const std::int32_t* from = block.weights + static_cast<std::int64_t>(r) * block.cols + c0;
    for (int c = 0; c < lanes; ++c) {
      *to++ = c < count ? static_cast<Lane>(std::int64_t{from[c]}) : 0;
    }
  }
}

// Sums of Wa bits, sign-extended.
template <class Lane>
void store_row(const Lane* from, int count, std::int64_t* to) {
  for (int c = 0; c < count; ++c) {
    to[c] = static_cast<std::make_signed_t<Lane>>(from[c]);
  }
}

// Counts ones per lane in a stream of vectors, four at a time.
template <class Lane>
struct OnesCounter {
  using V = Vector<Lane>;

  // Full adder of bit vectors: sum in `low`, carry returned.
  HWY_INLINE static V add3(V& low, V b, V c) {
    const V half = hn::Xor(b, c);
    const V carry = select_bits(half, low, b);
    low = hn::Xor(half, low);
    return carry;
  }

  HWY_INLINE void add4(V x0, V x1, V x2, V x3) {
#if HWY_TARGET == HWY_AVX3_DL  // counts a vector in one instruction
    fours_count =
        hn::Add(fours_count, hn::Add(hn::Add(hn::PopulationCount(x0), hn::PopulationCount(x1)),
                                     hn::Add(hn::PopulationCount(x2), hn::PopulationCount(x3))));
#else
    const V twos_a = add3(ones, x0, x1);
    const V twos_b = add3(ones, x2, x3);
    fours_count = hn::Add(fours_count, hn::PopulationCount(add3(twos, twos_a, twos_b)));
#endif
  }

  HWY_INLINE void add1(V x) { ones_count = hn::Add(ones_count, hn::PopulationCount(x)); }

  HWY_INLINE V total() const {
#if HWY_TARGET == HWY_AVX3_DL
    return hn::Add(ones_count, fours_count);
#else
    const V low = hn::Add(ones_count, hn::PopulationCount(ones));
    const V middle = hn::PopulationCount(twos);
    return hn::Add(low, hn::ShiftLeft<1>(hn::Add(middle, hn::ShiftLeft<1>(fours_count))));
#endif
  }

  V ones, twos, fours_count, ones_count;
};

template <class Lane>
HWY_INLINE OnesCounter<Lane> zero_counter() {
  const auto zero = hn::Zero(Tag<Lane>());
  return {zero, zero, zero, zero};
}

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
        weights_(hwy::AllocateAligned<Lane>(static_cast<std::size_t>(block.rows * lanes_))),
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
    for (int r = 0; r < block_.rows; ++r) {
      const bool south = r + 1 == block_.rows;
      if (south) {  // the last row's sums are wanted per column
        flush(counters, totals);
      }
      run_row(r, counters);
      if (south || !toggles_.per_pe.empty()) {
        totals = LaneTotals();
        flush(counters, totals);
        add_per_pe(r, c0, count, totals);
      }
    }
    for (int c = 0; c < count; ++c) {
      toggles_.south_psum[static_cast<std::size_t>(c0 + c)] += totals.psum[c];
    }
    store_partial(c0, count);
  }

  void run_row(int r, ColumnCounters<Lane>& counters) {
    switch (kind_of(r)) {
      case RowKind::single:
        return stream<RowKind::single>(r, counters, counters.sum_bottom, counters.carry_bottom);
      case RowKind::top:
        return stream<RowKind::top>(r, counters, counters.sum_inner, counters.carry_inner);
      case RowKind::inner:
        return stream<RowKind::inner>(r, counters, counters.sum_inner, counters.carry_inner);
      case RowKind::bottom:
        return stream<RowKind::bottom>(r, counters, counters.sum_bottom, counters.carry_bottom);
      case RowKind::conventional:
        return stream<RowKind::conventional>(r, counters, counters.sum_bottom,
                                             counters.carry_bottom);
    }
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

  // Two products that fill half a lane each are counted as one value.
  HWY_INLINE void count_products(Counter& counter, V x0, V x1, V x2, V x3) const {
    if constexpr (product_bits == 8 * sizeof(Lane)) {
      counter.add4(x0, x1, x2, x3);
    } else {
      const V low = hn::Or(product_bits_of(x0), hn::ShiftLeft<product_bits>(x1));
      const V high = hn::Or(product_bits_of(x2), hn::ShiftLeft<product_bits>(x3));
      counter.add4(low, high, hn::Zero(d_), hn::Zero(d_));
    }
  }

  template <RowKind kind>
  HWY_INLINE void count_one(const PeNets<Lane>& before, const PeNets<Lane>& now, Counter& product_,
                            Counter& sum, Counter& carry, Counter& psum) const {
    product_.add1(product_bits_of(hn::Xor(before.product, now.product)));
    if constexpr (kind != RowKind::conventional) {
      sum.add1(hn::Xor(before.csa_sum, now.csa_sum));
      carry.add1(hn::Xor(before.csa_carry, now.csa_carry));
    }
    if constexpr (registers_sum(kind)) {
      psum.add1(hn::Xor(before.psum, now.psum));
    }
  }

  template <RowKind kind>
  HWY_NOINLINE void stream(int r, ColumnCounters<Lane>& counters, Counter& sum_counter,
                           Counter& carry_counter) {
    const std::int32_t* a = block_.a + static_cast<std::int64_t>(r) * block_.a_stride;
    const V w = hn::Load(d_, weights_.get() + static_cast<std::int64_t>(r) * lanes_);
    const V zero = hn::Zero(d_);
    const PeNets<Lane> empty{zero, zero, zero, zero};
    Counter products = counters.product;
    Counter sums = sum_counter;
    Counter carries = carry_counter;
    Counter psums = counters.psum;
    PeNets<Lane> before = block_.first ? empty : settle<kind>(a, w, 0);
    const std::int64_t end = block_.row_count + 1;
    std::int64_t i = 1;
    for (; i + 4 <= end; i += 4) {
      const PeNets<Lane> n0 = settle<kind>(a, w, i);
      const PeNets<Lane> n1 = settle<kind>(a, w, i + 1);
      const PeNets<Lane> n2 = settle<kind>(a, w, i + 2);
      const PeNets<Lane> n3 = settle<kind>(a, w, i + 3);
      count_products(products, hn::Xor(before.product, n0.product), hn::Xor(n0.product, n1.product),
                     hn::Xor(n1.product, n2.product), hn::Xor(n2.product, n3.product));
      if constexpr (kind != RowKind::conventional) {
        sums.add4(hn::Xor(before.csa_sum, n0.csa_sum), hn::Xor(n0.csa_sum, n1.csa_sum),
                  hn::Xor(n1.csa_sum, n2.csa_sum), hn::Xor(n2.csa_sum, n3.csa_sum));
        carries.add4(hn::Xor(before.csa_carry, n0.csa_carry), hn::Xor(n0.csa_carry, n1.csa_carry),
                     hn::Xor(n1.csa_carry, n2.csa_carry), hn::Xor(n2.csa_carry, n3.csa_carry));
      }
      if constexpr (registers_sum(kind)) {
        psums.add4(hn::Xor(before.psum, n0.psum), hn::Xor(n0.psum, n1.psum),
                   hn::Xor(n1.psum, n2.psum), hn::Xor(n2.psum, n3.psum));
      }
      before = n3;
    }
    for (; i < end; ++i) {
      const PeNets<Lane> now = settle<kind>(a, w, i);
      count_one<kind>(before, now, products, sums, carries, psums);
      before = now;
    }
    if (block_.last) {
      count_one<kind>(before, empty, products, sums, carries, psums);
    }
    counters.product = products;
    counters.psum = psums;
    sum_counter = sums;
    carry_counter = carries;
  }

  struct LaneTotals {
    std::int64_t all[kMaxLanes<Lane>] = {};   // all nets of the PE
    std::int64_t psum[kMaxLanes<Lane>] = {};  // psum alone
  };

  // Adds the totals per lane to `per_lane`, weight times; returns the sum over the lanes and resets
  // the counter.
  std::int64_t take(Counter& counter, std::int64_t* per_lane, std::int64_t weight) {
    HWY_ALIGN Lane values[kMaxLanes<Lane>];
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

// Partial sums only: four rows of A by two vectors of columns stay in registers over all of R.
template <class Lane>
class BlockMultiplier {
 public:
  explicit BlockMultiplier(const TileKernelBlock& block)
      : block_(block),
        lanes_(static_cast<int>(hn::Lanes(d_))),
        weights_(hwy::AllocateAligned<Lane>(static_cast<std::size_t>(2 * block.rows * lanes_))) {}

  void run() {
    for (int c0 = 0; c0 < block_.active_cols; c0 += 2 * lanes_) {
      const int count = std::min(2 * lanes_, block_.active_cols - c0);
      pack_weights(block_, c0, count, 2 * lanes_, weights_.get());
      std::int64_t i = 0;
      for (; i + 4 <= block_.row_count; i += 4) {
        multiply_rows<4>(i, c0, count);
      }
      for (; i < block_.row_count; ++i) {
        multiply_rows<1>(i, c0, count);
      }
    }
  }

 private:
  using V = Vector<Lane>;

  template <int row_count>
  HWY_INLINE void multiply_rows(std::int64_t i, int c0, int count) {
    V left[row_count];
    V right[row_count];
    for (int row = 0; row < row_count; ++row) {
      left[row] = right[row] = hn::Zero(d_);
    }
    for (int r = 0; r < block_.rows; ++r) {
      const Lane* w = weights_.get() + static_cast<std::int64_t>(2) * r * lanes_;
      const V w_left = hn::Load(d_, w);
      const V w_right = hn::Load(d_, w + lanes_);
      const std::int32_t* a = block_.a + static_cast<std::int64_t>(r) * block_.a_stride + 1 + i;
      for (int row = 0; row < row_count; ++row) {
        left[row] = hn::Add(left[row], product(d_, a[row], w_left));
        right[row] = hn::Add(right[row], product(d_, a[row], w_right));
      }
    }
    HWY_ALIGN Lane values[2 * kMaxLanes<Lane>];
    for (int row = 0; row < row_count; ++row) {
      hn::Store(left[row], d_, values);
      hn::Store(right[row], d_, values + lanes_);
      store_row(values, count, block_.partial + (i + row) * block_.partial_stride + c0);
    }
  }

  Tag<Lane> d_;
  const TileKernelBlock& block_;
  int lanes_;
  hwy::AlignedFreeUniquePtr<Lane[]> weights_;
};

HWY_INLINE std::int64_t hamming(const std::int32_t* a, const std::int32_t* b, std::int64_t count,
                                std::uint32_t mask) {
  const Tag<std::int32_t> d;
  const hn::RebindToUnsigned<Tag<std::int32_t>> du;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto masked = hn::Set(du, mask);
  std::int64_t total = 0;
  std::int64_t i = 0;
  while (i + lanes <= count) {
    // A 32-bit lane holds the counts of 2^20 vectors with room to spare.
    auto sum = hn::Zero(du);
    const std::int64_t stop = std::min(count, i + (lanes << 20));
    for (; i + lanes <= stop; i += lanes) {
      const auto changed = hn::BitCast(du, hn::Xor(hn::LoadU(d, a + i), hn::LoadU(d, b + i)));
      sum = hn::Add(sum, hn::PopulationCount(hn::And(changed, masked)));
    }
    HWY_ALIGN std::uint32_t values[kMaxLanes<std::uint32_t>];
    hn::Store(sum, du, values);
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
      total += values[lane];
    }
  }
  for (; i < count; ++i) {
    total += __builtin_popcount(static_cast<std::uint32_t>(a[i] ^ b[i]) & mask);
  }
  return total;
}

}  // namespace HWY_NAMESPACE
}  // namespace arrayflex
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
