// The `arrayflex-vp` command.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <iostream>
#include <string>

#include "arrayflex/core/error.h"
#include "arrayflex/core/text.h"
#include "options.h"
#include "virtual_platform.h"

namespace {

using arrayflex::vp::Options;
using arrayflex::vp::Outcome;
using arrayflex::vp::RunResult;
using arrayflex::vp::VirtualPlatform;

constexpr int kRunFailed = 1;
constexpr int kBadUsage = 2;
constexpr int kTimeLimit = 124;
constexpr int kStopped = 125;
constexpr std::uint32_t kLargestStatus = 255;

/// File names may hold anything; a message stays one line and plain text.
int report_error(const std::string& message, int status) {
  fmt::print(stderr, "arrayflex-vp: error: {}\n",
             arrayflex::without_control_characters(message, ' '));
  return status;
}

/// Of the host, since the start of a run.
struct HostTime {
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  std::clock_t processor_start = std::clock();

  double elapsed_seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  double processor_seconds() const {
    return static_cast<double>(std::clock() - processor_start) / CLOCKS_PER_SEC;
  }
};

void report_run(const VirtualPlatform& platform, const HostTime& host) {
  const auto& cpu = platform.cpu();
  // By processor time, which other programs of the host do not change.
  const double seconds = host.processor_seconds();
  const double rate = seconds > 0 ? static_cast<double>(cpu.instructions()) / seconds / 1e6 : 0;
  fmt::print(stderr,
             "arrayflex-vp: {} instructions in {:.2f} s of host time ({:.2f} s elapsed): {:.1f} "
             "million per second\n"
             "arrayflex-vp: {} of simulated time, {} bus accesses, {} interrupts taken\n",
             cpu.instructions(), seconds, host.elapsed_seconds(), rate,
             sc_core::sc_time_stamp().to_string(), cpu.transactions(), cpu.interrupts());
  for (std::size_t i = 0; i < platform.accelerators().size(); ++i) {
    const auto& accelerator = *platform.accelerators()[i];
    const auto totals = platform.totals(i);
    fmt::print(stderr,
               "arrayflex-vp: accelerator {} ({}x{}, {}): {} jobs, {} cycles, {} stall cycles\n", i,
               accelerator.config().rows(), accelerator.config().cols(),
               accelerator.engine().kind(), totals.jobs_done, totals.cycles, totals.stall_cycles);
  }
}

int status_of(const RunResult& result) {
  switch (result.outcome) {
    case Outcome::exited:
      return static_cast<int>(std::min(result.exit_code, kLargestStatus));
    case Outcome::time_limit:
      return report_error(result.message, kTimeLimit);
    default:
      return report_error(result.message, kStopped);
  }
}

int run(const Options& options) {
  VirtualPlatform platform("platform", options.platform, std::cout);
  platform.load(options.firmware_path);
  const HostTime host_time;
  const RunResult result = platform.run(options.max_time);
  if (!options.quiet) report_run(platform, host_time);
  return status_of(result);
}

}  // namespace

int sc_main(int argc, char** argv) {
  // Reports are printed by this command, or are exceptions.
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  try {
    const Options options = arrayflex::vp::parse_command_line(argc, argv);
    if (options.text) {
      fmt::print("{}", *options.text);
      return 0;
    }
    return run(options);
  } catch (const arrayflex::InputError& error) {
    return report_error(error.what(), kBadUsage);
  } catch (const std::exception& error) {
    return report_error(error.what(), kRunFailed);
  }
}

int main(int argc, char** argv) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}
