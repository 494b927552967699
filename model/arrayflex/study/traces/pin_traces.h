// Waveforms and activity files of a run of the pin engine.
#pragma once

#include <cstdint>
#include <memory>

#include "arrayflex/pin/array_system.h"
#include "arrayflex/pin/observe/net_activity.h"
#include "arrayflex/pin/waveform_recorder.h"
#include "arrayflex/study/hooks.h"
#include "arrayflex/study/output_file.h"
#include "arrayflex/study/traces/trace_settings.h"

namespace arrayflex::study {

/// Records while the simulation runs. Files appear when finish() is called, complete.
class PinTraces {
 public:
  /// The traces that the settings ask for; nullptr where they ask for none. Call it during
  /// elaboration, after the systems were constructed. Throws InputError for a scope without any
  /// signal, OutputError.
  static std::unique_ptr<PinTraces> create(const TraceSettings& settings,
                                           const pin::ArraySystem& arrayflex,
                                           const pin::ArraySystem& conventional, Log log);

  /// The next layer begins: counts up what the waveforms show as `run.layer`.
  void begin_layer() { ++layer_; }
  /// Around every product, from its process. end_product() throws OutputError.
  void begin_product(Design design, int k);
  void end_product(Design design);

  /// Throws OutputError when the waveforms could not be written.
  void rethrow_error() const {
    if (waveforms_) waveforms_->rethrow_error();
  }
  /// Completes the files. Throws OutputError, and InputError for a window after the run.
  void finish();

 private:
  void record_waveforms(const pin::ArraySystem& arrayflex, const pin::ArraySystem& conventional);
  void record_activity(const pin::ArraySystem& system);
  void finish_waveforms();

  TraceSettings settings_;
  Log log_;
  std::uint32_t layer_ = 0;  // from 1 on
  std::unique_ptr<StreamedFile> vcd_file_;
  std::unique_ptr<pin::WaveformRecorder> waveforms_;
  std::unique_ptr<pin::NetActivityRecorder> activity_;
};

}  // namespace arrayflex::study
