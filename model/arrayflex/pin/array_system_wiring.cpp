// How the modules of an array system are wired up, and what of it is traced.
#include <stdexcept>
#include <string>

#include "arrayflex/pin/array_system.h"
#include "arrayflex/pin/observe/trace.h"

namespace arrayflex::pin {
namespace {

template <class Ports, class Channels>
void bind_all(Ports& ports, Channels& channels) {
  for (std::size_t i = 0; i < ports.size(); ++i) ports[i](channels[i]);
}

template <class Driver, class Signal, class Reader>
void connect(Driver& driver, Signal& signal, Reader& reader) {
  driver(signal);
  reader(signal);
}

template <class Drivers, class Signals, class Readers>
void connect_all(Drivers& drivers, Signals& signals, Readers& readers) {
  bind_all(drivers, signals);
  bind_all(readers, signals);
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

template <class Part>
std::unique_ptr<Part> make_if(bool wanted, const ArrayConfig& config, Design design) {
  return wanted ? std::make_unique<Part>(config, design) : nullptr;
}

}  // namespace

ArraySystem::Signals::Overlapping::Overlapping(const ArrayConfig& config) {
  for (int control = 0; control < kWeightControls; ++control) {
    weight_controls[static_cast<std::size_t>(control)].init(
        static_cast<std::size_t>(config.rows()), [control](const char*, std::size_t r) {
          const std::string name =
              std::string(kWeightControlNames[control]) + "_" + std::to_string(r);
          return new Signal<bool>(name.c_str());
        });
  }
}

ArraySystem::Signals::Signals(const ArrayConfig& config, Design design)
    : psum_enable("psum_enable", static_cast<std::size_t>(config.rows())),
      operand_enable("operand_enable", static_cast<std::size_t>(config.cols() - 1)),
      bottom("bottom", design == Design::arrayflex ? psum_enable.size() : 0),
      operand_boundary("operand_boundary", design == Design::arrayflex ? operand_enable.size() : 0),
      skew_depth("skew_depth", static_cast<std::size_t>(config.rows())),
      deskew_depth("deskew_depth", static_cast<std::size_t>(config.cols())),
      west("west", static_cast<std::size_t>(config.rows())),
      north("north", static_cast<std::size_t>(config.cols())) {
  if (config.overlap() != Overlap::none) overlapping.emplace(config);
}

ArraySystem::ArraySystem(const sc_core::sc_module_name& name, const ArrayConfig& config,
                         Design design, const RecordOptions& record, Detail detail)
    : sc_module(name),
      config_(config),
      design_(design),
      signals_(config, design),
      sequential_(make_if<Sequential>(config.overlap() == Overlap::none, config, design)),
      overlapping_(make_if<Overlapping>(config.overlap() != Overlap::none, config, design)),
      array_(make_array(detail, config, design, record)),
      accumulators_("accumulators", config, array_->settled()) {
  connect_clock();
  connect_controller();
  if (overlapping_) {
    connect_overlapping();
    connect_edges(overlapping_->feeder);
  } else {
    connect_sequential();
    connect_edges(sequential_->feeder);
  }
}

Controller& ArraySystem::any_controller() {
  if (overlapping_) return overlapping_->controller;
  return sequential_->controller;
}

const Controller& ArraySystem::controller() const {
  return const_cast<ArraySystem*>(this)->any_controller();
}

void ArraySystem::connect_clock() {
  clock_.run(signals_.clock_request);
  clock_.clk(signals_.clk);
  any_controller().clk(signals_.clk);
  any_controller().clock_request(signals_.clock_request);
  array_->clk(signals_.clk);
}

void ArraySystem::connect_controller() {
  Controller& controller = any_controller();
  connect(controller.reset, signals_.reset, array_->reset);
  connect(controller.pipeline_enable, signals_.pipeline_enable, array_->pipeline_enable);
  connect(controller.count_weights, signals_.count_weights, array_->count_weights);
  connect(controller.count_pipeline, signals_.count_pipeline, array_->count_pipeline);
  connect(controller.output_valid, signals_.output_valid, accumulators_.valid);
  connect(controller.output_row, signals_.output_row, accumulators_.row);
  controller.mode(signals_.mode);
  controller.drain(signals_.drain);
  connect_all(controller.psum_enable, signals_.psum_enable, array_->psum_enable);
  connect_all(controller.operand_enable, signals_.operand_enable, array_->operand_enable);
  connect_all(controller.bottom, signals_.bottom, array_->bottom);
  connect_all(controller.operand_boundary, signals_.operand_boundary, array_->operand_boundary);
  connect_all(controller.skew_depth, signals_.skew_depth, array_->skew_depth);
  connect_all(controller.deskew_depth, signals_.deskew_depth, array_->deskew_depth);
}

void ArraySystem::connect_sequential() {
  auto& [controller, feeder] = *sequential_;
  connect(controller.phase, signals_.phase, feeder.phase);
  connect(controller.phase_cycle, signals_.phase_cycle, feeder.phase_cycle);
  connect(controller.weight_enable, signals_.weight_enable, *array_->weight_enable);
}

void ArraySystem::connect_overlapping() {
  auto& [controller, feeder] = *overlapping_;
  Signals::Overlapping& signals = *signals_.overlapping;
  feeder.clk(signals_.clk);
  feeder.mode(signals_.mode);
  connect(controller.phase, signals_.phase, feeder.phase);
  connect(controller.phase_cycle, signals_.phase_cycle, feeder.phase_cycle);
  connect(controller.stream_tile, signals.stream_tile, feeder.stream_tile);
  connect(controller.weight_enable, signals_.weight_enable, feeder.weight_enable);
  connect(controller.load_tile, signals.load_tile, feeder.load_tile);
  connect(controller.load_cycle, signals.load_cycle, feeder.load_cycle);
  connect(controller.output_tile, signals.output_tile, *accumulators_.tile);
  for (std::size_t control = 0; control < kWeightControls; ++control) {
    connect_all(controller.weight_controls[control], signals.weight_controls[control],
                array_->weight_controls[control]);
  }
}

template <class Feeder>
void ArraySystem::connect_edges(Feeder& feeder) {
  connect_all(feeder.west, signals_.west, array_->west);
  connect_all(feeder.north, signals_.north, array_->north);
  bind_all(accumulators_.south, array_->south);
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
  if (s.overlapping) {
    for (const auto* count : {&s.overlapping->load_tile, &s.overlapping->load_cycle,
                              &s.overlapping->stream_tile, &s.overlapping->output_tile}) {
      trace_pin(file, *count, 64);
    }
    for (const auto& bits : s.overlapping->weight_controls) {
      for (const auto& bit : bits) trace_bit(file, bit);
    }
  }
  for (const auto* edge : {&s.west, &s.north}) {
    for (const auto& pin : *edge) trace_pin(file, pin, config_.data_width_bits());
  }
}

}  // namespace arrayflex::pin
