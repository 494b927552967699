// The array at a clock edge and after it.
#include <stdexcept>
#include <type_traits>

#include "arrayflex/pin/array/popcount.h"
#include "arrayflex/pin/array/systolic_array.h"

namespace arrayflex::pin {
namespace {

template <RegisterClass c>
using ClassTag = std::integral_constant<RegisterClass, c>;

template <class T>
[[gnu::always_inline]] inline std::int64_t toggles_between(T a, T b, std::uint64_t mask) {
  return count_bits(static_cast<std::uint64_t>(a ^ b) & mask);
}

constexpr bool carries_sum(RegisterClass c) { return width_of(c).acc != 0; }

}  // namespace

template <class Visit>
[[gnu::always_inline]] inline void SystolicArray::visit_clocked_registers(const Visit& visit) {
  std::int64_t index = 0;
  for (const ProcessingElement::Pins& pe : pins_) {
    if (*pe.weight.enable) {
      visit(ClassTag<RegisterClass::weight_reg>{}, index, *pe.weight.reg, *pe.weight.d);
    }
    if (*pe.psum.enable) {
      visit(ClassTag<RegisterClass::psum_reg>{}, index, *pe.psum.reg, *pe.psum.d);
    }
    if (pe.operand.reg != nullptr && *pe.operand.enable) {
      visit(ClassTag<RegisterClass::operand_reg>{}, index, *pe.operand.reg, *pe.operand.d);
    }
    ++index;
  }
  index = 0;
  for (const ProcessingElement::SecondBankPins& second : second_banks_) {
    if (*second.weight.enable) {
      visit(ClassTag<RegisterClass::weight_reg>{}, index, *second.weight.reg, *second.weight.d);
    }
    ++index;
  }
  for (auto& chain : skew_) {
    chain->visit_clocked_registers([&](auto& reg, Operand d) __attribute__((always_inline)) {
      visit(ClassTag<RegisterClass::skew_reg>{}, std::int64_t{-1}, reg, d);
    });
  }
  for (auto& chain : deskew_) {
    chain->visit_clocked_registers([&](auto& reg, Sum d) __attribute__((always_inline)) {
      visit(ClassTag<RegisterClass::deskew_reg>{}, std::int64_t{-1}, reg, d);
    });
  }
}

template <bool kCount, bool kMap>
[[gnu::always_inline]] inline void SystolicArray::latch_impl(EdgeCounts& counts) {
  const std::uint64_t data_mask = low_bits(probe_.widths().data);
  const std::uint64_t acc_mask = low_bits(probe_.widths().acc);
  std::int64_t* const map = kMap ? probe_.map_data() : nullptr;
  EdgeCounts local;
  visit_clocked_registers([&](auto tag, std::int64_t index, auto& reg,
                              auto d) __attribute__((always_inline)) {
    if constexpr (kCount) ++local.clocked_of(tag.value);
    const auto q = reg.q();
    if (q == d) return;
    if constexpr (kCount) {
      const std::int64_t toggles =
          toggles_between(q, d, carries_sum(tag.value) ? acc_mask : data_mask);
      local.toggles_of(tag.value) += toggles;
      if (kMap && index >= 0) map[index] += toggles;
    }
    reg.load(d);
  });
  counts = local;
}

template <bool kCount, bool kMap>
void SystolicArray::latch_portable(EdgeCounts& counts) {
  latch_impl<kCount, kMap>(counts);
}

#if ARRAYFLEX_HAS_POPCNT_TARGETS
template <bool kCount, bool kMap>
__attribute__((target("popcnt"))) void SystolicArray::latch_popcnt(EdgeCounts& counts) {
  latch_impl<kCount, kMap>(counts);
}
#endif

void SystolicArray::latch(EdgeCounts& counts) {
  if (!recording_) return latch_portable<false, false>(counts);
#if ARRAYFLEX_HAS_POPCNT_TARGETS
  if (__builtin_cpu_supports("popcnt")) {
    return probe_.has_map() ? latch_popcnt<true, true>(counts) : latch_popcnt<true, false>(counts);
  }
#endif
  return probe_.has_map() ? latch_portable<true, true>(counts)
                          : latch_portable<true, false>(counts);
}

void SystolicArray::latch_edge() {
  EdgeCounts counts;
  if (recording_) probe_.sample_nets();
  latch(counts);
  if (recording_) count_edge(counts);
}

void SystolicArray::count_edge(const EdgeCounts& counts) {
  probe_.add_register_toggles(counts);
  probe_.add_weight_clock(counts, count_weights);
  if (count_pipeline) probe_.add_pipeline_clock(counts);
}

void SystolicArray::reset_registers() {
  for (const ProcessingElement::Pins& pe : pins_) {
    pe.weight.reg->load(0);
    pe.psum.reg->load(0);
    if (pe.operand.reg != nullptr) pe.operand.reg->load(0);
  }
  for (const auto& second : second_banks_) second.weight.reg->load(0);
  for (auto& chain : skew_) chain->reset();
  for (auto& chain : deskew_) chain->reset();
}

template <class WeightOf>
void SystolicArray::settle_pes(const WeightOf& weight_of) {
  const int shift = wrap_shift_;
  const std::size_t count = pins_.size();
  if (design_ == Design::arrayflex) {
    for (std::size_t i = 0; i < count; ++i) {
      settle_arrayflex(pins_[i], weight_of(i), nets_, i, shift);
    }
  } else {
    for (std::size_t i = 0; i < count; ++i) {
      settle_conventional(pins_[i], weight_of(i), nets_, i, shift);
    }
  }
}

void SystolicArray::settle_nets() {
  for (auto& chain : skew_) chain->settle();
  if (second_banks_.empty()) {
    settle_pes([&](std::size_t i) { return pins_[i].weight.reg->q(); });
  } else {
    settle_pes([&](std::size_t i) { return settle_weight(pins_[i], second_banks_[i], nets_, i); });
  }
  for (auto& chain : deskew_) chain->settle();
  watch_list_.notify_changes();
}

void SystolicArray::begin_recording() {
  probe_.restart();
  recording_ = probe_.counts();
}

void SystolicArray::end_recording() {
  if (!recording_) return;
  recording_ = false;
  probe_.sample_nets();
  if (!pipeline_enable) return;
  const PinWidths widths = probe_.widths();
  std::int64_t* const map = probe_.map_data();
  EdgeCounts counts;
  std::uint64_t entering = 0;
  visit_clocked_registers([&](auto tag, std::int64_t index, auto& reg, auto d) {
    ++counts.clocked_of(tag.value);
    entering |= static_cast<std::uint64_t>(d);
    const int width = carries_sum(tag.value) ? widths.acc : widths.data;
    const std::int64_t toggles = toggles_between(reg.q(), d, low_bits(width));
    counts.toggles_of(tag.value) += toggles;
    if (map != nullptr && index >= 0) map[index] += toggles;
  });
  if (entering != 0) throw std::logic_error("the array is not empty after the stream phase");
  probe_.drain_nets();
  probe_.add_register_toggles(counts);
  probe_.add_pipeline_clock(counts);
}

}  // namespace arrayflex::pin
