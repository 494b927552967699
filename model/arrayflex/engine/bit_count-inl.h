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

// The bits that rise from one of three successive values to the next. None rises twice.
template <class V>
HWY_INLINE V rising_bits(V v0, V v1, V v2) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  return V{_mm512_ternarylogic_epi64(v0.raw, v1.raw, v2.raw, 0x2e)};  // v1 ? ~v0 : v2
#else
  return hn::Or(hn::AndNot(v0, v1), hn::AndNot(v1, v2));
#endif
}

// Full adder of bit vectors: the sum goes to `low`, the carry is returned.
template <class V>
HWY_INLINE V add3(V& low, V b, V c) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  const V carry{_mm512_ternarylogic_epi64(low.raw, b.raw, c.raw, 0xe8)};
  low = V{_mm512_ternarylogic_epi64(low.raw, b.raw, c.raw, 0x96)};
  return carry;
#else
  const V half = hn::Xor(b, c);
  const V carry = select_bits(half, low, b);
  low = hn::Xor(half, low);
  return carry;
#endif
}

// Half adder, likewise.
template <class V>
HWY_INLINE V add2(V& low, V b) {
  const V carry = hn::And(low, b);
  low = hn::Xor(low, b);
  return carry;
}

// Counts ones per lane in a stream of vectors, four at a time: carry-save adders leave one vector
// in four to count (weight 4), and its ones are added up per byte as long as a byte holds them.
// drops_top_bit: the top bit of a lane does not count.
template <class Lane, bool drops_top_bit = false>
struct OnesCounter {
  using V = Vector<Lane>;

  /// Calls of add_twos(), half_group() and single() that a byte holds between two calls of
  /// settle(): each adds at most its 8 bits, so 31 add at most 248 <= 255.
  static constexpr std::int64_t kMaxPending = 31;

  // A group of four comes as two pairs, add_pair() each, and add_twos() for what they return.
  HWY_INLINE V add_pair(V x0, V x1) {
#if HWY_TARGET == HWY_AVX3_DL
    return hn::Add(hn::PopulationCount(counting(x0)), hn::PopulationCount(counting(x1)));
#else
    return add3(ones, x0, x1);
#endif
  }

  HWY_INLINE void add_twos(V twos_a, V twos_b) {
#if HWY_TARGET == HWY_AVX3_DL
    counted = hn::Add(counted, hn::Add(twos_a, twos_b));
#else
    add_fours(add3(twos, twos_a, twos_b));
#endif
  }

  HWY_INLINE void half_group(V x0, V x1) {
    const V twos_a = add_pair(x0, x1);
#if HWY_TARGET == HWY_AVX3_DL
    counted = hn::Add(counted, twos_a);
#else
    add_fours(add2(twos, twos_a));
#endif
  }

  HWY_INLINE void single(V x) {
#if HWY_TARGET == HWY_AVX3_DL
    counted = hn::Add(counted, hn::PopulationCount(counting(x)));
#else
    add_fours(add2(twos, add2(ones, x)));
#endif
  }

  // Moves the bytes' counts to the lanes.
  HWY_INLINE void settle() {
    if constexpr (kCountsBytes) {
      const Tag<Lane> d;
      if constexpr (sizeof(Lane) == 8) {
        const hn::Repartition<std::uint8_t, Tag<Lane>> d8;
        counted = hn::Add(counted, hn::SumsOf8(hn::BitCast(d8, fours_bytes)));
      } else {
        const V low = hn::Set(d, static_cast<Lane>(0x00ff00ff));
        const V sums =
            hn::Add(hn::And(fours_bytes, low), hn::And(hn::ShiftRight<8>(fours_bytes), low));
        counted = hn::Add(counted, hn::And(hn::Add(sums, hn::ShiftRight<16>(sums)),
                                           hn::Set(d, static_cast<Lane>(0xffff))));
      }
      fours_bytes = hn::Zero(d);
    }
  }

  // After settle().
  HWY_INLINE V total() const {
#if HWY_TARGET == HWY_AVX3_DL
    return counted;
#else
    const V upper = hn::Add(hn::PopulationCount(counting(twos)), hn::ShiftLeft<1>(counted));
    return hn::Add(hn::PopulationCount(counting(ones)), hn::ShiftLeft<1>(upper));
#endif
  }

  static HWY_INLINE OnesCounter zero() {
    const V none = hn::Zero(Tag<Lane>());
    return {none, none, none, none};
  }

  V ones, twos, fours_bytes, counted;

 private:
  // The bits that count, wherever they stand.
  static HWY_INLINE V counting(V x) {
    if constexpr (drops_top_bit) {
      return hn::Add(x, x);
    } else {
      return x;
    }
  }

#if HWY_TARGET != HWY_AVX3_DL
  HWY_INLINE void add_fours(V fours) {
#if HWY_TARGET == HWY_SCALAR
    counted = hn::Add(counted, hn::PopulationCount(counting(fours)));
#else
    const Tag<Lane> d;
    const hn::Repartition<std::uint8_t, Tag<Lane>> d8;
    const auto bytes = hn::PopulationCount(hn::BitCast(d8, counting(fours)));
    fours_bytes = hn::BitCast(d, hn::Add(hn::BitCast(d8, fours_bytes), bytes));
#endif
  }
#endif
};

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
    // 32 bits hold the counts of 2^20 vectors of at most 64 lanes.
    auto sum = hn::Zero(du);
    const std::int64_t stop = std::min(count, i + (lanes << 20));
    for (; i + lanes <= stop; i += lanes) {
      const auto changed = hn::BitCast(du, hn::Xor(hn::LoadU(d, a + i), hn::LoadU(d, b + i)));
      sum = hn::Add(sum, hn::PopulationCount(hn::And(changed, masked)));
    }
    total += hn::GetLane(hn::SumOfLanes(du, sum));
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
