// The virtual platform: CPU, RAM, devices and accelerators on one bus.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <systemc>
#include <vector>

#include "arrayflex/platform/accelerator.h"
#include "arrayflex/platform/memory.h"
#include "elf_image.h"
#include "memory_map.h"
#include "vp/cpu/riscv_cpu.h"
#include "vp/devices/bus.h"
#include "vp/devices/devices.h"
#include "vp/devices/register_tap.h"

namespace arrayflex::vp {

struct PlatformParameters {
  std::uint64_t ram_size_bytes = AFVP_RAM_DEFAULT_SIZE;  ///< a multiple of 4096, 4096..2^32
  sc_core::sc_time ram_latency;                          ///< of each burst of an accelerator
  sc_core::sc_time cpu_period{1, sc_core::SC_NS};        ///< of an instruction
  sc_core::sc_time quantum{10, sc_core::SC_US};          ///< how far the CPU may run ahead
  FaultPolicy fault_policy = FaultPolicy::stop;          ///< of the CPU
  std::uint64_t argument = 0;                            ///< for firmware
  /// 1..AFVP_MAX_ACCELERATORS; each is bound to the bus and the interrupt controller.
  std::vector<platform::AcceleratorParameters> accelerators;
};

/// The end of a run.
enum class Outcome {
  exited,      ///< firmware wrote its exit code
  fault,       ///< firmware did what the CPU cannot recover from
  deadlock,    ///< the CPU waits for an interrupt, and nothing is left that could raise one
  time_limit,  ///< the simulated time is over
  stopped,     ///< the caller of run() asked for it
};

struct RunResult {
  Outcome outcome;
  std::uint32_t exit_code;  ///< Outcome::exited
  std::string message;      ///< one line on every other outcome, with pc and address
};

/// Everything under one roof. docs/virtual-platform.md: memory map, boot, other CPU models.
class VirtualPlatform : public sc_core::sc_module {
 public:
  /// Sets the global quantum. Throws InputError for parameters out of bounds.
  VirtualPlatform(const sc_core::sc_module_name& name, const PlatformParameters& parameters,
                  std::ostream& terminal);

  /// Loads a program; the CPU starts at its entry point. Throws InputError. Before run().
  void load(const std::string& elf_path);

  /// Simulates until the firmware ends, one way or another; once. `stop_reason` is asked many times
  /// a second of host time; a text ends the run and begins the message. Throws what the simulation
  /// throws.
  RunResult run(const sc_core::sc_time& max_time,
                const std::function<std::string()>& stop_reason = {});

  const RiscvCpu& cpu() const { return cpu_; }
  platform::Memory& ram() { return ram_; }
  Bus& bus() { return bus_; }
  const std::vector<std::unique_ptr<platform::Accelerator>>& accelerators() const {
    return accelerators_;
  }
  /// Of the whole run, whatever firmware clears. Throws std::out_of_range.
  RegisterTap::Totals totals(std::size_t accelerator) const {
    return taps_.at(accelerator)->totals();
  }

 private:
  void connect();
  void finish(RunResult result);
  RunResult unfinished(Outcome outcome, const std::string& why) const;

  PlatformParameters parameters_;
  std::ostream& terminal_;
  Bus bus_;
  RiscvCpu cpu_;
  platform::Memory ram_;
  SystemController system_;
  Uart uart_;
  Clint clint_;
  Plic plic_;
  std::vector<std::unique_ptr<platform::Accelerator>> accelerators_;
  std::vector<std::unique_ptr<RegisterTap>> taps_;
  sc_core::sc_signal<bool> software_irq_, timer_irq_, external_irq_;
  sc_core::sc_vector<sc_core::sc_signal<bool>> accelerator_irqs_;
  bool has_ended_ = false;
  RunResult result_{};
};

}  // namespace arrayflex::vp
