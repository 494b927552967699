#include "harness/simulation.h"

#include <gtest/gtest.h>

#include <exception>
#include <string>
#include <vector>

namespace arrayflex::harness {
namespace {

int reports = 0;

void handle_report(const sc_core::sc_report& report, const sc_core::sc_actions& actions) {
  if (report.get_severity() >= sc_core::SC_WARNING) {
    ++reports;
    ADD_FAILURE() << "SystemC report: " << report.what();
  }
  sc_core::sc_actions rest = actions & ~sc_core::SC_DISPLAY & ~sc_core::SC_LOG;
  sc_core::sc_report_handler::default_handler(report, rest);
}

void run_body(const std::function<void()>& body, std::size_t& unfinished) {
  try {
    body();
  } catch (const std::exception& error) {
    ADD_FAILURE() << "exception in an SC_THREAD: " << error.what();
  }
  if (--unfinished == 0) {
    sc_core::sc_stop();
  }
}

}  // namespace

void run_in_threads(const std::vector<std::function<void()>>& bodies, sc_core::sc_time limit) {
  if (sc_core::sc_get_status() != sc_core::SC_ELABORATION) {
    FAIL() << "SystemC elaborates once per process: run one test at a time, as ctest does";
  }
  std::size_t unfinished = bodies.size();
  for (const auto& body : bodies) {
    sc_core::sc_spawn([&body, &unfinished] { run_body(body, unfinished); },
                      sc_core::sc_gen_unique_name("test_body"));
  }
  try {
    sc_core::sc_start(limit);
  } catch (const std::exception& error) {
    FAIL() << "the simulation ended with: " << error.what();
  }
  if (unfinished != 0) {
    FAIL() << unfinished << " test body(s) never finished; simulated time "
           << sc_core::sc_time_stamp().to_string();
  }
}

void run_in_thread(const std::function<void()>& body, sc_core::sc_time limit) {
  run_in_threads({body}, limit);
}

void fail_tests_on_reports() { sc_core::sc_report_handler::set_handler(handle_report); }

int report_count() { return reports; }

}  // namespace arrayflex::harness
