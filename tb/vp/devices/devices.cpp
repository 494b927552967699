#include "vp/devices/devices.h"

#include "arrayflex/core/error.h"

namespace arrayflex::vp {

SystemController::SystemController(const sc_core::sc_module_name& name, const Facts& facts)
    : Device(name), facts_(facts) {}

Device::Access SystemController::read(std::uint64_t offset, unsigned bytes, const sc_core::sc_time&,
                                      std::uint64_t& value) {
  if (offset == AFVP_SYSTEM_EXIT && bytes == 4) return Access::not_allowed;
  if (offset == AFVP_SYSTEM_ACCELERATOR_COUNT && bytes == 4) {
    value = facts_.accelerator_count;
    return Access::done;
  }
  const std::array<std::pair<std::uint64_t, std::uint64_t>, 3> wide{
      {{AFVP_SYSTEM_RAM_SIZE, facts_.ram_size_bytes},
       {AFVP_SYSTEM_CPU_HZ, facts_.cpu_hz},
       {AFVP_SYSTEM_ARGUMENT, facts_.argument}}};
  for (const auto& [base, content] : wide) {
    if (!is_within_64(offset, bytes, base)) continue;
    value = part_of(content, offset, base);
    return Access::done;
  }
  return Access::no_register;
}

Device::Access SystemController::write(std::uint64_t offset, unsigned bytes,
                                       const sc_core::sc_time&, std::uint64_t value) {
  if (offset == AFVP_SYSTEM_EXIT && bytes == 4) {
    if (on_exit) on_exit(static_cast<std::uint32_t>(value));
    return Access::done;
  }
  return offset < AFVP_SYSTEM_ARGUMENT + 8 ? Access::not_allowed : Access::no_register;
}

Uart::Uart(const sc_core::sc_module_name& name, std::ostream& terminal)
    : Device(name), terminal_(terminal) {}

Device::Access Uart::read(std::uint64_t offset, unsigned bytes, const sc_core::sc_time&,
                          std::uint64_t& value) {
  if (bytes != 1 || offset >= plain_.size()) return Access::no_register;
  switch (offset) {
    case AFVP_UART_RBR:
    case AFVP_UART_MSR:
      value = 0;
      break;
    case AFVP_UART_IIR:
      value = 1;
      break;
    case AFVP_UART_LSR:
      value = AFVP_UART_LSR_THRE | AFVP_UART_LSR_TEMT;
      break;
    default:
      value = plain_[offset];
  }
  return Access::done;
}

Device::Access Uart::write(std::uint64_t offset, unsigned bytes, const sc_core::sc_time&,
                           std::uint64_t value) {
  if (bytes != 1 || offset >= plain_.size()) return Access::no_register;
  if (offset != AFVP_UART_THR) {
    plain_[offset] = static_cast<std::uint8_t>(value);
    return Access::done;
  }
  const char character = static_cast<char>(value);
  terminal_.put(character);
  if (character == '\n') terminal_.flush();
  return Access::done;
}

Clint::Clint(const sc_core::sc_module_name& name)
    : Device(name),
      software_irq("software_irq"),
      timer_irq("timer_irq"),
      tick_(1.0 / AFVP_MTIME_HZ, sc_core::SC_SEC) {
  if (tick_ == sc_core::SC_ZERO_TIME) {
    throw InputError("time resolution", sc_core::sc_get_time_resolution().to_string(),
                     "1 ns or finer is needed by the timer");
  }
  SC_HAS_PROCESS(Clint);
  SC_METHOD(update);
  sensitive << changed_;
}

std::uint64_t Clint::ticks(const sc_core::sc_time& now) const {
  return now.value() / tick_.value();
}

void Clint::update() {
  software_irq.write(software_);
  const sc_core::sc_time& now = sc_core::sc_time_stamp();
  const bool reached = ticks(now) >= compare_;
  timer_irq.write(reached);
  // Times beyond the end of simulated time never come.
  if (reached || compare_ > sc_core::sc_max_time().value() / tick_.value()) return;
  changed_.notify(sc_core::sc_time::from_value(compare_ * tick_.value()) - now);
}

Device::Access Clint::read(std::uint64_t offset, unsigned bytes, const sc_core::sc_time& now,
                           std::uint64_t& value) {
  if (offset == AFVP_CLINT_MSIP && bytes == 4) {
    value = software_ ? 1 : 0;
  } else if (is_within_64(offset, bytes, AFVP_CLINT_MTIMECMP)) {
    value = part_of(compare_, offset, AFVP_CLINT_MTIMECMP);
  } else if (is_within_64(offset, bytes, AFVP_CLINT_MTIME)) {
    value = part_of(ticks(now), offset, AFVP_CLINT_MTIME);
  } else {
    return Access::no_register;
  }
  return Access::done;
}

Device::Access Clint::write(std::uint64_t offset, unsigned bytes, const sc_core::sc_time&,
                            std::uint64_t value) {
  if (offset == AFVP_CLINT_MSIP && bytes == 4) {
    software_ = (value & 1U) != 0;
  } else if (is_within_64(offset, bytes, AFVP_CLINT_MTIMECMP)) {
    compare_ = merged(compare_, offset, bytes, AFVP_CLINT_MTIMECMP, value);
  } else {
    return is_within_64(offset, bytes, AFVP_CLINT_MTIME) ? Access::not_allowed
                                                         : Access::no_register;
  }
  changed_.cancel();  // the alarm of the value before
  changed_.notify(sc_core::SC_ZERO_TIME);
  return Access::done;
}

Plic::Plic(const sc_core::sc_module_name& name, std::size_t input_count)
    : Device(name), inputs("inputs"), irq("irq") {
  if (input_count < 1 || input_count > AFVP_PLIC_SOURCES) {
    throw InputError("interrupt sources", static_cast<std::int64_t>(input_count),
                     "1..31 are allowed");
  }
  inputs.init(input_count);
  SC_HAS_PROCESS(Plic);
  SC_METHOD(sample_inputs);
  for (auto& input : inputs) sensitive << input;
  SC_METHOD(drive_irq);
  sensitive << changed_;
}

void Plic::sample_inputs() {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    Source& source = sources_[i + 1];
    if (inputs[i].read() && !source.in_service) source.pending = true;
  }
  changed_.notify(sc_core::SC_ZERO_TIME);
}

void Plic::drive_irq() { irq.write(best_source(threshold_) != 0); }

unsigned Plic::best_source(std::uint32_t above) const {
  unsigned best = 0;
  std::uint32_t priority = above;
  for (unsigned i = 1; i < sources_.size(); ++i) {
    const Source& source = sources_[i];
    if (!source.pending || !source.enabled || source.priority <= priority) continue;
    best = i;
    priority = source.priority;
  }
  return best;
}

unsigned Plic::claim() {
  const unsigned source = best_source(0);  // the threshold does not hide a source from a claim
  sources_[source].pending = false;
  sources_[source].in_service = source != 0;
  return source;
}

void Plic::complete(std::uint64_t source) {
  if (source == 0 || source >= sources_.size() || !sources_[source].enabled) return;
  sources_[source].in_service = false;
  if (source <= inputs.size() && inputs[source - 1].read()) sources_[source].pending = true;
}

std::uint64_t Plic::mask_of(bool Source::*flag) const {
  std::uint64_t mask = 0;
  for (unsigned i = 1; i < sources_.size(); ++i) {
    mask |= std::uint64_t{sources_[i].*flag} << i;
  }
  return mask;
}

Device::Access Plic::read(std::uint64_t offset, unsigned bytes, const sc_core::sc_time&,
                          std::uint64_t& value) {
  if (bytes != 4) return Access::no_register;
  if (offset < AFVP_PLIC_PRIORITY(sources_.size())) {
    value = sources_[offset / 4].priority;
  } else if (offset == AFVP_PLIC_PENDING) {
    value = mask_of(&Source::pending);
  } else if (offset == AFVP_PLIC_ENABLE) {
    value = mask_of(&Source::enabled);
  } else if (offset == AFVP_PLIC_THRESHOLD) {
    value = threshold_;
  } else if (offset == AFVP_PLIC_CLAIM) {
    value = claim();
    changed_.notify(sc_core::SC_ZERO_TIME);
  } else {
    return Access::no_register;
  }
  return Access::done;
}

Device::Access Plic::write(std::uint64_t offset, unsigned bytes, const sc_core::sc_time&,
                           std::uint64_t value) {
  if (bytes != 4) return Access::no_register;
  if (offset < AFVP_PLIC_PRIORITY(sources_.size())) {
    if (offset == 0) return Access::done;  // source 0 keeps priority 0
    sources_[offset / 4].priority = static_cast<std::uint32_t>(value) & AFVP_PLIC_MAX_PRIORITY;
  } else if (offset == AFVP_PLIC_ENABLE) {
    for (unsigned i = 1; i < sources_.size(); ++i) sources_[i].enabled = (value >> i & 1U) != 0;
  } else if (offset == AFVP_PLIC_THRESHOLD) {
    threshold_ = static_cast<std::uint32_t>(value) & AFVP_PLIC_MAX_PRIORITY;
  } else if (offset == AFVP_PLIC_CLAIM) {
    complete(value);
  } else {
    return offset == AFVP_PLIC_PENDING ? Access::not_allowed : Access::no_register;
  }
  changed_.notify(sc_core::SC_ZERO_TIME);
  return Access::done;
}

}  // namespace arrayflex::vp
