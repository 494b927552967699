#include "run/options/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <limits>

#include "arrayflex/core/error.h"
#include "arrayflex/study/checks.h"
#include "arrayflex/study/study.h"
#include "run/options/command_options.h"
#include "run/options/scale_sim_options.h"

namespace arrayflex::command {
namespace {

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
two-dimensional, int8, int16 or int32 (little-endian), in C or Fortran order; wider and unsigned
integers are read where their values fit the operands. The result T x M is
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

// A file that the command writes.
Handler path(std::string& target) {
  return TakeText([&target](const std::string& item, const std::string& text) {
    target = study::parse_path(item, text);
  });
}

Handler scale_sim_version(std::optional<workloads::ScaleSimVersion>& version) {
  return TakeText([&version](const std::string& item, const std::string& text) {
    const auto name = parse_value(study::option_of("report").kind, item, text);
    version = std::get<std::string>(name) == "scalesim" ? workloads::ScaleSimVersion::v3
                                                        : workloads::ScaleSimVersion::v2;
  });
}

Handler dataflow_override(bool& is_given) {
  return TakeText([&is_given](const std::string& item, const std::string& text) {
    parse_value(study::option_of("dataflow_override").kind, item, text);  // ws, or an error
    is_given = true;
  });
}

Handler technology(Options& o) {
  return TakeText([&o](const std::string& item, const std::string& text) {
    o.technology_path = text;
    study::option_of("tech").set(o.request, item, text);
  });
}

// The options that the command serves itself: its own files, and texts that it cannot understand
// before it has read the configuration.
Handlers own_options(Options& o) {
  OutputOptions& output = o.output;
  return {{"topology", keep(o.topology)},
          {"config", path(o.config_path)},
          {"dataflow_override", dataflow_override(o.overrides_dataflow)},
          {"k", keep(o.k)},
          {"tech", technology(o)},
          {"out", path(output.directory)},
          {"json", path(output.json_path)},
          {"csv", path(output.csv_path)},
          {"pe_map", path(output.pe_map_path)},
          {"pe_maps", &output.pe_maps},
          {"quiet", &output.quiet},
          {"verbose", &output.verbosity},
          {"report", scale_sim_version(output.scale_sim)},
          {"result", path(output.result_path)}};
}

CLI::App* add_run(CLI::App& app, Options& o) {
  CLI::App* run =
      app.add_subcommand("run", "Model a network on ArrayFlex and on the conventional array");
  add_options(*run, study::kRun, o.request, own_options(o));
  run->footer(kRunFooter);
  return run;
}

CLI::App* add_gemm(CLI::App& app, Options& o) {
  CLI::App* gemm = app.add_subcommand("gemm", "Run one matrix product X = A*B on given tensors");
  gemm->add_option("A", o.a_path, "streamed operand, T x N (.npy)")->required()->type_name("A.npy");
  gemm->add_option("B", o.b_path, "weights, N x M (.npy)")->required()->type_name("B.npy");
  add_options(*gemm, study::kGemm, o.request, own_options(o));
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

// The instruction sets of the fast engine (and of cycle) that this processor can run, the default
// first.
std::string describe_kernels() {
  const std::vector<std::string> names = available_kernels();
  return fmt::format("fast engine: {} (this processor can run {})", names.front(),
                     fmt::join(names, ", "));
}

// Of the chosen command, if there is one.
std::string help_of(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app.help() : chosen.back()->help("arrayflex");
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
    options.text = help_of(app);
    return options;
  } catch (const CLI::CallForVersion& version) {
    options.text = std::string(version.what()) + '\n';
    return options;
  } catch (const CLI::ParseError& error) {
    throw InputError(std::string(error.what()) + " (see 'arrayflex --help')");
  }
  if (app.got_subcommand(run)) {
    options.action = Action::run;
    options.request.workload = choose_workload(options.request.workload, options.topology,
                                               options.config_path, options.overrides_dataflow);
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
    request.array = with_defaults_of(
        request.array, load_configuration(options.config_path, options.overrides_dataflow));
    request.notes = configuration_notes(options.config_path, options.overrides_dataflow);
  }
  if (options.output.scale_sim) {
    const std::string note = scale_sim_note(request.array.overlap.value_or(Overlap::none));
    if (!note.empty()) request.notes.push_back(note);
  }
  if (options.k == "auto") return request;
  try {
    request.k = static_cast<int>(study::parse_integer("--k", options.k, 1, kMaxArrayDim));
  } catch (const InputError&) {
    throw InputError("--k", options.k, study::allowed_k(study::array_of(request)));
  }
  return request;
}

}  // namespace arrayflex::command
