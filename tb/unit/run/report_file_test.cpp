// A report that is read back: every figure of the table is asked for.
#include "run/output/report_file.h"

#include <gmock/gmock.h>

#include <cstdio>
#include <fstream>
#include <functional>

#include "arrayflex/core/error.h"
#include "arrayflex/report/figures.h"
#include "unit/report/maximal_report.h"

namespace arrayflex::command {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::AllOf;
using ::testing::HasSubstr;

class ReportFile : public ::testing::Test {
 protected:
  ReportFile() : good_(Json::parse(to_json(maximal_report()))) {}
  ~ReportFile() override { std::remove(path_.c_str()); }

  Json read(const std::string& text) const {
    std::ofstream(path_, std::ios::binary) << text;
    return read_report(path_);
  }

  // The message about the report after a change; empty where it is accepted.
  std::string fault(const std::function<void(Json&)>& change) const {
    Json report = good_;
    change(report);
    try {
      read(report.dump());
    } catch (const InputError& error) {
      return error.what();
    }
    return {};
  }

  Json good_;
  std::string path_ = ::testing::TempDir() + "report_file_test_" +
                      ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".json";
};

struct Place {
  std::string way;
  std::vector<FigureScope> scopes;
};

// Where figures of each scope stand.
std::vector<Place> places() {
  using F = FigureScope;
  return {{"", {F::run}},
          {"layers[1].", {F::layer, F::entry, F::design, F::comparison}},
          {"layers[0].conventional.", {F::design}},
          {"total.", {F::entry, F::design, F::comparison, F::total}},
          {"total.conventional.", {F::design}},
          {"conventional.", {F::design}}};
}

Json& object_at(Json& report, const std::string& way) {
  std::string pointer = way.empty() ? "" : "/" + way.substr(0, way.size() - 1);
  for (char& c : pointer) {
    if (c == '.' || c == '[') c = '/';
  }
  pointer.erase(std::remove(pointer.begin(), pointer.end(), ']'), pointer.end());
  return report[Json::json_pointer(pointer)];
}

template <class Visit>
void for_each_place(Visit visit) {
  for (const Place& place : places()) {
    for (const Figure& figure : figures()) {
      const auto& scopes = place.scopes;
      if (std::find(scopes.begin(), scopes.end(), figure.scope) != scopes.end()) {
        visit(place, figure);
      }
    }
  }
}

// The object that holds the figure's value.
Json& holder_of(Json& report, const Place& place, const Figure& figure) {
  Json* object = &object_at(report, place.way);
  for (std::size_t i = 0; i + 1 < figure.path.size(); ++i) object = &(*object)[figure.path[i]];
  return *object;
}

TEST_F(ReportFile, IsReadAsItWasWritten) { EXPECT_EQ(read(good_.dump()), good_); }

// A figure that alone says whether it is there may be missing.
bool may_be_missing(const Figure& figure) { return condition_of(figure.when).key == figure.key; }

TEST_F(ReportFile, EveryFigureMustBeThere) {
  int count = 0;
  for_each_place([&](const Place& place, const Figure& figure) {
    const std::string message =
        fault([&](Json& report) { holder_of(report, place, figure).erase(figure.path.back()); });
    const bool is_total = place.way.find("layers") == std::string::npos;
    if (may_be_missing(figure) || (figure.when == FigureWhen::dram_energy && is_total)) return;
    ASSERT_THAT(message, HasSubstr(place.way + figure.key + " is missing")) << place.way;
    ++count;
  });
  EXPECT_GT(count, 400);
}

TEST_F(ReportFile, NoFigureMayBeOfAnotherType) {
  for_each_place([&](const Place& place, const Figure& figure) {
    const std::string message = fault([&](Json& report) {
      holder_of(report, place, figure)[figure.path.back()] = Json::array({true});
    });
    ASSERT_THAT(message, AllOf(HasSubstr(place.way + figure.key), HasSubstr("true"),
                               HasSubstr(" is needed")));
  });
}

TEST_F(ReportFile, ValuesBeyondTheBoundsAreNamedWithTheBounds) {
  EXPECT_THAT(fault([](Json& r) { r["layers"][0]["stall_cycles"] = -1; }),
              HasSubstr("layers[0].stall_cycles = -1: a whole number 0..9223372036854775807"));
  EXPECT_THAT(fault([](Json& r) { r["array"]["rows"] = 4097; }),
              HasSubstr("array.rows = 4097: a whole number 1..4096"));
  EXPECT_THAT(fault([](Json& r) { r["k"] = "fast"; }),
              HasSubstr("k = \"fast\": \"auto\" or a collapse factor"));
  EXPECT_THAT(fault([](Json& r) { r["total"]["layers_by_k"]["2"] = 1.5; }),
              HasSubstr("total.layers_by_k.2 = 1.5: a whole number"));
  EXPECT_EQ(fault([](Json& r) { r["total"]["time_ns"] = nullptr; }), "");
  EXPECT_EQ(fault([](Json& r) { r["a figure of a later version"] = 1; }), "");
}

TEST_F(ReportFile, WhatAReportNeedNotHaveMayBeMissingAsAWhole) {
  const auto without = [](const std::vector<std::string>& keys) {
    return [keys](Json& report) {
      for (const Place& place : places()) {
        for (const std::string& key : keys) object_at(report, place.way).erase(key);
      }
      for (const std::string& key : keys) {
        report["layers"][0].erase(key);
        report["layers"][1]["conventional"].erase(key);
      }
    };
  };
  EXPECT_EQ(fault(without({"technology", "area", "kernel", "notes", "operand_recipe"})), "");
  EXPECT_EQ(fault(without({"energy", "ratios_to_conventional"})), "");
  EXPECT_EQ(fault(without({"activity", "energy", "ratios_to_conventional"})), "");
  EXPECT_EQ(fault(without({"memory", "stall_cycles", "dma_bytes", "bound_by", "dram_energy_pj"})),
            "");
  EXPECT_THAT(fault([](Json& r) { r["layers"][1].erase("activity"); }),
              HasSubstr("layers[1].activity is missing"));
}

TEST_F(ReportFile, QuotesTextsOfOtherFilesAsTheyAre) {
  const auto message = [&](const std::string& text) {
    try {
      read(text);
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(message("{\"µ層\x01\"}"), HasSubstr("\"µ層<"));
  EXPECT_THAT(message("{\"\xFF"), HasSubstr("\"?"));
}

}  // namespace
}  // namespace arrayflex::command
