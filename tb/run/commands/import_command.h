// `arrayflex import`: networks from ONNX models.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "workloads/onnx/import.h"

namespace arrayflex::command {

/// Options of `arrayflex import`.
struct ImportOptions {
  std::string model_path, output_path;
  workloads::OnnxOptions onnx;
};

/// Adds the subcommand.
CLI::App* add_import_command(CLI::App& app, ImportOptions& options);

/// Writes the layer table and prints what was skipped. Throws InputError, OutputError.
void import_model(const ImportOptions& options);

}  // namespace arrayflex::command
