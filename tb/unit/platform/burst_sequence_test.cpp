// Bursts cover every byte of a region once, in order, and keep to their alignment.
#include "arrayflex/platform/dma/burst_sequence.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <iostream>
#include <random>
#include <vector>

namespace arrayflex::platform {
namespace {

struct Piece {
  std::uint64_t address;
  std::uint32_t bytes, skip_bytes, used_bytes;

  friend bool operator==(const Piece& a, const Piece& b) {
    return a.address == b.address && a.bytes == b.bytes && a.skip_bytes == b.skip_bytes &&
           a.used_bytes == b.used_bytes;
  }
};

std::vector<Piece> cut(const Region& region, BurstAlignment alignment) {
  DmaParameters parameters;
  parameters.burst_bytes = 64;
  parameters.boundary_bytes = 4096;
  parameters.alignment = alignment;
  std::vector<Piece> pieces;
  for (BurstSequence bursts(region, nullptr, parameters); !bursts.done();) {
    const Burst burst = bursts.next();
    pieces.push_back({burst.address, burst.bytes, burst.skip_bytes, burst.used_bytes});
  }
  return pieces;
}

TEST(BurstSequence, OfAnyAlignmentAreAsLongAsAllowed) {
  EXPECT_EQ(cut({0x1000, 1, 148, 0}, BurstAlignment::any),
            (std::vector<Piece>{{0x1000, 64, 0, 64}, {0x1040, 64, 0, 64}, {0x1080, 20, 0, 20}}));
  EXPECT_EQ(cut({0xFF8, 1, 20, 0}, BurstAlignment::any),
            (std::vector<Piece>{{0xFF8, 8, 0, 8}, {0x1000, 12, 0, 12}}));
}

TEST(BurstSequence, OfNaturalAlignmentArePowersOfTwo) {
  EXPECT_EQ(cut({0x1000, 1, 148, 0}, BurstAlignment::natural),
            (std::vector<Piece>{
                {0x1000, 64, 0, 64}, {0x1040, 64, 0, 64}, {0x1080, 16, 0, 16}, {0x1090, 4, 0, 4}}));
  EXPECT_EQ(cut({0x1003, 1, 7, 0}, BurstAlignment::natural),
            (std::vector<Piece>{{0x1003, 1, 0, 1}, {0x1004, 4, 0, 4}, {0x1008, 2, 0, 2}}));
}

TEST(BurstSequence, WholeOnesAreRoundedOut) {
  EXPECT_EQ(
      cut({0x1010, 2, 60, 128}, BurstAlignment::whole),
      (std::vector<Piece>{
          {0x1000, 64, 16, 48}, {0x1040, 64, 0, 12}, {0x1080, 64, 16, 48}, {0x10C0, 64, 0, 12}}));
}

void expect_aligned(const Burst& burst, const DmaParameters& parameters) {
  ASSERT_GT(burst.used_bytes, 0U);
  ASSERT_LE(burst.bytes, parameters.burst_bytes);
  ASSERT_LE(burst.skip_bytes + burst.used_bytes, burst.bytes);
  ASSERT_EQ(burst.address / parameters.boundary_bytes,
            (burst.address + burst.bytes - 1) / parameters.boundary_bytes);
  if (parameters.alignment == BurstAlignment::any) return;
  ASSERT_EQ(burst.bytes & (burst.bytes - 1), 0U);
  ASSERT_EQ(burst.address % burst.bytes, 0U);
  if (parameters.alignment == BurstAlignment::natural) {
    ASSERT_FALSE(burst.is_rounded());
  } else {
    ASSERT_EQ(burst.bytes, parameters.burst_bytes);
  }
}

TEST(BurstSequence, CoverRandomRegionsOnceAndInOrder) {
  const std::uint64_t seed = 15;
  std::cout << "seed " << seed << "\n";
  std::mt19937_64 random(seed);
  for (int i = 0; i < 3000; ++i) {
    DmaParameters parameters;
    parameters.burst_bytes = 8U << random() % 6;
    parameters.boundary_bytes = parameters.burst_bytes << random() % 4;
    parameters.alignment = static_cast<BurstAlignment>(random() % 3);
    Region region{random() % 10000, 1 + random() % 4, 1 + random() % 300, 0};
    region.stride_bytes = region.row_bytes + (random() % 2) * (random() % 50);
    std::vector<unsigned char> buffer(region.rows * region.row_bytes);
    std::size_t covered = 0;
    for (BurstSequence bursts(region, buffer.data(), parameters); !bursts.done();) {
      const Burst burst = bursts.next();
      ASSERT_NO_FATAL_FAILURE(expect_aligned(burst, parameters)) << "case " << i;
      ASSERT_EQ(burst.data, buffer.data() + covered) << "case " << i;
      for (unsigned k = 0; k < burst.used_bytes; ++k, ++covered) {
        const std::uint64_t row = covered / region.row_bytes, at = covered % region.row_bytes;
        ASSERT_EQ(burst.address + burst.skip_bytes + k,
                  region.address + row * region.stride_bytes + at)
            << "case " << i;
      }
    }
    ASSERT_EQ(covered, buffer.size()) << "case " << i;
  }
}

}  // namespace
}  // namespace arrayflex::platform
