// The engines as a study sees them: one interface, one implementation each.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrayflex/core/config.h"
#include "arrayflex/core/engine.h"
#include "arrayflex/engine/fast_engine.h"
#include "arrayflex/engine/tile_sampling.h"
#include "arrayflex/report/report.h"
#include "arrayflex/study/errors.h"
#include "arrayflex/study/hooks.h"
#include "arrayflex/study/memory_model.h"
#include "arrayflex/study/traces/trace_settings.h"
#include "arrayflex/study/wording.h"

namespace arrayflex::study {

/// The settings of an engine, checked and complete.
struct RunnerOptions {
  Engine engine = Engine::fast;
  RecordOptions record;  ///< pe_map asks for ArrayFlex's map only
  int threads = 1;
  std::optional<std::int64_t> sample_tiles;  ///< about so many per layer; empty: all, exact
  std::uint64_t seed = 1;                    ///< of the sample
  std::optional<MemoryOptions> memory;       ///< empty: the arrays alone, no accelerator
  TraceSettings traces;                      ///< resolve_traces() has seen them
  Wording wording = Wording::fields;
  Log log;

  /// Instruction set of the inner loops that run, where that is a choice; empty otherwise.
  std::string kernel_in_use() const;
  /// Whether operands are read.
  bool has_values() const { return capabilities_of(engine).values; }
  /// Whether activity is counted or estimated.
  bool has_activity() const { return record.activity && capabilities_of(engine).activity; }
  /// Whether sinks get the partial sums of every tile, rather than finished column blocks of X.
  bool delivers_every_tile() const { return !memory; }
};

/// The products of a layer, those of each shape in a batch of their own.
using LayerBatches = std::vector<ProductBatch>;

/// The figures of a layer's batches.
struct BatchResult {
  GemmResult gemm;
  std::optional<ToggleSampling> sampling;              ///< present where a sample was asked for
  std::optional<MemoryFigures> memory = std::nullopt;  ///< present where a memory was asked for
};

/// Runs matrix products on both designs.
class Runner {
 public:
  virtual ~Runner() = default;

  /// Calls body once, in a context where run() works (a process of the simulation, for one that
  /// needs it). Throws what body throws.
  virtual void session(const std::function<void()>& body) { body(); }

  /// The products that follow, for both designs, are of this layer.
  virtual void begin_layer(const std::string& /*name*/) {}

  /// How products of this shape go through the buffers, k being ArrayFlex's; empty where these are
  /// the default ones. Those that follow go by the plans of their shapes and this k. Throws
  /// InputError where a buffer is too small.
  virtual std::optional<BlockPlan> plan(const GemmShape& /*shape*/, int /*k*/) { return {}; }

  /// Runs all products of a layer, each from the reset state, and adds them up. k is ignored for
  /// the conventional array. `stream` tells the samples of different layers apart.
  virtual BatchResult run(Design design, const LayerBatches& batches, int k,
                          std::uint64_t stream) = 0;
};

/// The engine that the options ask for, behind a memory where they ask for one. Throws InputError
/// for what needs SystemC in a build without it, and for parameters that the engine refuses.
std::unique_ptr<Runner> make_runner(const RunnerOptions& options, const ArrayConfig& config);

// One for each file of this folder; the last two only in a build with SystemC.
std::unique_ptr<Runner> make_analytic_runner(const RunnerOptions& options,
                                             const ArrayConfig& config);
std::unique_ptr<Runner> make_fast_runner(const RunnerOptions& options, const ArrayConfig& config);
/// The engines pin and cycle.
std::unique_ptr<Runner> make_pin_runner(const RunnerOptions& options, const ArrayConfig& config);
/// An engine inside the accelerator, with a memory.
std::unique_ptr<Runner> make_accelerator_runner(const RunnerOptions& options,
                                                const ArrayConfig& config);

}  // namespace arrayflex::study
