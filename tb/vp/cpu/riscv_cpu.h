// The CPU of the virtual platform: one RISC-V hart as a TLM-2.0 initiator.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/tlm_quantumkeeper.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <systemc>
#include <tlm>

#include "vp/cpu/emulator.h"
#include "vp/cpu/instruction.h"

namespace arrayflex::vp {

/// Fate of an access that nothing answers, and of an illegal instruction.
enum class FaultPolicy {
  stop,  ///< they end the run: bugs are found where they happen
  trap,  ///< they are exceptions, as in hardware, for firmware that probes or recovers
};

struct CpuParameters {
  sc_core::sc_time period{1, sc_core::SC_NS};  ///< an instruction takes one
  std::uint64_t reset_pc = 0;
  FaultPolicy fault_policy = FaultPolicy::stop;
};

/// RV64IMAC, machine mode, hart 0. Loads and stores go directly to memory that grants DMI, and as
/// blocking transactions, which may wait, to everything else. Runs ahead of the simulation by up to
/// the global quantum, by ten million instructions at most; each transaction and each WFI
/// synchronises first. Interrupts are taken between basic blocks. Events that firmware cannot
/// handle end the run: see on_fault.
class RiscvCpu : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<RiscvCpu> socket;
  sc_core::sc_in<bool> software_irq, timer_irq, external_irq;

  /// Called with one line about what ends the run: a fault, unless it is trapped, a trap without a
  /// handler, or traps without end. The CPU stands still afterwards.
  std::function<void(const std::string&)> on_fault;

  /// Throws InputError for parameters out of bounds.
  RiscvCpu(const sc_core::sc_module_name& name, const CpuParameters& parameters);

  void set_reset_pc(std::uint64_t pc) { emulator_.set_pc(pc); }
  std::uint64_t pc() const { return emulator_.pc(); }
  std::uint64_t instructions() const { return instructions_; }
  std::uint64_t transactions() const { return transactions_; }
  std::uint64_t interrupts() const { return interrupts_; }
  /// The latest fault that firmware trapped; empty: none.
  const std::string& trapped_fault() const { return trapped_fault_; }
  /// WFI waits for an interrupt.
  bool is_waiting() const { return is_waiting_; }
  /// Interrupts that firmware enabled, as bits of mie.
  std::uint64_t enabled_interrupts() const { return emulator_.read_csr(Csr::mie); }

 private:
  /// Firmware did what it cannot recover from; ends run().
  struct Fault {
    std::string message;
  };

  void run();
  void step();
  void handle(const Stop& stop);
  void take_interrupt();
  bool has_handler() const;
  void trap(std::uint64_t cause, std::uint64_t value, const char* what);
  void enter_trap(std::uint64_t cause, std::uint64_t value);
  void fault(std::uint64_t cause, std::uint64_t value, const std::string& message);
  void trap_misaligned(std::uint64_t pc);
  void wait_for_interrupt();
  void access_data(std::uint64_t pc);
  void fetch_through(std::uint64_t pc);
  void execute_system(std::uint64_t pc);
  void return_from_trap();
  bool access_csr(const CsrAccess& access);
  std::uint64_t platform_csr(unsigned csr) const;
  void fail_illegal(std::uint64_t pc);
  void fail_atomic(std::uint64_t pc, std::uint32_t instruction);

  /// The data read; empty: the access became a fault.
  std::optional<std::uint64_t> transport(tlm::tlm_command command, std::uint64_t pc,
                                         std::uint64_t address, unsigned bytes,
                                         std::uint64_t value);
  bool request_direct_memory(std::uint64_t address);
  void invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last);

  std::uint64_t pending() const;
  void advance(std::uint64_t instructions);
  void synchronize();
  std::uint64_t budget() const;

  CpuParameters parameters_;
  Emulator emulator_;
  tlm_utils::tlm_quantumkeeper keeper_;
  std::uint64_t instructions_ = 0;
  std::uint64_t transactions_ = 0;
  std::uint64_t interrupts_ = 0;
  std::uint64_t nested_exceptions_ = 0;  ///< since the latest mret
  int fetches_in_vain_ = 0;              ///< since the latest instruction
  std::string trapped_fault_;
  bool is_waiting_ = false;
};

}  // namespace arrayflex::vp
