// The table of operand and accumulator widths.
#include "arrayflex/core/widths.h"

#include <gmock/gmock.h>

namespace arrayflex {
namespace {

TEST(Widths, PairsAndTheirTexts) {
  EXPECT_EQ(width_pairs_text(), "32/64, 16/64 and 8/32");
  EXPECT_EQ(operand_widths_text(), "8, 16 or 32");
  EXPECT_THAT(operand_widths(), ::testing::ElementsAre(8, 16, 32));
  EXPECT_TRUE(is_width_pair(16, 64));
  EXPECT_FALSE(is_width_pair(16, 32));
}

TEST(Widths, TheOtherOfAPair) {
  for (const WidthPair& pair : kWidthPairs) {
    EXPECT_EQ(acc_width_of(pair.data_bits), pair.acc_bits);
  }
  EXPECT_EQ(acc_width_of(12), 64);
  EXPECT_EQ(data_width_of(32), 8);
  EXPECT_EQ(data_width_of(64), 32);
  EXPECT_EQ(data_width_of(48), 32);
}

TEST(Widths, TypesOfNpyFiles) {
  EXPECT_EQ(npy_type(8), "|i1");
  EXPECT_EQ(npy_type(16), "<i2");
  EXPECT_EQ(npy_type(32), "<i4");
  EXPECT_EQ(npy_type(64), "<i8");
}

}  // namespace
}  // namespace arrayflex
