#include "arrayflex/pin/observe/activity_probe.h"

#include <algorithm>
#include <type_traits>

#include "arrayflex/pin/array/popcount.h"

namespace arrayflex::pin {
namespace {

// Sum of the Hamming distances, `before` becomes `now`.
template <class T>
[[gnu::always_inline]] inline std::int64_t compare(const T* now, T* before, std::size_t count,
                                                   std::uint64_t mask) {
  using Bits = std::make_unsigned_t<T>;
  const Bits bits = static_cast<Bits>(mask);
  std::int64_t toggles = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Bits changed = (static_cast<Bits>(now[i]) ^ static_cast<Bits>(before[i])) & bits;
    toggles += count_bits(changed);
    before[i] = now[i];
  }
  return toggles;
}

template <class T>
std::int64_t compare_portable(const T* now, T* before, std::size_t count, std::uint64_t mask) {
  return compare(now, before, count, mask);
}

#if ARRAYFLEX_HAS_POPCNT_TARGETS
template <class T>
__attribute__((target("popcnt"))) std::int64_t compare_popcnt(const T* now, T* before,
                                                              std::size_t count,
                                                              std::uint64_t mask) {
  return compare(now, before, count, mask);
}

template <class T>
__attribute__((target("avx512f,avx512vl,avx512vpopcntdq,popcnt"))) std::int64_t compare_avx512(
    const T* now, T* before, std::size_t count, std::uint64_t mask) {
  return compare(now, before, count, mask);
}
#endif

template <class T>
std::int64_t compare_dispatched(const T* now, T* before, std::size_t count, std::uint64_t mask) {
#if ARRAYFLEX_HAS_POPCNT_TARGETS
  if (__builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("avx512vl")) {
    return compare_avx512(now, before, count, mask);
  }
  if (__builtin_cpu_supports("popcnt")) return compare_popcnt(now, before, count, mask);
#endif
  return compare_portable(now, before, count, mask);
}

std::array<std::int64_t, kRegisterClassCount> count_registers(const ArrayParameters& array) {
  std::array<std::int64_t, kRegisterClassCount> registers{};
  for (const RegisterClass c : all_register_classes()) {
    registers[index_of(c)] = physical_registers(array, c);
  }
  return registers;
}

}  // namespace

ActivityProbe::ActivityProbe(const ArrayConfig& config, Design design, const RecordOptions& record,
                             const NetStorage& nets)
    : record_(record),
      widths_{config.data_width_bits(), config.acc_width_bits()},
      nets_(nets),
      before_(design, record.activity ? nets.operand.size() : 0, weight_banks(config.overlap())),
      registers_(count_registers(config.parameters())) {
  if (has_map()) pe_toggles_ = PeToggleMap(config.rows(), config.cols());
}

void ActivityProbe::restart() {
  const auto clear = [](auto& values) { std::fill(values.begin(), values.end(), 0); };
  clear(before_.operand);
  clear(before_.weight);
  clear(before_.product);
  clear(before_.csa_sum);
  clear(before_.csa_carry);
  clear(before_.operand_mux);
  clear(before_.sum_mux);
  clear(before_.carry_mux);
  activity_ = {};
  clear(pe_toggles_.toggles);
}

template <class T>
void ActivityProbe::sample(NetClass net_class, const std::vector<T>& now, std::vector<T>& before,
                           int width) {
  const std::uint64_t mask = low_bits(width);
  if (std::int64_t* map = map_data()) {
    for (std::size_t i = 0; i < now.size(); ++i) {
      map[i] += count_bits(static_cast<std::uint64_t>(now[i] ^ before[i]) & mask);
    }
  }
  activity_.add_toggles(net_class, compare_dispatched(now.data(), before.data(), now.size(), mask));
}

void ActivityProbe::sample_nets() {
  sample(NetClass::weight, nets_.weight, before_.weight, widths_.data);
  compare_all(nets_);
}

void ActivityProbe::drain_nets() {
  const bool is_arrayflex = !nets_.csa_sum.empty();
  compare_all(
      NetStorage(is_arrayflex ? Design::arrayflex : Design::conventional, nets_.operand.size()));
}

void ActivityProbe::compare_all(const NetStorage& nets) {
  const int data = widths_.data;
  const int acc = widths_.acc;
  sample(NetClass::operand, nets.operand, before_.operand, data);
  sample(NetClass::product, nets.product, before_.product, 2 * data);
  sample(NetClass::csa_sum, nets.csa_sum, before_.csa_sum, acc);
  sample(NetClass::csa_carry, nets.csa_carry, before_.csa_carry, acc);
  sample(NetClass::bypass_mux, nets.operand_mux, before_.operand_mux, data);
  sample(NetClass::bypass_mux, nets.sum_mux, before_.sum_mux, acc);
  sample(NetClass::bypass_mux, nets.carry_mux, before_.carry_mux, acc);
}

void ActivityProbe::add_register_toggles(const EdgeCounts& edge) {
  for (const RegisterClass c : all_register_classes()) {
    activity_.add_toggles(info_of(c).net, edge.toggles[index_of(c)]);
  }
}

void ActivityProbe::add_clock(NetPhase phase, const EdgeCounts& edge, bool is_counted) {
  for (const RegisterClass c : all_register_classes()) {
    if (net_info_of(c).phase != phase) continue;
    const std::int64_t width = width_of(c).bits(widths_.data, widths_.acc);
    const std::int64_t clocked = edge.clocked[index_of(c)];
    activity_.add_clocked(c, width * clocked);
    activity_.add_gated(c, width * ((is_counted ? registers_[index_of(c)] : 0) - clocked));
  }
}

void ActivityProbe::add_weight_clock(const EdgeCounts& edge, bool is_counted) {
  add_clock(NetPhase::load, edge, is_counted);
}

void ActivityProbe::add_pipeline_clock(const EdgeCounts& edge) {
  add_clock(NetPhase::stream, edge);
}

}  // namespace arrayflex::pin
