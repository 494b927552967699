#include "run/commands/import_command.h"

#include <fmt/format.h>

#include <utility>

#include "arrayflex/core/checked.h"
#include "arrayflex/study/options/option.h"
#include "arrayflex/study/options/text_values.h"
#include "arrayflex/study/output_file.h"
#include "run/commands/commands.h"
#include "workloads/yaml/import.h"

namespace arrayflex::command {
namespace {

constexpr const char* kFooter =
    R"(Conv, Gemm, MatMul, Einsum, their quantised and fused forms and attention become layers; all other
nodes are listed as skipped, with their number. 'arrayflex run model.onnx' does both steps. A .yaml
file is a problem of Timeloop or a workload of ZigZag or Stream.

Examples:
  arrayflex import model.onnx -o net.csv
  arrayflex import model.onnx -o net.csv --dim batch=1 --dim 'tokens[1]=128'
  arrayflex run net.csv

Exit status: 0 success, 1 the table could not be written, 2 bad usage or bad input.)";

std::string total_macs(const workloads::Workload& workload) {
  std::int64_t total = 0;
  try {
    for (const Layer& layer : workload.layers) {
      const std::int64_t of_layer = checked_mul(macs(layer.gemm), layer.repeat, "macs");
      total = checked_add(total, of_layer, "macs");
    }
  } catch (const OverflowError&) {
    return "more than 2^63";
  }
  return fmt::format("{}", total);
}

struct Imported {
  workloads::Workload workload;
  std::string table;
};

Imported read(const ImportOptions& options) {
  if (workloads::is_yaml_path(options.model_path)) {
    workloads::Workload workload = workloads::load_network(options.model_path, options.onnx);
    const std::string table = workloads::layer_table_of(workload);
    return {std::move(workload), table};
  }
  workloads::OnnxNetwork network = import_onnx(options.model_path, options.onnx);
  return {std::move(network.workload), network.layer_table};
}

}  // namespace

CLI::App* add_import_command(CLI::App& app, ImportOptions& options) {
  CLI::App* command = app.add_subcommand(
      "import", "Turn an ONNX model or YAML file into a layer table for 'arrayflex run'");
  command->add_option("model", options.model_path, "ONNX model, or problem.yaml")
      ->required()
      ->type_name("MODEL.onnx");
  command
      ->add_option_function<std::string>(
          "-o,--output",
          [&options](const std::string& text) {
            options.output_path = study::parse_path("-o", text);
          },
          "layer table to write (CSV)")
      ->required()
      ->type_name("FILE");
  const study::Option& dim = study::option_of("dim");
  command
      ->add_option_function<std::vector<std::string>>(
          dim.names,
          [&options](const std::vector<std::string>& texts) {
            options.onnx.dims = study::parse_dimensions("--dim", texts);
          },
          study::help_text(dim))
      ->type_name(dim.placeholder)
      ->allow_extra_args(false);
  command->footer(kFooter);
  return command;
}

void import_model(const ImportOptions& options) {
  study::require_writable("-o", options.output_path);
  study::require_distinct({options.output_path}, {options.model_path});
  const auto [workload, table] = read(options);
  study::write_file(options.output_path, table);
  std::string text = fmt::format("wrote {}: {} layers, {} multiply-accumulates\n",
                                 options.output_path, workload.layers.size(), total_macs(workload));
  for (const std::string& note : workload.notes) text += note + '\n';
  print(text);
}

}  // namespace arrayflex::command
