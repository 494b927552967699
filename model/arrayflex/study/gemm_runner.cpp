#include "arrayflex/study/gemm_runner.h"

#include "arrayflex/core/checked.h"
#include "arrayflex/core/error.h"
#include "arrayflex/core/latency.h"

namespace arrayflex::study {
namespace {

class AnalyticRunner final : public GemmRunner {
 public:
  explicit AnalyticRunner(const ArrayConfig& config) : config_(config) {}
  const char* engine() const override { return "analytic"; }
  bool is_exact() const override { return false; }
  bool has_activity() const override { return false; }
  BatchResult run(Design design, const ProductBatch& batch, int k, std::uint64_t) override {
    const int mode = design == Design::conventional ? 1 : k;
    const TilePlan plan(batch.shape, config_.rows(), config_.cols());
    BatchResult result;
    result.gemm.cycles =
        checked_mul(gemm_cycles(config_, batch.shape, mode), batch.count, "cycles");
    result.gemm.tiles = checked_mul(plan.count(), batch.count, "tiles");
    return result;
  }

 private:
  ArrayConfig config_;
};

class FastRunner final : public GemmRunner {
 public:
  FastRunner(const RunnerOptions& options, const ArrayConfig& config)
      : options_(options),
        arrayflex_(config, Design::arrayflex, options.record, options.threads),
        conventional_(config, Design::conventional,
                      {options.record.activity, false, options.record.kernel}, options.threads) {}
  const char* engine() const override { return "fast"; }
  bool is_exact() const override { return true; }
  bool has_activity() const override { return options_.record.activity; }
  std::string kernel() const override { return options_.kernel_in_use(); }
  BatchResult run(Design design, const ProductBatch& batch, int k, std::uint64_t stream) override {
    const FastEngine& engine = design == Design::arrayflex ? arrayflex_ : conventional_;
    if (!options_.sample_tiles) return {engine.run_batch(batch, k), std::nullopt};
    SampledResult sampled =
        run_sampled(engine, batch, k, *options_.sample_tiles, options_.seed, stream);
    return {std::move(sampled.gemm), sampled.sampling};
  }

 private:
  RunnerOptions options_;
  FastEngine arrayflex_;
  FastEngine conventional_;
};

}  // namespace

std::unique_ptr<GemmRunner> make_gemm_runner(const RunnerOptions& options,
                                             const ArrayConfig& config) {
  const std::string& engine = options.engine;
  if (options.memory && (engine == "fast" || engine == "pin")) {
#ifdef ARRAYFLEX_WITH_PIN
    return make_accelerator_runner(options, config);
#else
    throw InputError("--memory", describe(options.memory->model),
                     "this build has no SystemC; leave it out");
#endif
  }
  if (engine == "analytic") return std::make_unique<AnalyticRunner>(config);
  if (engine == "fast") return std::make_unique<FastRunner>(options, config);
  if (engine == "pin" || engine == "cycle") {
#ifdef ARRAYFLEX_WITH_PIN
    return make_pin_runner(options, config);
#else
    throw InputError("--engine", engine, "this build has no SystemC; allowed are analytic, fast");
#endif
  }
  throw InputError("--engine", engine, "allowed are analytic, fast, pin and cycle");
}

}  // namespace arrayflex::study
