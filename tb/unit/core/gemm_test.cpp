// Lowering of convolutions, tile plan, bounds.
#include "arrayflex/core/gemm.h"

#include <gmock/gmock.h>

#include "arrayflex/core/error.h"
#include "unit/error_of.h"

namespace arrayflex {
namespace {

using ::testing::HasSubstr;

ConvolutionShape resnet_stem() {
  ConvolutionShape c;
  c.in_h = c.in_w = 224;
  c.in_channels = 3;
  c.out_channels = 64;
  c.kernel_h = c.kernel_w = 7;
  c.stride_h = c.stride_w = 2;
  c.pad_top = c.pad_bottom = c.pad_left = c.pad_right = 3;
  return c;
}

TEST(Convolution, LowersToTheProductOfItsMatrices) {
  const Layer layer = lower_convolution("stem", resnet_stem());
  EXPECT_EQ(layer.name, "stem");
  EXPECT_EQ(layer.gemm, (GemmShape{112 * 112, 147, 64}));
  EXPECT_EQ(layer.repeat, 1);
}

TEST(Convolution, BatchMultipliesRows) {
  ConvolutionShape c = resnet_stem();
  c.batch = 5;
  EXPECT_EQ(lower_convolution("stem", c).gemm.t, 5 * 112 * 112);
}

TEST(Convolution, DepthwiseIsOneProductPerGroup) {
  ConvolutionShape c;
  c.in_h = c.in_w = 14;
  c.in_channels = c.out_channels = c.groups = 512;
  c.kernel_h = c.kernel_w = 3;
  c.pad_top = c.pad_bottom = c.pad_left = c.pad_right = 1;
  const Layer layer = lower_convolution("dw", c);
  EXPECT_EQ(layer.gemm, (GemmShape{196, 9, 1}));
  EXPECT_EQ(layer.repeat, 512);
}

// Every output pixel of a brute-force sweep over start positions, against the formula.
TEST(Convolution, OutputSizeCountsTheKernelPositionsThatFit) {
  for (std::int64_t in = 1; in <= 9; ++in) {
    for (std::int64_t kernel = 1; kernel <= 4; ++kernel) {
      for (std::int64_t stride = 1; stride <= 3; ++stride) {
        for (std::int64_t before = 0; before <= 2; ++before) {
          for (std::int64_t after = 0; after <= 2; ++after) {
            for (std::int64_t dilation = 1; dilation <= 2; ++dilation) {
              std::int64_t positions = 0;
              for (std::int64_t start = -before; start + dilation * (kernel - 1) <= in - 1 + after;
                   start += stride) {
                ++positions;
              }
              ConvolutionShape c;
              c.in_h = in;
              c.kernel_h = kernel;
              c.stride_h = stride;
              c.pad_top = before;
              c.pad_bottom = after;
              c.dilation_h = dilation;
              if (positions > 0) {
                EXPECT_EQ(c.out_h(), positions);
              } else {
                EXPECT_THROW(c.out_h(), InputError);
              }
            }
          }
        }
      }
    }
  }
}

TEST(Convolution, AxesAreNotMixedUp) {
  ConvolutionShape c;
  c.in_h = 10;
  c.in_w = 20;
  c.kernel_h = 3;
  c.kernel_w = 5;
  c.stride_h = 1;
  c.stride_w = 2;
  c.pad_top = 1;
  c.pad_left = 2;
  c.pad_right = 3;
  c.dilation_w = 3;
  EXPECT_EQ(c.out_h(), 9);
  EXPECT_EQ(c.out_w(), (20 + 5 - 13) / 2 + 1);
  EXPECT_EQ(lower_convolution("x", c).gemm.n, 15);
}

TEST(Convolution, BadParametersAreNamed) {
  ConvolutionShape c = resnet_stem();
  c.stride_w = 0;
  EXPECT_THAT(error_of([&] { lower_convolution("x", c); }), HasSubstr("stride_w = 0"));
  c = resnet_stem();
  c.groups = 2;
  EXPECT_THAT(error_of([&] { lower_convolution("x", c); }), HasSubstr("groups = 2"));
  c = resnet_stem();
  c.pad_top = -1;
  EXPECT_THAT(error_of([&] { lower_convolution("x", c); }), HasSubstr("pad_top = -1"));
  c = resnet_stem();
  c.kernel_h = 231;
  EXPECT_THAT(error_of([&] { lower_convolution("x", c); }), HasSubstr("230"));
  c = resnet_stem();
  c.batch = kMaxLayerDim;
  EXPECT_THAT(error_of([&] { lower_convolution("x", c); }), HasSubstr("T ="));
}

TEST(GemmShape, DimensionsAreBounded) {
  EXPECT_THAT(error_of([] { validate(GemmShape{0, 1, 1}); }), HasSubstr("T = 0"));
  EXPECT_THAT(error_of([] { validate(GemmShape{1, -7, 1}); }), HasSubstr("N = -7"));
  EXPECT_THAT(error_of([] {
                validate(GemmShape{1, 1, kMaxLayerDim + 1});
              }),
              HasSubstr("M = 2147483648: allowed are 1..2147483647"));
  EXPECT_THAT(error_of([] {
                validate(Layer{"fc", {1, 1, 1}, 0});
              }),
              HasSubstr("layer \"fc\": repeat = 0"));
  EXPECT_EQ(macs({2, 3, 5}), 30);
  EXPECT_THROW(macs({kMaxLayerDim, kMaxLayerDim, kMaxLayerDim}), OverflowError);
}

TEST(TilePlan, WalksColumnBlocksOutsideAndRowBlocksInside) {
  const TilePlan plan({9, 5, 7}, 2, 3);
  EXPECT_EQ(plan.row_blocks(), 3);
  EXPECT_EQ(plan.col_blocks(), 3);
  std::int64_t index = 0;
  for (std::int64_t m0 = 0; m0 < 7; m0 += 3) {
    for (std::int64_t n0 = 0; n0 < 5; n0 += 2) {
      const Tile tile = plan.tile(index++);
      EXPECT_EQ(tile.n0, n0);
      EXPECT_EQ(tile.m0, m0);
      EXPECT_EQ(tile.n_count, n0 == 4 ? 1 : 2);
      EXPECT_EQ(tile.m_count, m0 == 6 ? 1 : 3);
    }
  }
  EXPECT_EQ(index, plan.count());
}

}  // namespace
}  // namespace arrayflex
