// Counters: overflow, clock accounting, and one product small enough to count by hand.
#include "arrayflex/core/activity.h"

#include <gmock/gmock.h>

#include <limits>

#include "arrayflex/core/error.h"
#include "arrayflex/engine/fast_engine.h"

namespace arrayflex {
namespace {

TEST(ActivityCounters, RefuseToOverflow) {
  ActivityCounters a;
  a.add_toggles(NetClass::product, std::numeric_limits<std::int64_t>::max());
  EXPECT_THROW(a.add_toggles(NetClass::product, 1), OverflowError);
  EXPECT_EQ(a[NetClass::product], std::numeric_limits<std::int64_t>::max());
  ActivityCounters b;
  b.add_toggles(NetClass::operand, 1);
  EXPECT_NO_THROW(a += b);
  EXPECT_EQ(a[NetClass::operand], 1);
  EXPECT_THROW(a.total_toggles(), OverflowError);
  b.add_clocked(RegisterClass::psum_reg, std::numeric_limits<std::int64_t>::max());
  b.add_gated(RegisterClass::psum_reg, 2);
  ActivityCounters c = b;
  EXPECT_THROW(c += b, OverflowError);
  EXPECT_EQ(c, b);
}

// 2 x 2 array, k = 1, T = 1, A = [1 2], B = [[3 0] [0 -1]], 8/32 bits, counted by hand.
TEST(Activity, CountedByHandAtK1) {
  ArrayParameters p;
  p.rows = p.cols = 2;
  p.data_width_bits = 8;
  p.acc_width_bits = 32;
  p.modes = {1, 2};
  const ArrayConfig config(p);
  const GemmShape shape{1, 2, 2};
  const DenseOperands operands(config, shape, {1, 2}, {3, 0, 0, -1});
  DenseResult x(shape, 32);
  const GemmResult result = FastEngine(config).run(shape, 1, operands, x);
  EXPECT_THAT(x.values(), ::testing::ElementsAre(3, -2));
  EXPECT_EQ(result.cycles, 2 + 2 + 2 + 1 - 2);
  // Each net goes 0, value, 0; a value with b ones toggles 2b bits.
  const ActivityCounters& a = result.activity;
  EXPECT_EQ(a[NetClass::operand], 2 * (2 * 1 + 2 * 1));  // 1 and 2 at two PEs each
  EXPECT_EQ(a[NetClass::operand_reg], 2 * 1 + 2 * 1);    // one register a row
  EXPECT_EQ(a[NetClass::skew_reg], 2 * 1);               // row 1 only
  EXPECT_EQ(a[NetClass::product], 2 * 2 + 2 * 15);       // 3 = 11b, -2 = 1111111111111110b
  // Row 0: sums 3 and 0; row 1: 3 (from above) and -2 (32 bits, 31 ones). No carries: one addend.
  EXPECT_EQ(a[NetClass::csa_sum], 2 * (2 + 2 + 31));
  EXPECT_EQ(a[NetClass::csa_carry], 0);
  EXPECT_EQ(a[NetClass::psum_reg], 2 * (2 + 2 + 31));
  EXPECT_EQ(a[NetClass::deskew_reg], 2 * 2);                       // column 0 waits for column 1
  EXPECT_EQ(a[NetClass::bypass_mux], (2 + 2) + 2 * (2 + 2 + 31));  // operand east, sum = psum_reg
  // Column 0 loads 0 then 3: row 0 goes 0,0,3, row 1 goes 0,0,0. Column 1 loads -1 (8 ones) then 0:
  // row 0 goes 0,-1,0, row 1 goes 0,0,-1.
  EXPECT_EQ(a[NetClass::weight_reg], 2 + 0 + 16 + 8);
  // S = 1+2+2-2 = 3 stream cycles, R = 2.
  const auto clocked = [&](RegisterClass c) { return a.clocked_bits[static_cast<std::size_t>(c)]; };
  const auto gated = [&](RegisterClass c) { return a.gated_bits[static_cast<std::size_t>(c)]; };
  EXPECT_EQ(clocked(RegisterClass::operand_reg), 8 * 2 * 4);
  EXPECT_EQ(gated(RegisterClass::operand_reg), 8 * 2 * 1);
  EXPECT_EQ(clocked(RegisterClass::psum_reg), 32 * 4 * 4);
  EXPECT_EQ(gated(RegisterClass::psum_reg), 32 * 4 * 1);
  EXPECT_EQ(clocked(RegisterClass::skew_reg), 8 * 1 * 4);
  EXPECT_EQ(clocked(RegisterClass::deskew_reg), 32 * 1 * 4);
  EXPECT_EQ(clocked(RegisterClass::weight_reg), 8 * 4 * 2);
  EXPECT_EQ(gated(RegisterClass::weight_reg), 8 * 4 * 3);
}

// The same at k = 2: the two rows form one stage, so row 0 passes its carry-save pair down.
TEST(Activity, CountedByHandAtK2) {
  ArrayParameters p;
  p.rows = p.cols = 2;
  p.data_width_bits = 8;
  p.acc_width_bits = 32;
  p.modes = {2};
  const ArrayConfig config(p);
  const GemmShape shape{1, 2, 1};
  const DenseOperands operands(config, shape, {1, 1}, {3, 1});
  DenseResult x(shape, 32);
  const GemmResult result = FastEngine(config).run(shape, 2, operands, x);
  EXPECT_THAT(x.values(), ::testing::ElementsAre(4));
  EXPECT_EQ(result.cycles, 2 + 1 + 1 + 1 - 2);
  const ActivityCounters& a = result.activity;
  EXPECT_EQ(a[NetClass::operand_reg], 0);
  EXPECT_EQ(a[NetClass::skew_reg], 0);
  EXPECT_EQ(a[NetClass::deskew_reg], 0);
  EXPECT_EQ(a[NetClass::product], 2 * 2 + 2 * 1);
  // Row 0: sum 3, carry 0. Row 1: 3 ^ 1 = 2, carry (3 & 1) << 1 = 2; psum_reg = 4.
  EXPECT_EQ(a[NetClass::csa_sum], 2 * 2 + 2 * 1);
  EXPECT_EQ(a[NetClass::csa_carry], 2 * 1);
  EXPECT_EQ(a[NetClass::psum_reg], 2 * 1);
  // Operand muxes of column 0 (two rows), row 0 passes its sum 3, row 1 its register 4.
  EXPECT_EQ(a[NetClass::bypass_mux], 2 + 2 + 2 * 2 + 2 * 1);
  // Row 0's psum_reg and all skew, de-skew and operand registers are held: V*(R+S), S = 1.
  EXPECT_EQ(a.gated_bits[static_cast<std::size_t>(RegisterClass::operand_reg)], 8 * 2 * 3);
  EXPECT_EQ(a.gated_bits[static_cast<std::size_t>(RegisterClass::psum_reg)], 32 * (2 * 1 + 2 * 3));
  EXPECT_EQ(a.clocked_bits[static_cast<std::size_t>(RegisterClass::psum_reg)], 32 * 2 * 2);
}

}  // namespace
}  // namespace arrayflex
