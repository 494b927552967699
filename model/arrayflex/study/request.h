// The request for a study: the one place where the command, the Python package and C++ users say
// what it is to do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "arrayflex/core/engine.h"
#include "arrayflex/core/gemm.h"
#include "arrayflex/energy/technology.h"
#include "arrayflex/report/objective.h"
#include "arrayflex/study/array_request.h"
#include "arrayflex/study/memory_model.h"
#include "arrayflex/study/traces/trace_settings.h"
#include "arrayflex/study/wording.h"
#include "workloads/onnx/import.h"
#include "workloads/synthetic_operands.h"

namespace arrayflex::study {

/// A plain value. A member that is empty was not given: a default stands for it, and an engine that
/// has no use for something given says so.
struct StudyRequest {
  /// The network: a shipped name, or the path of a layer table or of an ONNX model.
  std::string workload;
  workloads::OnnxOptions onnx;  ///< dynamic dimensions of a model
  /// Layers in place of those of `workload`, which then is only their name. Names are unique.
  std::vector<Layer> network;
  std::vector<std::string> layers;  ///< patterns, as select_layers()

  ArrayRequest array;
  std::optional<Technology> technology;   ///< default kDefaultTechnology
  std::optional<int> k;                   ///< of all layers; empty: per layer the fastest mode
  Objective objective = Objective::time;  ///< of the choice of k; idle where k is given
  bool group_packing = true;              ///< whether products of a layer share tiles

  Engine engine = Engine::fast;
  std::optional<int> threads;         ///< 1..kMaxThreads; default one per processor
  std::optional<std::string> kernel;  ///< one of available_kernels(), or "auto"
  std::optional<bool> activity;       ///< default true
  /// Estimate activity from about so many random tiles per layer, kMinSampleTiles..kMaxSampleTiles;
  /// empty: all tiles, exact.
  std::optional<std::int64_t> sample_tiles;
  std::uint64_t seed = 1;               ///< of operands and sample
  workloads::SyntheticRecipe operands;  ///< of a network

  std::optional<MemoryModel> memory;  ///< empty: the arrays alone, no accelerator
  std::optional<std::uint32_t> dma_burst_bytes, dma_outstanding;  ///< as MemoryOptions
  std::optional<platform::BurstAlignment> dma_alignment;
  /// On-chip buffers, as MemoryOptions; without a size unlimited.
  std::optional<std::int64_t> operand_buffer_bytes, weight_buffer_bytes, accumulator_bytes;
  std::optional<int> buffer_banks;
  std::optional<std::int64_t> buffer_port_bytes;
  std::optional<Mapping> mapping;

  bool pe_map = false;             ///< toggles per PE, for the hooks
  TraceSettings traces;            ///< files that the study writes itself
  std::vector<std::string> notes;  ///< for the report, behind those of the workload

  Wording wording = Wording::fields;  ///< of errors and warnings
};

}  // namespace arrayflex::study
