#include "arrayflex/pin/array_system.h"

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "arrayflex/core/error.h"
#include "arrayflex/pin/system/row_blocks.h"

namespace arrayflex::pin {
namespace {

// From a request to the controller until the array's nets have settled again; more does no harm.
constexpr int kSettleDeltas = 8;

void wait_until_settled() {
  for (int i = 0; i < kSettleDeltas; ++i) sc_core::wait(sc_core::SC_ZERO_TIME);
}

}  // namespace

double ArraySystem::period_ps(int k) const {
  const bool is_conventional = design_ == Design::conventional;
  if (!is_conventional) config_.require_collapse_factor(k);
  const std::string clock =
      "clock period of the " +
      (is_conventional ? "conventional array" : "mode k = " + std::to_string(k));
  const std::optional<double> period = config_.period_ps(design_, k);
  if (!period) throw InputError(clock, "none", "required to simulate");
  ClockGenerator::require_representable(*period, clock);
  return *period;
}

void ArraySystem::begin_gemm(int k) {
  if (tile_running_ || has_tiles_in_flight()) {
    throw std::logic_error("begin_gemm() while a tile runs");
  }
  if (design_ == Design::conventional) k = 1;
  const double period = period_ps(k);

  state_ = State::idle;
  const std::uint64_t aborts_before = aborts_;
  // The cycle behind the drain is nobody's: the next product starts in it, not behind it.
  if (!overlapping_) clock_.stop_early();
  while (!clock_.can_change_period()) sc_core::wait(clock_.cycle_boundary());
  clock_.set_period_ps(period);
  any_controller().request_reset(k);
  if (overlapping_) forget_tiles();
  wait_until_settled();
  any_controller().clear_cycles();
  array_->begin_recording();
  state_ = aborts_ == aborts_before ? State::in_gemm : State::aborted;
}

void ArraySystem::run_tile(const Tile& tile) {
  AccumulatorBank::Target target;
  target.sums = tile.partial;
  target.accumulate = tile.accumulate;
  StreamedTile streamed{tile.weights, tile.t_count, tile.n_count, tile.m_count, {}, {}};
  streamed.read_row = [&tile](std::int64_t t) { return tile.a + t * tile.n_count; };
  run_checked(streamed, std::move(target));
}

void ArraySystem::run_tile(const StreamedTile& tile) {
  AccumulatorBank::Target target;
  target.write_row = tile.write_row;
  run_checked(tile, std::move(target));
}

void ArraySystem::check(const StreamedTile& tile) const {
  if (state_ == State::idle)
    throw std::logic_error("run_tile() outside of begin_gemm()..end_gemm()");
  if (tile_running_) throw std::logic_error("run_tile() while another tile runs");
  if (tile.t_count < 1) throw InputError("rows of A in a tile", tile.t_count, "at least 1");
  if (tile.n_count < 1 || tile.n_count > config_.rows()) {
    throw InputError("weight rows of a tile", tile.n_count,
                     "1.." + std::to_string(config_.rows()) + ", the rows of the array");
  }
  if (tile.m_count < 1 || tile.m_count > config_.cols()) {
    throw InputError("weight columns of a tile", tile.m_count,
                     "1.." + std::to_string(config_.cols()) + ", the columns of the array");
  }
}

void ArraySystem::run_checked(const StreamedTile& tile, AccumulatorBank::Target target) {
  check(tile);
  if (state_ == State::aborted) return;
  if (overlapping_) return run_alone(tile, std::move(target));
  target.t_count = tile.t_count;
  target.m_count = tile.m_count;
  OperandFeeder& feeder = sequential_->feeder;
  feeder.supply({tile.weights, tile.n_count, tile.m_count, tile.t_count, tile.read_row});
  accumulators_.expect(std::move(target));
  tile_running_ = true;
  const std::uint64_t aborts_before = aborts_;
  sequential_->controller.request_tile(tile.t_count);
  std::exception_ptr failure;
  while (accumulators_.tiles_taken() == 0 && !failure && aborts_ == aborts_before) {
    sc_core::wait(accumulators_.tile_done() | accumulators_.failed() | feeder.failed() | aborted_);
    failure = feeder.failure() ? feeder.failure() : accumulators_.failure();
  }
  tile_running_ = false;
  if (aborts_ != aborts_before) return;
  if (failure) {
    abort();
    std::rethrow_exception(failure);
  }
  feeder.release();
  accumulators_.release();
  clock_.mark_handover();
}

void ArraySystem::end_gemm() {
  if (tile_running_ || has_tiles_in_flight()) {
    throw std::logic_error("end_gemm() while a tile runs");
  }
  if (state_ == State::in_gemm) {
    wait_until_settled();
    array_->end_recording();
    if (overlapping_) overlapping_->controller.end_product();
  }
  state_ = State::idle;
}

void ArraySystem::abort() {
  ++aborts_;
  array_->abandon_recording();
  if (sequential_) sequential_->feeder.release();
  accumulators_.release();
  forget_tiles();
  any_controller().request_reset(controller().selected_mode());
  if (state_ == State::in_gemm) state_ = State::aborted;
  aborted_.notify(sc_core::SC_ZERO_TIME);
}

GemmResult ArraySystem::run(const GemmShape& shape, int k, const OperandSource& operands,
                            ResultSink& result) {
  const TilePlan plan(shape, config_.rows(), config_.cols());
  begin_gemm(k);
  if (overlapping_) {
    run_overlapping(plan, shape, operands, result);
  } else {
    for (std::int64_t i = 0; i < plan.count() && state_ == State::in_gemm; ++i) {
      run_plan_tile(shape, plan.tile(i), operands, result);
    }
  }
  const bool was_aborted = state_ != State::in_gemm;
  end_gemm();
  if (was_aborted) throw std::runtime_error("the product was abandoned by abort()");
  return {cycles(), plan.count(), activity(), pe_toggles()};
}

void ArraySystem::run_plan_tile(const GemmShape& shape, const arrayflex::Tile& place,
                                const OperandSource& operands, ResultSink& result) {
  std::vector<std::int32_t> weights(static_cast<std::size_t>(place.n_count * place.m_count));
  BlockReader reader(operands, shape.t, place);
  BlockWriter writer(result, shape.t, place);
  try {
    operands.read_b(place.n0, place.n_count, place.m0, place.m_count, weights.data(),
                    place.m_count);
    run_tile(StreamedTile{weights.data(), shape.t, static_cast<int>(place.n_count),
                          static_cast<int>(place.m_count),
                          [&reader](std::int64_t t) { return reader.row(t); },
                          [&writer](std::int64_t t, const Sum* row) { writer.row(t, row); }});
  } catch (...) {
    abort();
    throw;
  }
}

}  // namespace arrayflex::pin
