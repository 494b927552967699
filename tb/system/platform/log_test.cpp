// The library's log: silent by default, the host's logger when there is one.
#include "arrayflex/platform/log.h"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <sstream>

#include "system/platform/fixture.h"

namespace arrayflex::platform::test {
namespace {

TEST(LogTest, FailedJobsGoToTheHostsLoggerOnly) {
  Platform p(small_accelerator(EngineKind::fast));
  Memory memory("memory", MemoryParameters{});
  p.accelerator.memory_socket.bind(memory.socket);
  std::ostringstream text;
  harness::run_in_thread([&] {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    p.ring(4);
    ASSERT_TRUE(p.wait_irq());
    p.clear_irq();
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    spdlog::register_logger(std::make_shared<spdlog::logger>(
        kLoggerName, std::make_shared<spdlog::sinks::ostream_sink_mt>(text)));
    p.ring(4);
    ASSERT_TRUE(p.wait_irq());
    spdlog::drop(kLoggerName);
  });
  EXPECT_THAT(text.str(), testing::HasSubstr("error code 1, fault address 4, descriptor 4"));
}

}  // namespace
}  // namespace arrayflex::platform::test
