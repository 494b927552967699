/* Common to the files of this board: register access, CSRs, interrupt dispatch. */
#ifndef ARRAYFLEX_VP_PLATFORM_H
#define ARRAYFLEX_VP_PLATFORM_H

#include <stdint.h>

#include "memory_map.h"

static inline uint32_t platform_read32(uintptr_t address) {
  return *(const volatile uint32_t*)address;
}

static inline void platform_write32(uintptr_t address, uint32_t value) {
  *(volatile uint32_t*)address = value;
}

static inline uint64_t platform_read64(uintptr_t address) {
  return *(const volatile uint64_t*)address;
}

static inline void platform_write64(uintptr_t address, uint64_t value) {
  *(volatile uint64_t*)address = value;
}

static inline void platform_fence(void) { __asm__ volatile("fence iorw, iorw" ::: "memory"); }

static inline uint64_t platform_read_csr_mcause(void) {
  uint64_t value;
  __asm__ volatile("csrr %0, mcause" : "=r"(value));
  return value;
}

static inline uint64_t platform_read_csr_mtval(void) {
  uint64_t value;
  __asm__ volatile("csrr %0, mtval" : "=r"(value));
  return value;
}

#define PLATFORM_MSTATUS_MIE 0x8U
#define PLATFORM_MIE(interrupt) (UINT64_C(1) << (interrupt))

static inline void platform_enable_timer_interrupt(void) {
  __asm__ volatile("csrs mie, %0" ::"r"(PLATFORM_MIE(AFVP_MACHINE_TIMER_INTERRUPT)) : "memory");
}

static inline void platform_disable_timer_interrupt(void) {
  __asm__ volatile("csrc mie, %0" ::"r"(PLATFORM_MIE(AFVP_MACHINE_TIMER_INTERRUPT)) : "memory");
}

/* Calls the handler of an interrupt source. */
void platform_dispatch(uint32_t source);

#endif
