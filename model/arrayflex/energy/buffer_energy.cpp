#include "arrayflex/energy/buffer_energy.h"

#include <array>
#include <cmath>
#include <cstddef>

namespace arrayflex {
namespace {

struct Sram {
  double size_bytes, pj_per_byte;
};

constexpr double kKib = 1024;
constexpr std::array<Sram, 3> kSrams{
    {{8 * kKib, 10.0 / 8}, {32 * kKib, 20.0 / 8}, {1024 * kKib, 100.0 / 8}}};

}  // namespace

const char* const kBufferEnergySource =
    "M. Horowitz, Computing's Energy Problem, ISSCC 2014, 45 nm, 0.9 V: SRAM of 8 KiB, 32 KiB, "
    "1 MiB; a power of the size between; not calibrated, not scaled";

double buffer_pj_per_byte(std::int64_t size_bytes) {
  const auto size = static_cast<double>(size_bytes);
  const std::size_t first = size < kSrams[1].size_bytes ? 0 : 1;
  const Sram &small = kSrams[first], &large = kSrams[first + 1];
  const double exponent = std::log(large.pj_per_byte / small.pj_per_byte) /
                          std::log(large.size_bytes / small.size_bytes);
  return small.pj_per_byte * std::pow(size / small.size_bytes, exponent);
}

}  // namespace arrayflex
