#include "run/options/engine_options.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <thread>

#include "arrayflex/core/error.h"
#include "run/options/option_parsers.h"

namespace arrayflex::command {
namespace {

constexpr const char* kEngineGroup = "Engine";
constexpr const char* kMemoryGroup = "Memory";
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
  if (o.engine != "fast") warn(o.threads.has_value(), "--threads");
  if (o.engine != "fast" && o.engine != "cycle") warn(o.kernel.has_value(), "--kernel");
  if (o.engine == "analytic") warn(o.activity.has_value(), "--activity");
  if (o.memory && o.engine == "fast" && o.threads) {
    spdlog::warn("--threads is ignored: with --memory the simulation is one thread");
  }
  if (!o.memory && (o.dma_burst_bytes || o.dma_outstanding)) {
    spdlog::warn("--dma-burst and --dma-outstanding are ignored without --memory");
  }
}

std::uint32_t parse_burst(const std::string& item, const std::string& text) {
  const int bytes = parse_integer<int>(item, text, study::kMinBurstBytes, study::kMaxBurstBytes);
  if ((bytes & (bytes - 1)) == 0) return static_cast<std::uint32_t>(bytes);
  throw InputError(item, bytes,
                   fmt::format("allowed is a power of two from {} to {}", study::kMinBurstBytes,
                               study::kMaxBurstBytes));
}

void check_memory(const EngineOptions& o, bool pe_map) {
  const auto refuse = [&](bool condition, const char* reason) {
    if (condition) throw InputError("--memory", describe(*o.memory), reason);
  };
  refuse(o.engine == "analytic", "the analytic engine has no memory; use --engine fast or pin");
  refuse(o.engine == "cycle", "the accelerator has no such array; use --engine fast or pin");
  refuse(o.sample_tiles.has_value(), "--sample-tiles skips tiles; leave out one of the two");
  refuse(pe_map, "the accelerator keeps no --pe-map(s); leave out one of the two");
}

void add_memory_options(CLI::App& app, EngineOptions& o) {
  const auto outstanding = [](const std::string& item, const std::string& text) {
    return static_cast<std::uint32_t>(parse_integer<int>(item, text, 1, study::kMaxOutstanding));
  };
  const study::MemoryOptions defaults;
  add_parsed(app, "--memory", o.memory, study::parse_memory_model,
             "run every product as a job of the TLM-2.0 accelerator, with a\nmemory of its own "
             "behind it, and report stalls and DMA traffic:\nideal takes no time; else bandwidth "
             "and latency of each\ntransaction, a cycle being one of the conventional "
             "array's\nclock for both designs, e.g. 64:100; --k auto looks at compute\ncycles "
             "only [default: no memory, no accelerator]",
             kMemoryGroup, "ideal|BYTES_PER_CYCLE:LATENCY_NS");
  add_parsed(app, "--dma-burst", o.dma_burst_bytes, parse_burst,
             fmt::format("longest memory transaction, a power of two, {}..{}\n[default: {}]",
                         study::kMinBurstBytes, study::kMaxBurstBytes, defaults.dma_burst_bytes),
             kMemoryGroup, "BYTES");
  add_parsed(app, "--dma-outstanding", o.dma_outstanding, outstanding,
             fmt::format("memory transactions in flight, 1..{} [default: {}]",
                         study::kMaxOutstanding, defaults.dma_outstanding),
             kMemoryGroup, "N");
}

void check_sampling(const EngineOptions& o, bool pe_map, bool result) {
  const auto refuse = [&](bool condition, const char* reason) {
    if (condition) throw InputError("--sample-tiles", *o.sample_tiles, reason);
  };
  refuse(o.engine != "fast", "only the fast engine samples; leave it out or use --engine fast");
  refuse(!o.activity.value_or(true), "there is nothing to estimate with --activity off");
  refuse(pe_map, "--pe-map(s) needs every tile; leave out one of the two");
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
                 "register and wire (slow);\ncycle: as pin, one clock edge at a time, but PEs are "
                 "views on\nshared state (fast) [default: fast]")
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
  add_parsed(
      app, "--sample-tiles", o.sample_tiles, tiles,
      fmt::format("fast engine: ESTIMATE toggles from about this many random tiles\nper layer, "
                  "{}..{}, at least two of each kind (whole, at\nan edge, first), with 95 % "
                  "confidence intervals\n[default: all tiles, exact]",
                  kMinSampleTiles, kMaxSampleTiles),
      kEngineGroup, "N");
  app.add_option(
         "--kernel", o.kernel,
         fmt::format("instruction set of the engines fast and cycle; no figure\ndepends on it: {} "
                     "or\nauto, the first of these [default: auto]",
                     fmt::join(available_kernels(), ", ")))
      ->group(kEngineGroup)
      ->type_name("NAME");
  add_memory_options(app, o);
}

study::RunnerOptions resolve_engine(const EngineOptions& o, bool pe_map, bool result) {
  study::RunnerOptions runner;
  runner.engine = o.engine;
  runner.threads = o.threads.value_or(default_threads());
  runner.record.activity = o.activity.value_or(true);
  runner.record.pe_map = pe_map;
  runner.sample_tiles = o.sample_tiles;
  if (o.kernel) require_kernel(*o.kernel);
  if (o.kernel && *o.kernel != kAutomatic) runner.record.kernel = *o.kernel;
  if (pe_map && !runner.record.activity) {
    throw InputError("--activity", "off", "--pe-map(s) needs it; leave out one of the two");
  }
  if (o.sample_tiles) check_sampling(o, pe_map, result);
  if (o.memory) {
    check_memory(o, pe_map);
    runner.memory.emplace();
    runner.memory->model = *o.memory;
    if (o.dma_burst_bytes) runner.memory->dma_burst_bytes = *o.dma_burst_bytes;
    if (o.dma_outstanding) runner.memory->dma_outstanding = *o.dma_outstanding;
  }
  warn_about_ignored(o);
  return runner;
}

std::string describe_kernels() {
  const std::vector<std::string> names = available_kernels();
  return fmt::format("fast engine: {} (this processor can run {})", names.front(),
                     fmt::join(names, ", "));
}

}  // namespace arrayflex::command
