// The pin level, in either level of detail, as an engine of the command: both arrays in one
// simulation, the layers walked by one process of it.
#include <systemc>

#include "arrayflex/core/checked.h"
#include "arrayflex/pin/array_system.h"
#include "arrayflex/study/gemm_runner.h"
#include "arrayflex/study/systemc_session.h"
#include "arrayflex/study/traces/pin_traces.h"

namespace arrayflex::study {
namespace {

void add(GemmResult& sum, const GemmResult& part) {
  sum.cycles = checked_add(sum.cycles, part.cycles, "cycles");
  sum.tiles = checked_add(sum.tiles, part.tiles, "tiles");
  sum.activity += part.activity;
  if (sum.pe_toggles.empty()) {
    sum.pe_toggles = part.pe_toggles;
    return;
  }
  for (std::size_t i = 0; i < part.pe_toggles.toggles.size(); ++i) {
    std::int64_t& toggles = sum.pe_toggles.toggles[i];
    toggles = checked_add(toggles, part.pe_toggles.toggles[i], "toggles of a PE");
  }
}

class PinRunner final : public GemmRunner {
 public:
  PinRunner(const RunnerOptions& options, const ArrayConfig& config)
      : config_(config),
        record_(options.record),
        trace_settings_(options.traces),
        detail_(options.engine == "cycle" ? pin::Detail::state : pin::Detail::signals),
        kernel_(detail_ == pin::Detail::state ? options.kernel_in_use() : "") {}
  const char* engine() const override { return detail_ == pin::Detail::state ? "cycle" : "pin"; }
  bool is_exact() const override { return true; }
  bool has_activity() const override { return record_.activity; }
  std::string kernel() const override { return kernel_; }

  void session(const std::function<void()>& body) override {
    run_simulation([this] { elaborate(); },
                   [&] {
                     body();
                     if (traces_) traces_->finish();
                   });
  }

  void begin_layer(const std::string&) override {
    if (traces_) traces_->begin_layer();
  }

  BatchResult run(Design design, const ProductBatch& batch, int k, std::uint64_t) override {
    pin::ArraySystem& system = design == Design::arrayflex ? *arrayflex_ : *conventional_;
    BatchResult result;
    for (std::int64_t i = 0; i < batch.count; ++i) {
      if (traces_) traces_->begin_product(design, k);
      add(result.gemm, system.run(batch.shape, k, *batch.operands(i), batch.result(i)));
      if (traces_) traces_->end_product(design);
    }
    return result;
  }

 private:
  void elaborate() {
    arrayflex_ = std::make_unique<pin::ArraySystem>("arrayflex", config_, Design::arrayflex,
                                                    record_, detail_);
    RecordOptions without_map = record_;
    without_map.pe_map = false;
    conventional_ = std::make_unique<pin::ArraySystem>("conventional", config_,
                                                       Design::conventional, without_map, detail_);
    traces_ = PinTraces::create(trace_settings_, *arrayflex_, *conventional_);
  }

  ArrayConfig config_;
  RecordOptions record_;
  TraceSettings trace_settings_;
  pin::Detail detail_;
  std::string kernel_;
  std::unique_ptr<pin::ArraySystem> arrayflex_;
  std::unique_ptr<pin::ArraySystem> conventional_;
  std::unique_ptr<PinTraces> traces_;
};

}  // namespace

std::unique_ptr<GemmRunner> make_pin_runner(const RunnerOptions& options,
                                            const ArrayConfig& config) {
  return std::make_unique<PinRunner>(options, config);
}

}  // namespace arrayflex::study
