// Unicorn as the two halves of the emulator use it.
#pragma once

#include <unicorn/unicorn.h>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace arrayflex::vp {

inline constexpr std::uint64_t kPageBytes = 4096;
inline constexpr std::uint64_t kForever = ~std::uint64_t{0};

/// CSRs of the physical memory protection.
inline constexpr unsigned kPmpConfig0 = 0x3A0, kPmpAddress0 = 0x3B0, kPmpAddressLast = 0x3EF;

/// In the order of Csr.
inline constexpr int kCsrs[] = {UC_RISCV_REG_MSTATUS,  UC_RISCV_REG_MIE,  UC_RISCV_REG_MTVEC,
                                UC_RISCV_REG_MSCRATCH, UC_RISCV_REG_MEPC, UC_RISCV_REG_MCAUSE,
                                UC_RISCV_REG_MTVAL};

inline void check(uc_err error, const char* what) {
  if (error == UC_ERR_OK) return;
  throw std::runtime_error(std::string("Unicorn cannot ") + what + ": " + uc_strerror(error));
}

}  // namespace arrayflex::vp
