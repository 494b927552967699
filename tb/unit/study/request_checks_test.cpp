// The abilities of the engines against their rows in the table, and how messages word it.
#include <gmock/gmock.h>

#include "arrayflex/core/error.h"
#include "arrayflex/study/study.h"

namespace arrayflex::study {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

StudyRequest small_request(Engine engine) {
  StudyRequest request;
  request.workload = "made up";
  request.network = {{"a", {3, 5, 4}, 1}};
  request.array.rows = request.array.cols = 4;
  request.engine = engine;
  return request;
}

// What checking the request ends in: its error, or "" where it can be served.
std::string refusal(const StudyRequest& request, bool wants_result = false) {
  try {
    const Study study(request, {}, wants_result);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

std::vector<std::string> warnings(const StudyRequest& request) {
  std::vector<std::string> texts;
  StudyHooks hooks;
  hooks.log = [&](LogLevel level, const std::string& text) {
    if (level == LogLevel::warning) texts.push_back(text);
  };
  const Study study(request, hooks);
  return texts;
}

class Capabilities : public testing::TestWithParam<EngineCapabilities> {
 protected:
  StudyRequest request() const { return small_request(GetParam().engine); }
};
INSTANTIATE_TEST_SUITE_P(All, Capabilities, testing::ValuesIn(all_engines()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_P(Capabilities, Memory) {
  StudyRequest r = request();
  r.memory = MemoryModel{};
  EXPECT_EQ(refusal(r).empty(), GetParam().memory) << refusal(r);
}

TEST_P(Capabilities, Sampling) {
  StudyRequest r = request();
  r.sample_tiles = 5;
  EXPECT_EQ(refusal(r).empty(), GetParam().sampling) << refusal(r);
}

TEST_P(Capabilities, Nets) {
  StudyRequest r = request();
  r.traces.vcd_path = "x.vcd";
  EXPECT_EQ(refusal(r).empty(), GetParam().nets) << refusal(r);
  r = request();
  r.traces.saif_path = "x.saif";
  r.traces.saif_detail = SaifDetail::nets;
  EXPECT_EQ(refusal(r).empty(), GetParam().nets) << refusal(r);
}

TEST_P(Capabilities, ActivityFiles) {
  StudyRequest r = request();
  r.traces.saif_path = "x.saif";
  EXPECT_EQ(refusal(r).empty(), GetParam().activity) << refusal(r);
}

TEST_P(Capabilities, WhatTheEngineHasNoUseForIsSaid) {
  StudyRequest r = request();
  EXPECT_THAT(warnings(r), IsEmpty());
  r.threads = 2;
  EXPECT_EQ(warnings(r).empty(), GetParam().threads);
  r = request();
  r.kernel = "auto";
  EXPECT_EQ(warnings(r).empty(), GetParam().kernels);
  r = request();
  r.activity = false;
  EXPECT_EQ(warnings(r).empty(), GetParam().activity);
}

TEST(RequestChecks, WordAsTheCommandLineOrAsFields) {
  StudyRequest request = small_request(Engine::cycle);
  request.memory = MemoryModel{};
  EXPECT_EQ(refusal(request),
            "memory = ideal: the accelerator has no such array; use engine analytic, fast or pin");
  request.wording = Wording::options;
  EXPECT_EQ(
      refusal(request),
      "--memory = ideal: the accelerator has no such array; use --engine analytic, fast or pin");
}

TEST(RequestChecks, RefuseWhatExcludesEachOther) {
  StudyRequest request = small_request(Engine::fast);
  request.sample_tiles = 5;
  EXPECT_THAT(refusal(request, true), HasSubstr("result needs every tile"));
  request.pe_map = true;
  EXPECT_THAT(refusal(request), HasSubstr("pe_map needs every tile"));
  request.pe_map = false;
  request.memory = MemoryModel{};
  EXPECT_THAT(refusal(request), HasSubstr("sample_tiles skips tiles"));
  request.sample_tiles.reset();
  request.pe_map = true;
  EXPECT_THAT(refusal(request), HasSubstr("the accelerator keeps no pe_map"));
  request.memory.reset();
  request.activity = false;
  EXPECT_EQ(refusal(request), "activity = off: pe_map needs it; leave out one of the two");
}

TEST(RequestChecks, RefuseTracesWithoutTheirOwner) {
  StudyRequest request = small_request(Engine::pin);
  request.traces.vcd_scopes = {"*"};
  EXPECT_EQ(refusal(request), "trace_scope was given without trace, which it belongs to");
  request = small_request(Engine::pin);
  request.traces.memory_directory = "x";
  EXPECT_THAT(refusal(request), HasSubstr("without memory nothing accesses a memory"));
}

TEST(RequestChecks, RefuseModesKernelsAndOperandsOutOfBounds) {
  StudyRequest request = small_request(Engine::fast);
  request.k = 5;
  EXPECT_EQ(refusal(request), "k = 5: allowed are 1..4, the smaller side of a 4x4 array");
  request.wording = Wording::options;
  EXPECT_EQ(refusal(request),
            "--k = 5: allowed are auto and 1..4, the smaller side of the 4x4 array");
  request = small_request(Engine::fast);
  request.kernel = "none";
  EXPECT_THAT(refusal(request), HasSubstr("kernel = none: allowed are auto and"));
  request = small_request(Engine::fast);
  request.operands.activation_zero_share = 2;
  EXPECT_NE(refusal(request), "");
}

TEST(RequestChecks, WarnOfSettingsWithoutAMemory) {
  StudyRequest request = small_request(Engine::fast);
  request.dma_burst_bytes = 64;
  request.wording = Wording::options;
  EXPECT_THAT(warnings(request),
              ElementsAre("--dma-burst and --dma-outstanding are ignored without --memory"));
}

}  // namespace
}  // namespace arrayflex::study
