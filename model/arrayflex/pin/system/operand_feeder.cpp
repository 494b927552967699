#include "arrayflex/pin/system/operand_feeder.h"

#include "arrayflex/pin/system/controller.h"

namespace arrayflex::pin {

OperandFeeder::OperandFeeder(const sc_core::sc_module_name& name, const ArrayConfig& config)
    : sc_module(name), rows_(config.rows()), operand_shift_(32 - config.data_width_bits()) {
  west.init(static_cast<std::size_t>(config.rows()));
  north.init(static_cast<std::size_t>(config.cols()));
  SC_METHOD(drive);
  sensitive << phase << phase_cycle;
  dont_initialize();
}

void OperandFeeder::drive() {
  drive_edge(north, north_is_zero_, weight_row(), buffers_.m_count);
  drive_edge(west, west_is_zero_, operand_row(), buffers_.n_count);
}

const std::int32_t* OperandFeeder::weight_row() const {
  const std::int64_t row = rows_ - 1 - phase_cycle.read();
  if (phase != kLoad || row >= buffers_.n_count) return nullptr;
  return buffers_.weights + row * buffers_.m_count;
}

const std::int32_t* OperandFeeder::operand_row() {
  if (phase != kStream || phase_cycle.read() >= buffers_.t_count) return nullptr;
  try {
    return buffers_.read_row(phase_cycle.read());
  } catch (...) {
    failure_ = std::current_exception();
    failed_.notify(sc_core::SC_ZERO_TIME);
    return nullptr;
  }
}

// values == nullptr stands for zeros.
void OperandFeeder::drive_edge(Edge& edge, bool& edge_is_zero, const std::int32_t* values,
                               int count) const {
  if (values == nullptr && edge_is_zero) return;
  edge_is_zero = values == nullptr;
  const std::size_t used = values == nullptr ? 0 : static_cast<std::size_t>(count);
  for (std::size_t i = 0; i < edge.size(); ++i) {
    const auto bits = i < used ? static_cast<std::uint32_t>(values[i]) : 0U;
    edge[i].write(static_cast<Operand>(bits << operand_shift_) >> operand_shift_);
  }
}

}  // namespace arrayflex::pin
