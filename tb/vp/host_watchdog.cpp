#include "vp/host_watchdog.h"

#include <csignal>
#include <utility>

namespace arrayflex::vp {

HostWatchdog::HostWatchdog(std::function<bool()> is_due, std::function<void()> end_process,
                           std::chrono::milliseconds grace)
    : is_due_(std::move(is_due)), end_process_(std::move(end_process)), grace_(grace) {
  // Signals are the simulation's thread's: a new thread inherits that all are blocked.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { watch(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

HostWatchdog::~HostWatchdog() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    has_ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void HostWatchdog::watch() {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kInterval(50);
  bool was_due = false;
  Clock::time_point due_since;
  std::unique_lock<std::mutex> lock(mutex_);
  while (!changed_.wait_for(lock, kInterval, [this] { return has_ended_; })) {
    const bool is_due = is_due_();
    if (is_due && !was_due) due_since = Clock::now();
    was_due = is_due;
    if (!is_due || Clock::now() - due_since < grace_) continue;
    end_process_();
    return;
  }
}

}  // namespace arrayflex::vp
