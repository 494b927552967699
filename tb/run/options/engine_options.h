// The options that choose an engine and how it works.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "arrayflex/study/request.h"

namespace arrayflex::command {

/// Adds --engine, --threads, --kernel, --activity, --sample-tiles, --memory, --dma-burst and
/// --dma-outstanding. Whether they go together is the study library's business.
void add_engine_options(CLI::App& app, study::StudyRequest& request);

/// One line: the instruction sets of the fast engine (and of cycle) that this processor can run,
/// the default first.
std::string describe_kernels();

}  // namespace arrayflex::command
