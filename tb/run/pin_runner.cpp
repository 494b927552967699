// The pin level as an engine of the command: both arrays in one simulation, the layers walked by
// one process of it.
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <exception>
#include <systemc>

#include "arrayflex/core/checked.h"
#include "arrayflex/pin/array_system.h"
#include "gemm_runner.h"

namespace arrayflex::command {
namespace {

// SystemC offers no argument to what it calls; the one simulation of the process stands here while
// it runs.
const std::function<void()>* simulation_body = nullptr;

void log_systemc_report(const sc_core::sc_report& report, const sc_core::sc_actions& actions) {
  switch (report.get_severity()) {
    case sc_core::SC_INFO:
      spdlog::debug("SystemC: {}: {}", report.get_msg_type(), report.get_msg());
      break;
    case sc_core::SC_WARNING:
      spdlog::warn("SystemC: {}: {}", report.get_msg_type(), report.get_msg());
      break;
    default:
      break;  // thrown below, reported by whoever catches it
  }
  if (actions & sc_core::SC_THROW) throw report;
  if (actions & sc_core::SC_ABORT) throw std::runtime_error(report.what());
}

void add(GemmResult& sum, const GemmResult& part) {
  sum.cycles = checked_add(sum.cycles, part.cycles, "cycles");
  sum.tiles = checked_add(sum.tiles, part.tiles, "tiles");
  sum.activity += part.activity;
  if (sum.pe_toggles.empty()) {
    sum.pe_toggles = part.pe_toggles;
    return;
  }
  for (std::size_t i = 0; i < part.pe_toggles.toggles.size(); ++i) {
    std::int64_t& toggles = sum.pe_toggles.toggles[i];
    toggles = checked_add(toggles, part.pe_toggles.toggles[i], "toggles of a PE");
  }
}

// Calls body in an SC_THREAD; its exception is kept, since SystemC would rewrite it.
class LayerWalker final : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(LayerWalker);
  LayerWalker(const sc_core::sc_module_name& name, const std::function<void()>& body)
      : sc_module(name), body_(body) {
    SC_THREAD(walk);
    set_stack_size(1 << 20);  // the default of 64 KiB is little for formatting and file access
  }
  void rethrow_error() const {
    if (error_) std::rethrow_exception(error_);
  }
  bool finished() const { return finished_; }

 private:
  void walk() {
    try {
      body_();
    } catch (const sc_core::sc_unwind_exception&) {
      throw;
    } catch (...) {
      error_ = std::current_exception();
    }
    finished_ = true;
    sc_core::sc_stop();
  }

  const std::function<void()>& body_;
  std::exception_ptr error_;
  bool finished_ = false;
};

class PinRunner final : public GemmRunner {
 public:
  PinRunner(const RunnerOptions& options, const ArrayConfig& config)
      : config_(config), record_(options.record) {}
  const char* engine() const override { return "pin"; }
  bool is_exact() const override { return true; }
  bool has_activity() const override { return record_.activity; }

  void session(const std::function<void()>& body) override {
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    std::exception_ptr error;
    const std::function<void()> simulate_body = [&] {
      try {
        simulate(body);
      } catch (...) {
        error = std::current_exception();
      }
    };
    simulation_body = &simulate_body;
    char program[] = "arrayflex";
    char* arguments[] = {program, nullptr};
    const int status = sc_core::sc_elab_and_sim(1, arguments);
    simulation_body = nullptr;
    if (error) std::rethrow_exception(error);
    if (status != 0) throw std::runtime_error("the SystemC simulation failed");
  }

  BatchResult run(Design design, const ProductBatch& batch, int k, std::uint64_t) override {
    pin::ArraySystem& system = design == Design::arrayflex ? *arrayflex_ : *conventional_;
    BatchResult result;
    for (std::int64_t i = 0; i < batch.count; ++i) {
      add(result.gemm, system.run(batch.shape, k, *batch.operands(i), batch.result(i)));
    }
    return result;
  }

 private:
  void simulate(const std::function<void()>& body) {
    sc_core::sc_report_handler::set_handler(log_systemc_report);
    // The periods of the modes are no whole number of picoseconds; this program owns the
    // simulation.
    sc_core::sc_set_time_resolution(1, sc_core::SC_FS);
    arrayflex_ =
        std::make_unique<pin::ArraySystem>("arrayflex", config_, Design::arrayflex, record_);
    RecordOptions without_map = record_;
    without_map.pe_map = false;
    conventional_ = std::make_unique<pin::ArraySystem>("conventional", config_,
                                                       Design::conventional, without_map);
    LayerWalker walker("layers", body);
    sc_core::sc_start();
    walker.rethrow_error();
    if (!walker.finished()) throw std::runtime_error("the SystemC simulation ended early");
  }

  ArrayConfig config_;
  RecordOptions record_;
  std::unique_ptr<pin::ArraySystem> arrayflex_;
  std::unique_ptr<pin::ArraySystem> conventional_;
};

void run_simulation_body() { (*simulation_body)(); }

}  // namespace

std::unique_ptr<GemmRunner> make_pin_runner(const RunnerOptions& options,
                                            const ArrayConfig& config) {
  return std::make_unique<PinRunner>(options, config);
}

int run_systemc_main() {
  run_simulation_body();
  return 0;
}

}  // namespace arrayflex::command

int sc_main(int, char**) { return arrayflex::command::run_systemc_main(); }
