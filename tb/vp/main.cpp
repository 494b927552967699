// The `arrayflex-vp` command.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <iostream>
#include <string>

#include "arrayflex/core/error.h"
#include "arrayflex/core/text.h"
#include "host_watchdog.h"
#include "options.h"
#include "virtual_platform.h"

namespace {

using arrayflex::vp::HostWatchdog;
using arrayflex::vp::Options;
using arrayflex::vp::Outcome;
using arrayflex::vp::RunResult;
using arrayflex::vp::VirtualPlatform;

constexpr int kRunFailed = 1;
constexpr int kBadUsage = 2;
constexpr int kTimeLimit = 124;
constexpr int kStopped = 125;
constexpr int kSignal = 128;
constexpr std::uint32_t kLargestStatus = 255;
/// For the simulation to end by itself once it shall end. A large tile takes long.
constexpr std::chrono::milliseconds kGrace(3000);

/// The signal that asked the run to end; 0: none. Handlers can reach nothing else.
volatile std::sig_atomic_t received_signal = 0;

void on_signal(int signal) { received_signal = signal; }

/// The first signal ends the run in an orderly way, with a message; a second one at once.
void catch_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction before {};
    // Signals that the caller ignores (as for background jobs) stay ignored.
    if (sigaction(signal, nullptr, &before) == 0 && before.sa_handler != SIG_IGN) {
      sigaction(signal, &action, nullptr);
    }
  }
}

/// To stderr; where that is closed there is nobody to tell.
void say(const std::string& text) { std::fputs(text.c_str(), stderr); }

/// File names may hold anything; a message stays one line and plain text.
int report_error(const std::string& message, int status) {
  say(fmt::format("arrayflex-vp: error: {}\n",
                  arrayflex::without_control_characters(message, ' ')));
  return status;
}

/// The terminal of the firmware, and help, must not be lost silently.
int checked_output(int status) {
  std::cout.flush();
  if (std::cout && std::fflush(stdout) == 0) return status;
  const int failed = report_error("cannot write to the standard output", kRunFailed);
  return status != 0 ? status : failed;
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

std::string overlap_note(const arrayflex::ArrayConfig& config) {
  const bool overlaps = config.overlap() != arrayflex::Overlap::none;
  return overlaps ? fmt::format(", overlap {}", name_of(config.overlap())) : "";
}

void report_run(const VirtualPlatform& platform, const HostTime& host) {
  const auto& cpu = platform.cpu();
  // By processor time, which other programs of the host do not change.
  const double seconds = host.processor_seconds();
  const double rate = seconds > 0 ? static_cast<double>(cpu.instructions()) / seconds / 1e6 : 0;
  say(fmt::format(
      "arrayflex-vp: {} instructions in {:.2f} s of host time ({:.2f} s elapsed): {:.1f} "
      "million per second\n"
      "arrayflex-vp: {} of simulated time, {} bus accesses, {} interrupts taken\n",
      cpu.instructions(), seconds, host.elapsed_seconds(), rate,
      sc_core::sc_time_stamp().to_string(), cpu.transactions(), cpu.interrupts()));
  for (std::size_t i = 0; i < platform.accelerators().size(); ++i) {
    const auto& accelerator = *platform.accelerators()[i];
    const auto totals = platform.totals(i);
    say(fmt::format(
        "arrayflex-vp: accelerator {} ({}x{}, {}{}): {} jobs, {} cycles, {} stall cycles\n", i,
        accelerator.config().rows(), accelerator.config().cols(),
        name_of(accelerator.engine().kind()), overlap_note(accelerator.config()), totals.jobs_done,
        totals.cycles, totals.stall_cycles));
  }
}

int stopped_status() { return received_signal != 0 ? kSignal + received_signal : kTimeLimit; }

int status_of(const RunResult& result) {
  switch (result.outcome) {
    case Outcome::exited:
      return static_cast<int>(std::min(result.exit_code, kLargestStatus));
    case Outcome::time_limit:
      return report_error(result.message, kTimeLimit);
    case Outcome::stopped:
      return report_error(result.message, stopped_status());
    default:
      return report_error(result.message, kStopped);
  }
}

/// Why the run shall end before its time; empty: it shall not.
std::string host_stop_reason(const Options& options, const HostTime& host) {
  if (received_signal != 0) return "interrupted";
  const auto& limit = options.max_host_time_seconds;
  if (limit && host.elapsed_seconds() >= *limit) {
    return fmt::format("the host time of {} s (--max-host-time) is over", *limit);
  }
  return "";
}

/// The simulation stands: nothing of it can be asked, but what it printed is not lost.
void end_process(const Options& options, const HostTime& host) {
  report_error(host_stop_reason(options, host) + "; the simulation did not answer", kTimeLimit);
  if (ftrylockfile(stdout) == 0) std::fflush(stdout);
  _exit(stopped_status());
}

int run(const Options& options) {
  // Prompts without an end of line are to be seen where somebody looks.
  if (isatty(STDOUT_FILENO) != 0) std::cout << std::unitbuf;
  VirtualPlatform platform("platform", options.platform, std::cout);
  platform.load(options.firmware_path);
  catch_signals();
  const HostTime host_time;
  const HostWatchdog watchdog([&] { return !host_stop_reason(options, host_time).empty(); },
                              [&] { end_process(options, host_time); }, kGrace);
  const RunResult result = platform.run(options.max_time, [&] {
    const std::string reason = host_stop_reason(options, host_time);
    return reason.empty() ? "" : reason + " at " + sc_core::sc_time_stamp().to_string();
  });
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
      std::cout << *options.text;
      return checked_output(0);
    }
    return checked_output(run(options));
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
