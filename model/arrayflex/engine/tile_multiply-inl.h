// Results without counting, compiled once per instruction set by tile_kernel.cpp, and what both
// kernels need to get columns into and out of vectors.

// Highway's per-target include guard.
#if defined(ARRAYFLEX_TILE_MULTIPLY_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ARRAYFLEX_TILE_MULTIPLY_INL_H_
#undef ARRAYFLEX_TILE_MULTIPLY_INL_H_
#else
#define ARRAYFLEX_TILE_MULTIPLY_INL_H_
#endif

#include <hwy/aligned_allocator.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "arrayflex/engine/bit_count-inl.h"
#include "arrayflex/engine/tile_kernel.h"

HWY_BEFORE_NAMESPACE();
namespace arrayflex {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

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

// A vector of sign-extended operands.
template <class Lane>
HWY_INLINE Vector<Lane> extend(const std::int32_t* from) {
  const Tag<Lane> d;
  const hn::RebindToSigned<Tag<Lane>> wide;
  const hn::Rebind<std::int32_t, Tag<Lane>> narrow;
  if constexpr (sizeof(Lane) == 8) {
    return hn::BitCast(d, hn::PromoteTo(wide, hn::LoadU(narrow, from)));
  } else {
    return hn::BitCast(d, hn::LoadU(narrow, from));
  }
}

// Rows of `lanes` neighbouring weights each, zero beyond `count`.
template <class Lane>
void pack_weights(const TileKernelBlock& block, int c0, int count, int lanes, Lane* to) {
  const Tag<Lane> d;
  const auto vector = static_cast<int>(hn::Lanes(d));
  const std::int32_t* from = block.weights + c0;
  for (int r = 0; r < block.rows; ++r, from += block.cols, to += lanes) {
    int c = 0;
    for (; c + vector <= count; c += vector) hn::Store(extend<Lane>(from + c), d, to + c);
    for (; c < lanes; ++c) to[c] = c < count ? static_cast<Lane>(std::int64_t{from[c]}) : 0;
  }
}

// Sums of Wa bits, sign-extended.
template <class Lane>
void store_row(const Lane* from, int count, std::int64_t* to) {
  for (int c = 0; c < count; ++c) {
    to[c] = static_cast<std::make_signed_t<Lane>>(from[c]);
  }
}

// Partial sums only: four rows of A by two vectors of columns stay in registers over all of R.
template <class Lane>
class BlockMultiplier {
 public:
  explicit BlockMultiplier(const TileKernelBlock& block)
      : block_(block),
        lanes_(static_cast<int>(hn::Lanes(d_))),
        weights_(hwy::AllocateAligned<Lane>(static_cast<std::size_t>(block.rows) * 2 *
                                            static_cast<std::size_t>(lanes_))) {}

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
    HWY_ALIGN Lane values[2 * kMaxLanes<Lane>] = {};
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

}  // namespace HWY_NAMESPACE
}  // namespace arrayflex
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
