// Counting the bits that rise on the nets of a row of PEs, by net class: the part of
// tile_count-inl.h that knows nothing of operands and sums. Compiled once per instruction set by
// tile_kernel.cpp.

// Highway's per-target include guard.
#if defined(ARRAYFLEX_PE_NET_COUNTERS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ARRAYFLEX_PE_NET_COUNTERS_INL_H_
#undef ARRAYFLEX_PE_NET_COUNTERS_INL_H_
#else
#define ARRAYFLEX_PE_NET_COUNTERS_INL_H_
#endif

#include <hwy/highway.h>

#include <cstdint>
#include <numeric>
#include <type_traits>

#include "arrayflex/engine/bit_count-inl.h"

HWY_BEFORE_NAMESPACE();
namespace arrayflex {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// How a row of PEs treats the carry-save pair.
enum class RowKind { single, top, inner, bottom, conventional };

constexpr bool takes_carry(RowKind kind) {
  return kind == RowKind::inner || kind == RowKind::bottom;
}
constexpr bool registers_sum(RowKind kind) {
  return kind == RowKind::single || kind == RowKind::bottom || kind == RowKind::conventional;
}

// Vectors of the net classes of one row of PEs. The carry stands one bit too low: not yet doubled.
template <class Lane>
struct PeNets {
  Vector<Lane> product, csa_sum, csa_majority, psum;
};

// The counters that last while a vector of columns is walked from north to south.
template <class Lane>
struct ColumnCounters {
  using Counter = OnesCounter<Lane>;
  using CarryCounter = OnesCounter<Lane, true>;

  static HWY_INLINE ColumnCounters zero() {
    const Counter none = Counter::zero();
    const CarryCounter no_carry = CarryCounter::zero();
    return {none, none, none, none, no_carry, no_carry, 0};
  }

  // Makes room in the counters' bytes for `vectors` <= kMaxPending and takes it.
  HWY_INLINE void make_room(std::int64_t vectors) {
    if constexpr (kCountsBytes) {
      if (pending + vectors > Counter::kMaxPending) {
        for (Counter* counter : {&product, &sum_bottom, &sum_inner, &psum}) counter->settle();
        carry_bottom.settle();
        carry_inner.settle();
        pending = 0;
      }
      pending += vectors;
    }
  }

  Counter product, sum_bottom, sum_inner, psum;
  CarryCounter carry_bottom, carry_inner;
  std::int64_t pending;  // vectors that a byte of any counter may have taken since settle()
};

// The counters of one row of PEs while they are in use. They take pairs of rows of A, the rises of
// a pair in one vector: eight rows as add_pairs() twice and add_group() for what these return, four
// by add_half_group(), two by add_single_pair(). product_bits = 2*Wd; Lane has Wa bits.
template <class Lane, int product_bits>
struct RowCounters {
  using V = Vector<Lane>;
  using Nets = PeNets<Lane>;

  OnesCounter<Lane>& product;
  OnesCounter<Lane>& sum;
  OnesCounter<Lane, true>& carry;
  OnesCounter<Lane>& psum;
  ColumnCounters<Lane>& all;

  // Counts two pairs of rows of A, but for the carries that are returned.
  template <RowKind kind>
  HWY_INLINE Nets add_pairs(const Nets& x0, const Nets& x1) const {
    Nets twos;
    twos.product = kHalfLanes ? join_halves(x0.product, x1.product)  // no carry yet
                              : product.add_pair(x0.product, x1.product);
    if constexpr (kind != RowKind::conventional) {
      twos.csa_sum = sum.add_pair(x0.csa_sum, x1.csa_sum);
      twos.csa_majority = carry.add_pair(x0.csa_majority, x1.csa_majority);
    }
    if constexpr (registers_sum(kind)) {
      twos.psum = psum.add_pair(x0.psum, x1.psum);
    }
    return twos;
  }

  template <RowKind kind>
  HWY_INLINE void add_group(const Nets& twos0, const Nets& twos1) const {
    if constexpr (kHalfLanes) {
      product.half_group(twos0.product, twos1.product);
    } else {
      product.add_twos(twos0.product, twos1.product);
    }
    if constexpr (kind != RowKind::conventional) {
      sum.add_twos(twos0.csa_sum, twos1.csa_sum);
      carry.add_twos(twos0.csa_majority, twos1.csa_majority);
    }
    if constexpr (registers_sum(kind)) {
      psum.add_twos(twos0.psum, twos1.psum);
    }
  }

  template <RowKind kind>
  HWY_INLINE void add_half_group(const Nets& x0, const Nets& x1) const {
    if constexpr (kHalfLanes) {
      product.single(join_halves(x0.product, x1.product));
    } else {
      product.half_group(x0.product, x1.product);
    }
    if constexpr (kind != RowKind::conventional) {
      sum.half_group(x0.csa_sum, x1.csa_sum);
      carry.half_group(x0.csa_majority, x1.csa_majority);
    }
    if constexpr (registers_sum(kind)) {
      psum.half_group(x0.psum, x1.psum);
    }
  }

  template <RowKind kind>
  HWY_INLINE void add_single_pair(const Nets& x) const {
    product.single(kHalfLanes ? join_halves(x.product, hn::Zero(Tag<Lane>())) : x.product);
    if constexpr (kind != RowKind::conventional) {
      sum.single(x.csa_sum);
      carry.single(x.csa_majority);
    }
    if constexpr (registers_sum(kind)) {
      psum.single(x.psum);
    }
  }

 private:
  // Products of half a lane: their upper bits, the extended sign, do not count.
  static constexpr bool kHalfLanes = 2 * product_bits == 8 * sizeof(Lane);

  // Two vectors of such in one.
  static HWY_INLINE V join_halves(V low, V high) {
    const Tag<Lane> d;
    const V upper = hn::ShiftLeft<product_bits % (8 * sizeof(Lane))>(high);
#if HWY_TARGET == HWY_SCALAR
    return hn::Or(upper, hn::And(low, hn::Set(d, (Lane{1} << (4 * sizeof(Lane))) - 1)));
#else
    using Half = std::conditional_t<sizeof(Lane) == 8, std::uint32_t, std::uint16_t>;
    const hn::Repartition<Half, Tag<Lane> > half;
    return hn::BitCast(d, hn::OddEven(hn::BitCast(half, upper), hn::BitCast(half, low)));
#endif
  }
};

// Counts per lane of a vector of columns.
template <class Lane>
struct LaneCounts {
  std::int64_t ones[kMaxLanes<Lane>] = {};

  void add(const LaneCounts& other, std::int64_t times) {
    for (std::size_t c = 0; c < kMaxLanes<Lane>; ++c) ones[c] += times * other.ones[c];
  }
  std::int64_t sum() const {
    return std::accumulate(ones, ones + kMaxLanes<Lane>, std::int64_t{0});
  }
};

// The count so far; counting goes on.
template <class Lane, bool drops_top_bit>
LaneCounts<Lane> lane_counts(OnesCounter<Lane, drops_top_bit>& counter) {
  const Tag<Lane> d;
  HWY_ALIGN Lane values[kMaxLanes<Lane>] = {};
  counter.settle();
  hn::Store(counter.total(), d, values);
  LaneCounts<Lane> counts;
  for (std::size_t c = 0; c < hn::Lanes(d); ++c) {
    counts.ones[c] = static_cast<std::int64_t>(values[c]);
  }
  return counts;
}

}  // namespace HWY_NAMESPACE
}  // namespace arrayflex
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
