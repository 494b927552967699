#include "arrayflex/study/array_request.h"

#include <gmock/gmock.h>

#include <fstream>

#include "arrayflex/core/error.h"

namespace arrayflex::study {
namespace {

using testing::ElementsAre;

ArrayConfig resolve(const ArrayRequest& request, std::optional<int> k = std::nullopt) {
  return resolve_array(request, shipped_technology(kDefaultTechnology), k);
}

TEST(ArrayRequest, NothingGivenIsThePapersArray) {
  const ArrayConfig config = resolve({});
  EXPECT_EQ(config.rows(), 128);
  EXPECT_EQ(config.cols(), 128);
  EXPECT_EQ(config.data_width_bits(), 32);
  EXPECT_EQ(config.acc_width_bits(), 64);
  EXPECT_THAT(config.modes(), ElementsAre(1, 2, 4));
  EXPECT_EQ(config.period_ps(Design::conventional, 1), 500.0);
}

TEST(ArrayRequest, OneWidthGivesTheOther) {
  ArrayRequest narrow;
  narrow.data_width_bits = 8;
  EXPECT_EQ(resolve(narrow).acc_width_bits(), 32);
  ArrayRequest sums;
  sums.acc_width_bits = 32;
  EXPECT_EQ(resolve(sums).data_width_bits(), 8);
  sums.acc_width_bits = 64;
  EXPECT_EQ(resolve(sums).data_width_bits(), 32);
}

TEST(ArrayRequest, DefaultModesFitTheArray) {
  EXPECT_THAT(default_modes(3, 100), ElementsAre(1, 2));
  EXPECT_THAT(default_modes(1, 1), ElementsAre(1));
  EXPECT_THAT(default_modes(-5, 7), ElementsAre(1));  // for ArrayConfig to refuse the size
  ArrayRequest request;
  request.rows = 2;
  EXPECT_THAT(resolve(request).modes(), ElementsAre(1, 2));
  request.modes = {4};
  EXPECT_THROW(resolve(request), InputError);
}

TEST(ArrayRequest, GivenClocksWinAndTheTechnologyGivesTheOthers) {
  ArrayRequest request;
  request.clocks.mode_ps[2] = 1000.0;
  const double own = *resolve({}).period_ps(Design::arrayflex, 1);
  EXPECT_EQ(resolve(request).period_ps(Design::arrayflex, 2), 1000.0);
  EXPECT_EQ(resolve(request).period_ps(Design::arrayflex, 1), own);
  request.technology_clocks = false;
  EXPECT_EQ(resolve(request).period_ps(Design::arrayflex, 1), std::nullopt);
  EXPECT_EQ(resolve(request).period_ps(Design::conventional, 1), std::nullopt);
}

TEST(ArrayRequest, WhatIsGivenComesBeforeTheBase) {
  ArrayRequest base, request;
  base.rows = 8;
  base.cols = 16;
  base.clocks.mode_ps = {{1, 10.0}, {2, 20.0}};
  base.clocks.conventional_ps = 5.0;
  request.rows = 4;
  request.clocks.mode_ps = {{1, 11.0}};
  const ArrayRequest merged = with_defaults_of(request, base);
  EXPECT_EQ(merged.rows, 4);
  EXPECT_EQ(merged.cols, 16);
  EXPECT_EQ(merged.data_width_bits, std::nullopt);
  EXPECT_THAT(merged.clocks.mode_ps, ElementsAre(std::pair{1, 11.0}, std::pair{2, 20.0}));
  EXPECT_EQ(merged.clocks.conventional_ps, 5.0);
}

TEST(ArrayRequest, AFileGivesWhatItHoldsAndNoMore) {
  const std::string path = testing::TempDir() + "array_request_test.json";
  std::ofstream(path) << R"({"cols": 7, "modes": [1, 3], "clock_period_ps": {"3": 900}})";
  const ArrayRequest request = load_array_request(path);
  EXPECT_EQ(request.rows, std::nullopt);
  EXPECT_EQ(request.cols, 7);
  EXPECT_EQ(request.data_width_bits, std::nullopt);
  EXPECT_EQ(request.acc_width_bits, std::nullopt);
  EXPECT_THAT(*request.modes, ElementsAre(1, 3));
  EXPECT_THAT(request.clocks.mode_ps, ElementsAre(std::pair{3, 900.0}));
  std::ofstream(path) << "{}";
  EXPECT_EQ(load_array_request(path).modes, std::nullopt);
}

}  // namespace
}  // namespace arrayflex::study
