#include "gemm_runner.h"

#include "arrayflex/core/error.h"
#include "arrayflex/core/latency.h"

namespace arrayflex::command {
namespace {

class AnalyticRunner final : public GemmRunner {
 public:
  explicit AnalyticRunner(const ArrayConfig& config) : config_(config) {}
  const char* engine() const override { return "analytic"; }
  bool is_exact() const override { return false; }
  GemmResult run(Design design, const GemmShape& shape, int k, const OperandSource&,
                 ResultSink&) override {
    GemmResult result;
    result.cycles = gemm_cycles(config_, shape, design == Design::conventional ? 1 : k);
    result.tiles = TilePlan(shape, config_.rows(), config_.cols()).count();
    return result;
  }

 private:
  ArrayConfig config_;
};

class FastRunner final : public GemmRunner {
 public:
  FastRunner(const ArrayConfig& config, bool pe_map)
      : arrayflex_(config, Design::arrayflex, RecordOptions{true, pe_map}),
        conventional_(config, Design::conventional) {}
  const char* engine() const override { return "fast"; }
  bool is_exact() const override { return true; }
  GemmResult run(Design design, const GemmShape& shape, int k, const OperandSource& operands,
                 ResultSink& result) override {
    const FastEngine& engine = design == Design::arrayflex ? arrayflex_ : conventional_;
    return engine.run(shape, k, operands, result);
  }

 private:
  FastEngine arrayflex_;
  FastEngine conventional_;
};

}  // namespace

std::unique_ptr<GemmRunner> make_gemm_runner(const std::string& engine, const ArrayConfig& config,
                                             bool pe_map) {
  if (engine == "analytic") return std::make_unique<AnalyticRunner>(config);
  if (engine == "fast") return std::make_unique<FastRunner>(config, pe_map);
  if (engine == "pin") {
#ifdef ARRAYFLEX_WITH_PIN
    return make_pin_runner(config, pe_map);
#else
    throw InputError("--engine", engine, "this build has no SystemC; allowed are analytic, fast");
#endif
  }
  throw InputError("--engine", engine, "allowed are analytic, fast and pin");
}

}  // namespace arrayflex::command
