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

}  // namespace
}  // namespace arrayflex
