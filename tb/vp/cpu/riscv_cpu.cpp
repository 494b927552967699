#include "vp/cpu/riscv_cpu.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <vector>

#include "arrayflex/core/error.h"
#include "vp/cpu/machine_mode.h"

namespace arrayflex::vp {
namespace {

constexpr std::uint64_t kPageBytes = 4096;
/// Translating and running code takes more stack than SystemC's default.
constexpr int kStackBytes = 1 << 20;
/// However long the quantum is, the simulation can be ended after so many instructions.
constexpr std::uint64_t kLongestRunAhead = 10'000'000;
/// Memory is asked for an instruction so often, without one being executed.
constexpr int kMostFetchesInVain = 16;

const char* name_of(tlm::tlm_response_status status) {
  switch (status) {
    case tlm::TLM_ADDRESS_ERROR_RESPONSE:
      return "nothing answers at this address";
    case tlm::TLM_COMMAND_ERROR_RESPONSE:
      return "not allowed at this address";
    case tlm::TLM_BURST_ERROR_RESPONSE:
      return "accesses of this size are not supported";
    case tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE:
      return "accesses to parts of a word are not supported";
    default:
      return "the device reports an error";
  }
}

std::uint64_t extend(std::uint64_t value, const LoadStore& load) {
  const unsigned unused_bits = 64 - 8 * load.bytes;
  if (unused_bits == 0 || !load.is_signed) return value;
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(value << unused_bits) >> unused_bits);
}

}  // namespace

RiscvCpu::RiscvCpu(const sc_core::sc_module_name& name, const CpuParameters& parameters)
    : sc_core::sc_module(name),
      socket("socket"),
      software_irq("software_irq"),
      timer_irq("timer_irq"),
      external_irq("external_irq"),
      parameters_(parameters) {
  if (parameters.period == sc_core::SC_ZERO_TIME) {
    throw InputError("CPU period", parameters.period.to_string(),
                     "at least one step of the time resolution is allowed");
  }
  socket.register_invalidate_direct_mem_ptr(this, &RiscvCpu::invalidate_direct_mem_ptr);
  emulator_.set_pc(parameters.reset_pc);
  SC_HAS_PROCESS(RiscvCpu);
  SC_THREAD(run);
  set_stack_size(kStackBytes);
}

std::uint64_t RiscvCpu::pending() const {
  return (software_irq.read() ? kSoftware : 0) | (timer_irq.read() ? kTimer : 0) |
         (external_irq.read() ? kExternal : 0);
}

void RiscvCpu::advance(std::uint64_t instructions) {
  instructions_ += instructions;
  keeper_.inc(parameters_.period * static_cast<double>(instructions));
}

void RiscvCpu::synchronize() {
  keeper_.sync();
  emulator_.set_pending(pending());
}

std::uint64_t RiscvCpu::budget() const {
  const sc_core::sc_time end = keeper_.get_global_quantum();
  const sc_core::sc_time now = keeper_.get_local_time();
  if (end <= now) return 1;
  return std::clamp<std::uint64_t>((end - now).value() / parameters_.period.value(), 1,
                                   kLongestRunAhead);
}

void RiscvCpu::run() {
  keeper_.reset();
  try {
    while (true) step();
  } catch (const Fault& fault) {
    keeper_.sync();
    on_fault(fault.message);
  } catch (const sc_core::sc_unwind_exception&) {
    throw;
  } catch (const std::exception& error) {
    on_fault(fmt::format("{} (pc {:#x})", error.what(), pc()));
  }
}

void RiscvCpu::step() {
  take_interrupt();
  const Stop stop = emulator_.run(budget());
  advance(stop.instructions);
  if (stop.instructions != 0) fetches_in_vain_ = 0;
  handle(stop);
  const bool is_far_ahead =
      keeper_.get_local_time() / parameters_.period >= static_cast<double>(kLongestRunAhead);
  if (keeper_.need_sync() || is_far_ahead) synchronize();
}

void RiscvCpu::handle(const Stop& stop) {
  switch (stop.reason) {
    case StopReason::budget:
    case StopReason::interrupt:
      return;
    case StopReason::data:
      return access_data(stop.pc);
    case StopReason::fetch:
      return fetch_through(stop.pc);
    case StopReason::system:
      return execute_system(stop.pc);
    case StopReason::ecall:
      return trap(kEnvironmentCall, 0, "ecall");
    case StopReason::ebreak:
      return trap(kBreakpoint, stop.pc, "ebreak");
    case StopReason::misaligned:
      return trap_misaligned(stop.pc);
    case StopReason::wfi:
      return wait_for_interrupt();
    case StopReason::illegal:
      return fail_illegal(stop.pc);
  }
}

void RiscvCpu::access_data(std::uint64_t pc) {
  const std::uint32_t instruction = emulator_.instruction_at(pc).value_or(0);
  const std::optional<LoadStore> access = decode_load_store(instruction);
  if (!access) return fail_atomic(pc, instruction);
  const std::uint64_t address =
      emulator_.read_register(access->base_index) + static_cast<std::uint64_t>(access->offset);
  const std::optional<std::uint64_t> value =
      access->is_store ? transport(tlm::TLM_WRITE_COMMAND, pc, address, access->bytes,
                                   emulator_.read_register(access->register_index))
                       : transport(tlm::TLM_READ_COMMAND, pc, address, access->bytes, 0);
  if (!value) return;
  if (!access->is_store) emulator_.write_register(access->register_index, extend(*value, *access));
  emulator_.set_pc(pc + length_of(static_cast<std::uint16_t>(instruction)));
  advance(1);
  // Let the access show its effect, an interrupt above all, before the next instruction.
  synchronize();
}

std::optional<std::uint64_t> RiscvCpu::transport(tlm::tlm_command command, std::uint64_t pc,
                                                 std::uint64_t address, unsigned bytes,
                                                 std::uint64_t value) {
  synchronize();
  unsigned char data[8] = {};
  for (unsigned i = 0; i < bytes; ++i) data[i] = static_cast<unsigned char>(value >> (8 * i));
  tlm::tlm_generic_payload payload;
  payload.set_command(command);
  payload.set_address(address);
  payload.set_data_ptr(data);
  payload.set_data_length(bytes);
  payload.set_streaming_width(bytes);
  sc_core::sc_time delay;
  socket->b_transport(payload, delay);
  ++transactions_;
  keeper_.set(delay);
  if (!payload.is_response_ok()) {
    const bool is_load = command == tlm::TLM_READ_COMMAND;
    fault(is_load ? kLoadAccessFault : kStoreAccessFault, address,
          fmt::format("{} of {} byte(s) at address {:#x} from pc {:#x}: {}",
                      is_load ? "load" : "store", bytes, address, pc,
                      name_of(payload.get_response_status())));
    return std::nullopt;
  }
  if (payload.is_dmi_allowed()) request_direct_memory(address);
  std::uint64_t result = 0;
  for (unsigned i = 0; i < bytes; ++i) result |= std::uint64_t{data[i]} << (8 * i);
  return result;
}

void RiscvCpu::fetch_through(std::uint64_t pc) {
  emulator_.set_pc(pc);
  synchronize();
  // Memory that is granted and taken back again would otherwise be asked for without end.
  const bool may_ask = ++fetches_in_vain_ <= kMostFetchesInVain;
  if (may_ask && request_direct_memory(pc) && emulator_.instruction_at(pc)) return;
  fault(kFetchAccessFault, pc, fmt::format("instruction fetch from pc {:#x}: no memory there", pc));
}

bool RiscvCpu::request_direct_memory(std::uint64_t address) {
  tlm::tlm_generic_payload payload;
  payload.set_read();
  payload.set_address(address);
  tlm::tlm_dmi dmi;
  if (!socket->get_direct_mem_ptr(payload, dmi) || !dmi.is_read_write_allowed()) return false;
  // The emulator works with whole pages.
  const std::uint64_t first = (dmi.get_start_address() + kPageBytes - 1) & ~(kPageBytes - 1);
  const std::uint64_t end = (dmi.get_end_address() + 1) & ~(kPageBytes - 1);
  if (first >= end || address < first || address >= end) return false;
  std::vector<HostMemory> regions = emulator_.memory();
  regions.erase(std::remove_if(regions.begin(), regions.end(),
                               [&](const HostMemory& region) {
                                 return region.base < end &&
                                        first - region.base < region.size_bytes;
                               }),
                regions.end());
  if (regions.size() == Emulator::kMaxRegions) return false;
  regions.push_back({first, end - first, dmi.get_dmi_ptr() + (first - dmi.get_start_address())});
  emulator_.set_memory(regions);
  return true;
}

void RiscvCpu::invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) {
  // Never called while the emulator runs: it runs without yielding to the simulation.
  std::vector<HostMemory> regions;
  for (const HostMemory& region : emulator_.memory()) {
    const bool outside = last < region.base || first > region.base + (region.size_bytes - 1);
    if (outside) regions.push_back(region);
  }
  if (regions.size() != emulator_.memory().size()) emulator_.set_memory(regions);
}

}  // namespace arrayflex::vp
