// The subcommands.
#pragma once

#include <string>

#include "run/options/options.h"

namespace arrayflex::command {

/// Writes to the standard output; throws OutputError when it does not take the text.
void print(const std::string& text);

/// Each runs one subcommand to its end. Throw InputError, OverflowError for bad input, OutputError
/// when a result could not be written.
void run_workload(const Options& options);
void run_gemm(const Options& options);
void make_html_report(const Options& options);
void list_workloads();

}  // namespace arrayflex::command
