// Speed of the fast engine in MAC/s by instruction set, width, mode, array size, T and threads, of
// the synthetic operands, and of the closed form in layers/s.
#include <benchmark/benchmark.h>

#include <optional>
#include <string>
#include <thread>

#include "arrayflex/core/latency.h"
#include "arrayflex/engine/fast_engine.h"
#include "workloads/synthetic_operands.h"

namespace {

using namespace arrayflex;

struct Setting {
  std::string kernel;
  int data_width_bits = 32;
  int k = 1;
  int side = 128;
  std::int64_t t = 1024;
  bool activity = true;
  Design design = Design::arrayflex;
  int threads = 1;
  std::int64_t tiles_wide = 1;
  std::optional<Overlap> overlap;  // compared with the others; else none

  std::string name() const {
    return "fast/" + kernel + "/" + std::to_string(data_width_bits) + "bit/" + name_of(design) +
           "/k:" + std::to_string(k) + "/" + std::to_string(side) + "x" + std::to_string(side) +
           "/T:" + std::to_string(t) + "/" + (activity ? "activity" : "results_only") +
           "/threads:" + std::to_string(threads) +
           (overlap ? std::string("/overlap:") + name_of(*overlap) : "");
  }
};

// Operands in memory: the bench is about the engine.
class Matrices final : public OperandSource {
 public:
  Matrices(const ArrayConfig& config, const GemmShape& shape)
      : shape_(shape),
        a_(static_cast<std::size_t>(kPeriod * shape.n)),
        b_(static_cast<std::size_t>(shape.n * shape.m)) {
    const workloads::SyntheticOperands source(config, {kPeriod, shape.n, shape.m},
                                              workloads::SyntheticRecipe{}, 1, 1);
    source.read_a(0, kPeriod, 0, shape.n, a_.data(), shape.n);
    source.read_b(0, shape.n, 0, shape.m, b_.data(), shape.m);
  }
  // Rows repeat, so that a large T needs no large memory.
  void read_a(std::int64_t t0, std::int64_t t_count, std::int64_t n0, std::int64_t n_count,
              std::int32_t* dst, std::int64_t row_stride) const override {
    for (std::int64_t i = 0; i < t_count; ++i) {
      const std::int32_t* row = a_.data() + (t0 + i) % kPeriod * shape_.n + n0;
      std::copy(row, row + n_count, dst + i * row_stride);
    }
  }
  void read_b(std::int64_t n0, std::int64_t n_count, std::int64_t m0, std::int64_t m_count,
              std::int32_t* dst, std::int64_t row_stride) const override {
    for (std::int64_t i = 0; i < n_count; ++i) {
      const std::int32_t* row = b_.data() + (n0 + i) * shape_.m + m0;
      std::copy(row, row + m_count, dst + i * row_stride);
    }
  }

 private:
  static constexpr std::int64_t kPeriod = 509;
  GemmShape shape_;
  std::vector<std::int32_t> a_, b_;
};

ArrayConfig config_of(const Setting& s) {
  ArrayParameters p;
  p.rows = p.cols = s.side;
  p.data_width_bits = s.data_width_bits;
  p.acc_width_bits = acc_width_of(s.data_width_bits);
  p.modes = {1, 2, 4};
  p.overlap = s.overlap.value_or(Overlap::none);
  return ArrayConfig(p);
}

void run_fast(benchmark::State& state, const Setting& s) {
  const ArrayConfig config = config_of(s);
  const GemmShape shape{s.t, s.side, s.side * s.tiles_wide};
  const Matrices operands(config, shape);
  DiscardResult result;
  const FastEngine engine(config, s.design, {s.activity, false, s.kernel}, s.threads);
  for (auto _ : state) {
    benchmark::DoNotOptimize(engine.run(shape, s.k, operands, result));
  }
  const auto work = static_cast<double>(macs(shape)) * static_cast<double>(state.iterations());
  state.counters["MAC/s"] =
      benchmark::Counter(work, benchmark::Counter::kIsRate, benchmark::Counter::kIs1000);
}

void run_analytic(benchmark::State& state, const ArrayConfig& config) {
  GemmShape shape{196, 2304, 256};
  for (auto _ : state) {
    shape.t = 1 + shape.t % 1000;
    const int k = best_collapse_factor(config, shape);
    benchmark::DoNotOptimize(gemm_cycles(config, shape, k));
    benchmark::DoNotOptimize(gemm_cycles(config, shape, 1));
  }
  state.counters["layers/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void run_synthetic(benchmark::State& state) {
  const ArrayConfig config;
  const workloads::SyntheticOperands source(config, {4096, 4096, 4096},
                                            workloads::SyntheticRecipe{}, 1, 1);
  std::vector<std::int32_t> block(256 * 128);
  for (auto _ : state) {
    source.read_a(0, 256, 0, 128, block.data(), 128);
    benchmark::DoNotOptimize(block.data());
  }
  state.counters["elements/s"] = benchmark::Counter(
      static_cast<double>(block.size()) * static_cast<double>(state.iterations()),
      benchmark::Counter::kIsRate, benchmark::Counter::kIs1000);
}

void add(const Setting& s) {
  auto* registered = benchmark::RegisterBenchmark(s.name().c_str(), run_fast, s);
  registered->Unit(benchmark::kMillisecond);
  if (s.tiles_wide > 1 && !s.overlap) {  // for the comparison of threads, whatever their number
    registered->UseRealTime();
  }
}

void add_kernel(const std::string& kernel) {
  for (const int width : {32, 16, 8}) {
    Setting s;
    s.kernel = kernel;
    s.data_width_bits = width;
    for (const int k : {1, 2, 4}) {
      s.k = k;
      add(s);
    }
    s.k = 1;
    s.design = Design::conventional;
    add(s);
    s.design = Design::arrayflex;
    s.activity = false;
    add(s);
  }
}

// The cost per MAC must not depend on the shape.
void add_shapes(const std::string& kernel) {
  for (const int side : {64, 256, 512}) {
    Setting s;
    s.kernel = kernel;
    s.side = side;
    add(s);
  }
  for (const std::int64_t t : {16, 49, 196, 50000}) {
    Setting s;
    s.kernel = kernel;
    s.t = t;
    add(s);
  }
}

// The cost of the seams between tiles: eight tiles that meet, or, with a T below R, do not.
void add_overlaps(const std::string& kernel) {
  for (const std::int64_t t : {49, 128, 196, 1024}) {
    for (const Overlap overlap : all_overlaps()) {
      Setting s;
      s.kernel = kernel;
      s.t = t;
      s.tiles_wide = 8;
      s.overlap = overlap;
      add(s);
    }
  }
}

void run_analytic_overlap(benchmark::State& state, Overlap overlap) {
  ArrayParameters p;
  p.overlap = overlap;
  run_analytic(state, ArrayConfig(p));
}

void add_threads(const std::string& kernel) {
  for (const int threads : {1, 2}) {
    Setting s;
    s.kernel = kernel;
    s.t = 4096;
    s.tiles_wide = 8;
    s.threads = threads;
    add(s);
  }
}

}  // namespace

int main(int argc, char** argv) {
  for (const std::string& kernel : available_kernels()) {
    add_kernel(kernel);
  }
  add_shapes(available_kernels().front());
  add_overlaps(available_kernels().front());
  add_threads(available_kernels().front());
  for (const Overlap overlap : all_overlaps()) {
    const std::string name =
        overlap == Overlap::none ? "" : std::string("/overlap:") + name_of(overlap);
    benchmark::RegisterBenchmark(("analytic/resnet_layer" + name).c_str(), run_analytic_overlap,
                                 overlap);
  }
  benchmark::RegisterBenchmark("synthetic/activations", run_synthetic);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
