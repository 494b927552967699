// The table of net and register classes against counting PE by PE.
#include "arrayflex/core/net_classes.h"

#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <string>

namespace arrayflex {
namespace {

// The array as the definition in docs/architecture.md words it, one register or net at a time.
struct PlainArray {
  int rows, cols, k;

  int row_groups() const { return (rows - 1) / k + 1; }
  int col_groups() const { return (cols - 1) / k + 1; }
  bool is_bottom(int r) const { return (r + 1) % k == 0 || r == rows - 1; }
  bool has_operand_reg(int c) const { return c + 1 < cols; }
  bool uses_operand_reg(int c) const { return (c + 1) % k == 0 && c + 1 < cols; }

  std::int64_t sum_over_pes(const std::function<int(int r, int c)>& bits) const {
    std::int64_t sum = 0;
    for (int r = 0; r < rows; ++r) {
      for (int c = 0; c < cols; ++c) sum += bits(r, c);
    }
    return sum;
  }
  std::int64_t sum_over(int count, const std::function<int(int i)>& bits) const {
    std::int64_t sum = 0;
    for (int i = 0; i < count; ++i) sum += bits(i);
    return sum;
  }
};

// Bits of the nets in use, by class.
std::map<std::string, std::int64_t> counted_bits(const PlainArray& a, int wd, int wa,
                                                 bool is_arrayflex, bool has_weight_mux) {
  const auto pes = [&](int bits) { return a.sum_over_pes([=](int, int) { return bits; }); };
  return {
      {"operand", pes(wd)},
      {"operand_reg", a.sum_over_pes([&](int, int c) { return a.uses_operand_reg(c) ? wd : 0; })},
      {"weight_reg", pes(wd)},
      {"product", pes(2 * wd)},
      {"csa_sum", is_arrayflex ? pes(wa) : 0},
      {"csa_carry", is_arrayflex ? pes(wa) : 0},
      {"psum_reg", a.sum_over_pes([&](int r, int) { return a.is_bottom(r) ? wa : 0; })},
      {"bypass_mux",
       is_arrayflex ? a.sum_over_pes([&](int, int c) { return (c + 1 < a.cols ? wd : 0) + 2 * wa; })
                    : 0},
      {"skew_reg", a.sum_over(a.rows, [&](int r) { return wd * (r / a.k); })},
      {"deskew_reg",
       a.sum_over(a.cols, [&](int c) { return wa * (a.col_groups() - 1 - c / a.k); })},
      {"weight", has_weight_mux ? pes(wd) : 0},
  };
}

// Registers that are there, in use or not.
std::map<std::string, std::int64_t> counted_registers(const PlainArray& a, int banks) {
  return {
      {"operand_reg", a.sum_over_pes([&](int, int c) { return a.has_operand_reg(c) ? 1 : 0; })},
      {"weight_reg", a.sum_over_pes([=](int, int) { return banks; })},
      {"psum_reg", a.sum_over_pes([](int, int) { return 1; })},
      {"skew_reg", a.sum_over(a.rows, [](int r) { return r; })},
      {"deskew_reg", a.sum_over(a.cols, [&](int c) { return a.cols - 1 - c; })},
  };
}

ArrayParameters array_of(int rows, int cols, int data_bits, int acc_bits) {
  ArrayParameters p;
  p.rows = rows;
  p.cols = cols;
  p.data_width_bits = data_bits;
  p.acc_width_bits = acc_bits;
  return p;
}

void expect_as_counted(const ArrayParameters& p, Design design, int k) {
  SCOPED_TRACE(std::string(name_of(design)) + " " + std::to_string(p.rows) + " x " +
               std::to_string(p.cols) + " k = " + std::to_string(k));
  const bool is_arrayflex = design == Design::arrayflex;
  const PlainArray plain{p.rows, p.cols, is_arrayflex ? k : 1};
  const auto bits = counted_bits(plain, p.data_width_bits, p.acc_width_bits, is_arrayflex,
                                 p.overlap != Overlap::none);
  const auto registers = counted_registers(plain, p.overlap == Overlap::none ? 1 : 2);
  for (const NetClass c : all_net_classes()) {
    ASSERT_EQ(bits.count(name_of(c)), 1U) << name_of(c) << ": count it here";
    EXPECT_EQ(net_bits(p, design, k, c), bits.at(name_of(c))) << name_of(c);
  }
  for (const RegisterClass c : all_register_classes()) {
    ASSERT_EQ(registers.count(name_of(c)), 1U) << name_of(c) << ": count it here";
    EXPECT_EQ(physical_registers(p, c), registers.at(name_of(c))) << name_of(c);
    EXPECT_EQ(registers_in_use(p, design, k, c) * width_of(c).bits(p), bits.at(name_of(c)))
        << name_of(c);
  }
}

TEST(NetClasses, CountsAreThoseOfCountingPeByPe) {
  for (int rows = 1; rows <= 6; ++rows) {
    for (int cols = 1; cols <= 6; ++cols) {
      for (int k = 1; k <= std::min(rows, cols); ++k) {
        for (const Design design : {Design::arrayflex, Design::conventional}) {
          expect_as_counted(array_of(rows, cols, 8, 32), design, k);
          ArrayParameters wide = array_of(rows, cols, 32, 64);
          for (const Overlap overlap : all_overlaps()) {
            wide.overlap = overlap;
            expect_as_counted(wide, design, k);
          }
        }
      }
    }
  }
}

TEST(NetClasses, NamesAreTheReportsKeys) {
  std::vector<std::string> names;
  for (const NetClass c : net_classes_of(ArrayParameters())) names.emplace_back(name_of(c));
  EXPECT_THAT(names, ::testing::ElementsAre("operand", "operand_reg", "weight_reg", "product",
                                            "csa_sum", "csa_carry", "psum_reg", "bypass_mux",
                                            "skew_reg", "deskew_reg"));
  ArrayParameters overlapping;
  overlapping.overlap = Overlap::load;
  const std::vector<NetClass> more = net_classes_of(overlapping);
  ASSERT_EQ(more.size(), names.size() + 1);
  EXPECT_STREQ(name_of(more.back()), "weight");
  names.clear();
  for (const RegisterClass c : register_classes_of(ArrayParameters())) {
    names.emplace_back(name_of(c));
  }
  EXPECT_THAT(names, ::testing::ElementsAre("operand_reg", "weight_reg", "psum_reg", "skew_reg",
                                            "deskew_reg"));
}

TEST(NetClasses, TheConventionalArrayHasNoCompressorsAndMuxes) {
  std::vector<std::string> missing;
  for (const NetClass c : all_net_classes()) {
    if (!has_class(ArrayParameters(), Design::conventional, c)) missing.emplace_back(name_of(c));
  }
  EXPECT_THAT(missing, ::testing::ElementsAre("csa_sum", "csa_carry", "bypass_mux", "weight"));
}

TEST(NetClasses, WidthsInWords) {
  EXPECT_EQ(text_of(info_of(NetClass::operand).width()), "Wd");
  EXPECT_EQ(text_of(info_of(NetClass::product).width()), "2·Wd");
  EXPECT_EQ(text_of(info_of(NetClass::bypass_mux).width()), "Wd + 2·Wa");
  EXPECT_EQ(info_of(NetClass::bypass_mux).width().bits(array_of(4, 4, 8, 32)), 8 + 2 * 32);
}

}  // namespace
}  // namespace arrayflex
