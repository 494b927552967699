// Speed of the pin level in PE-cycles per second: `pin`, where everything is a signal, and `cycle`,
// where PEs are views on shared state.
//
// SystemC elaborates once per process, so all arrays stand in one simulation; an idle array costs
// nothing.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <systemc>
#include <tuple>
#include <vector>

#include "arrayflex/pin/array_system.h"

namespace {

using arrayflex::ArrayConfig;
using arrayflex::ArrayParameters;
using arrayflex::Design;
using arrayflex::RecordOptions;
using arrayflex::pin::ArraySystem;
using arrayflex::pin::Detail;
using arrayflex::pin::Tile;

// Activations as networks have them: half of them zero, the others small.
std::vector<std::int32_t> random_operands(std::size_t count, bool is_activation) {
  std::mt19937 random(20221125);
  std::vector<std::int32_t> values(count);
  for (auto& value : values) {
    const auto bits = static_cast<std::int32_t>(random());
    value = is_activation ? ((bits & 1) != 0 ? (bits & 0x7fffffff) >> 2 : 0) : bits >> 1;
  }
  return values;
}

struct Key {
  int size;
  bool activity;
  Design design;
  Detail detail;
  bool operator<(const Key& other) const {
    return std::tie(size, activity, design, detail) <
           std::tie(other.size, other.activity, other.design, other.detail);
  }
};
// Never destroyed: the kernel searches its lists for every part of every array, which takes longer
// than the benchmarks.
std::map<Key, std::unique_ptr<ArraySystem>>& systems() {
  static auto& all = *new std::map<Key, std::unique_ptr<ArraySystem>>;
  return all;
}

void run_tiles(benchmark::State& state, Key key, int k) {
  ArraySystem& system = *systems().at(key);
  const std::int64_t t_count = 196;
  const auto pes = static_cast<std::size_t>(key.size) * static_cast<std::size_t>(key.size);
  const auto weights = random_operands(pes, false);
  const auto a = random_operands(196 * static_cast<std::size_t>(key.size), true);
  std::vector<std::int64_t> partial(a.size());
  std::int64_t cycles = 0;
  for (auto _ : state) {
    system.begin_gemm(k);
    system.run_tile(
        Tile{weights.data(), a.data(), partial.data(), t_count, key.size, key.size, false});
    system.end_gemm();
    cycles += system.cycles();
  }
  state.counters["PE-cycles/s"] =
      benchmark::Counter(static_cast<double>(cycles) * static_cast<double>(pes),
                         benchmark::Counter::kIsRate, benchmark::Counter::kIs1000);
  state.counters["cycles/s"] =
      benchmark::Counter(static_cast<double>(cycles), benchmark::Counter::kIsRate);
}

void register_array(const Key& key) {
  for (const int k : {1, 4}) {
    if (key.design == Design::conventional && k != 1) continue;
    const std::string size = std::to_string(key.size);
    const std::string name = std::string(key.detail == Detail::signals ? "pin/" : "cycle/") +
                             arrayflex::name_of(key.design) + "/" + size + "x" + size +
                             "/k:" + std::to_string(k) +
                             (key.activity ? "/activity" : "/results_only");
    benchmark::RegisterBenchmark(name.c_str(), run_tiles, key, k)->Unit(benchmark::kMillisecond);
  }
  ArrayParameters parameters;
  parameters.rows = parameters.cols = key.size;
  const std::string name = sc_core::sc_gen_unique_name("system");
  systems()[key] = std::make_unique<ArraySystem>(name.c_str(), ArrayConfig(parameters), key.design,
                                                 RecordOptions{key.activity, false}, key.detail);
}

void register_all() {
  for (const int size : {8, 32, 128}) {
    for (const bool activity : {false, true}) {
      for (const Design design : {Design::arrayflex, Design::conventional}) {
        for (const Detail detail : {Detail::signals, Detail::state}) {
          register_array({size, activity, design, detail});
        }
      }
    }
  }
}

}  // namespace

int sc_main(int argc, char** argv) {
  register_all();
  benchmark::Initialize(&argc, argv);
  sc_core::sc_spawn_options options;
  options.set_stack_size(1 << 20);
  sc_core::sc_spawn(
      [] {
        benchmark::RunSpecifiedBenchmarks();
        sc_core::sc_stop();
      },
      "benchmarks", &options);
  sc_core::sc_start();
  return 0;
}

int main(int argc, char** argv) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}
