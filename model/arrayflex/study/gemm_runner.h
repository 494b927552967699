// The engines as the command sees them: one interface, one implementation each.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "arrayflex/core/config.h"
#include "arrayflex/engine/fast_engine.h"
#include "arrayflex/engine/tile_sampling.h"
#include "arrayflex/report/report.h"
#include "arrayflex/study/memory_model.h"
#include "arrayflex/study/traces/trace_settings.h"

namespace arrayflex::study {

/// What is asked of an engine.
struct RunnerOptions {
  std::string engine;
  RecordOptions record;  ///< pe_map asks for ArrayFlex's map only
  int threads = 1;
  std::optional<std::int64_t> sample_tiles;  ///< about so many per layer; empty: all, exact
  std::uint64_t seed = 1;                    ///< of the sample
  std::optional<MemoryOptions> memory;       ///< empty: the arrays alone, no accelerator
  TraceSettings traces;                      ///< resolve_traces() has seen them

  /// Instruction set of the inner loops of the engines that have a choice.
  std::string kernel_in_use() const {
    return record.kernel.empty() ? available_kernels().front() : record.kernel;
  }
};

/// A product could not be run to its end, for a reason of the accelerator's.
class JobFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What a batch gave.
struct BatchResult {
  GemmResult gemm;
  std::optional<ToggleSampling> sampling;              ///< present where a sample was asked for
  std::optional<MemoryFigures> memory = std::nullopt;  ///< present where a memory was asked for
};

/// Runs matrix products on both designs.
class GemmRunner {
 public:
  virtual ~GemmRunner() = default;

  /// "analytic", "fast", "pin" or "cycle".
  virtual const char* engine() const = 0;

  /// Whether run() reads operands and writes results; without, products of one shape are all alike.
  virtual bool is_exact() const = 0;

  /// Whether run() counts or estimates activity.
  virtual bool has_activity() const = 0;

  /// Whether sinks get the partial sums of every tile, rather than finished column blocks of X.
  virtual bool delivers_every_tile() const { return true; }

  /// Instruction set of the inner loops that runs, where that is a choice; empty otherwise.
  virtual std::string kernel() const { return {}; }

  /// Calls body once, in a context where run() works (a process of the simulation, for one that
  /// needs it). Throws what body throws.
  virtual void session(const std::function<void()>& body) { body(); }

  /// The batches that follow, one per design, are of this layer.
  virtual void begin_layer(const std::string& /*name*/) {}

  /// Runs the products of a batch, each from the reset state, and adds them up. k is ignored for
  /// the conventional array. `stream` tells the samples of different batches apart.
  virtual BatchResult run(Design design, const ProductBatch& batch, int k,
                          std::uint64_t stream) = 0;
};

/// The engine of that name. Throws InputError for an unknown name, and for "pin" or a memory in a
/// build without SystemC.
std::unique_ptr<GemmRunner> make_gemm_runner(const RunnerOptions& options,
                                             const ArrayConfig& config);

/// Defined in pin_runner.cpp, which only a build with SystemC has.
std::unique_ptr<GemmRunner> make_pin_runner(const RunnerOptions& options,
                                            const ArrayConfig& config);

/// The fast or the pin engine inside the accelerator, with a memory. Throws InputError for
/// parameters that the accelerator refuses. Defined in accelerator_runner.cpp, which only a build
/// with SystemC has.
std::unique_ptr<GemmRunner> make_accelerator_runner(const RunnerOptions& options,
                                                    const ArrayConfig& config);

}  // namespace arrayflex::study
