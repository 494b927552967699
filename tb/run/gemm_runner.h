// The engines as the command sees them: one interface, one implementation each.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "arrayflex/core/config.h"
#include "arrayflex/core/fast_engine.h"
#include "arrayflex/core/tile_sampling.h"

namespace arrayflex::command {

/// What is asked of an engine.
struct RunnerOptions {
  std::string engine;
  RecordOptions record;  ///< pe_map asks for ArrayFlex's map only
  int threads = 1;
  std::optional<std::int64_t> sample_tiles;  ///< tiles per layer; empty: all of them, exact
  std::uint64_t seed = 1;                    ///< of the sample
};

/// What a batch gave.
struct BatchResult {
  GemmResult gemm;
  std::optional<ToggleSampling> sampling;  ///< present where a sample was asked for
};

/// Runs matrix products on both designs.
class GemmRunner {
 public:
  virtual ~GemmRunner() = default;

  /// "analytic", "fast" or "pin".
  virtual const char* engine() const = 0;

  /// Whether run() reads operands and writes results; without, products of one shape are all alike.
  virtual bool is_exact() const = 0;

  /// Whether run() counts or estimates activity.
  virtual bool has_activity() const = 0;

  /// Instruction set of the inner loops, where that is a choice; empty otherwise.
  virtual std::string kernel() const { return {}; }

  /// Calls body once, in a context where run() works (a process of the simulation, for one that
  /// needs it). Throws what body throws.
  virtual void session(const std::function<void()>& body) { body(); }

  /// Runs the products of a batch, each from the reset state, and adds them up. k is ignored for
  /// the conventional array. `stream` tells the samples of different batches apart.
  virtual BatchResult run(Design design, const ProductBatch& batch, int k,
                          std::uint64_t stream) = 0;
};

/// The engine of that name. Throws InputError for an unknown name, and for "pin" in a build without
/// SystemC.
std::unique_ptr<GemmRunner> make_gemm_runner(const RunnerOptions& options,
                                             const ArrayConfig& config);

/// Defined in pin_runner.cpp, which only a build with SystemC has.
std::unique_ptr<GemmRunner> make_pin_runner(const RunnerOptions& options,
                                            const ArrayConfig& config);

}  // namespace arrayflex::command
