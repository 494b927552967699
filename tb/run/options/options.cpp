#include "run/options/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <limits>

#include "arrayflex/core/error.h"
#include "arrayflex/study/checks.h"
#include "arrayflex/study/study.h"
#include "run/options/engine_options.h"
#include "run/options/option_parsers.h"
#include "run/options/scale_sim_options.h"
#include "run/options/trace_options.h"

namespace arrayflex::command {
namespace {

constexpr const char* kArrayGroup = "Array";
constexpr const char* kEngineGroup = "Engine";
constexpr const char* kOperandGroup = "Synthetic operands";
constexpr const char* kOutputGroup = "Output";

constexpr const char* kRunFooter = R"(Examples:
  arrayflex run resnet34
  arrayflex run resnet34 --engine analytic --rows 256 --cols 256
  arrayflex run resnet50 --sample-tiles 50
  arrayflex run resnet34 --memory 64:100
  arrayflex run mobilenet_v1 --layers '!*dw*' --out results
  arrayflex run resnet34 --layers 'conv1,layer4.*' --rows 132 --cols 132 --k 3
  arrayflex run my_topology.csv --config array.json --json report.json
  arrayflex run model.onnx --dim batch=1
  arrayflex run -c scale.cfg -t topology.csv --report scalesim --out results
  arrayflex run resnet34 --data-width 8 --tech asap7

The configuration file is JSON; options on the command line override it:
  {"rows": 64, "cols": 64, "data_width_bits": 16, "acc_width_bits": 64, "modes": [1, 2],
   "clock_frequency_ghz": {"conventional": 2.0, "1": 1.8, "2": 1.7}}

Exit status: 0 success, 1 the run failed, 2 bad usage or bad input.)";

constexpr const char* kGemmFooter =
    R"(A.npy is T x N (streamed through the array), B.npy is N x M (the stationary weights); both are
two-dimensional, int8, int16 or int32 (little-endian), in C or Fortran order. The result T x M is
int32 for 32-bit sums and int64 for 64-bit sums; sums wrap around as in the hardware.

Examples:
  arrayflex gemm a.npy b.npy --result x.npy
  arrayflex gemm a.npy b.npy --data-width 8 --rows 32 --cols 32 --k 2 --json report.json

Exit status: 0 success, 1 the run failed, 2 bad usage or bad input.)";

constexpr const char* kReportFooter =
    R"(Writes DIR/report.html: time, energy and activity per layer as pictures and a table, viewable
offline. What the run did not record is left out, and the page says so.

Example:
  arrayflex run resnet34 --out results --pe-maps
  arrayflex report results
  for n in 64 256; do arrayflex run resnet34 --rows $n --cols $n --out results$n; done
  arrayflex report results --compare results64 results256

Exit status: 0 success, 1 the page could not be written, 2 bad usage or broken files.)";

constexpr const char* kMainFooter = R"(Examples:
  arrayflex run resnet34                 exact activity of every layer, both designs
  arrayflex run resnet34 --engine analytic
  arrayflex gemm a.npy b.npy --result x.npy
  arrayflex import model.onnx -o net.csv  layers of an ONNX model
  arrayflex workloads

'arrayflex COMMAND --help' explains a command. Exit status: 0 success, 1 the run failed, 2 bad usage
or bad input.)";

void add_array_options(CLI::App& app, Options& o) {
  study::ArrayRequest& array = o.request.array;
  const auto dimension = [](const std::string& item, const std::string& text) {
    return parse_integer<int>(item, text, 1, kMaxArrayDim);
  };
  const auto bits = [](const std::string& item, const std::string& text) {
    return parse_integer<int>(item, text, 1, 64);
  };
  add_parsed(app, "--rows", array.rows, dimension,
             fmt::format("rows of PEs, 1..{} [default: 128]", kMaxArrayDim), kArrayGroup, "N");
  add_parsed(app, "--cols", array.cols, dimension,
             fmt::format("columns of PEs, 1..{} [default: 128]", kMaxArrayDim), kArrayGroup, "N");
  add_parsed(app, "--data-width", array.data_width_bits, bits,
             fmt::format("operand width in bits: {} [default: {}]", operand_widths_text(),
                         kDefaultWidths.data_bits),
             kArrayGroup, "BITS");
  add_parsed(app, "--acc-width", array.acc_width_bits, bits,
             "width of sums in bits: 32 for 8-bit operands, else 64\n[default: the one that fits]",
             kArrayGroup, "BITS");
  add_parsed(
      app, "--modes", array.modes, parse_modes,
      "collapse factors the array offers, comma-separated\n[default: 1,2,4, as far as they fit "
      "the array]",
      kArrayGroup, "K,K,...");
  app.add_option(
         "--k", o.k,
         "collapse factor of all layers, or auto: per layer the fastest\nof the modes whose "
         "clock is known [default: auto]")
      ->group(kArrayGroup)
      ->type_name("auto|N");
  app.add_option_function<std::string>(
         "-c,--config",
         [&o](const std::string& text) { o.config_path = parse_path("--config", text); },
         "JSON file with the array's parameters and clocks, see below, or a\nconfiguration of "
         "SCALE-Sim (.cfg)")
      ->group(kArrayGroup)
      ->type_name("FILE");
  add_technology_option(app, o.request.technology, o.technology_path, kArrayGroup);
}

void add_output_options(CLI::App& app, OutputOptions& o) {
  const auto add = [&](const char* name, std::string& target, const char* help, const char* type) {
    add_parsed(app, name, target, parse_path, help, kOutputGroup, type);
  };
  add("--out", o.directory, "write report.json and layers.csv to this folder", "DIR");
  add("--json", o.json_path, "write the report as JSON", "FILE");
  add("--csv", o.csv_path, "write the layers as CSV", "FILE");
  add("--pe-map", o.pe_map_path,
      "write ArrayFlex's toggles per PE, all layers together\n(.npy, rows x cols, int64)", "FILE");
  app.add_flag("--pe-maps", o.pe_maps,
               "with --out: also pe_map.npy as above, and one for each layer:\n"
               "pe_maps/layer_001.npy and so on, for 'arrayflex report'")
      ->group(kOutputGroup);
  app.add_flag("-q,--quiet", o.quiet, "no table, no progress bar, no warnings")
      ->group(kOutputGroup);
  app.add_flag("-v,--verbose", o.verbosity, "log more to stderr (twice: still more)")
      ->group(kOutputGroup);
}

void add_seed(CLI::App& app, Options& o, const char* help, const char* group) {
  const auto number = [](const std::string& item, const std::string& text) {
    return parse_integer<std::uint64_t>(item, text, 0, std::numeric_limits<std::int64_t>::max());
  };
  std::uint64_t& seed = o.request.seed;
  add_parsed(app, "--seed", seed, number, fmt::format("{} [default: {}]", help, seed), group, "N");
}

void add_operand_options(CLI::App& app, Options& o) {
  const auto share = [](const std::string& item, const std::string& text) {
    return parse_share(item, text, 0.0);
  };
  const auto spread = [](const std::string& item, const std::string& text) {
    return parse_share(item, text, 0.0001);
  };
  const auto bits = [](const std::string& item, const std::string& text) {
    return parse_integer<int>(item, text, 0, 31);
  };
  workloads::SyntheticRecipe& r = o.request.operands;
  add_seed(app, o, "seed of operands and sample, 0..2^63-1", kOperandGroup);
  add_parsed(app, "--zero-share", r.activation_zero_share, share,
             fmt::format("share of zeros among the activations (ReLU), 0..1\n[default: {}]",
                         r.activation_zero_share),
             kOperandGroup, "SHARE");
  add_parsed(app, "--activation-spread", r.activation_spread, spread,
             fmt::format("standard deviation of the activations' bell as a share of\nfull scale, "
                         "0.0001..1 [default: {}]",
                         r.activation_spread),
             kOperandGroup, "SHARE");
  add_parsed(app, "--weight-spread", r.weight_spread, spread,
             fmt::format("standard deviation of the weights as a share of full scale,\n0.0001..1 "
                         "[default: {}]",
                         r.weight_spread),
             kOperandGroup, "SHARE");
  add_parsed(app, "--magnitude-bits", r.magnitude_bits, bits,
             "bits of the largest magnitude without the sign, 1..width-1;\n0: all of them "
             "[default: 0]",
             kOperandGroup, "BITS");
}

CLI::App* add_run(CLI::App& app, Options& o) {
  CLI::App* run =
      app.add_subcommand("run", "Model a network on ArrayFlex and on the conventional array");
  run->add_option("workload", o.request.workload,
                  "shipped workload, CSV file (native or SCALE-Sim) or ONNX\nmodel")
      ->type_name("WORKLOAD");
  run->add_option("-t,--topology", o.topology, "the same, as SCALE-Sim's users give it")
      ->type_name("FILE");
  add_dim_option(*run, o.request.onnx);
  run->add_option("--layers", o.request.layers,
                  "only layers whose names match these comma-separated glob\npatterns; a leading ! "
                  "leaves the matching ones out")
      ->type_name("PATTERN")
      ->allow_extra_args(false);
  add_array_options(*run, o);
  add_engine_options(*run, o.request);
  add_operand_options(*run, o);
  add_output_options(*run, o.output);
  add_report_option(*run, o.output.scale_sim, kOutputGroup);
  add_trace_options(*run, o.request.traces);
  run->footer(kRunFooter);
  return run;
}

CLI::App* add_gemm(CLI::App& app, Options& o) {
  CLI::App* gemm = app.add_subcommand("gemm", "Run one matrix product X = A*B on given tensors");
  gemm->add_option("A", o.a_path, "streamed operand, T x N (.npy)")->required()->type_name("A.npy");
  gemm->add_option("B", o.b_path, "weights, N x M (.npy)")->required()->type_name("B.npy");
  add_array_options(*gemm, o);
  add_engine_options(*gemm, o.request);
  add_seed(*gemm, o, "seed of --sample-tiles, 0..2^63-1", kEngineGroup);
  add_output_options(*gemm, o.output);
  add_parsed(*gemm, "--result", o.output.result_path, parse_path, "write X (.npy, T x M)",
             kOutputGroup, "FILE");
  add_trace_options(*gemm, o.request.traces);
  gemm->footer(kGemmFooter);
  return gemm;
}

CLI::App* add_report(CLI::App& app, Options& o) {
  CLI::App* report = app.add_subcommand("report", "Turn a run's files into one HTML page");
  report->add_option("DIR", o.report_directory, "folder that 'arrayflex run ... --out DIR' wrote")
      ->required()
      ->type_name("DIR");
  report
      ->add_option("--compare", o.compared_directories,
                   "other such folders: time, power and energy-delay product of all runs side by\n"
                   "side, against array size and mode")
      ->type_name("DIR");
  report->footer(kReportFooter);
  return report;
}

}  // namespace

Options parse_command_line(int argc, const char* const* argv) {
  Options options;
  CLI::App app(
      "ArrayFlex: a reference model of a systolic array with configurable transparent "
      "pipelining",
      "arrayflex");
  app.require_subcommand(0, 1);
  app.footer(kMainFooter);
  app.set_version_flag(
      "--version", [] { return "arrayflex " ARRAYFLEX_VERSION "\n" + describe_kernels(); },
      "print the version and the fast engine's instruction sets, and exit");
  const CLI::App* run = add_run(app, options);
  const CLI::App* gemm = add_gemm(app, options);
  const CLI::App* report = add_report(app, options);
  const CLI::App* tech = add_technology_command(app, options.technology);
  const CLI::App* import = add_import_command(app, options.import);
  const CLI::App* list = app.add_subcommand("workloads", "List the shipped workloads");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    for (const CLI::App* chosen : app.get_subcommands()) {
      options.text = chosen->help("arrayflex");
    }
    if (options.text.empty()) options.text = app.help();
    return options;
  } catch (const CLI::CallForVersion& version) {
    options.text = std::string(version.what()) + '\n';
    return options;
  } catch (const CLI::ParseError& error) {
    throw InputError(std::string(error.what()) + " (see 'arrayflex --help')");
  }
  if (app.got_subcommand(run)) {
    options.action = Action::run;
    options.request.workload =
        choose_workload(options.request.workload, options.topology, options.config_path);
  } else if (app.got_subcommand(gemm)) {
    options.action = Action::gemm;
  } else if (app.got_subcommand(report)) {
    options.action = Action::html_report;
  } else if (app.got_subcommand(tech)) {
    options.action = Action::technology;
  } else if (app.got_subcommand(import)) {
    options.action = Action::import_model;
  } else if (app.got_subcommand(list)) {
    options.action = Action::list_workloads;
  } else {
    throw InputError(
        "no command given: run, gemm, import, report, tech or workloads (see 'arrayflex --help')");
  }
  return options;
}

study::StudyRequest resolve_request(const Options& options) {
  study::StudyRequest request = options.request;
  request.wording = study::Wording::options;
  request.pe_map = options.output.pe_maps || !options.output.pe_map_path.empty();
  if (!options.config_path.empty()) {
    request.array = with_defaults_of(request.array, load_configuration(options.config_path));
    request.notes = configuration_notes(options.config_path);
  }
  if (options.k == "auto") return request;
  try {
    request.k = parse_integer<int>("--k", options.k, 1, kMaxArrayDim);
  } catch (const InputError&) {
    throw InputError("--k", options.k, study::allowed_k(study::array_of(request)));
  }
  return request;
}

}  // namespace arrayflex::command
