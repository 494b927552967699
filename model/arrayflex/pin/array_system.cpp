#include "arrayflex/pin/array_system.h"

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "arrayflex/core/error.h"
#include "arrayflex/pin/observe/trace.h"
#include "arrayflex/pin/system/row_blocks.h"

namespace arrayflex::pin {
namespace {

// From a request to the controller until the array's nets have settled again; more does no harm.
constexpr int kSettleDeltas = 8;

void wait_until_settled() {
  for (int i = 0; i < kSettleDeltas; ++i) sc_core::wait(sc_core::SC_ZERO_TIME);
}

template <class Ports, class Channels>
void bind_all(Ports& ports, Channels& channels) {
  for (std::size_t i = 0; i < ports.size(); ++i) ports[i](channels[i]);
}

std::unique_ptr<PinLevelArray> make_array(Detail detail, const ArrayConfig& config, Design design,
                                          const RecordOptions& record) {
  if (detail == Detail::state) {
    return std::make_unique<CycleArray>("array", config, design, record);
  }
  return std::make_unique<SystolicArray>("array", config, design, record);
}

template <class Array>
const Array& array_as(const PinLevelArray& model) {
  if (const auto* array = dynamic_cast<const Array*>(&model)) return *array;
  throw std::logic_error("the array was built with another level of detail");
}

}  // namespace

ArraySystem::Signals::Signals(const ArrayConfig& config, Design design)
    : psum_enable("psum_enable", static_cast<std::size_t>(config.rows())),
      operand_enable("operand_enable", static_cast<std::size_t>(config.cols() - 1)),
      bottom("bottom", design == Design::arrayflex ? psum_enable.size() : 0),
      operand_boundary("operand_boundary", design == Design::arrayflex ? operand_enable.size() : 0),
      skew_depth("skew_depth", static_cast<std::size_t>(config.rows())),
      deskew_depth("deskew_depth", static_cast<std::size_t>(config.cols())),
      west("west", static_cast<std::size_t>(config.rows())),
      north("north", static_cast<std::size_t>(config.cols())) {}

ArraySystem::ArraySystem(const sc_core::sc_module_name& name, const ArrayConfig& config,
                         Design design, const RecordOptions& record, Detail detail)
    : sc_module(name),
      config_(config),
      design_(design),
      signals_(config, design),
      controller_("controller", config, design),
      feeder_("feeder", config),
      array_(make_array(detail, config, design, record)),
      accumulators_("accumulators", config, array_->settled()) {
  connect_clock();
  connect_controller();
  connect_edges();
}

void ArraySystem::connect_clock() {
  clock_.run(signals_.clock_request);
  clock_.clk(signals_.clk);
  controller_.clk(signals_.clk);
  controller_.clock_request(signals_.clock_request);
  array_->clk(signals_.clk);
}

void ArraySystem::connect_controller() {
  const auto connect = [](auto& driver, auto& signal, auto& reader) {
    driver(signal);
    reader(signal);
  };
  connect(controller_.reset, signals_.reset, array_->reset);
  connect(controller_.weight_enable, signals_.weight_enable, array_->weight_enable);
  connect(controller_.pipeline_enable, signals_.pipeline_enable, array_->pipeline_enable);
  connect(controller_.count_weights, signals_.count_weights, array_->count_weights);
  connect(controller_.count_pipeline, signals_.count_pipeline, array_->count_pipeline);
  connect(controller_.phase, signals_.phase, feeder_.phase);
  connect(controller_.phase_cycle, signals_.phase_cycle, feeder_.phase_cycle);
  connect(controller_.output_valid, signals_.output_valid, accumulators_.valid);
  connect(controller_.output_row, signals_.output_row, accumulators_.row);
  controller_.mode(signals_.mode);
  controller_.drain(signals_.drain);

  const auto connect_all = [](auto& drivers, auto& signals, auto& readers) {
    bind_all(drivers, signals);
    bind_all(readers, signals);
  };
  connect_all(controller_.psum_enable, signals_.psum_enable, array_->psum_enable);
  connect_all(controller_.operand_enable, signals_.operand_enable, array_->operand_enable);
  connect_all(controller_.bottom, signals_.bottom, array_->bottom);
  connect_all(controller_.operand_boundary, signals_.operand_boundary, array_->operand_boundary);
  connect_all(controller_.skew_depth, signals_.skew_depth, array_->skew_depth);
  connect_all(controller_.deskew_depth, signals_.deskew_depth, array_->deskew_depth);
}

void ArraySystem::connect_edges() {
  bind_all(feeder_.west, signals_.west);
  bind_all(array_->west, signals_.west);
  bind_all(feeder_.north, signals_.north);
  bind_all(array_->north, signals_.north);
  bind_all(accumulators_.south, array_->south);
}

void ArraySystem::begin_gemm(int k) {
  if (tile_running_) throw std::logic_error("begin_gemm() while a tile runs");
  if (design_ == Design::conventional) k = 1;
  config_.require_collapse_factor(k);
  const std::string mode =
      design_ == Design::conventional ? "conventional array" : "mode k = " + std::to_string(k);
  const std::optional<double> period_ps = config_.period_ps(design_, k);
  if (!period_ps) throw InputError("clock period of the " + mode, "none", "required to simulate");
  ClockGenerator::require_representable(*period_ps, "clock period of the " + mode);

  state_ = State::idle;
  const std::uint64_t aborts_before = aborts_;
  while (!clock_.can_change_period()) sc_core::wait(clock_.cycle_boundary());
  clock_.set_period_ps(*period_ps);
  controller_.request_reset(k);
  wait_until_settled();
  controller_.clear_cycles();
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
  target.t_count = tile.t_count;
  target.m_count = tile.m_count;
  feeder_.supply({tile.weights, tile.n_count, tile.m_count, tile.t_count, tile.read_row});
  accumulators_.expect(std::move(target));
  tile_running_ = true;
  const std::uint64_t aborts_before = aborts_;
  controller_.request_tile(tile.t_count);
  std::exception_ptr failure;
  while (!accumulators_.complete() && !failure && aborts_ == aborts_before) {
    sc_core::wait(accumulators_.tile_done() | accumulators_.failed() | feeder_.failed() | aborted_);
    failure = feeder_.failure() ? feeder_.failure() : accumulators_.failure();
  }
  tile_running_ = false;
  if (aborts_ != aborts_before) return;
  if (failure) {
    abort();
    std::rethrow_exception(failure);
  }
  feeder_.release();
  accumulators_.release();
  clock_.mark_handover();
}

void ArraySystem::end_gemm() {
  if (tile_running_) throw std::logic_error("end_gemm() while a tile runs");
  if (state_ == State::in_gemm) {
    wait_until_settled();
    array_->end_recording();
  }
  state_ = State::idle;
}

void ArraySystem::abort() {
  ++aborts_;
  array_->abandon_recording();
  feeder_.release();
  accumulators_.release();
  controller_.request_reset(controller_.selected_mode());
  if (state_ == State::in_gemm) state_ = State::aborted;
  aborted_.notify(sc_core::SC_ZERO_TIME);
}

GemmResult ArraySystem::run(const GemmShape& shape, int k, const OperandSource& operands,
                            ResultSink& result) {
  const TilePlan plan(shape, config_.rows(), config_.cols());
  begin_gemm(k);
  for (std::int64_t i = 0; i < plan.count() && state_ == State::in_gemm; ++i) {
    run_plan_tile(shape, plan.tile(i), operands, result);
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

const SystolicArray& ArraySystem::array() const { return array_as<SystolicArray>(*array_); }
const CycleArray& ArraySystem::cycle_array() const { return array_as<CycleArray>(*array_); }

void ArraySystem::trace(sc_core::sc_trace_file* file) const {
  trace_signals(file);
  array_->trace(file);
}

void ArraySystem::trace_signals(sc_core::sc_trace_file* file) const {
  const Signals& s = signals_;
  for (const auto* bit :
       {&s.clk, &s.clock_request, &s.reset, &s.drain, &s.weight_enable, &s.pipeline_enable,
        &s.count_weights, &s.count_pipeline, &s.output_valid}) {
    trace_bit(file, *bit);
  }
  trace_pin(file, s.mode, 16);
  trace_pin(file, s.phase, 3);
  trace_pin(file, s.phase_cycle, 64);
  trace_pin(file, s.output_row, 64);
  for (const auto* bits : {&s.psum_enable, &s.operand_enable, &s.bottom, &s.operand_boundary}) {
    for (const auto& bit : *bits) trace_bit(file, bit);
  }
  for (const auto* depths : {&s.skew_depth, &s.deskew_depth}) {
    for (const auto& depth : *depths) trace_pin(file, depth, 16);
  }
  for (const auto* edge : {&s.west, &s.north}) {
    for (const auto& pin : *edge) trace_pin(file, pin, config_.data_width_bits());
  }
}

}  // namespace arrayflex::pin
