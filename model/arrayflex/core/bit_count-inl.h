// Counting bits in vectors: the part that the kernels share, compiled once per instruction set.

// Highway's per-target include guard.
#if defined(ARRAYFLEX_BIT_COUNT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ARRAYFLEX_BIT_COUNT_INL_H_
#undef ARRAYFLEX_BIT_COUNT_INL_H_
#else
#define ARRAYFLEX_BIT_COUNT_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace arrayflex {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class Lane>
using Tag = hn::ScalableTag<Lane>;
template <class Lane>
using Vector = hn::Vec<Tag<Lane>>;
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

#if HWY_TARGET == HWY_SCALAR
constexpr bool kCountsBytes = false;  // a vector has one lane, which has no bytes
#elif HWY_TARGET == HWY_AVX3_DL
constexpr bool kCountsBytes = false;  // counts whole lanes in one instruction
#else
constexpr bool kCountsBytes = true;
#endif

// Counts ones per lane in a stream of vectors, four at a time: carry-save adders leave one vector
// in four to count, and its ones are added up per byte as long as a byte holds them.
template <class Lane>
struct OnesCounter {
  using V = Vector<Lane>;

  /// Groups of four between two calls of settle(): a group adds up to 8 to a byte.
  static constexpr std::int64_t kMaxPending = 31;

  // Full adder of bit vectors: sum in `low`, carry returned.
  HWY_INLINE static V add3(V& low, V b, V c) {
    const V half = hn::Xor(b, c);
    const V carry = select_bits(half, low, b);
    low = hn::Xor(half, low);
    return carry;
  }

  // A group of four comes as two pairs, add2() each, and add_twos() for what they return.
  HWY_INLINE V add2(V x0, V x1) {
#if HWY_TARGET == HWY_AVX3_DL
    return hn::Add(hn::PopulationCount(x0), hn::PopulationCount(x1));
#else
    return add3(ones, x0, x1);
#endif
  }

  HWY_INLINE void add_twos(V twos_a, V twos_b) {
#if HWY_TARGET == HWY_AVX3_DL
    counted = hn::Add(counted, hn::Add(twos_a, twos_b));
#elif HWY_TARGET == HWY_SCALAR
    counted = hn::Add(counted, hn::PopulationCount(add3(twos, twos_a, twos_b)));
#else
    const Tag<Lane> d;
    const hn::Repartition<std::uint8_t, Tag<Lane>> d8;
    const V fours = add3(twos, twos_a, twos_b);
    fours_bytes = hn::BitCast(
        d, hn::Add(hn::BitCast(d8, fours_bytes), hn::PopulationCount(hn::BitCast(d8, fours))));
#endif
  }

  // Two values that fill half a lane each.
  HWY_INLINE void add_pair(V x0, V x1) {
    const V twos_a = add2(x0, x1);
    add_twos(twos_a, hn::Zero(Tag<Lane>()));
  }

  // A single value takes as much of a byte as a group.
  HWY_INLINE void add1(V x) {
#if HWY_TARGET == HWY_AVX3_DL
    counted = hn::Add(counted, hn::PopulationCount(x));
#else
    const V carry = hn::And(ones, x);
    ones = hn::Xor(ones, x);
    add_twos(carry, hn::Zero(Tag<Lane>()));
#endif
  }

  // Moves the bytes' counts to the lanes.
  HWY_INLINE void settle() {
    pending = 0;
    if constexpr (kCountsBytes) {
      const Tag<Lane> d;
      const V low = hn::Set(d, static_cast<Lane>(0x00ff00ff00ff00ffULL));
      V sums = hn::Add(hn::And(fours_bytes, low), hn::And(hn::ShiftRight<8>(fours_bytes), low));
      sums = hn::Add(sums, hn::ShiftRight<16>(sums));
      if constexpr (sizeof(Lane) == 8) {
        sums = hn::Add(sums, hn::ShiftRight<32>(sums));
      }
      counted = hn::Add(counted, hn::And(sums, hn::Set(d, static_cast<Lane>(0xffff))));
      fours_bytes = hn::Zero(d);
    }
  }

  // After settle().
  HWY_INLINE V total() const {
#if HWY_TARGET == HWY_AVX3_DL
    return counted;
#else
    const V upper = hn::Add(hn::PopulationCount(twos), hn::ShiftLeft<1>(counted));
    return hn::Add(hn::PopulationCount(ones), hn::ShiftLeft<1>(upper));
#endif
  }

  V ones, twos, fours_bytes, counted;
  std::int64_t pending = 0;  // groups since settle()
};

template <class Lane>
HWY_INLINE OnesCounter<Lane> zero_counter() {
  const auto zero = hn::Zero(Tag<Lane>());
  return {zero, zero, zero, zero};
}

// Sum of the bits in which a[i] and b[i] differ under the mask.
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
