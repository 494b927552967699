// The watchdog ends a process that stands, and leaves one alone that does not.
#include "vp/host_watchdog.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>

namespace arrayflex::vp {
namespace {

using namespace std::chrono_literals;

void stand() {
  while (true) std::this_thread::sleep_for(1ms);
}

TEST(HostWatchdogDeathTest, EndsARunThatStands) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        const HostWatchdog watchdog([] { return true; },
                                    [] {
                                      std::fputs("no answer", stderr);
                                      _exit(124);
                                    },
                                    100ms);
        stand();
      },
      testing::ExitedWithCode(124), "no answer");
}

TEST(HostWatchdog, LeavesARunAloneThatNeedNotEnd) {
  std::atomic<int> looks = 0, ends = 0;
  {
    const HostWatchdog watchdog(
        [&] {
          ++looks;
          return false;
        },
        [&] { ++ends; }, 0ms);
    while (looks < 3) std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(ends, 0);
}

TEST(HostWatchdog, GivesARunTimeToEnd) {
  std::atomic<int> looks = 0, ends = 0;
  {
    const HostWatchdog watchdog(
        [&] {
          ++looks;
          return true;
        },
        [&] { ++ends; }, std::chrono::hours(1));
    while (looks < 3) std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(ends, 0);
}

TEST(HostWatchdog, EndsTheProcessOnce) {
  std::atomic<int> ends = 0;
  {
    const HostWatchdog watchdog([] { return true; }, [&] { ++ends; }, 0ms);
    while (ends == 0) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(120ms);
  }
  EXPECT_EQ(ends, 1);
}

}  // namespace
}  // namespace arrayflex::vp
