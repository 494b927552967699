// Runs a list of layers on both designs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "arrayflex/report/report.h"
#include "arrayflex/study/gemm_runner.h"
#include "arrayflex/study/progress.h"

namespace arrayflex::study {

struct Job {
  std::vector<Layer> layers;
  std::optional<int> k;  ///< empty: per layer the fastest mode
  /// The operands of instance 0..repeat-1 of a layer; called concurrently.
  std::function<std::shared_ptr<const OperandSource>(const Layer&, std::int64_t instance)> operands;
  /// Takes ArrayFlex's results, those of all instances and layers; may be null. Called
  /// concurrently.
  ResultSink* result = nullptr;
  /// Takes ArrayFlex's toggle map of each layer, by index, as it is done; may be empty.
  std::function<void(std::size_t layer, const PeToggleMap&)> layer_map;
};

struct JobResult {
  std::vector<LayerReport> layers;
  PeToggleMap pe_toggles;  ///< ArrayFlex, all layers; empty unless the runner records it
};

/// Work of a job in the units that run_job() reports as progress. sample_tiles as in RunnerOptions,
/// every_tile as GemmRunner::delivers_every_tile().
double progress_total(const ArrayConfig& config, const std::vector<Layer>& layers,
                      std::optional<std::int64_t> sample_tiles, bool every_tile);

/// Runs the layers in order, each instance with its own operands where the engine is exact. Throws
/// InputError, OverflowError and JobFailed (naming the layer) and what the engine throws.
JobResult run_job(const ArrayConfig& config, const Job& job, GemmRunner& runner,
                  Progress& progress);

}  // namespace arrayflex::study
