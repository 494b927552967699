// The closed form: no operands, no activity.
#include "arrayflex/core/checked.h"
#include "arrayflex/core/latency.h"
#include "arrayflex/study/engines/runner.h"

namespace arrayflex::study {
namespace {

class AnalyticRunner final : public Runner {
 public:
  explicit AnalyticRunner(const ArrayConfig& config) : config_(config) {}
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

}  // namespace

std::unique_ptr<Runner> make_analytic_runner(const ArrayConfig& config) {
  return std::make_unique<AnalyticRunner>(config);
}

}  // namespace arrayflex::study
