#include "arrayflex/pin/system/accumulator_bank.h"

#include <utility>

#include "arrayflex/pin/array/pe.h"

namespace arrayflex::pin {

AccumulatorBank::AccumulatorBank(const sc_core::sc_module_name& name, const ArrayConfig& config,
                                 const sc_core::sc_event& settled)
    : sc_module(name),
      wrap_shift_(64 - config.acc_width_bits()),
      row_buffer_(static_cast<std::size_t>(config.cols())) {
  south.init(row_buffer_.size());
  if (config.overlap() != Overlap::none) tile.emplace("tile");
  SC_METHOD(take_row);
  sensitive << settled;
  dont_initialize();
}

void AccumulatorBank::end_of_elaboration() {
  for (auto& pin : south) pins_.push_back(&pin.read());
}

void AccumulatorBank::expect(Target target) { targets_.push_back(std::move(target)); }

void AccumulatorBank::release() {
  targets_.clear();
  tiles_taken_ = rows_taken_ = 0;
  armed_ = false;
  failure_ = nullptr;
}

void AccumulatorBank::take_row() {
  if (!valid) {
    armed_ = true;
    return;
  }
  // The nets may settle several times in a cycle; each row is taken once.
  const bool is_its_tile = tile ? tile->read() == tiles_taken_ : armed_;
  if (targets_.empty() || !is_its_tile || row.read() != rows_taken_) return;
  const Target& target = targets_.front();
  try {
    store(target, rows_taken_);
  } catch (...) {
    failure_ = std::current_exception();
    failed_.notify(sc_core::SC_ZERO_TIME);
    return;
  }
  if (++rows_taken_ < target.t_count) return;
  targets_.pop_front();
  ++tiles_taken_;
  rows_taken_ = 0;
  tile_done_.notify(sc_core::SC_ZERO_TIME);
}

void AccumulatorBank::store(const Target& target, std::int64_t t) {
  const auto count = static_cast<std::size_t>(target.m_count);
  if (target.write_row) {
    for (std::size_t c = 0; c < count; ++c) row_buffer_[c] = *pins_[c];
    target.write_row(t, row_buffer_.data());
    return;
  }
  Sum* const sums = target.sums + t * target.m_count;
  for (std::size_t c = 0; c < count; ++c) {
    const std::uint64_t before = target.accumulate ? static_cast<std::uint64_t>(sums[c]) : 0;
    sums[c] = wrap(before + static_cast<std::uint64_t>(*pins_[c]), wrap_shift_);
  }
}

}  // namespace arrayflex::pin
