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

// Sum over c = 0..count-1 of floor(c/k).
std::int64_t sum_of_groups(std::int64_t count, std::int64_t k) {
  const std::int64_t full = count / k;
  const std::int64_t rest = count % k;
  return k * (full * (full - 1) / 2) + rest * full;
}

}  // namespace

const char* name_of(NetClass net_class) {
  constexpr std::array<const char*, kNetClassCount> names{
      "operand",   "operand_reg", "weight_reg", "product",  "csa_sum",
      "csa_carry", "psum_reg",    "bypass_mux", "skew_reg", "deskew_reg"};
  return names[static_cast<std::size_t>(net_class)];
}

const char* name_of(RegisterClass register_class) {
  constexpr std::array<const char*, kRegisterClassCount> names{
      "operand_reg", "weight_reg", "psum_reg", "skew_reg", "deskew_reg"};
  return names[static_cast<std::size_t>(register_class)];
}

const std::array<NetClass, kNetClassCount>& all_net_classes() {
  static constexpr std::array<NetClass, kNetClassCount> classes{
      NetClass::operand,  NetClass::operand_reg, NetClass::weight_reg, NetClass::product,
      NetClass::csa_sum,  NetClass::csa_carry,   NetClass::psum_reg,   NetClass::bypass_mux,
      NetClass::skew_reg, NetClass::deskew_reg};
  return classes;
}

const std::array<RegisterClass, kRegisterClassCount>& all_register_classes() {
  static constexpr std::array<RegisterClass, kRegisterClassCount> classes{
      RegisterClass::operand_reg, RegisterClass::weight_reg, RegisterClass::psum_reg,
      RegisterClass::skew_reg, RegisterClass::deskew_reg};
  return classes;
}

void ActivityCounters::add_toggles(NetClass c, std::int64_t count) {
  std::int64_t& counter = toggles[static_cast<std::size_t>(c)];
  counter = checked_add(counter, count, kTogglesWhat);
}

void ActivityCounters::add_clocked(RegisterClass c, std::int64_t bit_cycles) {
  std::int64_t& counter = clocked_bits[static_cast<std::size_t>(c)];
  counter = checked_add(counter, bit_cycles, kClockedWhat);
}

void ActivityCounters::add_gated(RegisterClass c, std::int64_t bit_cycles) {
  std::int64_t& counter = gated_bits[static_cast<std::size_t>(c)];
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

void add_tile_clock_bits(const ArrayConfig& config, Design design, int k, std::int64_t t,
                         ActivityCounters& counters) {
  const std::int64_t rows = config.rows();
  const std::int64_t cols = config.cols();
  const int mode = design == Design::conventional ? 1 : k;
  const std::int64_t stream = stream_cycles(config.rows(), config.cols(), mode, t);
  const std::int64_t groups_high = ceil_div(rows, mode);
  const std::int64_t groups_wide = ceil_div(cols, mode);

  const auto add_pipeline = [&](RegisterClass c, std::int64_t width, std::int64_t physical,
                                std::int64_t in_use) {
    const std::int64_t gated_cycles =
        checked_add(checked_mul(in_use, rows - 1, kGatedWhat),
                    checked_mul(physical - in_use, rows + stream, kGatedWhat), kGatedWhat);
    counters.add_clocked(
        c, checked_mul(width, checked_mul(in_use, stream + 1, kClockedWhat), kClockedWhat));
    counters.add_gated(c, checked_mul(width, gated_cycles, kGatedWhat));
  };
  const std::int64_t data = config.data_width_bits();
  const std::int64_t acc = config.acc_width_bits();
  add_pipeline(RegisterClass::operand_reg, data, rows * (cols - 1), rows * ((cols - 1) / mode));
  add_pipeline(RegisterClass::psum_reg, acc, rows * cols, groups_high * cols);
  add_pipeline(RegisterClass::skew_reg, data, rows * (rows - 1) / 2, sum_of_groups(rows, mode));
  add_pipeline(RegisterClass::deskew_reg, acc, cols * (cols - 1) / 2,
               cols * (groups_wide - 1) - sum_of_groups(cols, mode));

  const std::int64_t weight_bits = data * rows * cols;
  counters.add_clocked(RegisterClass::weight_reg, checked_mul(weight_bits, rows, kClockedWhat));
  counters.add_gated(RegisterClass::weight_reg, checked_mul(weight_bits, stream, kGatedWhat));
}

}  // namespace arrayflex
