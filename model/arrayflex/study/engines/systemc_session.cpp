#include "arrayflex/study/engines/systemc_session.h"

#include <atomic>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <systemc>

namespace arrayflex::study {
namespace {

// SystemC's report handler takes no argument: the log of the one simulation stands here.
const Log* simulation_log = nullptr;

void log_report(LogLevel level, const sc_core::sc_report& report) {
  if (simulation_log == nullptr || !*simulation_log) return;
  (*simulation_log)(level,
                    std::string("SystemC: ") + report.get_msg_type() + ": " + report.get_msg());
}

void log_systemc_report(const sc_core::sc_report& report, const sc_core::sc_actions& actions) {
  switch (report.get_severity()) {
    case sc_core::SC_INFO:
      log_report(LogLevel::debug, report);
      break;
    case sc_core::SC_WARNING:
      log_report(LogLevel::warning, report);
      break;
    default:
      break;  // thrown below, reported by whoever catches it
  }
  if (actions & sc_core::SC_THROW) throw report;
  if (actions & sc_core::SC_ABORT) throw std::runtime_error(report.what());
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

void simulate(const std::function<void()>& elaborate, const std::function<void()>& body) {
  sc_core::sc_report_handler::set_handler(log_systemc_report);
  // Clock periods are no whole number of picoseconds; the study owns the simulation.
  sc_core::sc_set_time_resolution(1, sc_core::SC_FS);
  elaborate();
  LayerWalker walker("layers", body);
  sc_core::sc_start();
  walker.rethrow_error();
  if (!walker.finished()) throw std::runtime_error("the SystemC simulation ended early");
}

}  // namespace

void run_simulation(const std::function<void()>& elaborate, const std::function<void()>& body,
                    const Log& log) {
  static std::atomic<bool> has_run{false};
  if (has_run.exchange(true)) throw std::runtime_error("SystemC simulates once per process");
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  simulation_log = &log;
  try {
    simulate(elaborate, body);
  } catch (...) {
    simulation_log = nullptr;
    throw;
  }
  simulation_log = nullptr;
}

}  // namespace arrayflex::study

// The SystemC library refers to it. Programs that simulate by themselves have their own, which
// wins.
__attribute__((weak)) int sc_main(int, char**) { return 1; }
