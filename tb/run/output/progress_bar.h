// A progress bar on stderr for long runs on a terminal.
#pragma once

#include <chrono>
#include <mutex>
#include <string>

#include "arrayflex/study/hooks.h"

namespace arrayflex::command {

/// Shows nothing in the first second, and nothing at all unless enabled and stderr is a terminal.
class ProgressBar final : public study::ProgressListener {
 public:
  explicit ProgressBar(bool enabled);
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar() override;  ///< clears the line

  void begin(double total_work) override;
  void begin_layer(const std::string& name) override;
  void add(double work) override;

 private:
  using Clock = std::chrono::steady_clock;
  void draw();

  std::mutex mutex_;
  bool active_;
  bool drawn_ = false;
  double total_ = 1;
  double done_ = 0;
  std::string label_;
  Clock::time_point start_;
  Clock::time_point next_draw_;
};

}  // namespace arrayflex::command
