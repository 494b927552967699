#include "virtual_platform.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "arrayflex/core/error.h"

namespace arrayflex::vp {
namespace {

enum Target : std::size_t { kSystem, kClint, kPlic, kUart, kRam, kFirstAccelerator };

constexpr std::uint64_t kPageBytes = 4096;
constexpr std::uint64_t kMaxRamBytes = std::uint64_t{1} << 32;

PlatformParameters validated(const PlatformParameters& parameters) {
  const std::uint64_t size = parameters.ram_size_bytes;
  if (size < kPageBytes || size > kMaxRamBytes || size % kPageBytes != 0) {
    throw InputError("RAM size", std::to_string(size),
                     "multiples of 4096 bytes, 4096..2^32, are allowed");
  }
  const std::size_t count = parameters.accelerators.size();
  if (count < 1 || count > AFVP_MAX_ACCELERATORS) {
    throw InputError("number of accelerators", static_cast<std::int64_t>(count),
                     fmt::format("1..{} are allowed", AFVP_MAX_ACCELERATORS));
  }
  return parameters;
}

std::vector<Bus::Range> memory_map(const PlatformParameters& parameters) {
  std::vector<Bus::Range> ranges{{"system controller", AFVP_SYSTEM_BASE, AFVP_SYSTEM_SIZE, true},
                                 {"core-local interruptor", AFVP_CLINT_BASE, AFVP_CLINT_SIZE, true},
                                 {"interrupt controller", AFVP_PLIC_BASE, AFVP_PLIC_SIZE, true},
                                 {"UART", AFVP_UART_BASE, AFVP_UART_SIZE, true},
                                 {"RAM", AFVP_RAM_BASE, parameters.ram_size_bytes, true}};
  for (std::uint64_t i = 0; i < parameters.accelerators.size(); ++i) {
    ranges.push_back(
        {fmt::format("accelerator {}", i), AFVP_ACCELERATOR(i), AFVP_ACCELERATOR_STRIDE, true});
  }
  return ranges;
}

platform::MemoryParameters ram_parameters(const PlatformParameters& parameters) {
  platform::MemoryParameters ram;
  ram.size_bytes = parameters.ram_size_bytes;
  ram.latency = parameters.ram_latency;
  ram.grant_dmi = true;
  return ram;
}

SystemController::Facts facts(const PlatformParameters& parameters) {
  return {static_cast<std::uint32_t>(parameters.accelerators.size()), parameters.ram_size_bytes,
          static_cast<std::uint64_t>(std::llround(1.0 / parameters.cpu_period.to_seconds())),
          parameters.argument};
}

}  // namespace

VirtualPlatform::VirtualPlatform(const sc_core::sc_module_name& name,
                                 const PlatformParameters& parameters, std::ostream& terminal)
    : sc_core::sc_module(name),
      parameters_(validated(parameters)),
      terminal_(terminal),
      bus_("bus", 1 + parameters.accelerators.size(), memory_map(parameters)),
      cpu_("cpu", {parameters.cpu_period, AFVP_RAM_BASE, parameters.fault_policy}),
      ram_("ram", ram_parameters(parameters)),
      system_("system", facts(parameters)),
      uart_("uart", terminal),
      clint_("clint"),
      plic_("plic", parameters.accelerators.size()),
      software_irq_("software_irq"),
      timer_irq_("timer_irq"),
      external_irq_("external_irq"),
      accelerator_irqs_("accelerator_irq", parameters.accelerators.size()) {
  tlm::tlm_global_quantum::instance().set(parameters.quantum);
  for (std::size_t i = 0; i < parameters.accelerators.size(); ++i) {
    accelerators_.push_back(std::make_unique<platform::Accelerator>(
        fmt::format("accelerator_{}", i).c_str(), parameters.accelerators[i]));
    taps_.push_back(std::make_unique<RegisterTap>(fmt::format("accelerator_{}_tap", i).c_str(),
                                                  *accelerators_.back()));
  }
  connect();
  cpu_.on_fault = [this](const std::string& message) { finish({Outcome::fault, 0, message}); };
  system_.on_exit = [this](std::uint32_t code) { finish({Outcome::exited, code, ""}); };
}

void VirtualPlatform::connect() {
  cpu_.socket.bind(bus_.initiator(0));
  bus_.target(kSystem).bind(system_.socket);
  bus_.target(kClint).bind(clint_.socket);
  bus_.target(kPlic).bind(plic_.socket);
  bus_.target(kUart).bind(uart_.socket);
  bus_.target(kRam).bind(ram_.socket);
  for (std::size_t i = 0; i < accelerators_.size(); ++i) {
    accelerators_[i]->memory_socket.bind(bus_.initiator(1 + i));
    bus_.target(kFirstAccelerator + i).bind(taps_[i]->target_socket);
    taps_[i]->initiator_socket.bind(accelerators_[i]->register_socket);
    accelerators_[i]->irq(accelerator_irqs_[i]);
    plic_.inputs[i](accelerator_irqs_[i]);
  }
  clint_.software_irq(software_irq_);
  clint_.timer_irq(timer_irq_);
  plic_.irq(external_irq_);
  cpu_.software_irq(software_irq_);
  cpu_.timer_irq(timer_irq_);
  cpu_.external_irq(external_irq_);
}

void VirtualPlatform::load(const std::string& elf_path) {
  const ElfImage image = load_elf(elf_path);
  place(image, elf_path, AFVP_RAM_BASE, ram_.bytes());
  cpu_.set_reset_pc(image.entry);
}

void VirtualPlatform::finish(RunResult result) {
  if (has_ended_) return;
  has_ended_ = true;
  result_ = std::move(result);
  sc_core::sc_stop();
}

RunResult VirtualPlatform::run(const sc_core::sc_time& max_time,
                               const std::function<std::string()>& stop_reason) {
  const sc_core::sc_time end = sc_core::sc_time_stamp() + max_time;
  const sc_core::sc_time step(1, sc_core::SC_US);
  sc_core::sc_time slice = step;  // short for the host
  std::string reason;
  while (true) {
    const sc_core::sc_time rest = end - sc_core::sc_time_stamp();
    sc_core::sc_start(std::min(slice, rest), sc_core::SC_EXIT_ON_STARVATION);
    if (has_ended_ || !sc_core::sc_pending_activity()) break;
    if (stop_reason) reason = stop_reason();
    if (!reason.empty() || sc_core::sc_time_stamp() >= end) break;
    slice = sc_core::sc_time_to_pending_activity() + step;
    if (slice > end - sc_core::sc_time_stamp() + step) {
      // Nothing happens before the end.
      sc_core::sc_start(end - sc_core::sc_time_stamp(), sc_core::SC_RUN_TO_TIME);
      break;
    }
  }
  terminal_.flush();
  if (has_ended_) return result_;
  if (!reason.empty()) return unfinished(Outcome::stopped, reason);
  if (cpu_.is_waiting() && !sc_core::sc_pending_activity()) {
    return {
        Outcome::deadlock, 0,
        fmt::format("waiting for an interrupt that cannot come: WFI before pc {:#x} at {}, "
                    "enabled interrupts (mie) {:#x}",
                    cpu_.pc(), sc_core::sc_time_stamp().to_string(), cpu_.enabled_interrupts())};
  }
  return unfinished(Outcome::time_limit,
                    fmt::format("the simulated time of {} is over", max_time.to_string()));
}

RunResult VirtualPlatform::unfinished(Outcome outcome, const std::string& why) const {
  const std::string& fault = cpu_.trapped_fault();
  return {outcome, 0,
          fmt::format("{}, pc {:#x}{}{}{}", why, cpu_.pc(),
                      cpu_.is_waiting() ? " (waiting for an interrupt)" : "",
                      fault.empty() ? "" : ", the last fault: ", fault)};
}

}  // namespace arrayflex::vp
