// The loops of CycleArray, compiled once per instruction set by cycle_kernel.cpp. A lane holds the
// net of one PE, whatever the configured width.

// Highway's per-target include guard.
#if defined(ARRAYFLEX_CYCLE_KERNEL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ARRAYFLEX_CYCLE_KERNEL_INL_H_
#undef ARRAYFLEX_CYCLE_KERNEL_INL_H_
#else
#define ARRAYFLEX_CYCLE_KERNEL_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "arrayflex/engine/bit_count-inl.h"
#include "arrayflex/pin/cycle/cycle_kernel.h"

HWY_BEFORE_NAMESPACE();
namespace arrayflex::pin {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using arrayflex::HWY_NAMESPACE::select_bits;

using Tag = hn::ScalableTag<std::int64_t>;
using V = hn::Vec<Tag>;
inline constexpr Tag kTag{};

// a*w of sign-extended operands.
HWY_INLINE V product_of(const Operand* a, const Operand* w) {
#if HWY_TARGET == HWY_SCALAR  // has no multiplication of neighbouring halves
  return hn::Set(kTag, Sum{*a} * Sum{*w});
#else
  const hn::Repartition<Operand, Tag> d32;
  const hn::Rebind<Operand, Tag> half;
  return hn::MulEven(hn::BitCast(d32, hn::PromoteTo(kTag, hn::LoadU(half, a))),
                     hn::BitCast(d32, hn::PromoteTo(kTag, hn::LoadU(half, w))));
#endif
}

template <bool wraps>
HWY_INLINE V wrap_to_width(V value) {
  if constexpr (wraps) return hn::ShiftRight<32>(hn::ShiftLeft<32>(value));
  return value;
}

HWY_INLINE std::int64_t sum_of_lanes(V v) { return hn::GetLane(hn::SumOfLanes(kTag, v)); }

HWY_INLINE V count_ones(V changed, V mask) {
  const hn::RebindToUnsigned<Tag> du;
  return hn::BitCast(kTag, hn::PopulationCount(hn::BitCast(du, hn::And(changed, mask))));
}

// Takes a net's new values and counts what changed against the cycle before.
template <bool counts>
struct NetCounter {
  NetCounter(const RowNet& row_net, bool again, int width)
      : net(row_net),
        old(again ? row_net.before : row_net.now),
        mask(hn::Set(kTag, static_cast<std::int64_t>(low_bits(width)))),
        toggles(hn::Zero(kTag)) {}

  HWY_INLINE void take(V value, std::size_t c) {
    if constexpr (counts) {
      const V last = hn::LoadU(kTag, old + c);
      hn::StoreU(last, kTag, net.before + c);
      toggles = hn::Add(toggles, count_ones(hn::Xor(last, value), mask));
    }
    hn::StoreU(value, kTag, net.now + c);
  }
  HWY_INLINE std::int64_t total() const { return counts ? sum_of_lanes(toggles) : 0; }

  const RowNet net;
  const Sum* old;
  V mask, toggles;
};

HWY_INLINE bool is_zero(V v) { return hn::AllTrue(kTag, hn::Eq(v, hn::Zero(kTag))); }

template <bool counts, bool has_carry, bool wraps>
RowToggles settle_carry_save(const RowNets& row, const PinWidths& widths) {
  NetCounter<counts> products(row.product, row.again, 2 * widths.data);
  NetCounter<counts> sums(row.csa_sum, row.again, widths.acc);
  NetCounter<counts> carries(row.csa_carry, row.again, widths.acc);
  V any = hn::Zero(kTag);
  for (std::size_t c = 0; c < row.columns; c += hn::Lanes(kTag)) {
    const V p = product_of(row.operand + c, row.weight + c);
    const V s = hn::LoadU(kTag, row.sum_in + c);
    V sum = hn::Xor(s, p);
    V majority;
    if constexpr (has_carry) {
      const V cy = hn::LoadU(kTag, row.carry_in + c);
      majority = select_bits(sum, cy, s);
      sum = hn::Xor(sum, cy);
    } else {
      majority = hn::And(s, p);
    }
    const V carry = wrap_to_width<wraps>(hn::Add(majority, majority));
    products.take(p, c);
    sums.take(sum, c);
    carries.take(carry, c);
    any = hn::Or(any, hn::Or(p, hn::Or(sum, carry)));
  }
  RowToggles result;
  result.product = products.total();
  result.csa_sum = sums.total();
  result.csa_carry = carries.total();
  result.all_zero = is_zero(any);
  return result;
}

template <bool counts, bool has_carry>
RowToggles settle_wrapped(const RowNets& row, const PinWidths& widths) {
  return widths.acc == 32 ? settle_carry_save<counts, has_carry, true>(row, widths)
                          : settle_carry_save<counts, has_carry, false>(row, widths);
}

inline RowToggles settle_arrayflex(const RowNets& row, const PinWidths& widths, bool count) {
  if (row.carry_in == nullptr) {
    return count ? settle_wrapped<true, false>(row, widths)
                 : settle_wrapped<false, false>(row, widths);
  }
  return count ? settle_wrapped<true, true>(row, widths) : settle_wrapped<false, true>(row, widths);
}

template <bool counts>
RowToggles settle_products(const RowNets& row, const PinWidths& widths) {
  NetCounter<counts> products(row.product, row.again, 2 * widths.data);
  V any = hn::Zero(kTag);
  for (std::size_t c = 0; c < row.columns; c += hn::Lanes(kTag)) {
    const V p = product_of(row.operand + c, row.weight + c);
    products.take(p, c);
    any = hn::Or(any, p);
  }
  RowToggles result;
  result.product = products.total();
  result.all_zero = is_zero(any);
  return result;
}

inline RowToggles settle_conventional(const RowNets& row, const PinWidths& widths, bool count) {
  return count ? settle_products<true>(row, widths) : settle_products<false>(row, widths);
}

template <bool counts, bool wraps>
RowToggles latch_wrapped(const RowSums& row, const PinWidths& widths) {
  const V mask = hn::Set(kTag, static_cast<std::int64_t>(low_bits(widths.acc)));
  V toggles = hn::Zero(kTag);
  V any = hn::Zero(kTag);
  for (std::size_t c = 0; c < row.columns; c += hn::Lanes(kTag)) {
    const V sum = wrap_to_width<wraps>(
        hn::Add(hn::LoadU(kTag, row.addend_1 + c), hn::LoadU(kTag, row.addend_2 + c)));
    if constexpr (counts) {
      toggles = hn::Add(toggles, count_ones(hn::Xor(sum, hn::LoadU(kTag, row.psum + c)), mask));
    }
    hn::StoreU(sum, kTag, row.psum + c);
    any = hn::Or(any, sum);
  }
  RowToggles result;
  result.psum = counts ? sum_of_lanes(toggles) : 0;
  result.all_zero = is_zero(any);
  return result;
}

inline RowToggles latch_sums(const RowSums& row, const PinWidths& widths, bool count) {
  if (widths.acc == 32) {
    return count ? latch_wrapped<true, true>(row, widths) : latch_wrapped<false, true>(row, widths);
  }
  return count ? latch_wrapped<true, false>(row, widths) : latch_wrapped<false, false>(row, widths);
}

template <class T>
std::int64_t hamming(const T* a, const T* b, std::size_t count, std::uint64_t mask) {
  using Bits = std::make_unsigned_t<T>;
  const hn::ScalableTag<T> d;
  const hn::RebindToUnsigned<hn::ScalableTag<T>> du;
  const auto masked = hn::Set(du, static_cast<Bits>(mask));
  auto sum = hn::Zero(du);
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= count; i += hn::Lanes(d)) {
    const auto changed = hn::BitCast(du, hn::Xor(hn::LoadU(d, a + i), hn::LoadU(d, b + i)));
    sum = hn::Add(sum, hn::PopulationCount(hn::And(changed, masked)));
  }
  auto total = static_cast<std::int64_t>(hn::GetLane(hn::SumOfLanes(du, sum)));
  for (; i < count; ++i) {
    total += __builtin_popcountll(static_cast<Bits>(a[i] ^ b[i]) & static_cast<Bits>(mask));
  }
  return total;
}

inline const CycleKernel& kernel() {
  static const CycleKernel instance{hn::Lanes(kTag), settle_arrayflex, settle_conventional,
                                    latch_sums,      hamming<Sum>,     hamming<Operand>};
  return instance;
}

}  // namespace HWY_NAMESPACE
}  // namespace arrayflex::pin
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
