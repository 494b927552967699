// SAIF files: the text, and what is refused; the RTL's names of the array's nets.
#include "arrayflex/formats/saif.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "arrayflex/core/error.h"
#include "arrayflex/formats/rtl_names.h"

namespace arrayflex {
namespace {

using testing::HasSubstr;
using Path = std::vector<std::string>;

class Saif : public testing::Test {
 protected:
  SaifWriter writer(std::int64_t duration = 100, const std::string& timescale = "1 fs") {
    return SaifWriter([this](std::string_view piece) { text_ += piece; },
                      {"top", "1.2", timescale, duration});
  }

  // The message of the InputError that a net gives.
  static std::string refusal(SaifWriter& writer, const Path& path, const SaifActivity& activity) {
    try {
      writer.net(path, "n", 0, activity);
    } catch (const InputError& error) {
      return error.what();
    }
    ADD_FAILURE() << "accepted";
    return {};
  }

  std::string text_;
};

TEST_F(Saif, WritesInstancesNetsAndBits) {
  SaifWriter file = writer();
  file.net({"top"}, "clk", SaifWriter::kScalar, {50, 50, 0, 20});
  file.net({"top", "row[0]", "pe"}, "sum", 0, {100, 0, 0, 0});
  file.net({"top", "row[0]", "pe"}, "sum", 1, {60, 40, 0, 3});
  file.net({"top", "row[1]"}, "toggles", SaifWriter::kScalar, {0, 0, 100, 7});
  file.finish();
  EXPECT_EQ(text_, R"((SAIFILE
(SAIFVERSION "2.0")
(DIRECTION "backward")
(DESIGN "top")
(VENDOR "ArrayFlex-SystemC")
(PROGRAM_NAME "arrayflex")
(VERSION "1.2")
(DIVIDER / )
(TIMESCALE 1 fs)
(DURATION 100)
(INSTANCE top
  (NET
   (clk (T0 50) (T1 50) (TX 0) (TC 20) (IG 0))
  )
 (INSTANCE row\[0\]
  (INSTANCE pe
    (NET
     (sum\[0\] (T0 100) (T1 0) (TX 0) (TC 0) (IG 0))
     (sum\[1\] (T0 60) (T1 40) (TX 0) (TC 3) (IG 0))
    )
  )
 )
 (INSTANCE row\[1\]
   (NET
    (toggles (T0 0) (T1 0) (TX 100) (TC 7) (IG 0))
   )
 )
)
)
)");
}

TEST_F(Saif, EscapesWhatNamesMustNotHold) {
  EXPECT_EQ(saif_name("psum_reg2"), "psum_reg2");
  EXPECT_EQ(saif_name("a[3].b/c d"), R"(a\[3\]\.b\/c\ d)");
}

TEST_F(Saif, TimesAddUpToTheDuration) {
  SaifWriter file = writer();
  const Path path{"top", "pe"};
  EXPECT_THAT(refusal(file, path, {50, 49, 0, 1}), HasSubstr("top/pe/n"));
  EXPECT_THAT(refusal(file, path, {50, 49, 0, 1}), HasSubstr("duration 100"));
  EXPECT_THAT(refusal(file, path, {101, -1, 0, 1}), HasSubstr("at least 0"));
  EXPECT_THAT(refusal(file, path, {100, 0, 0, -1}), HasSubstr("TC -1"));
  file.net(path, "n", 0, {30, 30, 40, 1});
}

TEST_F(Saif, OneTopAndNetsBeforeInstances) {
  SaifWriter file = writer();
  EXPECT_THAT(refusal(file, {}, {100, 0, 0, 0}), HasSubstr("needs an instance"));
  file.net({"top", "a", "b"}, "n", 0, {100, 0, 0, 0});
  EXPECT_THAT(refusal(file, {"other"}, {100, 0, 0, 0}), HasSubstr("top instance top"));
  EXPECT_THAT(refusal(file, {"top", "a"}, {100, 0, 0, 0}), HasSubstr("before the instances"));
  file.net({"top", "c"}, "n", 0, {100, 0, 0, 0});
  EXPECT_THAT(refusal(file, {"top"}, {100, 0, 0, 0}), HasSubstr("before the instances"));
}

TEST_F(Saif, RefusesWhatNoReaderTakes) {
  EXPECT_THROW(writer(-1), InputError);
  for (const char* timescale : {"", "fs", "1fs", "3 ns", "1000 ps", "1 min", "10  ns"}) {
    EXPECT_THROW(writer(1, timescale), InputError) << timescale;
  }
  for (const char* timescale : {"1 s", "10 ms", "100 us", "1 ns", "10 ps", "100 fs"}) {
    EXPECT_NO_THROW(writer(1, timescale)) << timescale;
  }
}

TEST(RtlNames, OfPesMuxesAndBuffers) {
  const auto path_of = [](const char* module, const char* net) {
    const RtlName name = rtl_name(Design::arrayflex, "sys.array", module, net);
    std::string text;
    for (const std::string& scope : name.path) text += scope + '.';
    return text + name.net;
  };
  EXPECT_EQ(path_of("sys.array.pe_2_13", "psum_reg"),
            "array_system.array.row[2].column[13].pe.psum_reg");
  EXPECT_EQ(path_of("sys.array.pe_0_1.sum_mux", "out"),
            "array_system.array.row[0].column[1].pe.sum_mux.out");
  EXPECT_EQ(path_of("sys.array.skew_3", "reg_1"),
            "array_system.array.skew[3].buffer.chain.reg_[1]");
  EXPECT_EQ(path_of("sys.array.deskew_0", "out"), "array_system.array.deskew[0].buffer.out");
  EXPECT_EQ(rtl_name(Design::arrayflex, "sys.array", "sys.array.pe_0_1", "weight_bank1").net,
            "weight_bank1");
  for (const char* net : {"weight_reg", "weight_bank0", "weight_bank1", "weight"}) {
    EXPECT_TRUE(is_weight_net(net)) << net;
  }
  EXPECT_FALSE(is_weight_net("product"));
  EXPECT_EQ(rtl_name(Design::conventional, "c.array", "c.array.pe_0_0", "product").path.front(),
            "conventional_system");
}

TEST(RtlNames, OfNothingElse) {
  for (const char* module : {"sys", "sys.array", "other.array.pe_0_0", "sys.array.ground",
                             "sys.array.skew_", "sys.array.skew_x"}) {
    EXPECT_THROW(rtl_name(Design::arrayflex, "sys.array", module, "out"), std::logic_error)
        << module;
  }
}

}  // namespace
}  // namespace arrayflex
