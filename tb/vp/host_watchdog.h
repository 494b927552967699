// Ends the process when a run that shall end does not.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace arrayflex::vp {

/// A thread that looks, as long as it lives, whether the run shall end. The simulation looks, too,
/// and ends in an orderly way; the watchdog is for one that no longer gets to it.
class HostWatchdog {
 public:
  /// `is_due` says whether the run shall end. When it has said so for `grace` without a break,
  /// `end_process` is called, once; it must not return to a simulation that stands. Both are called
  /// from the watchdog's thread.
  HostWatchdog(std::function<bool()> is_due, std::function<void()> end_process,
               std::chrono::milliseconds grace);
  /// The run has ended by itself.
  ~HostWatchdog();
  HostWatchdog(const HostWatchdog&) = delete;
  HostWatchdog& operator=(const HostWatchdog&) = delete;

 private:
  void watch();

  std::function<bool()> is_due_;
  std::function<void()> end_process_;
  std::chrono::milliseconds grace_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool has_ended_ = false;
  std::thread thread_;
};

}  // namespace arrayflex::vp
