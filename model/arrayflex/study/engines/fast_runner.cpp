// The fast engine: all tiles, or a sample of them.
#include <utility>

#include "arrayflex/study/engines/runner.h"

namespace arrayflex::study {
namespace {

class FastRunner final : public Runner {
 public:
  FastRunner(const RunnerOptions& options, const ArrayConfig& config)
      : options_(options),
        arrayflex_(config, Design::arrayflex, options.record, options.threads),
        conventional_(config, Design::conventional,
                      {options.record.activity, false, options.record.kernel}, options.threads) {}
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

std::unique_ptr<Runner> make_fast_runner(const RunnerOptions& options, const ArrayConfig& config) {
  return std::make_unique<FastRunner>(options, config);
}

}  // namespace arrayflex::study
