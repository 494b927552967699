// The pin level, in either level of detail, as an engine of a study: both arrays in one
// simulation, the layers walked by one process of it.
#include <systemc>

#include "arrayflex/pin/array_system.h"
#include "arrayflex/study/engines/runner.h"
#include "arrayflex/study/engines/systemc_session.h"
#include "arrayflex/study/traces/pin_traces.h"

namespace arrayflex::study {
namespace {

class PinRunner final : public Runner {
 public:
  PinRunner(const RunnerOptions& options, const ArrayConfig& config)
      : config_(config),
        record_(options.record),
        trace_settings_(options.traces),
        log_(options.log),
        detail_(options.engine == Engine::cycle ? pin::Detail::state : pin::Detail::signals) {}

  void session(const std::function<void()>& body) override {
    run_simulation([this] { elaborate(); },
                   [&] {
                     body();
                     if (traces_) traces_->finish();
                   },
                   log_);
  }

  void begin_layer(const std::string&) override {
    if (traces_) traces_->begin_layer();
  }

  BatchResult run(Design design, const LayerBatches& batches, int k, std::uint64_t) override {
    pin::ArraySystem& system = design == Design::arrayflex ? *arrayflex_ : *conventional_;
    BatchResult result;
    for (const ProductBatch& batch : batches) {
      for (std::int64_t i = 0; i < batch.count; ++i) {
        if (traces_) traces_->begin_product(design, k);
        result.gemm += system.run(batch.shape, k, *batch.operands(i), batch.result(i));
        if (traces_) traces_->end_product(design);
      }
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
    traces_ = PinTraces::create(trace_settings_, *arrayflex_, *conventional_, log_);
  }

  ArrayConfig config_;
  RecordOptions record_;
  TraceSettings trace_settings_;
  Log log_;
  pin::Detail detail_;
  std::unique_ptr<pin::ArraySystem> arrayflex_;
  std::unique_ptr<pin::ArraySystem> conventional_;
  std::unique_ptr<PinTraces> traces_;
};

}  // namespace

std::unique_ptr<Runner> make_pin_runner(const RunnerOptions& options, const ArrayConfig& config) {
  return std::make_unique<PinRunner>(options, config);
}

}  // namespace arrayflex::study
