// The CPU's traps, interrupts and the CSRs that show them.
#include <fmt/format.h>

#include "vp/cpu/machine_mode.h"
#include "vp/cpu/riscv_cpu.h"
#include "vp/memory_map.h"

namespace arrayflex::vp {
namespace {

/// RV64, extensions A, C, I and M.
constexpr std::uint64_t kMisa = std::uint64_t{2} << 62 | 1U << 0 | 1U << 2 | 1U << 8 | 1U << 12;

/// More than any firmware needs; a second of host time.
constexpr std::uint64_t kMostNestedExceptions = 1'000'000;

/// Of atomic instructions: lr.w or lr.d.
constexpr bool is_load_reserved(std::uint32_t instruction) { return instruction >> 27 == 2; }

}  // namespace

void RiscvCpu::fail_illegal(std::uint64_t pc) {
  const std::uint32_t instruction = emulator_.instruction_at(pc).value_or(0);
  fault(
      kIllegalInstruction, instruction,
      fmt::format("illegal instruction {:#x} at pc {:#x} (the CPU is RV64IMAC)", instruction, pc));
}

void RiscvCpu::fail_atomic(std::uint64_t pc, std::uint32_t instruction) {
  fault(is_load_reserved(instruction) ? kLoadAccessFault : kStoreAccessFault,
        emulator_.read_register(instruction >> 15 & 31U),
        fmt::format("instruction {:#x} at pc {:#x} accesses a device or an unmapped address; "
                    "only loads and stores of integers can",
                    instruction, pc));
}

void RiscvCpu::fault(std::uint64_t cause, std::uint64_t value, const std::string& message) {
  if (parameters_.fault_policy == FaultPolicy::stop || !has_handler()) throw Fault{message};
  trapped_fault_ = message;
  enter_trap(cause, value);
}

void RiscvCpu::take_interrupt() {
  const std::uint64_t interrupts = emulator_.deliverable();
  if (interrupts == 0) return;
  unsigned number = AFVP_MACHINE_TIMER_INTERRUPT;
  if ((interrupts & kSoftware) != 0) number = AFVP_MACHINE_SOFTWARE_INTERRUPT;
  if ((interrupts & kExternal) != 0) number = AFVP_MACHINE_EXTERNAL_INTERRUPT;
  ++interrupts_;
  trap(kInterruptFlag | number, 0, "interrupt");
}

bool RiscvCpu::has_handler() const { return emulator_.read_csr(Csr::mtvec) >> 2 != 0; }

void RiscvCpu::trap(std::uint64_t cause, std::uint64_t value, const char* what) {
  if (!has_handler()) {
    throw Fault{fmt::format("{} at pc {:#x}, but firmware has set no trap vector (mtvec is 0)",
                            what, pc())};
  }
  enter_trap(cause, value);
}

void RiscvCpu::enter_trap(std::uint64_t cause, std::uint64_t value) {
  const std::uint64_t vector = emulator_.read_csr(Csr::mtvec);
  const std::uint64_t base = vector & ~std::uint64_t{3};
  // A handler that begins with an exception would loop without simulated time going on.
  if ((cause & kInterruptFlag) == 0 && ++nested_exceptions_ > kMostNestedExceptions) {
    throw Fault{
        fmt::format("exceptions without end: {} without an mret, the last at pc {:#x} "
                    "(mcause {}, mtval {:#x}, mtvec {:#x}){}{}",
                    kMostNestedExceptions, pc(), cause, value, vector,
                    trapped_fault_.empty() ? "" : ", the last fault: ", trapped_fault_)};
  }
  const std::uint64_t status = emulator_.read_csr(Csr::mstatus);
  std::uint64_t next = (status & ~(kMstatusMie | kMstatusMpie)) | kMstatusMpp;
  if ((status & kMstatusMie) != 0) next |= kMstatusMpie;
  emulator_.write_csr(Csr::mstatus, next);
  emulator_.write_csr(Csr::mepc, pc());
  emulator_.write_csr(Csr::mcause, cause);
  emulator_.write_csr(Csr::mtval, value);
  const bool vectored = (vector & 3U) == 1 && (cause & kInterruptFlag) != 0;
  emulator_.set_pc(vectored ? base + 4 * (cause & ~kInterruptFlag) : base);
}

void RiscvCpu::trap_misaligned(std::uint64_t pc) {
  // Only atomics must be aligned, and they have one form: address in the first source register.
  const std::uint32_t instruction = emulator_.instruction_at(pc).value_or(0);
  trap(is_load_reserved(instruction) ? kLoadMisaligned : kStoreMisaligned,
       emulator_.read_register(instruction >> 15 & 31U), "misaligned atomic access");
}

void RiscvCpu::return_from_trap() {
  const std::uint64_t status = emulator_.read_csr(Csr::mstatus);
  std::uint64_t next = (status & ~kMstatusMie) | kMstatusMpie | kMstatusMpp;
  if ((status & kMstatusMpie) != 0) next |= kMstatusMie;
  nested_exceptions_ = 0;
  emulator_.write_csr(Csr::mstatus, next);
  emulator_.set_pc(emulator_.read_csr(Csr::mepc));
}

void RiscvCpu::wait_for_interrupt() {
  synchronize();
  is_waiting_ = true;
  // Whether MIE lets it through does not matter here: WFI ends, the interrupt may stay pending.
  while ((pending() & emulator_.read_csr(Csr::mie)) == 0) {
    wait(software_irq.value_changed_event() | timer_irq.value_changed_event() |
         external_irq.value_changed_event());
  }
  is_waiting_ = false;
  synchronize();
}

void RiscvCpu::execute_system(std::uint64_t pc) {
  const std::uint32_t instruction = emulator_.instruction_at(pc).value_or(0);
  if (is_mret(instruction)) {
    return_from_trap();
  } else {
    const std::optional<CsrAccess> access = decode_csr_access(instruction);
    if (!access || !access_csr(*access)) return fail_illegal(pc);
    emulator_.set_pc(pc + 4);
  }
  advance(1);
}

std::uint64_t RiscvCpu::platform_csr(unsigned csr) const {
  const sc_core::sc_time now = keeper_.get_current_time();
  const std::uint64_t steps_per_tick =
      sc_core::sc_time(1.0 / AFVP_MTIME_HZ, sc_core::SC_SEC).value();
  switch (csr) {
    case 0x301:
      return kMisa;
    case 0x344:
      return pending();
    case 0xB00:
    case 0xC00:
      return now.value() / parameters_.period.value();
    case 0xC01:
      return now.value() / steps_per_tick;
    case 0xB02:
    case 0xC02:
      return instructions_;
    default:
      return 0;  // the protection
  }
}

bool RiscvCpu::access_csr(const CsrAccess& access) {
  const bool is_read_only = access.csr >= 0xC00;
  const bool writes = access.kind == CsrAccess::Kind::write || access.source != 0;
  if (writes && is_read_only) return false;
  // Firmware may write the others; all of their bits are read-only here.
  emulator_.write_register(access.destination_index, platform_csr(access.csr));
  return true;
}

}  // namespace arrayflex::vp
