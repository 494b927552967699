#include "arrayflex/core/activity.h"

#include "arrayflex/core/checked.h"
#include "arrayflex/core/latency.h"

namespace arrayflex {
namespace {

template <std::size_t count>
std::array<std::int64_t, count> checked_sum(const std::array<std::int64_t, count>& a,
                                            const std::array<std::int64_t, count>& b,
                                            const char* what) {
  std::array<std::int64_t, count> sum{};
  for (std::size_t i = 0; i < count; ++i) {
    sum[i] = checked_add(a[i], b[i], what);
  }
  return sum;
}

constexpr const char* kTogglesWhat = "number of toggles";
constexpr const char* kClockedWhat = "number of clocked bit-cycles";
constexpr const char* kGatedWhat = "number of gated bit-cycles";

// Clocks that the weight registers of a column get while a tile loads: all in each cycle, or, where
// two registers per PE leave the time, each only from its first weight on.
std::int64_t load_steps(const ArrayConfig& config) {
  const std::int64_t rows = config.rows();
  return weight_banks(config.overlap()) == 1 ? rows * rows : rows * (rows + 1) / 2;
}

}  // namespace

void ActivityCounters::add_toggles(NetClass c, std::int64_t count) {
  std::int64_t& counter = toggles[index_of(c)];
  counter = checked_add(counter, count, kTogglesWhat);
}

void ActivityCounters::add_clocked(RegisterClass c, std::int64_t bit_cycles) {
  std::int64_t& counter = clocked_bits[index_of(c)];
  counter = checked_add(counter, bit_cycles, kClockedWhat);
}

void ActivityCounters::add_gated(RegisterClass c, std::int64_t bit_cycles) {
  std::int64_t& counter = gated_bits[index_of(c)];
  counter = checked_add(counter, bit_cycles, kGatedWhat);
}

ActivityCounters& ActivityCounters::operator+=(const ActivityCounters& other) {
  ActivityCounters sum;
  sum.toggles = checked_sum(toggles, other.toggles, kTogglesWhat);
  sum.clocked_bits = checked_sum(clocked_bits, other.clocked_bits, kClockedWhat);
  sum.gated_bits = checked_sum(gated_bits, other.gated_bits, kGatedWhat);
  return *this = sum;
}

std::int64_t ActivityCounters::total_toggles() const {
  std::int64_t total = 0;
  for (const std::int64_t count : toggles) {
    total = checked_add(total, count, kTogglesWhat);
  }
  return total;
}

PeToggleMap& PeToggleMap::operator+=(const PeToggleMap& other) {
  if (other.empty()) return *this;
  if (empty()) *this = PeToggleMap(other.rows, other.cols);
  for (std::size_t pe = 0; pe < toggles.size(); ++pe) {
    toggles[pe] = checked_add(toggles[pe], other.toggles[pe], "toggles of a PE");
  }
  return *this;
}

void add_clock_bits(const ArrayConfig& config, Design design, int k, const CountedCycles& counted,
                    ActivityCounters& counters) {
  const ArrayParameters& array = config.parameters();
  for (const RegisterClass c : register_classes_of(array)) {
    const std::int64_t width = width_of(c).bits(array);
    const std::int64_t in_use = registers_in_use(array, design, k, c);
    const std::int64_t physical = physical_registers(array, c);
    // Register-cycles with the clock on.
    const std::int64_t clocked =
        net_info_of(c).phase == NetPhase::load
            ? checked_mul(config.cols() * load_steps(config), counted.tiles, kClockedWhat)
            : checked_mul(in_use, counted.pipeline_clocked, kClockedWhat);
    const std::int64_t gated = checked_mul(physical, counted.cycles, kGatedWhat) - clocked;
    counters.add_clocked(c, checked_mul(width, clocked, kClockedWhat));
    counters.add_gated(c, checked_mul(width, gated, kGatedWhat));
  }
}

}  // namespace arrayflex
