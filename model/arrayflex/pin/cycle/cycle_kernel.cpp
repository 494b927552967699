#include "arrayflex/pin/cycle/cycle_kernel.h"

#include <stdexcept>

#include "arrayflex/engine/tile_kernel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "arrayflex/pin/cycle/cycle_kernel.cpp"
#define HWY_WANT_AVX3_DL 1
#define HWY_DISABLED_TARGETS HWY_SSSE3
#include <hwy/foreach_target.h>

// Highway's headers come after foreach_target.h, which compiles this file once per target.
#include <hwy/highway.h>

#include "arrayflex/pin/cycle/cycle_kernel-inl.h"

#if HWY_ONCE
namespace arrayflex::pin {
namespace {

struct CompiledTarget {
  const char* name;  // as in tile_kernel.cpp
  const CycleKernel& (*kernel)();
};

constexpr CompiledTarget kCompiledTargets[] = {
#if HWY_TARGETS & HWY_AVX3_DL
    {"AVX-512-VPOPCNT", N_AVX3_DL::kernel},
#endif
#if HWY_TARGETS & HWY_AVX3
    {"AVX-512", N_AVX3::kernel},
#endif
#if HWY_TARGETS & HWY_AVX2
    {"AVX2", N_AVX2::kernel},
#endif
#if HWY_TARGETS & HWY_SSE4
    {"SSE4", N_SSE4::kernel},
#endif
    {nullptr, HWY_NAMESPACE::kernel},  // any other: what the compiler may always use
};

}  // namespace

const CycleKernel& cycle_kernel(const std::string& name) {
  const std::string& chosen = tile_kernel(name).name;
  for (const CompiledTarget& target : kCompiledTargets) {
    if (target.name == nullptr || chosen == target.name) return target.kernel();
  }
  throw std::logic_error("no kernel for " + chosen);
}

}  // namespace arrayflex::pin
#endif  // HWY_ONCE
