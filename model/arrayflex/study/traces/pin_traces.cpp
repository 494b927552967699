#include "arrayflex/study/traces/pin_traces.h"

#include <fmt/format.h>

#include <utility>

#include "arrayflex/core/error.h"

namespace arrayflex::study {
namespace {

sc_core::sc_time time_of(std::uint64_t time_fs) {
  return sc_core::sc_time::from_value(time_fs);  // the session's resolution is 1 fs
}

pin::TimeWindow window_of(const std::optional<TraceWindow>& window) {
  pin::TimeWindow result;
  if (!window) return result;
  result.from = time_of(window->from_fs);
  if (window->to_fs) result.to = time_of(*window->to_fs);
  return result;
}

}  // namespace

std::unique_ptr<PinTraces> PinTraces::create(const TraceSettings& settings,
                                             const pin::ArraySystem& arrayflex,
                                             const pin::ArraySystem& conventional, Log log) {
  const bool nets = !settings.saif_path.empty() && settings.saif_detail == SaifDetail::nets;
  if (settings.vcd_path.empty() && !nets) return nullptr;
  auto traces = std::make_unique<PinTraces>();
  traces->settings_ = settings;
  traces->log_ = std::move(log);
  if (!settings.vcd_path.empty()) traces->record_waveforms(arrayflex, conventional);
  if (nets) {
    traces->record_activity(settings.saif_design == Design::conventional ? conventional
                                                                         : arrayflex);
  }
  return traces;
}

void PinTraces::record_waveforms(const pin::ArraySystem& arrayflex,
                                 const pin::ArraySystem& conventional) {
  std::vector<pin::TracedSignal> signals{{layer_, "run.layer", 32}};
  for (const pin::ArraySystem* system : {&arrayflex, &conventional}) {
    const std::vector<pin::TracedSignal> more = pin::traced_signals(*system);
    signals.insert(signals.end(), more.begin(), more.end());
  }
  const auto selected = pin::select_signals(signals, settings_.vcd_scopes,
                                            item_name(settings_.wording, "trace_scope"));
  vcd_file_ = std::make_unique<StreamedFile>(settings_.vcd_path);
  waveforms_ = std::make_unique<pin::WaveformRecorder>(
      "waveforms", std::vector<const pin::ArraySystem*>{&arrayflex, &conventional}, selected,
      window_of(settings_.vcd_window), [this](std::string_view text) { vcd_file_->write(text); });
}

void PinTraces::record_activity(const pin::ArraySystem& system) {
  activity_ = std::make_unique<pin::NetActivityRecorder>("net_activity", system);
}

void PinTraces::begin_product(Design design, int k) {
  if (activity_ && design == settings_.saif_design) activity_->begin_product(k);
}

void PinTraces::end_product(Design design) {
  if (activity_ && design == settings_.saif_design) activity_->end_product();
  rethrow_error();
}

void PinTraces::finish() {
  if (waveforms_) finish_waveforms();
  if (!activity_) return;
  StreamedFile file(settings_.saif_path);
  activity_->write_saif(ARRAYFLEX_VERSION, [&](std::string_view text) { file.write(text); });
  file.commit();
  log_wrote(log_, settings_.saif_path);
}

void PinTraces::finish_waveforms() {
  waveforms_->finish();
  if (!waveforms_->has_values()) {
    throw InputError(item_name(settings_.wording, "trace_window"), settings_.vcd_window->text,
                     fmt::format("must begin before the simulation ends, at {}",
                                 sc_core::sc_time_stamp().to_string()));
  }
  vcd_file_->commit();
  log_wrote(log_, settings_.vcd_path);
}

}  // namespace arrayflex::study
