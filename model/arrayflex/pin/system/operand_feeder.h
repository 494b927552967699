// Drives the array's west and north edges from the tile buffers.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <systemc>
#include <utility>
#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/pin/array/types.h"

namespace arrayflex::pin {

/// Returns row t of A; the pointer stays valid until the next call. Rows are asked for in order.
using RowReader = std::function<const std::int32_t*(std::int64_t t)>;

/// In load cycle l it drives weight row R-1-l at the north edge; in stream cycle s row s of A at
/// the west edge, all rows of the array at once (the skew buffer delays them). Everything else is
/// 0. Combinational in the controller's `phase` and `phase_cycle`.
class OperandFeeder final : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(OperandFeeder);
  OperandFeeder(const sc_core::sc_module_name& name, const ArrayConfig& config);

  sc_core::sc_in<int> phase{"phase"};
  sc_core::sc_in<std::int64_t> phase_cycle{"phase_cycle"};
  sc_core::sc_vector<sc_core::sc_out<Operand>> west;   ///< per row
  sc_core::sc_vector<sc_core::sc_out<Operand>> north;  ///< per column

  struct Buffers {
    const std::int32_t* weights = nullptr;  ///< n_count x m_count, row-major, dense
    int n_count = 0;
    int m_count = 0;
    std::int64_t t_count = 0;
    RowReader read_row;
  };
  /// The buffers of the next tile; they stay in use until release().
  void supply(Buffers buffers) {
    buffers_ = std::move(buffers);
    failure_ = nullptr;
  }
  /// Drives zeros from now on.
  void release() { buffers_ = {}; }

  /// Notified in the next delta cycle when read_row threw; failure() is what it threw.
  const sc_core::sc_event& failed() const { return failed_; }
  std::exception_ptr failure() const { return failure_; }

  const char* kind() const override { return "operand_feeder"; }

 private:
  using Edge = sc_core::sc_vector<sc_core::sc_out<Operand>>;

  void drive();
  const std::int32_t* weight_row() const;
  const std::int32_t* operand_row();
  void drive_edge(Edge& edge, bool& edge_is_zero, const std::int32_t* values, int count) const;

  int rows_;
  int operand_shift_;
  Buffers buffers_;
  bool west_is_zero_ = true;
  bool north_is_zero_ = true;
  std::exception_ptr failure_;
  sc_core::sc_event failed_{"failed"};
};

}  // namespace arrayflex::pin
