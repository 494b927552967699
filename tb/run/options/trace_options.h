// The options for waveforms, activity files and memory traces.
#pragma once

#include <CLI/CLI.hpp>

#include "arrayflex/study/traces/trace_settings.h"
#include "run/options/engine_options.h"

namespace arrayflex::command {

/// Adds --trace, --trace-scope, --trace-window, --saif, --saif-detail, --saif-design,
/// --memory-trace, --memory-trace-format and --memory-trace-bytes.
void add_trace_options(CLI::App& app, study::TraceSettings& settings);

/// Throws InputError for options that the engine cannot serve and for options without the one they
/// belong to. With `settings.saif_path`, fills in the rest of what is said of it.
void resolve_traces(study::TraceSettings& settings, const EngineOptions& engine);

/// Whether a SAIF file is to be made of counts per PE.
bool needs_pe_map(const study::TraceSettings& settings);

}  // namespace arrayflex::command
