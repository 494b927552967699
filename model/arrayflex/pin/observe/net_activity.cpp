#include "arrayflex/pin/observe/net_activity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace arrayflex::pin {

NetActivityRecorder::NetActivityRecorder(const sc_core::sc_module_name& name,
                                         const ArraySystem& system)
    : sc_module(name), system_(system) {
  for (TracedSignal& signal : traced_signals(system.array())) {
    History history = new_history(signal.width_bits());
    history.is_held = is_weight_net(signal.name());
    nets_.push_back({std::move(signal), history});
  }
  for (ControlNet& net : control_nets(system)) {
    History history = new_history(net.width_bits);
    history.is_held = net.is_held;
    history.is_static = net.is_static;
    controls_.push_back({std::move(net), history});
  }
  SC_METHOD(on_edge);
  sensitive << system.signals().clk.posedge_event();
  dont_initialize();
}

NetActivityRecorder::History NetActivityRecorder::new_history(int width_bits) {
  History history;
  history.first_bit = bits_.size();
  bits_.resize(bits_.size() + static_cast<std::size_t>(width_bits));
  return history;
}

std::int64_t NetActivityRecorder::time_fs(std::int64_t cycles) const {
  return std::llround(products_fs_ + static_cast<long double>(cycles) * period_fs_);
}

void NetActivityRecorder::begin_product(int k) {
  period_fs_ = static_cast<long double>(system_.period_ps(k)) * 1000;
  cycles_ = 0;
  in_product_ = true;
}

// Values are still those of the cycle that ends: registers take their new ones in the next delta
// cycle, nets after that.
void NetActivityRecorder::on_edge() {
  const bool counts = system_.signals().count_weights.read();
  if (!in_product_ || (!counts && system_.config().overlap() == Overlap::none)) return;
  take(time_fs(cycles_));
  if (counts) ++cycles_;
}

void NetActivityRecorder::take(std::int64_t now_fs) {
  for (Net& net : nets_) note(net.history, net.signal.read(), now_fs);
  for (Control& control : controls_) note(control.history, control.net.read(), now_fs);
}

void NetActivityRecorder::note(History& history, std::uint64_t value, std::int64_t now_fs) {
  std::uint64_t changed = value ^ history.value;
  history.value = value;
  for (std::size_t bit = history.first_bit; changed != 0; ++bit, changed >>= 1, value >>= 1) {
    if ((changed & 1) == 0) continue;
    if (!history.is_static) ++bits_[bit].toggles;
    bits_[bit].high_time_fs += (value & 1) != 0 ? -now_fs : now_fs;
  }
}

// The next product starts from the reset state; for what was held until now that is no toggle.
void NetActivityRecorder::drain(History& history, std::int64_t end_fs) {
  if (!history.is_held) return note(history, 0, end_fs);
  for (std::size_t bit = history.first_bit; history.value != 0; ++bit, history.value >>= 1) {
    if ((history.value & 1) != 0) bits_[bit].high_time_fs += end_fs;
  }
}

void NetActivityRecorder::end_product() {
  const std::int64_t end_fs = time_fs(cycles_);
  take(end_fs);  // the drain cycle
  for (Net& net : nets_) drain(net.history, end_fs);
  for (Control& control : controls_) drain(control.history, end_fs);
  products_fs_ += static_cast<long double>(cycles_) * period_fs_;
  all_cycles_ += cycles_;
  cycles_ = 0;
  in_product_ = false;
}

void NetActivityRecorder::write_saif(const std::string& program_version,
                                     const TextSink& sink) const {
  SaifWriter writer(sink, {rtl_top_name(system_.design()), program_version, "1 fs", duration_fs()});
  write_clock(writer);
  for (const Control& control : controls_) write_control(writer, control);
  std::size_t begin = 0;
  while (begin < nets_.size()) {
    std::size_t end = begin + 1;
    while (end < nets_.size() && nets_[end].signal.module() == nets_[begin].signal.module()) ++end;
    write_module(writer, begin, end);
    begin = end;
  }
  writer.finish();
}

// A module's nets may lie in instances of their own in the RTL; SAIF wants the outer nets first.
void NetActivityRecorder::write_module(SaifWriter& writer, std::size_t begin,
                                       std::size_t end) const {
  const std::string root = system_.pin_level_array().name();
  std::vector<std::pair<RtlName, const Net*>> named;
  for (std::size_t i = begin; i < end; ++i) {
    const TracedSignal& signal = nets_[i].signal;
    named.emplace_back(rtl_name(system_.design(), root, signal.module(), signal.name()), &nets_[i]);
  }
  std::stable_sort(named.begin(), named.end(), [](const auto& a, const auto& b) {
    return a.first.path.size() < b.first.path.size();
  });
  for (const auto& [name, net] : named) write_net(writer, name, *net);
}

void NetActivityRecorder::write_net(SaifWriter& writer, const RtlName& name, const Net& net) const {
  const int width = net.signal.width_bits();
  for (int i = 0; i < width; ++i) {
    writer.net(name.path, name.net, width == 1 ? SaifWriter::kScalar : i,
               activity_of(net.history.first_bit + static_cast<std::size_t>(i)));
  }
}

void NetActivityRecorder::write_control(SaifWriter& writer, const Control& control) const {
  const ControlNet& net = control.net;
  for (int i = 0; i < net.width_bits; ++i) {
    writer.net(net.rtl.path, net.rtl.net, net.is_vector ? net.lsb + i : SaifWriter::kScalar,
               activity_of(control.history.first_bit + static_cast<std::size_t>(i)));
  }
}

// High half of the time, with two edges per cycle.
void NetActivityRecorder::write_clock(SaifWriter& writer) const {
  const RtlName clock = clock_net(system_.design());
  const std::int64_t high_fs = duration_fs() / 2;
  writer.net(clock.path, clock.net, SaifWriter::kScalar,
             {duration_fs() - high_fs, high_fs, 0, 2 * all_cycles_});
}

SaifActivity NetActivityRecorder::activity_of(std::size_t bit) const {
  const Bit& counted = bits_[bit];
  return {duration_fs() - counted.high_time_fs, counted.high_time_fs, 0, counted.toggles};
}

}  // namespace arrayflex::pin
