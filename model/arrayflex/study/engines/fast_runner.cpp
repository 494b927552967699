// The fast engine: all tiles, or a sample of them.
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
  BatchResult run(Design design, const LayerBatches& batches, int k,
                  std::uint64_t stream) override {
    const FastEngine& engine = design == Design::arrayflex ? arrayflex_ : conventional_;
    BatchResult result;
    for (const ProductBatch& batch : batches) {
      if (!options_.sample_tiles) {
        result.gemm += engine.run_batch(batch, k);
        continue;
      }
      const SampledResult sampled =
          run_sampled(engine, batch, k, *options_.sample_tiles, options_.seed, stream);
      result.gemm += sampled.gemm;
      if (!result.sampling) result.sampling.emplace();
      *result.sampling += sampled.sampling;
    }
    return result;
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
