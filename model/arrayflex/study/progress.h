// A progress bar on stderr for long runs on a terminal.
#pragma once

#include <chrono>
#include <mutex>
#include <string>

#include "arrayflex/core/operands.h"

namespace arrayflex::study {

/// Shows nothing in the first second, and nothing at all unless enabled and stderr is a terminal.
class Progress {
 public:
  /// total: amount of work, in any unit.
  Progress(double total, bool enabled);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();  ///< clears the line

  void set_label(const std::string& label);
  void add(double work);

 private:
  using Clock = std::chrono::steady_clock;
  void draw();

  std::mutex mutex_;
  bool active_;
  bool drawn_ = false;
  double total_;
  double done_ = 0;
  std::string label_;
  Clock::time_point start_;
  Clock::time_point next_draw_;
};

/// Hands results on and counts them as progress.
class ProgressSink final : public ResultSink {
 public:
  ProgressSink(ResultSink& next, Progress& progress) : next_(next), progress_(progress) {}
  void accumulate(std::int64_t t0, std::int64_t t_count, std::int64_t m0, std::int64_t m_count,
                  const std::int64_t* partial, std::int64_t row_stride) override {
    next_.accumulate(t0, t_count, m0, m_count, partial, row_stride);
    progress_.add(static_cast<double>(t_count));
  }

 private:
  ResultSink& next_;
  Progress& progress_;
};

}  // namespace arrayflex::study
