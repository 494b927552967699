#include "arrayflex/platform/accelerator.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "arrayflex/core/error.h"
#include "arrayflex/platform/arrays/fast_tile_engine.h"
#include "arrayflex/platform/arrays/pin_tile_engine.h"

namespace arrayflex::platform {

namespace {

/// Validates before anything is built from the parameters.
AcceleratorParameters validated(const AcceleratorParameters& parameters) {
  validate(parameters);
  return parameters;
}

/// What software sees. The conventional array looks like one of a single mode with its clock, so
/// that everything that deals with modes serves both designs.
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

std::uint64_t femtoseconds(const sc_core::sc_time& time) {
  const auto per_step = static_cast<std::uint64_t>(CycleGrid::femtoseconds_per_step());
  std::uint64_t result = 0;
  if (__builtin_mul_overflow(time.value(), per_step, &result)) {
    return std::numeric_limits<std::uint64_t>::max();
  }
  return result;
}

/// Bit k-1 for every mode k up to 64 that has a clock.
std::uint64_t mode_bitmap(const ArrayConfig& config) {
  std::uint64_t bitmap = 0;
  for (const int k : config.modes()) {
    if (k <= 64 && config.period_ps(Design::arrayflex, k)) bitmap |= std::uint64_t{1} << (k - 1);
  }
  return bitmap;
}

}  // namespace

const char* name_of(EngineKind engine) { return engine == EngineKind::fast ? "fast" : "pin"; }

void validate(const AcceleratorParameters& parameters) {
  const ArrayConfig config = visible_config(parameters);
  validate(parameters.dma);
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
      runner_(*engine_, dma_),
      sequencer_(config_, parameters_.limits, runner_, dma_),
      registers_(*this) {
  register_socket.register_b_transport(this, &Accelerator::b_transport);
  register_socket.register_transport_dbg(this, &Accelerator::transport_dbg);
  SC_HAS_PROCESS(Accelerator);
  SC_THREAD(run_jobs);
  SC_THREAD(run_array);
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
    reset_registers();
    sequencer_.reset();
  }
  in_reset_ = active;
}

void Accelerator::drive_irq() {
  if (irq.size() != 0) irq->write((sequencer_.irq_status() & irq_enable_) != 0);
}

void Accelerator::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  delay += parameters_.register_latency;
  registers_.transport(payload, delay, in_reset_);
}

unsigned int Accelerator::transport_dbg(tlm::tlm_generic_payload& payload) {
  return registers_.debug(payload);
}

void Accelerator::reset_registers() {
  irq_enable_ = 0;
  mode_select_ = 0;
  job_descriptor_ = 0;
  registers_.reset();
}

std::uint64_t Accelerator::read_constant(Register id) const {
  switch (id) {
    case Register::id:
      return kIdValue;
    case Register::version:
      return kVersionValue;
    case Register::array_rows:
      return static_cast<std::uint64_t>(config_.rows());
    case Register::array_cols:
      return static_cast<std::uint64_t>(config_.cols());
    case Register::capabilities:
      return static_cast<std::uint64_t>(config_.data_width_bits()) |
             static_cast<std::uint64_t>(config_.acc_width_bits()) << 8 |
             std::min<std::uint64_t>(config_.modes().size(), 255) << 16 |
             std::uint64_t{parameters_.limits.queue_depth} << 24;
    case Register::chain_limit:
      return parameters_.limits.chain_limit;
    case Register::mode_bitmap:
      return mode_bitmap(config_);
    case Register::max_t:
      return parameters_.limits.max_t;
    default:
      return 0;
  }
}

std::uint64_t Accelerator::read_state(Register id) const {
  switch (id) {
    case Register::mode_select:
      return mode_select_;
    case Register::mode_value:
      return mode_select_ < config_.modes().size()
                 ? static_cast<std::uint64_t>(config_.modes()[mode_select_])
                 : 0;
    case Register::status:
      return sequencer_.status();
    case Register::irq_enable:
      return irq_enable_;
    case Register::irq_status:
      return sequencer_.irq_status();
    case Register::error_code:
      return static_cast<std::uint64_t>(sequencer_.error().code);
    case Register::error_count:
      return sequencer_.error_count();
    case Register::fault_address:
      return sequencer_.error().fault_address;
    case Register::fault_descriptor:
      return sequencer_.fault_descriptor();
    case Register::job_descriptor:
      return job_descriptor_;
    case Register::current_descriptor:
      return sequencer_.current_descriptor();
    default:
      return 0;
  }
}

std::uint64_t Accelerator::read_counter(Register id, int index) const {
  const AcceleratorCounters counters = sequencer_.counters();
  switch (id) {
    case Register::cycles:
      return static_cast<std::uint64_t>(counters.cycles);
    case Register::stall_cycles:
      return static_cast<std::uint64_t>(counters.stall_cycles);
    case Register::time_fs:
      return femtoseconds(counters.time);
    case Register::tiles:
      return static_cast<std::uint64_t>(counters.tiles);
    case Register::jobs_done:
      return static_cast<std::uint64_t>(counters.jobs_done);
    case Register::dma_bytes_read:
      return counters.traffic.read();
    case Register::dma_bytes_written:
      return counters.traffic.x_written;
    case Register::dma_bytes_a:
      return counters.traffic.a;
    case Register::dma_bytes_b:
      return counters.traffic.b;
    case Register::dma_bytes_x_read:
      return counters.traffic.x_read;
    case Register::dma_bytes_descriptor:
      return counters.traffic.descriptor;
    case Register::toggles:
      return static_cast<std::uint64_t>(counters.activity.toggles[static_cast<std::size_t>(index)]);
    default:
      return 0;
  }
}

std::uint64_t Accelerator::read_register(Register id, int index) const {
  if (id >= Register::cycles) return read_counter(id, index);
  return id < Register::mode_select || id == Register::max_t ? read_constant(id) : read_state(id);
}

void Accelerator::write_control(std::uint64_t value) {
  if ((value & kControlSoftReset) != 0) {
    reset_registers();
    sequencer_.reset();
  } else if ((value & kControlClearCounters) != 0) {
    sequencer_.clear_counters();
  }
}

void Accelerator::write_register(Register id, std::uint64_t value, const sc_core::sc_time& delay) {
  switch (id) {
    case Register::control:
      return write_control(value);
    case Register::irq_status:
      return sequencer_.clear_irq(static_cast<std::uint32_t>(value));
    case Register::doorbell:
      return sequencer_.ring(job_descriptor_, sc_core::sc_time_stamp() + delay);
    default:
      poke_register(id, value);
      if (id == Register::irq_enable) sequencer_.notify_irq();
  }
}

void Accelerator::poke_register(Register id, std::uint64_t value) {
  if (id == Register::irq_enable) irq_enable_ = static_cast<std::uint32_t>(value) & kIrqAll;
  if (id == Register::mode_select) mode_select_ = static_cast<std::uint32_t>(value);
  if (id == Register::job_descriptor) job_descriptor_ = value;
}

}  // namespace arrayflex::platform
