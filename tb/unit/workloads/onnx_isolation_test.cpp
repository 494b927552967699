// Work in a child process: its result, its errors, its crash.
#include <gmock/gmock.h>

#ifdef ARRAYFLEX_WITH_ONNX
#include <csignal>
#include <stdexcept>
#include <string>

#include "arrayflex/core/error.h"
#include "workloads/onnx/isolation.h"

namespace arrayflex::workloads {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(Isolation, ReturnsTheTextOfTheChild) {
  const std::string large(1000000, 'x');
  EXPECT_EQ(run_isolated("f", [&] { return large; }), large);
  EXPECT_EQ(run_isolated("f", [] { return std::string(); }), "");
}

TEST(Isolation, HandsErrorsOn) {
  EXPECT_THAT([] { run_isolated("f", []() -> std::string { throw InputError("f: wrong"); }); },
              ThrowsMessage<InputError>("f: wrong"));
}

TEST(Isolation, TurnsACrashIntoAnError) {
  const auto crash = []() -> std::string {
    std::signal(SIGSEGV, SIG_DFL);
    std::raise(SIGSEGV);
    return "";
  };
  EXPECT_THAT([&] { run_isolated("model.onnx", crash); },
              ThrowsMessage<InputError>(AllOf(HasSubstr("model.onnx: the onnx library crashed"),
                                              HasSubstr("signal 11"))));
}

}  // namespace
}  // namespace arrayflex::workloads
#endif
