// The options that choose an engine and how it works.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "arrayflex/study/gemm_runner.h"

namespace arrayflex::command {

/// Options as given; what was not given is empty.
struct EngineOptions {
  std::string engine = "fast";
  std::optional<int> threads;
  std::optional<std::string> kernel;
  std::optional<bool> activity;
  std::optional<std::int64_t> sample_tiles;
  std::optional<study::MemoryModel> memory;
  std::optional<std::uint32_t> dma_burst_bytes, dma_outstanding;
};

/// Adds --engine, --threads, --kernel, --activity, --sample-tiles, --memory, --dma-burst and
/// --dma-outstanding.
void add_engine_options(CLI::App& app, EngineOptions& options);

/// What they ask of an engine; `pe_map` is whether --pe-map or --pe-maps was given, `result`
/// whether
/// --result was. Warns about options that the engine ignores. Throws InputError for an unknown
/// kernel and for options that exclude each other. Unknown engines are make_gemm_runner()'s
/// business.
study::RunnerOptions resolve_engine(const EngineOptions& options, bool pe_map, bool result);

/// One line: the instruction sets of the fast engine (and of cycle) that this processor can run,
/// the default first.
std::string describe_kernels();

}  // namespace arrayflex::command
