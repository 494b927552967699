#include "run/output/progress_bar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace arrayflex::command {
namespace {

constexpr auto kFirstDraw = std::chrono::seconds(1);
constexpr auto kInterval = std::chrono::milliseconds(100);
constexpr int kBarWidth = 30;
constexpr const char* kClearLine = "\r\x1b[K";

}  // namespace

ProgressBar::ProgressBar(bool enabled) : active_(enabled && isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (drawn_) std::fputs(kClearLine, stderr);
}

void ProgressBar::begin(double total_work) {
  total_ = std::max(total_work, 1.0);
  start_ = Clock::now();
  next_draw_ = start_ + kFirstDraw;
}

void ProgressBar::begin_layer(const std::string& name) {
  if (!active_) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  label_ = name;
}

void ProgressBar::add(double work) {
  if (!active_) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  done_ += work;
  if (Clock::now() >= next_draw_) draw();
}

void ProgressBar::draw() {
  const double share = std::min(done_ / total_, 1.0);
  const int filled = static_cast<int>(share * kBarWidth);
  const double elapsed_s = std::chrono::duration<double>(Clock::now() - start_).count();
  const double left_s = share > 0 ? elapsed_s * (1 - share) / share : 0;
  fmt::print(stderr, "{}[{:#<{}}{:.<{}}] {:3.0f} %  {:.0f} s left  {:.32}", kClearLine, "", filled,
             "", kBarWidth - filled, 100 * share, left_s, label_);
  std::fflush(stderr);
  drawn_ = true;
  next_draw_ = Clock::now() + kInterval;
}

}  // namespace arrayflex::command
