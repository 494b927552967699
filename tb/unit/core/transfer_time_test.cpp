// Durations of transfers against the recurrence of bursts, step by step.
#include "arrayflex/core/transfer_time.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <random>
#include <vector>

namespace arrayflex {

inline void PrintTo(const TransferCost& cost, std::ostream* stream) {
  *stream << cost.duration_fs << " fs, " << cost.bytes << " bytes";
}

namespace {

// Bursts of a row, as their rules are worded.
void cut(std::uint64_t at, std::uint64_t end, const BurstRules& rules,
         std::vector<std::uint64_t>& bursts) {
  while (at < end) {
    std::uint64_t length = rules.burst_bytes;
    if (rules.alignment == BurstAlignment::whole) {
      bursts.push_back(length);
      at = (at / length + 1) * length;
      continue;
    }
    // The longest that is allowed.
    const auto is_allowed = [&] {
      if (at + length > end) return false;
      if (rules.alignment == BurstAlignment::any) {
        return at / rules.boundary_bytes == (at + length - 1) / rules.boundary_bytes;
      }
      return (length & (length - 1)) == 0 && at % length == 0;
    };
    while (!is_allowed()) --length;
    bursts.push_back(length);
    at += length;
  }
}

// Every burst by itself, completions in one long list.
TransferCost step_by_step(const MemoryTiming& memory, const MemoryRows& rows) {
  std::vector<std::uint64_t> bursts;
  std::uint64_t run = rows.row_bytes, runs = rows.rows;
  if (rows.stride_bytes == rows.row_bytes) run *= runs, runs = 1;
  for (std::uint64_t row = 0; row < runs; ++row) {
    const std::uint64_t at = rows.address + row * rows.stride_bytes;
    cut(at, at + run, memory.bursts, bursts);
  }
  std::vector<std::int64_t> done;
  TransferCost cost;
  for (std::size_t j = 0; j < bursts.size(); ++j) {
    const std::int64_t issued = j < memory.max_outstanding ? 0 : done[j - memory.max_outstanding];
    const double ns = static_cast<double>(bursts[j]) / memory.bytes_per_ns;
    cost.duration_fs = std::max(cost.duration_fs, issued + memory.latency_fs) + femtoseconds(ns);
    cost.bytes += static_cast<std::int64_t>(bursts[j]);
    done.push_back(cost.duration_fs);
  }
  return cost;
}

class RandomTransfers : public ::testing::Test {
 protected:
  std::int64_t draw(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random_);
  }
  MemoryTiming draw_memory() {
    MemoryTiming memory;
    memory.latency_fs = draw(0, 3) == 0 ? 0 : draw(0, 1000000000);
    memory.bytes_per_ns = std::exp2(static_cast<double>(draw(-40, 100)) / 10);
    memory.bursts.burst_bytes = std::uint64_t{1} << draw(3, 13);
    memory.bursts.boundary_bytes = std::max<std::uint64_t>(memory.bursts.burst_bytes, 4096);
    memory.bursts.alignment = static_cast<BurstAlignment>(draw(0, 2));
    memory.max_outstanding =
        static_cast<std::uint32_t>(draw(0, 1) == 0 ? draw(1, 9) : 1 << draw(0, 8));
    return memory;
  }

  std::mt19937_64 random_{20261125};
};

TEST_F(RandomTransfers, AreThoseOfTheRecurrence) {
  for (int i = 0; i < 400; ++i) {
    const MemoryTiming memory = draw_memory();
    MemoryRows rows;
    const std::uint64_t unit = std::uint64_t{1} << draw(0, 9);
    rows.address = unit * static_cast<std::uint64_t>(draw(0, 100));
    rows.row_bytes = unit * static_cast<std::uint64_t>(draw(1, draw(0, 3) == 0 ? 40 : 4));
    rows.rows = static_cast<std::uint64_t>(draw(1, draw(0, 1) == 0 ? 2500 : 60));
    rows.stride_bytes = rows.row_bytes + unit * static_cast<std::uint64_t>(draw(0, 20));
    TransferTimes transfers(memory);
    ASSERT_EQ(transfers.cost_of(rows), step_by_step(memory, rows))
        << rows.rows << " rows of " << rows.row_bytes << " at " << rows.address << " + "
        << rows.stride_bytes << ", latency " << memory.latency_fs << ", " << memory.bytes_per_ns
        << " B/ns, bursts " << memory.bursts.burst_bytes << " " << name_of(memory.bursts.alignment)
        << ", " << memory.max_outstanding;
    ASSERT_EQ(transfers.cost_of(rows), step_by_step(memory, rows)) << "as remembered";
  }
}

// Regions of one object do not mix: neither what is remembered nor what is in flight.
TEST_F(RandomTransfers, OneObjectTimesMany) {
  const MemoryTiming memory = draw_memory();
  TransferTimes transfers(memory);
  for (int i = 0; i < 500; ++i) {
    const auto row = static_cast<std::uint64_t>(draw(1, 600));
    const MemoryRows rows{static_cast<std::uint64_t>(draw(0, 20000)),
                          static_cast<std::uint64_t>(draw(1, 300)), row,
                          row + static_cast<std::uint64_t>(draw(0, 3)) * 256};
    ASSERT_EQ(transfers.cost_of(rows), step_by_step(memory, rows));
  }
}

TEST(TransferTimes, OfAnIdealMemoryAreNone) {
  MemoryTiming memory;
  memory.is_ideal = true;
  EXPECT_EQ(TransferTimes(memory).cost_of({0, 100, 64, 128}), (TransferCost{0, 6400}));
  memory.bursts.alignment = BurstAlignment::whole;
  EXPECT_EQ(TransferTimes(memory).cost_of({0, 100, 64, 8192}), (TransferCost{0, 409600}));
}

// 4 bursts of 64 bytes at 64 B/ns, 10 ns of latency, two in flight: two rounds of 10 + 1 ns, and a
// burst behind the first of each.
TEST(TransferTimes, WorkedExample) {
  MemoryTiming memory;
  memory.latency_fs = 10000000;
  memory.bytes_per_ns = 64;
  memory.max_outstanding = 2;
  EXPECT_EQ(TransferTimes(memory).cost_of({0, 4, 64, 128}), (TransferCost{23000000, 256}));
}

}  // namespace
}  // namespace arrayflex
