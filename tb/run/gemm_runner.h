// The engines as the command sees them: one interface, one implementation each.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "arrayflex/core/config.h"
#include "arrayflex/core/fast_engine.h"
#include "arrayflex/core/gemm.h"
#include "arrayflex/core/operands.h"

namespace arrayflex::command {

/// Runs matrix products on both designs.
class GemmRunner {
 public:
  virtual ~GemmRunner() = default;

  /// "analytic", "fast" or "pin".
  virtual const char* engine() const = 0;

  /// Whether run() reads operands, writes results and counts activity; without, products of one
  /// shape are all alike.
  virtual bool is_exact() const = 0;

  /// Calls body once, in a context where run() works (a process of the simulation, for one that
  /// needs it). Throws what body throws.
  virtual void session(const std::function<void()>& body) { body(); }

  /// Runs one product from the reset state. k is ignored for the conventional array.
  virtual GemmResult run(Design design, const GemmShape& shape, int k,
                         const OperandSource& operands, ResultSink& result) = 0;
};

/// The engine of that name. Throws InputError for an unknown name, and for "pin" in a build without
/// SystemC. `pe_map` asks for ArrayFlex's toggles per PE.
std::unique_ptr<GemmRunner> make_gemm_runner(const std::string& engine, const ArrayConfig& config,
                                             bool pe_map);

/// Defined in pin_runner.cpp, which only a build with SystemC has.
std::unique_ptr<GemmRunner> make_pin_runner(const ArrayConfig& config, bool pe_map);

}  // namespace arrayflex::command
