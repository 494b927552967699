#include "arrayflex/platform/accelerator.h"

#include <algorithm>
#include <utility>

#include "arrayflex/core/error.h"
#include "arrayflex/platform/arrays/fast_tile_engine.h"
#include "arrayflex/platform/arrays/pin_tile_engine.h"
#include "arrayflex/platform/software/register_targets.h"

namespace arrayflex::platform {

namespace {

/// Validates before anything is built from the parameters.
AcceleratorParameters validated(const AcceleratorParameters& parameters) {
  validate(parameters);
  return parameters;
}

/// The configuration as software sees it. The conventional array looks like one of a single mode
/// with its clock, so that everything that deals with modes serves both designs.
ArrayConfig visible_config(const AcceleratorParameters& parameters) {
  ArrayParameters array = parameters.array;
  if (parameters.design == Design::conventional) {
    array.modes = {1};
    array.clocks.mode_ps.clear();
    if (array.clocks.conventional_ps) array.clocks.mode_ps[1] = *array.clocks.conventional_ps;
  }
  return ArrayConfig(array);
}

std::unique_ptr<TileEngine> make_engine(const AcceleratorParameters& parameters,
                                        const ArrayConfig& config) {
  const RecordOptions record{parameters.record_activity, false, parameters.kernel};
  if (parameters.engine == EngineKind::pin) {
    return std::make_unique<PinTileEngine>(config, parameters.design, record);
  }
  return std::make_unique<FastTileEngine>(config, parameters.design, record);
}

}  // namespace

void validate(const AcceleratorParameters& parameters) {
  const ArrayConfig config = visible_config(parameters);
  if (!capabilities_of(parameters.engine).accelerator) {
    throw InputError("engine", name_of(parameters.engine),
                     names_of_engines_with(&EngineCapabilities::accelerator) + " is allowed");
  }
  validate(parameters.dma);
  validate(parameters.buffers.sizes);
  if (!parameters.buffers.sizes.is_unlimited() && config.overlap() != Overlap::none) {
    throw InputError("overlap", name_of(config.overlap()), "buffers with sizes need none");
  }
  const std::int64_t port = parameters.buffers.port_bytes_per_cycle;
  if (port < 0 || port > kMaxBufferPort) {
    throw InputError("buffer port", port, "0 (unlimited) to 1000000 is allowed");
  }
  const SequencerLimits& limits = parameters.limits;
  if (limits.queue_depth < 1 || limits.queue_depth > 255) {
    throw InputError("queue_depth", limits.queue_depth, "1..255 is allowed");
  }
  if (limits.chain_limit < 1 || limits.chain_limit > (1U << 20)) {
    throw InputError("chain_limit", limits.chain_limit, "1..1048576 is allowed");
  }
  if (limits.max_t < 1 || std::int64_t{limits.max_t} > kMaxLayerDim) {
    throw InputError("max_t", limits.max_t, "1..2147483647 is allowed");
  }
  const bool has_clock = std::any_of(config.modes().begin(), config.modes().end(), [&](int k) {
    return config.period_ps(Design::arrayflex, k).has_value();
  });
  if (has_clock) return;
  if (parameters.design == Design::conventional) {
    throw InputError("clocks", "{}", "the conventional array needs a clock period");
  }
  throw InputError("clocks", "{}", "at least one mode needs a clock period");
}

Accelerator::Accelerator(const sc_core::sc_module_name& name,
                         const AcceleratorParameters& parameters)
    : sc_core::sc_module(name),
      register_socket("register_socket"),
      memory_socket("memory_socket"),
      irq("irq"),
      reset("reset"),
      parameters_(validated(parameters)),
      config_(visible_config(parameters)),
      engine_(make_engine(parameters_, config_)),
      dma_(memory_socket, parameters_.dma),
      runner_(*engine_, dma_, parameters_.buffers),
      sequencer_(config_, parameters_.limits, runner_, dma_),
      registers_(bind_registers({config_, parameters_.limits, sequencer_, registers_})) {
  register_socket.register_b_transport(this, &Accelerator::b_transport);
  register_socket.register_transport_dbg(this, &Accelerator::transport_dbg);
  SC_HAS_PROCESS(Accelerator);
  SC_THREAD(run_jobs);
  SC_THREAD(run_array);
  if (config_.overlap() != Overlap::none) {
    SC_THREAD(take_sums);
  }
  SC_METHOD(drive_irq);
  sensitive << sequencer_.irq_changed();
}

void Accelerator::end_of_elaboration() {
  if (reset.size() == 0) return;
  // Only now is it known whether the port is bound.
  sc_core::sc_spawn_options options;
  options.spawn_method();
  options.set_sensitivity(&reset->value_changed_event());
  sc_core::sc_spawn([this] { on_reset(); }, sc_core::sc_gen_unique_name("on_reset"), &options);
}

void Accelerator::on_reset() {
  const bool active = reset->read();
  if (active) {
    registers_.reset();
    sequencer_.reset();
  }
  in_reset_ = active;
}

void Accelerator::drive_irq() {
  if (irq.size() == 0) return;
  irq->write((sequencer_.irq_status() & registers_.value_of(Register::irq_enable)) != 0);
}

void Accelerator::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  delay += parameters_.register_latency;
  registers_.transport(payload, delay, in_reset_);
}

unsigned int Accelerator::transport_dbg(tlm::tlm_generic_payload& payload) {
  return registers_.debug(payload);
}

}  // namespace arrayflex::platform
