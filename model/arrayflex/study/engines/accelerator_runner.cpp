// Runs through the TLM-2.0 accelerator: one per design, each with a memory of its own, programmed
// through its registers as firmware would.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <systemc>
#include <utility>

#include "arrayflex/core/checked.h"
#include "arrayflex/core/error.h"
#include "arrayflex/core/latency.h"
#include "arrayflex/platform/accelerator.h"
#include "arrayflex/platform/software/register_driver.h"
#include "arrayflex/study/engines/memory_setup.h"
#include "arrayflex/study/engines/memory_times.h"
#include "arrayflex/study/engines/operand_memory.h"
#include "arrayflex/study/engines/runner.h"
#include "arrayflex/study/engines/systemc_session.h"
#include "arrayflex/study/output_file.h"
#include "arrayflex/study/traces/memory_tracer.h"
#include "arrayflex/study/traces/pin_traces.h"
#include "arrayflex/study/traces/trace_settings.h"

namespace arrayflex::study {
namespace {

using platform::Register;

platform::AcceleratorParameters accelerator_parameters(const RunnerOptions& options,
                                                       const ArrayConfig& config, Design design) {
  platform::AcceleratorParameters p;
  p.array = config.parameters();
  p.design = design;
  p.engine = options.engine;
  p.record_activity = options.record.activity;
  p.kernel = options.record.kernel;
  p.limits.max_t = static_cast<std::uint32_t>(kMaxLayerDim);
  const MemoryTiming memory = memory_timing(*options.memory, config, options.wording);
  p.dma.burst_bytes = static_cast<std::uint32_t>(memory.bursts.burst_bytes);
  p.dma.boundary_bytes = static_cast<std::uint32_t>(memory.bursts.boundary_bytes);
  p.dma.alignment = memory.bursts.alignment;
  p.dma.max_outstanding = memory.max_outstanding;
  p.buffers.sizes = options.memory->buffers;
  p.buffers.port_bytes_per_cycle = options.memory->buffer_port_bytes.value_or(0);
  // Where transactions take no time, none can overlap with another.
  p.dma.protocol = memory.is_ideal ? platform::DmaProtocol::loosely_timed
                                   : platform::DmaProtocol::approximately_timed;
  return p;
}

platform::MemoryParameters memory_parameters(const RunnerOptions& options,
                                             const ArrayConfig& config) {
  const MemoryTiming memory = memory_timing(*options.memory, config, options.wording);
  platform::MemoryParameters p;
  p.latency = sc_core::sc_time(options.memory->model.latency_ns, sc_core::SC_NS);
  if (!memory.is_ideal) p.bytes_per_ns = memory.bytes_per_ns;
  return p;
}

const char* name_of(platform::ErrorCode code) {
  const auto& codes = platform::error_codes();
  const auto found =
      std::find_if(codes.begin(), codes.end(), [=](const auto& info) { return info.code == code; });
  return found == codes.end() ? "unknown" : found->name;
}

// Of all that a product moves. As numbers: the least absurd layer may exceed integers.
double bytes_of(const PlannedProduct& product) {
  const GemmShape& shape = product.shape();
  const auto t = static_cast<double>(shape.t), n = static_cast<double>(shape.n);
  const auto m = static_cast<double>(shape.m);
  const auto times = [](bool keeps, std::int64_t blocks) {
    return keeps ? 1.0 : static_cast<double>(blocks);
  };
  return (t * n * times(product.plan().keeps_a, product.col_blocks()) +
          n * m * times(product.plan().keeps_b, product.t_blocks())) *
             static_cast<double>(product.operand_bytes()) +
         t * m * static_cast<double>(product.sum_bytes()) + platform::kDescriptorBytes;
}

// Upper bound of the time a product takes, in seconds.
double time_bound_s(const PlannedProduct& product, int k, const platform::Accelerator& accelerator,
                    const platform::MemoryParameters& memory) {
  const ArrayConfig& config = accelerator.config();
  const std::int64_t blocks_of_sums = product.count() / product.row_blocks();
  const auto blocks = static_cast<double>(blocks_of_sums);
  const auto t = static_cast<double>(product.plan().block_rows);
  const double bytes = bytes_of(product);
  // A row of a tile is one burst, and another one per boundary that it meets; at powers of two it
  // can begin and end with one of each.
  const platform::DmaParameters& dma = accelerator.parameters().dma;
  const bool is_natural = dma.alignment == BurstAlignment::natural;
  const double per_row = is_natural ? 2 * std::log2(dma.burst_bytes) : 2;
  const double rows = static_cast<double>(product.count()) * (config.rows() + t) + blocks * t;
  const double bursts = per_row * rows + bytes / dma.burst_bytes;
  const double moved = dma.alignment == BurstAlignment::whole ? bursts * dma.burst_bytes : bytes;
  const double transfer_ns = memory.bytes_per_ns > 0 ? moved / memory.bytes_per_ns : 0;
  const double port = static_cast<double>(accelerator.parameters().buffers.port_bytes_per_cycle);
  const double port_cycles = port > 0 ? bytes / port + static_cast<double>(product.count()) * 3 : 0;
  const double compute_ps = (static_cast<double>(product.cycles(k).cycles) + port_cycles) *
                            config.period_ps(Design::arrayflex, k).value();
  return bursts * memory.latency.to_seconds() + transfer_ns * 1e-9 + compute_ps * 1e-12;
}

// One design's part of the simulation.
class AcceleratorBench {
 public:
  AcceleratorBench(const std::string& name, const platform::AcceleratorParameters& parameters,
                   const platform::MemoryParameters& memory, const RunnerOptions& options)
      : wording_(options.wording),
        accelerator_(name.c_str(), with_plan(parameters, plan_)),
        memory_((name + "_memory").c_str(), memory, parameters.array.data_width_bits / 8,
                parameters.array.acc_width_bits / 8,
                rounded_bytes(parameters.dma.burst_bytes, parameters.dma.alignment)),
        driver_((name + "_driver").c_str()),
        irq_((name + "_irq").c_str()) {
    if (options.traces.memory_directory.empty()) {
      accelerator_.memory_socket.bind(memory_.socket);
    } else {
      tracer_ = std::make_unique<MemoryTracer>(
          (name + "_memory_trace").c_str(), options.traces, name,
          reference_period_ps(accelerator_.config(), wording_), options.log);
      accelerator_.memory_socket.bind(tracer_->target_socket);
      tracer_->initiator_socket.bind(memory_.socket);
    }
    driver_.socket.bind(accelerator_.register_socket);
    accelerator_.irq.bind(irq_);
  }

  // The plan of each shape, by what plan_of() gives.
  using PlanOf = std::function<BlockPlan(const GemmShape&)>;

  BatchResult run(const LayerBatches& batches, int k, const PlanOf& plan_of,
                  const std::string& layer) {
    require_mode_with_clock(accelerator_.config(), k, wording_);
    write(Register::control, platform::kControlClearCounters);
    write(Register::irq_enable, platform::kIrqAll);
    if (tracer_) tracer_->begin_layer(layer);
    std::int64_t number = 0, load = 0;
    for (const ProductBatch& batch : batches) {
      plan_ = plan_of(batch.shape);
      const PlannedProduct product(accelerator_.config(), batch.shape, plan_,
                                   accelerator_.parameters().buffers.sizes.banks);
      for (std::int64_t i = 0; i < batch.count; ++i) run_product(batch, product, i, k, number++);
      const std::int64_t of_product = load_cycles_of(accelerator_.config(), k, product);
      load = checked_add(load, checked_mul(of_product, batch.count, "load cycles"), "load cycles");
    }
    if (tracer_) traced_.push_back(tracer_->end_layer());
    BatchResult result = collect();
    result.memory->load_cycles = load;
    return result;
  }

  /// The pin-level array; nullptr where there is none.
  const pin::ArraySystem* pin_system() const { return accelerator_.engine().pin_system(); }

  /// The memory traces so far.
  const std::vector<MemoryTraceTotals>& traced() const { return traced_; }

 private:
  void write(Register id, std::uint32_t value) {
    driver_.write32(id, value);
    require_accepted();
  }

  void require_accepted() const {
    if (driver_.last_response != tlm::TLM_OK_RESPONSE) {
      throw std::logic_error("the accelerator refused a register access");
    }
  }

  // number: among the layer's products, for messages.
  void run_product(const ProductBatch& batch, const PlannedProduct& product, std::int64_t instance,
                   int k, std::int64_t number) {
    const double end_s = sc_core::sc_time_stamp().to_seconds() +
                         time_bound_s(product, k, accelerator_, memory_.parameters());
    if (end_s > kMaxSimulatedSeconds) {
      throw InputError("simulated time", fmt::format("up to {:.0f} s", end_s),
                       fmt::format("with {} at most {} s can be simulated; take a faster "
                                   "memory or fewer layers",
                                   item_name(wording_, "memory"), kMaxSimulatedSeconds));
    }
    const std::uint64_t descriptor =
        memory_.place(batch.shape, k, batch.operands(instance), batch.result(instance));
    driver_.write64(Register::job_descriptor, descriptor);
    require_accepted();
    write(Register::doorbell, 1);
    while (!irq_.read()) sc_core::wait(irq_.posedge_event());
    const std::uint32_t status = driver_.read32(Register::irq_status);
    require_accepted();
    if ((status & platform::kIrqJobDone) == 0) fail(number);
    write(Register::irq_status, status);
    while (irq_.read()) sc_core::wait(irq_.negedge_event());
  }

  [[noreturn]] void fail(std::int64_t number) {
    memory_.rethrow_error();
    const auto code = static_cast<platform::ErrorCode>(driver_.read32(Register::error_code));
    throw JobFailed(fmt::format("the job of product {} failed with error {} ({}) at address {:#x}",
                                number, static_cast<unsigned>(code), name_of(code),
                                driver_.read64(Register::fault_address)));
  }

  BatchResult collect() const {
    const platform::AcceleratorCounters counters = accelerator_.counters();
    BatchResult result;
    result.gemm.cycles = counters.cycles;
    result.gemm.tiles = counters.tiles;
    result.gemm.activity = counters.activity;
    MemoryFigures& figures = result.memory.emplace();
    figures.stall_cycles = counters.stall_cycles;
    figures.dma = counters.traffic;
    return result;
  }

  // The accelerator takes the plan of the layer that runs.
  static platform::AcceleratorParameters with_plan(platform::AcceleratorParameters parameters,
                                                   const BlockPlan& plan) {
    parameters.buffers.plan = [&plan](const GemmShape&, int) { return plan; };
    return parameters;
  }

  Wording wording_;
  BlockPlan plan_;
  platform::Accelerator accelerator_;
  OperandMemory memory_;
  platform::TlmRegisterDriver driver_;
  sc_core::sc_signal<bool> irq_;
  std::unique_ptr<MemoryTracer> tracer_;
  std::vector<MemoryTraceTotals> traced_;
};

class AcceleratorRunner final : public Runner {
 public:
  AcceleratorRunner(const RunnerOptions& options, const ArrayConfig& config)
      : options_(options), config_(config), times_(*options.memory, config, options.wording) {
    for (const Design design : {Design::arrayflex, Design::conventional}) {
      platform::validate(accelerator_parameters(options_, config_, design));
    }
  }

  void session(const std::function<void()>& body) override {
    const auto make = [&](const char* name, Design design) {
      return std::make_unique<AcceleratorBench>(name,
                                                accelerator_parameters(options_, config_, design),
                                                memory_parameters(options_, config_), options_);
    };
    const auto elaborate = [&] {
      arrayflex_ = make("arrayflex", Design::arrayflex);
      conventional_ = make("conventional", Design::conventional);
      record_waveforms();
    };
    const auto run = [&] {
      body();
      if (waveforms_) waveforms_->finish();
    };
    run_simulation(elaborate, run, options_.log);
    write_trace_index();
  }

  void begin_layer(const std::string& name) override {
    layer_ = name;
    if (waveforms_) waveforms_->begin_layer();
  }

  std::optional<BlockPlan> plan(const GemmShape& shape, int k) override {
    return times_.reported_plan_of(shape, k);
  }

  BatchResult run(Design design, const LayerBatches& batches, int k, std::uint64_t) override {
    const auto plan_of = [&](const GemmShape& shape) { return times_.plan_of(shape); };
    BatchResult result = design == Design::arrayflex
                             ? arrayflex_->run(batches, k, plan_of, layer_)
                             : conventional_->run(batches, 1, plan_of, layer_);
    if (waveforms_) waveforms_->rethrow_error();
    return result;
  }

 private:
  void record_waveforms() {
    const pin::ArraySystem* arrayflex = arrayflex_->pin_system();
    const pin::ArraySystem* conventional = conventional_->pin_system();
    if (arrayflex == nullptr || conventional == nullptr) return;
    waveforms_ = PinTraces::create(options_.traces, *arrayflex, *conventional, options_.log);
  }

  void write_trace_index() const {
    if (options_.traces.memory_directory.empty()) return;
    std::vector<MemoryTraceTotals> files = arrayflex_->traced();
    const auto& more = conventional_->traced();
    files.insert(files.end(), more.begin(), more.end());
    write_memory_trace_index(options_.traces, files,
                             reference_period_ps(config_, options_.wording));
  }

  RunnerOptions options_;
  ArrayConfig config_;
  MemoryTimes times_;
  std::string layer_;
  std::unique_ptr<AcceleratorBench> arrayflex_;
  std::unique_ptr<AcceleratorBench> conventional_;
  std::unique_ptr<PinTraces> waveforms_;
};

}  // namespace

std::unique_ptr<Runner> make_accelerator_runner(const RunnerOptions& options,
                                                const ArrayConfig& config) {
  return std::make_unique<AcceleratorRunner>(options, config);
}

}  // namespace arrayflex::study
