#include "vp/cpu/emulator.h"

#include <algorithm>
#include <stdexcept>

#include "vp/cpu/instruction.h"
#include "vp/cpu/machine_mode.h"
#include "vp/cpu/unicorn_engine.h"

// Three properties of Unicorn 2.0 shape the emulator.
// - It knows the exact pc of an architectural exception, but not of a callback for memory-mapped
//   input and output. So physical memory protection forbids everything but the host memory, and
//   each access to a device arrives as an access fault, before it has any effect. As a bonus no
//   coroutine ever waits inside Unicorn.
// - Its instruction count costs a call per instruction. A call per basic block, whose instructions
//   are counted once, is several times cheaper.
// - It neither takes interrupts nor keeps time. The CSRs that show them are left to the caller.

namespace arrayflex::vp {
namespace {

/// Unicorn reports the address behind the instruction, as if all were this long.
constexpr std::uint64_t kReportedLength = 4;

/// CSRs whose content only the platform knows: time, pending interrupts, the extensions offered;
/// and the protection, which is not the firmware's.
bool is_platform_csr(unsigned csr) {
  switch (csr) {
    case 0x301:  // misa
    case 0x344:  // mip
    case 0xB00:  // mcycle
    case 0xB02:  // minstret
    case 0xC00:  // cycle
    case 0xC01:  // time
    case 0xC02:  // instret
      return true;
    default:
      return csr >= kPmpConfig0 && csr <= kPmpAddressLast;
  }
}

bool is_system(std::uint32_t instruction) {
  if (is_mret(instruction)) return true;
  const std::optional<CsrAccess> access = decode_csr_access(instruction);
  return access && is_platform_csr(access->csr);
}

}  // namespace

void Emulator::EngineDeleter::operator()(uc_struct* engine) const { uc_close(engine); }

Emulator::Emulator() : blocks_(kBlocks) { set_memory({}); }

Emulator::~Emulator() = default;

void Emulator::add_hooks() {
  uc_hook hook = 0;
  // begin > end: everywhere.
  check(uc_hook_add(engine_.get(), &hook, UC_HOOK_BLOCK, reinterpret_cast<void*>(&on_block), this,
                    1, 0),
        "count instructions");
  check(uc_hook_add(engine_.get(), &hook, UC_HOOK_INTR, reinterpret_cast<void*>(&on_exception),
                    this, 1, 0),
        "report exceptions");
}

std::uint64_t Emulator::read(int unicorn_register) const {
  std::uint64_t value = 0;
  check(uc_reg_read(engine_.get(), unicorn_register, &value), "read a register");
  return value;
}

void Emulator::write(int unicorn_register, std::uint64_t value) {
  check(uc_reg_write(engine_.get(), unicorn_register, &value), "write a register");
}

std::uint64_t Emulator::read_register(unsigned index) const {
  return index == 0 ? 0 : read(UC_RISCV_REG_X0 + static_cast<int>(index));
}

void Emulator::write_register(unsigned index, std::uint64_t value) {
  if (index != 0) write(UC_RISCV_REG_X0 + static_cast<int>(index), value);
}

std::uint64_t Emulator::read_csr(Csr csr) const { return read(kCsrs[static_cast<int>(csr)]); }

void Emulator::write_csr(Csr csr, std::uint64_t value) {
  write(kCsrs[static_cast<int>(csr)], value);
}

std::uint64_t Emulator::deliverable() {
  if (pending_ == 0 || (read_csr(Csr::mstatus) & kMstatusMie) == 0) return 0;
  return pending_ & read_csr(Csr::mie);
}

std::optional<std::uint32_t> Emulator::instruction_at(std::uint64_t address) const {
  for (const HostMemory& region : memory_) {
    const std::uint64_t offset = address - region.base;
    if (offset < region.size_bytes) {
      return vp::instruction_at(region.data + offset, region.size_bytes - offset);
    }
  }
  return std::nullopt;
}

std::uint64_t Emulator::count_instructions(std::uint64_t first, std::uint64_t last) const {
  std::uint64_t count = 0;
  while (first < last) {
    const std::optional<std::uint32_t> instruction = instruction_at(first);
    if (!instruction) break;
    first += length_of(static_cast<std::uint16_t>(*instruction));
    ++count;
  }
  return count;
}

void Emulator::scan(Block& block) {
  block.instructions = 0;
  std::optional<std::uint32_t> last;
  // Blocks that end with an illegal instruction have no reliable size; they do not end with a
  // system instruction and are counted when the exception comes.
  const std::uint64_t end = block.address + std::min<std::uint64_t>(block.bytes, kPageBytes);
  for (std::uint64_t at = block.address; at < end;) {
    const std::optional<std::uint32_t> instruction = instruction_at(at);
    if (!instruction) break;
    last = instruction;
    at += length_of(static_cast<std::uint16_t>(*instruction));
    ++block.instructions;
    if (at == end) {
      block.ends_with_fence = is_fence_i(*last);
      block.ends_with_system = is_system(*last);
    }
  }
}

void Emulator::enter_block(std::uint64_t address, std::uint32_t bytes) {
  executed_ += block_instructions_;
  block_address_ = address;
  block_instructions_ = 0;
  Block& block = blocks_[(address >> 1) % kBlocks];
  if (block.address != address || block.bytes != bytes || block.generation != generation_) {
    block = Block();
    block.address = address;
    block.bytes = bytes;
    block.generation = generation_;
    scan(block);
    if (block.ends_with_system && system_addresses_.count(address + bytes - 4) == 0) {
      to_intercept_ = block;
      block.address = kForever;  // scanned again if the interception does not come about
      uc_emu_stop(engine_.get());
      return;
    }
  }
  if (pending_ != 0 && deliverable() != 0) return stop(StopReason::interrupt, address);
  if (executed_ != 0 && executed_ + block.instructions > budget_) {
    return stop(StopReason::budget, address);
  }
  block_instructions_ = block.instructions;
  if (block.ends_with_fence) ++generation_;
}

void Emulator::stop(StopReason reason, std::uint64_t pc) {
  reason_ = reason;
  stop_pc_ = pc;
  uc_emu_stop(engine_.get());
}

void Emulator::on_block(uc_struct*, std::uint64_t address, std::uint32_t bytes, void* self) {
  static_cast<Emulator*>(self)->enter_block(address, bytes);
}

void Emulator::on_system(uc_struct*, std::uint64_t address, std::uint32_t, void* self) {
  auto* emulator = static_cast<Emulator*>(self);
  // The code may have been rewritten since the hook was set.
  const std::optional<std::uint32_t> instruction = emulator->instruction_at(address);
  if (instruction && is_system(*instruction)) emulator->stop(StopReason::system, address);
}

void Emulator::on_exception(uc_struct*, std::uint32_t cause, void* self) {
  auto* emulator = static_cast<Emulator*>(self);
  const std::uint64_t pc = emulator->read(UC_RISCV_REG_PC) - kReportedLength;
  switch (cause) {
    case 1:
      // Unicorn 2.0 says so, too, of a block that begins with zeros, although they are there.
      return emulator->stop(emulator->instruction_at(pc) ? StopReason::illegal : StopReason::fetch,
                            pc);
    case 4:
    case 6:
      return emulator->stop(StopReason::misaligned, pc);
    case 5:
    case 7:
      return emulator->stop(StopReason::data, pc);
    case 8:
      return emulator->stop(StopReason::ecall, pc);
    default:
      return emulator->stop(StopReason::illegal, pc);
  }
}

void Emulator::intercept() {
  const std::uint64_t end = to_intercept_->address + to_intercept_->bytes;
  const std::uint64_t address = end - 4;
  uc_hook hook = 0;
  check(uc_hook_add(engine_.get(), &hook, UC_HOOK_CODE, reinterpret_cast<void*>(&on_system), this,
                    address, address),
        "intercept an instruction");
  system_addresses_.insert(address);
  // Hooks are translated into the code; translate again whatever contains the instruction.
  check(uc_ctl_remove_cache(engine_.get(), to_intercept_->address, end), "drop translated code");
  to_intercept_.reset();
}

Stop Emulator::run(std::uint64_t budget) {
  budget_ = budget;
  executed_ = 0;
  block_instructions_ = 0;
  block_address_ = pc_;
  while (true) {
    reason_.reset();
    const uc_err error = uc_emu_start(engine_.get(), pc_, kForever, 0, 0);
    if (refused_) throw std::runtime_error("Unicorn accessed memory that is protected");
    if (to_intercept_) {
      pc_ = to_intercept_->address;
      intercept();
      continue;
    }
    return finish(error);
  }
}

Stop Emulator::finish(int error) {
  if (!reason_) {
    pc_ = read(UC_RISCV_REG_PC);
    const std::optional<std::uint32_t> instruction = instruction_at(pc_);
    if (error == UC_ERR_OK) {
      reason_ = StopReason::wfi;
    } else if (error == UC_ERR_FETCH_PROT) {
      reason_ = StopReason::fetch;  // an instruction that the end of the memory cuts off
    } else if (error == UC_ERR_INSN_INVALID && instruction && is_ebreak(*instruction)) {
      reason_ = StopReason::ebreak;
    } else {
      check(static_cast<uc_err>(error), "go on");
    }
  } else {
    pc_ = stop_pc_;
  }
  // Whole blocks before this one are in executed_.
  const bool left_block = *reason_ == StopReason::fetch;
  executed_ += left_block ? block_instructions_ : count_instructions(block_address_, pc_);
  return {*reason_, pc_, executed_};
}

}  // namespace arrayflex::vp
