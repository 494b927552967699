// Speed of a verilated array: runs tiles of T = 196 rows, checks the sums, and prints one line of
// JSON with the processor seconds per tile. Plain Verilator, no SystemC: that is the faster of the
// two.
//
// Usage: rtl_bench k repetitions
#include <verilated.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <vector>

#include "Vbench_top.h"

namespace {

constexpr int kRows = BENCH_ROWS;
constexpr int kCols = BENCH_COLS;
constexpr int kT = 196;

struct Tile {
  std::vector<std::int32_t> weights, a;  // rows x cols, T x rows
};

Tile random_tile() {
  std::mt19937 random(20230417);
  Tile tile;
  tile.weights.resize(std::size_t{kRows} * kCols);
  tile.a.resize(std::size_t{kT} * kRows);
  for (auto* values : {&tile.weights, &tile.a}) {
    for (auto& value : *values) value = static_cast<std::int32_t>(random());
  }
  return tile;
}

class Bench {
 public:
  explicit Bench(int k) : k_(k) {
    top_.mode = static_cast<std::uint8_t>(k);
    top_.rst = 1;
    top_.start = 0;
    top_.t_count = kT;
    clear(top_.west.data(), kRows);
    clear(top_.north.data(), kCols);
    edge();
    top_.rst = 0;
    edge();
  }
  ~Bench() { top_.final(); }

  // The inputs are registered: what is set before an edge is at the array after it.
  void run(const Tile& tile) {
    sums_.clear();
    top_.start = 1;
    edge();
    top_.start = 0;
    for (int l = 0; l < kRows; ++l) {
      const auto* row = tile.weights.data() + std::size_t{kCols} * (kRows - 1 - l);
      std::copy(row, row + kCols, top_.north.data());
      edge();
    }
    clear(top_.north.data(), kCols);
    const int fill_cycles = (kRows + k_ - 1) / k_ + (kCols + k_ - 1) / k_ - 1;
    for (int s = 0; s < kT + fill_cycles + 1; ++s) {
      if (s < kT) {
        const auto* row = tile.a.data() + std::size_t{kRows} * s;
        std::copy(row, row + kRows, top_.west.data());
      } else {
        clear(top_.west.data(), kRows);
      }
      edge();
      if (top_.output_valid != 0) {
        sums_.insert(sums_.end(), top_.south.data(), top_.south.data() + 2 * kCols);
      }
    }
  }

  bool sums_are_right(const Tile& tile) const {
    if (sums_.size() != std::size_t{2} * kCols * kT) return false;
    for (std::size_t t = 0; t < kT; ++t) {
      for (std::size_t c = 0; c < kCols; ++c) {
        std::uint64_t sum = 0;
        for (std::size_t r = 0; r < kRows; ++r) {
          sum += static_cast<std::uint64_t>(std::int64_t{tile.a[t * kRows + r]} *
                                            tile.weights[r * kCols + c]);
        }
        const std::size_t i = 2 * (t * kCols + c);
        if (sums_[i] != static_cast<std::uint32_t>(sum)) return false;
        if (sums_[i + 1] != static_cast<std::uint32_t>(sum >> 32)) return false;
      }
    }
    return true;
  }

 private:
  static void clear(WData* words, int count) { std::fill(words, words + count, 0); }
  void edge() {
    top_.clk = 0;
    top_.eval();
    top_.clk = 1;
    top_.eval();
  }

  Vbench_top top_;
  int k_;
  std::vector<std::uint32_t> sums_;  // two words each
};

}  // namespace

int main(int argc, char** argv) {
  const int k = argc > 1 ? std::atoi(argv[1]) : 1;
  const int repetitions = argc > 2 ? std::atoi(argv[2]) : 1;
  if (argc > 3 || (k != 1 && k != 2 && k != 4) || repetitions < 1) {
    std::fputs("usage: rtl_bench [k: 1, 2 or 4] [repetitions: 1 or more]\n", stderr);
    return 2;
  }
  const Tile tile = random_tile();
  Bench bench(k);
  bench.run(tile);
  if (!bench.sums_are_right(tile)) {
    std::fputs("rtl_bench: the sums are wrong\n", stderr);
    return 1;
  }
  std::vector<double> seconds;
  for (int i = 0; i < repetitions; ++i) {
    const std::clock_t begin = std::clock();
    bench.run(tile);
    seconds.push_back(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
  }
  if (!bench.sums_are_right(tile)) {
    std::fputs("rtl_bench: the sums are wrong\n", stderr);
    return 1;
  }
  std::nth_element(seconds.begin(), seconds.begin() + repetitions / 2, seconds.end());
  std::printf("{\"k\": %d, \"t\": %d, \"rows\": %d, \"cols\": %d, \"seconds\": %.9f}\n", k, kT,
              kRows, kCols, seconds[static_cast<std::size_t>(repetitions / 2)]);
  return 0;
}
