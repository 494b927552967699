// The options for waveforms, activity files and memory traces.
#pragma once

#include <CLI/CLI.hpp>

#include "arrayflex/study/traces/trace_settings.h"

namespace arrayflex::command {

/// Adds --trace, --trace-scope, --trace-window, --saif, --saif-detail, --saif-design,
/// --memory-trace, --memory-trace-format and --memory-trace-bytes.
void add_trace_options(CLI::App& app, study::TraceSettings& settings);

}  // namespace arrayflex::command
