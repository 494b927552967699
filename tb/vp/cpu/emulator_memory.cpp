// The emulator's memory: what it accesses directly, and the protection of everything else.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "arrayflex/core/error.h"
#include "vp/cpu/emulator.h"
#include "vp/cpu/unicorn_engine.h"

namespace arrayflex::vp {
namespace {

/// A page for the instructions that write the protection CSRs; mapped only meanwhile.
constexpr std::uint64_t kScratchPage = 0x1000;

/// Only reached where the protection lets an access through; run() then refuses to go on.
std::uint64_t refuse_read(uc_engine* engine, std::uint64_t, unsigned, void* refused) {
  *static_cast<bool*>(refused) = true;
  uc_emu_stop(engine);
  return 0;
}

void refuse_write(uc_engine* engine, std::uint64_t, unsigned, std::uint64_t, void* refused) {
  *static_cast<bool*>(refused) = true;
  uc_emu_stop(engine);
}

void validate(const std::vector<HostMemory>& regions) {
  if (regions.size() > Emulator::kMaxRegions) {
    throw InputError("directly accessible memory regions",
                     static_cast<std::int64_t>(regions.size()), "3 at most are allowed");
  }
  std::uint64_t end = 0;
  for (const HostMemory& region : regions) {
    if (region.size_bytes == 0 || (region.base | region.size_bytes) % kPageBytes != 0 ||
        region.base + region.size_bytes < region.base) {
      throw InputError("directly accessible memory", std::to_string(region.size_bytes),
                       "whole pages of 4096 bytes are allowed");
    }
    if (region.base < end) {
      throw InputError("directly accessible memory", std::to_string(region.base),
                       "regions must not overlap");
    }
    end = region.base + region.size_bytes;
  }
}

}  // namespace

void Emulator::set_memory(const std::vector<HostMemory>& regions) {
  std::vector<HostMemory> sorted = regions;
  std::sort(sorted.begin(), sorted.end(),
            [](const HostMemory& a, const HostMemory& b) { return a.base < b.base; });
  validate(sorted);
  std::array<std::uint64_t, 32> registers{};
  std::array<std::uint64_t, std::size(kCsrs)> csrs{};
  if (engine_) {
    for (unsigned i = 0; i < registers.size(); ++i) registers[i] = read_register(i);
    for (std::size_t i = 0; i < csrs.size(); ++i) csrs[i] = read(kCsrs[i]);
  }
  memory_ = std::move(sorted);
  start_engine();
  for (unsigned i = 0; i < registers.size(); ++i) write_register(i, registers[i]);
  for (std::size_t i = 0; i < csrs.size(); ++i) write(kCsrs[i], csrs[i]);
}

// Unicorn unmaps page by page, which takes forever for the ranges of devices, keeps translated code
// of memory that is gone, and the protection is locked. A new engine starts from scratch, at once.
void Emulator::start_engine() {
  uc_engine* engine = nullptr;
  check(uc_open(UC_ARCH_RISCV, UC_MODE_RISCV64, &engine), "start");
  engine_.reset(engine);
  // Integers only, no supervisor: what the platform's CPU does not have is illegal.
  check(uc_ctl_set_cpu_model(engine, UC_CPU_RISCV64_SIFIVE_E51), "choose a CPU");
  system_addresses_.clear();
  ++generation_;
  protect();
  map_everything();
  add_hooks();
}

void Emulator::protect() {
  check(uc_mem_map(engine_.get(), kScratchPage, kPageBytes, UC_PROT_ALL), "map a page");
  std::uint64_t config = 0x98ULL << 56;  // entry 7: everything, no access, locked
  write_protection(kPmpAddress0 + 7, kForever);
  for (unsigned i = 0; i < memory_.size(); ++i) {
    write_protection(kPmpAddress0 + 2 * i, memory_[i].base >> 2);
    write_protection(kPmpAddress0 + 2 * i + 1, (memory_[i].base + memory_[i].size_bytes) >> 2);
    config |= 0x0FULL << (8 * (2 * i + 1));  // from the entry before to this one, all access
  }
  write_protection(kPmpConfig0, config);
  check(uc_mem_unmap(engine_.get(), kScratchPage, kPageBytes), "release a page");
}

void Emulator::write_protection(unsigned csr, std::uint64_t value) {
  // Each at its own address, so that translated code is not mistaken for another.
  const std::uint64_t address = kScratchPage + 8 * (csr - kPmpConfig0);
  const std::uint32_t csrw_t0 = csr << 20 | 0x29073;
  check(uc_mem_write(engine_.get(), address, &csrw_t0, sizeof csrw_t0), "write code");
  write(UC_RISCV_REG_T0, value);
  check(uc_emu_start(engine_.get(), address, address + sizeof csrw_t0, 0, 0), "protect memory");
}

void Emulator::map_everything() {
  uc_engine* engine = engine_.get();
  const auto refuse = [&](std::uint64_t base, std::uint64_t size) {
    if (size == 0) return;
    check(uc_mmio_map(engine, base, size, refuse_read, &refused_, refuse_write, &refused_),
          "map devices");
  };
  std::uint64_t next = 0;
  for (const HostMemory& region : memory_) {
    refuse(next, region.base - next);
    check(uc_mem_map_ptr(engine, region.base, region.size_bytes, UC_PROT_ALL, region.data),
          "map memory");
    next = region.base + region.size_bytes;
  }
  // In two pieces: 2^64 is no size.
  const std::uint64_t last_page = kForever - kPageBytes + 1;
  refuse(next, last_page - next);
  refuse(last_page, kPageBytes);
}

}  // namespace arrayflex::vp
