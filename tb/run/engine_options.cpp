#include "engine_options.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <thread>

#include "arrayflex/core/error.h"
#include "option_parsers.h"

namespace arrayflex::command {
namespace {

constexpr const char* kEngineGroup = "Engine";
constexpr const char* kAutomatic = "auto";

int default_threads() {
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, kMaxThreads);
}

void require_kernel(const std::string& name) {
  const std::vector<std::string> names = available_kernels();
  if (name != kAutomatic && std::find(names.begin(), names.end(), name) == names.end()) {
    throw InputError("--kernel", name.empty() ? "''" : name,
                     fmt::format("allowed are auto and what this processor can run: {}",
                                 fmt::join(names, ", ")));
  }
}

void warn_about_ignored(const EngineOptions& o) {
  const auto warn = [&](bool given, const char* name) {
    if (given) spdlog::warn("{} is ignored: the {} engine has no use for it", name, o.engine);
  };
  if (o.engine != "fast") {
    warn(o.threads.has_value(), "--threads");
    warn(o.kernel.has_value(), "--kernel");
  }
  if (o.engine == "analytic") warn(o.activity.has_value(), "--activity");
}

void check_sampling(const EngineOptions& o, bool pe_map, bool result) {
  const auto refuse = [&](bool condition, const char* reason) {
    if (condition) throw InputError("--sample-tiles", *o.sample_tiles, reason);
  };
  refuse(o.engine != "fast", "only the fast engine samples; leave it out or use --engine fast");
  refuse(!o.activity.value_or(true), "there is nothing to estimate with --activity off");
  refuse(pe_map, "--pe-map needs every tile; leave out one of the two");
  refuse(result, "--result needs every tile; leave out one of the two");
}

}  // namespace

void add_engine_options(CLI::App& app, EngineOptions& o) {
  const auto threads = [](const std::string& item, const std::string& text) {
    return parse_integer<int>(item, text, 1, kMaxThreads);
  };
  const auto tiles = [](const std::string& item, const std::string& text) {
    return parse_integer<std::int64_t>(item, text, kMinSampleTiles, kMaxSampleTiles);
  };
  app.add_option("--engine", o.engine,
                 "analytic: closed form, no activity; fast: exact activity;\npin: SystemC, every "
                 "register and wire (slow) [default: fast]")
      ->group(kEngineGroup)
      ->type_name("ENGINE");
  add_parsed(app, "--threads", o.threads, threads,
             fmt::format("threads of the fast engine, 1..{}; no figure depends on them\n[default: "
                         "one per processor, here {}]",
                         kMaxThreads, default_threads()),
             kEngineGroup, "N");
  add_parsed(app, "--activity", o.activity, parse_switch,
             "off: count no toggles, results and cycles only; not with\n--engine analytic, which "
             "never does [default: on]",
             kEngineGroup, "on|off");
  add_parsed(app, "--sample-tiles", o.sample_tiles, tiles,
             fmt::format("fast engine: ESTIMATE toggles from this many random tiles per\nlayer, "
                         "{}..{}, with 95 % confidence intervals\n[default: all tiles, exact]",
                         kMinSampleTiles, kMaxSampleTiles),
             kEngineGroup, "N");
  app.add_option("--kernel", o.kernel,
                 fmt::format("instruction set of the fast engine; no figure depends on it:\n{} "
                             "or\nauto, the first of these [default: auto]",
                             fmt::join(available_kernels(), ", ")))
      ->group(kEngineGroup)
      ->type_name("NAME");
}

RunnerOptions resolve_engine(const EngineOptions& o, bool pe_map, bool result) {
  RunnerOptions runner;
  runner.engine = o.engine;
  runner.threads = o.threads.value_or(default_threads());
  runner.record.activity = o.activity.value_or(true);
  runner.record.pe_map = pe_map;
  runner.sample_tiles = o.sample_tiles;
  if (o.kernel) require_kernel(*o.kernel);
  if (o.kernel && *o.kernel != kAutomatic) runner.record.kernel = *o.kernel;
  if (pe_map && !runner.record.activity) {
    throw InputError("--activity", "off", "--pe-map needs it; leave out one of the two");
  }
  if (o.sample_tiles) check_sampling(o, pe_map, result);
  warn_about_ignored(o);
  return runner;
}

std::string describe_kernels() {
  const std::vector<std::string> names = available_kernels();
  return fmt::format("fast engine: {} (this processor can run {})", names.front(),
                     fmt::join(names, ", "));
}

}  // namespace arrayflex::command
