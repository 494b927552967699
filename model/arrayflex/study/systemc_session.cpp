#include "arrayflex/study/systemc_session.h"

#include <spdlog/spdlog.h>

#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <systemc>

namespace arrayflex::study {
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
  // Clock periods are no whole number of picoseconds; this program owns the simulation.
  sc_core::sc_set_time_resolution(1, sc_core::SC_FS);
  elaborate();
  LayerWalker walker("layers", body);
  sc_core::sc_start();
  walker.rethrow_error();
  if (!walker.finished()) throw std::runtime_error("the SystemC simulation ended early");
}

}  // namespace

void run_simulation(const std::function<void()>& elaborate, const std::function<void()>& body) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  std::exception_ptr error;
  const std::function<void()> caught = [&] {
    try {
      simulate(elaborate, body);
    } catch (...) {
      error = std::current_exception();
    }
  };
  simulation_body = &caught;
  char program[] = "arrayflex";
  char* arguments[] = {program, nullptr};
  const int status = sc_core::sc_elab_and_sim(1, arguments);
  simulation_body = nullptr;
  if (error) std::rethrow_exception(error);
  if (status != 0) throw std::runtime_error("the SystemC simulation failed");
}

void run_simulation_body() { (*simulation_body)(); }

}  // namespace arrayflex::study

int sc_main(int, char**) {
  arrayflex::study::run_simulation_body();
  return 0;
}
