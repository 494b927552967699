#include "arrayflex/engine/tile_kernel.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <type_traits>

#include "arrayflex/core/error.h"
#include "arrayflex/core/widths.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "arrayflex/engine/tile_kernel.cpp"
#define HWY_WANT_AVX3_DL 1
#define HWY_DISABLED_TARGETS HWY_SSSE3
#include <hwy/foreach_target.h>

// Highway's headers come after foreach_target.h, which compiles this file once per target.
#include <hwy/highway.h>

#include "arrayflex/engine/tile_count-inl.h"
#include "arrayflex/engine/tile_multiply-inl.h"

HWY_BEFORE_NAMESPACE();
namespace arrayflex {
namespace HWY_NAMESPACE {

template <int acc_bits>
using Lane = std::conditional_t<acc_bits == 32, std::uint32_t, std::uint64_t>;

// One instance for each pair of widths: a lane holds a sum, products have twice the operands'
// width.
template <std::size_t i = 0>
void count_block_of(const TileKernelBlock& block, TileToggles& toggles) {
  constexpr WidthPair widths = kWidthPairs[i];
  if (block.data_width_bits == widths.data_bits) {
    BlockCounter<Lane<widths.acc_bits>, 2 * widths.data_bits>(block, toggles).run();
  } else if constexpr (i + 1 < std::size(kWidthPairs)) {
    count_block_of<i + 1>(block, toggles);
  }
}

void count_block(const TileKernelBlock& block, TileToggles& toggles) {
  count_block_of(block, toggles);
}

void multiply_block(const TileKernelBlock& block) {
  if (block.acc_width_bits == 32) {
    BlockMultiplier<Lane<32>>(block).run();
  } else {
    BlockMultiplier<Lane<64>>(block).run();
  }
}

std::int64_t hamming_distance(const std::int32_t* a, const std::int32_t* b, std::int64_t count,
                              std::uint32_t mask) {
  return hamming(a, b, count, mask);
}

}  // namespace HWY_NAMESPACE
}  // namespace arrayflex
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace arrayflex {
namespace {

struct CompiledTarget {
  std::int64_t bit;
  TileKernel kernel;
};

// Best first.
std::vector<CompiledTarget> compiled_targets() {
  return {
#if HWY_TARGETS & HWY_AVX3_DL
    {HWY_AVX3_DL,
     {"AVX-512-VPOPCNT", N_AVX3_DL::count_block, N_AVX3_DL::multiply_block,
      N_AVX3_DL::hamming_distance}},
#endif
#if HWY_TARGETS & HWY_AVX3
        {HWY_AVX3,
         {"AVX-512", N_AVX3::count_block, N_AVX3::multiply_block, N_AVX3::hamming_distance}},
#endif
#if HWY_TARGETS & HWY_AVX2
        {HWY_AVX2, {"AVX2", N_AVX2::count_block, N_AVX2::multiply_block, N_AVX2::hamming_distance}},
#endif
#if HWY_TARGETS & HWY_SSE4
        {HWY_SSE4, {"SSE4", N_SSE4::count_block, N_SSE4::multiply_block, N_SSE4::hamming_distance}},
#endif
#if HWY_STATIC_TARGET != HWY_SSE4 && HWY_STATIC_TARGET != HWY_AVX2 && \
    HWY_STATIC_TARGET != HWY_AVX3 && HWY_STATIC_TARGET != HWY_AVX3_DL
        {HWY_STATIC_TARGET,
         {HWY_STATIC_TARGET == HWY_EMU128 || HWY_STATIC_TARGET == HWY_SCALAR
              ? "scalar"
              : hwy::TargetName(HWY_STATIC_TARGET),
          HWY_NAMESPACE::count_block, HWY_NAMESPACE::multiply_block,
          HWY_NAMESPACE::hamming_distance}},
#endif
  };
}

}  // namespace

const std::vector<TileKernel>& tile_kernels() {
  static const std::vector<TileKernel> kernels = [] {
    std::vector<TileKernel> runnable;
    const std::int64_t supported = hwy::SupportedTargets() | HWY_STATIC_TARGET;
    for (const CompiledTarget& target : compiled_targets()) {
      if ((target.bit & supported) != 0) {
        runnable.push_back(target.kernel);
      }
    }
    return runnable;
  }();
  return kernels;
}

const TileKernel& tile_kernel(const std::string& name) {
  const std::vector<TileKernel>& kernels = tile_kernels();
  if (name.empty()) {
    return kernels.front();
  }
  std::vector<std::string> names;
  for (const TileKernel& kernel : kernels) {
    if (kernel.name == name) {
      return kernel;
    }
    names.push_back(kernel.name);
  }
  throw InputError("kernel", name,
                   fmt::format("this processor can run {}", fmt::join(names, ", ")));
}

}  // namespace arrayflex
#endif  // HWY_ONCE
