#include "run/options/engine_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "arrayflex/core/error.h"
#include "arrayflex/engine/fast_engine.h"
#include "arrayflex/engine/tile_sampling.h"
#include "run/options/option_parsers.h"

namespace arrayflex::command {
namespace {

constexpr const char* kEngineGroup = "Engine";
constexpr const char* kMemoryGroup = "Memory";

int default_threads() {
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, kMaxThreads);
}

std::uint32_t parse_burst(const std::string& item, const std::string& text) {
  const int bytes = parse_integer<int>(item, text, study::kMinBurstBytes, study::kMaxBurstBytes);
  if ((bytes & (bytes - 1)) == 0) return static_cast<std::uint32_t>(bytes);
  throw InputError(item, bytes,
                   fmt::format("allowed is a power of two from {} to {}", study::kMinBurstBytes,
                               study::kMaxBurstBytes));
}

void add_memory_options(CLI::App& app, study::StudyRequest& o) {
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

}  // namespace

void add_engine_options(CLI::App& app, study::StudyRequest& o) {
  const auto threads = [](const std::string& item, const std::string& text) {
    return parse_integer<int>(item, text, 1, kMaxThreads);
  };
  const auto tiles = [](const std::string& item, const std::string& text) {
    return parse_integer<std::int64_t>(item, text, kMinSampleTiles, kMaxSampleTiles);
  };
  add_parsed(app, "--engine", o.engine, parse_engine,
             "analytic: closed form, no activity; fast: exact activity;\npin: SystemC, every "
             "register and wire (slow);\ncycle: as pin, one clock edge at a time, but PEs are "
             "views on\nshared state (fast) [default: fast]",
             kEngineGroup, "ENGINE");
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

std::string describe_kernels() {
  const std::vector<std::string> names = available_kernels();
  return fmt::format("fast engine: {} (this processor can run {})", names.front(),
                     fmt::join(names, ", "));
}

}  // namespace arrayflex::command
