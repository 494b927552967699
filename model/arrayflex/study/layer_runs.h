// Runs a list of layers on both designs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "arrayflex/report/report.h"
#include "arrayflex/study/engines/runner.h"
#include "arrayflex/study/hooks.h"

namespace arrayflex::study {

/// The layers of a run and how they are to run.
struct LayerRuns {
  std::vector<Layer> layers;
  std::optional<int> k;                   ///< empty: per layer the best mode by the objective
  Objective objective = Objective::time;  ///< another one needs activity and a technology
  std::optional<Technology> technology;   ///< with numbers for the array; not for time
  bool group_packing = true;              ///< whether groups share tiles (core/group_packing.h)
  bool has_activity = true;               ///< whether the runner counts or estimates activity
  bool pe_map = false;                    ///< whether the hooks get maps
  /// The operands of instance 0..repeat-1 of a layer; called concurrently.
  std::function<std::shared_ptr<const OperandSource>(const Layer&, std::int64_t instance)> operands;
  /// Takes ArrayFlex's results, those of all instances and layers, of groups that share a tile side
  /// by side; may be null. Called concurrently.
  ResultSink* result = nullptr;
};

struct LayerRunsResult {
  std::vector<LayerReport> layers;
  PeToggleMap pe_toggles;  ///< ArrayFlex, all layers; empty unless the runner records it
};

/// Work of the layers in the unit that run_layers() reports as progress.
double total_work(const ArrayConfig& config, const LayerRuns& runs, const RunnerOptions& options);

/// Runs the layers in order, each instance with its own operands where the engine reads them.
/// Throws InputError, OverflowError and JobFailed (naming the layer), Cancelled and what the engine
/// throws.
LayerRunsResult run_layers(const ArrayConfig& config, const LayerRuns& runs, Runner& runner,
                           const StudyHooks& hooks);

}  // namespace arrayflex::study
