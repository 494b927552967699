#include "arrayflex/core/text.h"

#include <gtest/gtest.h>

namespace arrayflex {
namespace {

TEST(Text, IsShortenedOnlyWhereItIsTooLong) {
  EXPECT_EQ(shortened("", 0), "");
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("abcd", 3), "abc...");
  EXPECT_EQ(shortened("abcd", 0), "...");
}

TEST(Text, IsNotCutWithinACharacter) {
  EXPECT_EQ(shortened("aµs", 1), "a...");
  EXPECT_EQ(shortened("aµs", 2), "a...");
  EXPECT_EQ(shortened("aµs", 3), "aµ...");
  EXPECT_EQ(shortened("aµs", 4), "aµs");
}

TEST(Text, NumberAndUnit) {
  const auto time = parse_number_with_unit("10.5ns");
  ASSERT_TRUE(time.has_value());
  EXPECT_EQ(time->number, 10.5);
  EXPECT_EQ(time->unit, "ns");
  EXPECT_EQ(parse_number_with_unit("1e3")->number, 1000);
  EXPECT_EQ(parse_number_with_unit("7")->unit, "");
  for (const char* wrong : {"", "ns", "-1ns", " 1ns", "inf", "nan", "1e999s"}) {
    EXPECT_FALSE(parse_number_with_unit(wrong).has_value()) << wrong;
  }
}

TEST(Text, UnitsOfTime) {
  double expected = 1;
  for (const char* unit : {"fs", "ps", "ns", "us", "ms", "s"}) {
    EXPECT_EQ(femtoseconds_per(unit), expected) << unit;
    expected *= 1000;
  }
  for (const char* wrong : {"", "min", "NS", "n"}) EXPECT_FALSE(femtoseconds_per(wrong)) << wrong;
}

TEST(Text, PlainTextKeepsCharactersAndReplacesControlsAndStrayBytes) {
  EXPECT_EQ(plain_text("conv µs 層 \xF0\x9F\x98\x80", '_'), "conv µs 層 \xF0\x9F\x98\x80");
  EXPECT_EQ(plain_text("a\n\x1B[31m\x7F", '_'), "a__[31m_");
  EXPECT_EQ(plain_text("\xFF\xC3(\xB5", '_'), "__(_");
  EXPECT_EQ(plain_text("\xE5\xB1", '_'), "__") << "cut off";
  EXPECT_EQ(plain_text("\xC0\xAF", '_'), "__") << "overlong";
  EXPECT_EQ(plain_text("\xED\xA0\x80", '_'), "___") << "a surrogate";
  EXPECT_EQ(plain_text("\xF4\x90\x80\x80", '_'), "____") << "beyond U+10FFFF";
}

}  // namespace
}  // namespace arrayflex
