#include "arrayflex/study/checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "arrayflex/core/error.h"
#include "arrayflex/study/options/option.h"

namespace arrayflex::study {
namespace {

constexpr const char* kAutomatic = "auto";

// Refuses a request on account of one of its items.
class Checker {
 public:
  Checker(const StudyRequest& request, bool pe_map, bool wants_result)
      : request_(request),
        wording_(request.wording),
        engine_(capabilities_of(request.engine)),
        pe_map_(pe_map),
        wants_result_(wants_result) {}

  void check_kernel() const {
    if (!request_.kernel) return;
    const std::string& name = *request_.kernel;
    const std::vector<std::string> names = available_kernels();
    if (name == kAutomatic || std::find(names.begin(), names.end(), name) != names.end()) return;
    throw InputError(item("kernel"), name.empty() ? "''" : name,
                     fmt::format("allowed are auto and what this processor can run: {}",
                                 fmt::join(names, ", ")));
  }

  void check_activity() const {
    if (!pe_map_ || counts_activity()) return;
    throw InputError(item("activity"), "off",
                     fmt::format("{} needs it; leave out one of the two", pe_maps()));
  }

  void check_sampling() const {
    if (!request_.sample_tiles) return;
    const auto refuse = [&](const std::string& reason) {
      throw InputError(item("sample_tiles"), *request_.sample_tiles, reason);
    };
    if (!engine_.sampling) {
      const std::string able = names_of_engines_with(&EngineCapabilities::sampling);
      refuse(fmt::format("only the {} engine samples; leave it out or use {}", able,
                         setting(wording_, "engine", able)));
    }
    if (!counts_activity()) {
      refuse(fmt::format("there is nothing to estimate with {}",
                         setting(wording_, "activity", "off")));
    }
    if (pe_map_) refuse(fmt::format("{} needs every tile; leave out one of the two", pe_maps()));
    if (wants_result_) {
      refuse(fmt::format("{} needs every tile; leave out one of the two", item("result")));
    }
  }

  void check_memory() const {
    if (!request_.memory) return;
    const auto refuse = [&](const std::string& reason) {
      throw InputError(item("memory"), describe(*request_.memory), reason);
    };
    if (!engine_.memory) {
      refuse(fmt::format(
          "the {}; use {}",
          engine_.values ? "accelerator has no such array"
                         : fmt::format("{} engine knows no memory", engine_.name),
          setting(wording_, "engine", names_of_engines_with(&EngineCapabilities::memory))));
    }
    if (request_.array.overlap.value_or(Overlap::none) != Overlap::none && has_buffers()) {
      refuse(
          fmt::format("buffers are unlimited where tiles overlap; leave out one of the two, "
                      "buffers or {}",
                      item("overlap")));
    }
    if (request_.sample_tiles) {
      refuse(fmt::format("{} skips tiles; leave out one of the two", item("sample_tiles")));
    }
    if (pe_map_) {
      refuse(fmt::format("the accelerator keeps no {}; leave out one of the two", pe_maps()));
    }
  }

  // Every mode runs, so there must be something to compare, and what is written while it runs would
  // hold them all.
  void check_objective(const TraceSettings& traces) const {
    if (objective_of(request_) == Objective::time) return;
    const auto refuse = [&](const std::string& reason) {
      throw InputError(item("objective"), name_of(request_.objective), reason);
    };
    if (!engine_.activity) {
      refuse(fmt::format(
          "the {} engine counts no activity; use {}", engine_.name,
          setting(wording_, "engine", names_of_engines_with(&EngineCapabilities::activity))));
    }
    if (!counts_activity()) {
      refuse(fmt::format("there is no energy to choose by with {}",
                         setting(wording_, "activity", "off")));
    }
    const auto refuse_trace = [&](bool given, std::string_view key) {
      if (!given) return;
      refuse(
          fmt::format("every mode runs, and {} would hold all of them; leave out one of the two, "
                      "or give the {} that was chosen",
                      item(key), item("k")));
    };
    refuse_trace(!traces.vcd_path.empty(), "trace");
    refuse_trace(!traces.saif_path.empty() && traces.saif_detail == SaifDetail::nets, "saif");
    refuse_trace(!traces.memory_directory.empty(), "memory_trace");
  }

  void warn_about_ignored(const Log& log) const {
    if (!log) return;
    const auto warn = [&](bool given, const char* key) {
      if (!given) return;
      log(LogLevel::warning,
          fmt::format("{} is ignored: the {} engine has no use for it", item(key), engine_.name));
    };
    if (!engine_.threads) warn(request_.threads.has_value(), "threads");
    if (!engine_.kernels) warn(request_.kernel.has_value(), "kernel");
    if (!engine_.activity) warn(request_.activity.has_value(), "activity");
    if (request_.k && request_.objective != Objective::time) {
      log(LogLevel::warning, fmt::format("{} is ignored: {} is given, there is no choice",
                                         item("objective"), item("k")));
    }
    if (request_.memory && engine_.threads && request_.threads) {
      log(LogLevel::warning, fmt::format("{} is ignored: with {} the simulation is one thread",
                                         item("threads"), item("memory")));
    }
    if (!request_.memory && (request_.dma_burst_bytes || request_.dma_outstanding)) {
      log(LogLevel::warning, fmt::format("{} and {} are ignored without {}", item("dma_burst"),
                                         item("dma_outstanding"), item("memory")));
    }
    if (!request_.memory && (has_buffers() || request_.mapping)) {
      log(LogLevel::warning,
          fmt::format("buffers and {} are ignored without {}", item("mapping"), item("memory")));
    }
    if (!request_.memory && request_.dma_alignment) {
      log(LogLevel::warning,
          fmt::format("{} is ignored without {}", item("dma_alignment"), item("memory")));
    }
  }

 private:
  std::string item(std::string_view key) const { return item_name(wording_, key); }
  // On the command line it may have been --pe-map or --pe-maps.
  std::string pe_maps() const {
    return item("pe_map") + (wording_ == Wording::options ? "(s)" : "");
  }
  bool has_buffers() const {
    const StudyRequest& r = request_;
    return r.operand_buffer_bytes || r.weight_buffer_bytes || r.accumulator_bytes ||
           r.buffer_port_bytes || r.buffer_banks.value_or(2) != 2;
  }
  bool counts_activity() const { return request_.activity.value_or(true); }

  const StudyRequest& request_;
  Wording wording_;
  const EngineCapabilities& engine_;
  bool pe_map_, wants_result_;
};

MemoryOptions memory_options(const StudyRequest& request) {
  MemoryOptions options;
  options.model = *request.memory;
  if (request.dma_burst_bytes) options.dma_burst_bytes = *request.dma_burst_bytes;
  if (request.dma_outstanding) options.dma_outstanding = *request.dma_outstanding;
  if (request.dma_alignment) options.dma_alignment = *request.dma_alignment;
  options.buffers.operand_bytes = request.operand_buffer_bytes;
  options.buffers.weight_bytes = request.weight_buffer_bytes;
  options.buffers.accumulator_bytes = request.accumulator_bytes;
  if (request.buffer_banks) options.buffers.banks = *request.buffer_banks;
  options.buffer_port_bytes = request.buffer_port_bytes;
  if (request.mapping) options.mapping = *request.mapping;
  return options;
}

// Whether a SAIF file is to be made of counts per PE.
bool needs_pe_map(const TraceSettings& settings) {
  return !settings.saif_path.empty() && settings.saif_detail == SaifDetail::totals &&
         settings.saif_design == Design::arrayflex && settings.saif_has_pes;
}

}  // namespace

RunnerOptions resolve_runner(const StudyRequest& request, bool wants_result, const Log& log) {
  RunnerOptions runner;
  runner.traces = resolve_traces(request);
  const bool pe_map = request.pe_map || needs_pe_map(runner.traces);
  const Checker checker(request, pe_map, wants_result);
  checker.check_kernel();
  checker.check_activity();
  checker.check_sampling();
  checker.check_memory();
  checker.check_objective(runner.traces);
  checker.warn_about_ignored(log);
  runner.engine = request.engine;
  runner.threads = request.threads.value_or(default_threads());
  runner.record.activity = request.activity.value_or(true);
  runner.record.pe_map = pe_map;
  if (request.kernel && *request.kernel != kAutomatic) runner.record.kernel = *request.kernel;
  runner.sample_tiles = request.sample_tiles;
  runner.seed = request.seed;
  if (request.memory) runner.memory = memory_options(request);
  runner.wording = request.wording;
  runner.log = log;
  return runner;
}

Objective objective_of(const StudyRequest& request) {
  return request.k ? Objective::time : request.objective;
}

void check_objective(const StudyRequest& request, const ArrayConfig& config,
                     const Technology& technology) {
  if (objective_of(request) == Objective::time) return;
  try {
    technology.require_numbers(config.data_width_bits(), config.overlap());
  } catch (const InputError& error) {
    throw InputError(fmt::format(
        "{}: {}", setting(request.wording, "objective", name_of(request.objective)), error.what()));
  }
}

std::string allowed_k(const ArrayConfig& config) {
  return fmt::format("allowed are auto and 1..{}, the smaller side of the {}x{} array",
                     std::min(config.rows(), config.cols()), config.rows(), config.cols());
}

void check_k(const StudyRequest& request, const ArrayConfig& config) {
  if (!request.k) return;
  const int k = *request.k;
  if (request.wording == Wording::fields) return config.require_collapse_factor(k);
  if (k < 1 || k > std::min(config.rows(), config.cols())) {
    throw InputError(item_name(request.wording, "k"), k, allowed_k(config));
  }
}

void warn_about_modes(const StudyRequest& request, const ArrayConfig& config, const Log& log) {
  if (!log) return;
  const auto warn = [&](const std::string& text) { log(LogLevel::warning, text); };
  const std::vector<int>& modes = config.modes();
  const auto has_clock = [&](int mode) {
    return config.period_ps(Design::arrayflex, mode).has_value();
  };
  if (request.k) {
    const int k = *request.k;
    if (std::find(modes.begin(), modes.end(), k) == modes.end()) {
      warn(fmt::format("{} is none of the array's modes {}",
                       setting(request.wording, "k", std::to_string(k)), fmt::join(modes, ",")));
    }
    if (!has_clock(k)) {
      warn(fmt::format("no clock period is known for k = {}: its time is not reported", k));
    }
    return;
  }
  // Without any clock the run will be refused, for a reason it states itself.
  if (std::none_of(modes.begin(), modes.end(), has_clock)) return;
  for (const int mode : modes) {
    if (has_clock(mode)) continue;
    warn(fmt::format("no clock period is known for k = {}: {} does not consider it", mode,
                     setting(request.wording, "k", kAutomatic)));
  }
}

}  // namespace arrayflex::study
