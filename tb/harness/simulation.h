// Helpers for tests that elaborate SystemC. SystemC elaborates once per process, so each test runs
// in a process of its own (gtest_discover_tests does that under ctest).
#pragma once

#include <functional>
#include <systemc>
#include <vector>

namespace arrayflex::harness {

/// Runs `body` in an SC_THREAD from time 0 until it returns, then stops the simulation. The test
/// fails when body throws, when the simulation runs out of events first, or when it is not done
/// after `limit` of simulated time. Call it once per test, after all modules are constructed.
void run_in_thread(const std::function<void()>& body,
                   sc_core::sc_time limit = sc_core::sc_time(1, sc_core::SC_SEC));

/// Runs bodies side by side, each in an SC_THREAD; all of them must return.
void run_in_threads(const std::vector<std::function<void()>>& bodies,
                    sc_core::sc_time limit = sc_core::sc_time(1, sc_core::SC_SEC));

/// From now on a SystemC report of warning or error severity fails the running test; an error is
/// thrown as sc_report besides, as usual. Called by the harness's main().
void fail_tests_on_reports();

/// The number of warnings and errors reported so far.
int report_count();

}  // namespace arrayflex::harness
