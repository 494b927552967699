#include "board.h"

#include "platform.h"

#define RESET_TIMEOUT_TICKS (100U * BOARD_TICKS_PER_MS)
#define PLIC_PRIORITY 1U

/* 1.8, 1.7 and 1.4 GHz. */
const arrayflex_period board_periods[] = {{1U, 555556U}, {2U, 588235U}, {4U, 714286U}};
const size_t board_period_count = sizeof(board_periods) / sizeof(board_periods[0]);

/* By interrupt source. */
static arrayflex_device* handlers[AFVP_PLIC_SOURCES + 1];

uint64_t board_now_ticks(void) { return platform_read64(AFVP_CLINT_BASE + AFVP_CLINT_MTIME); }

uint64_t board_instructions(void) {
  uint64_t value;
  __asm__ volatile("csrr %0, minstret" : "=r"(value));
  return value;
}

uint32_t board_accelerator_count(void) {
  return platform_read32(AFVP_SYSTEM_BASE + AFVP_SYSTEM_ACCELERATOR_COUNT);
}

uint64_t board_argument(void) { return platform_read64(AFVP_SYSTEM_BASE + AFVP_SYSTEM_ARGUMENT); }

_Noreturn void board_exit(int code) {
  platform_write32(AFVP_SYSTEM_BASE + AFVP_SYSTEM_EXIT, (uint32_t)code);
  for (;;) {
    __asm__ volatile("wfi");
  }
}

/* The driver's view of the board --------------------------------------------------------------- */

static uint32_t read32(void* context, uintptr_t address) {
  (void)context;
  return platform_read32(address);
}

static void write32(void* context, uintptr_t address, uint32_t value) {
  (void)context;
  platform_write32(address, value);
}

static void memory_barrier(void* context) {
  (void)context;
  platform_fence();
}

static uint64_t bus_address(void* context, const volatile void* pointer) {
  (void)context;
  return (uint64_t)(uintptr_t)pointer;
}

static uint64_t now_ticks(void* context) {
  (void)context;
  return board_now_ticks();
}

/* With interrupts off between the look at the events and WFI, none is lost: WFI wakes for a pending
 * interrupt whether or not it can be taken. */
static void sleep_until(void* context, const atomic_uint* events, uint64_t deadline_ticks) {
  (void)context;
  platform_write64(AFVP_CLINT_BASE + AFVP_CLINT_MTIMECMP, deadline_ticks);
  platform_enable_timer_interrupt();
  __asm__ volatile("csrc mstatus, %0" ::"r"(PLATFORM_MSTATUS_MIE) : "memory");
  if (atomic_load(events) == 0U) {
    __asm__ volatile("wfi" ::: "memory");
  }
  __asm__ volatile("csrs mstatus, %0" ::"r"(PLATFORM_MSTATUS_MIE) : "memory");
  platform_disable_timer_interrupt();
}

static const arrayflex_ops board_ops = {
    .read32 = read32,
    .write32 = write32,
    .memory_barrier = memory_barrier,
    .bus_address = bus_address,
    .now_ticks = now_ticks,
    .sleep = sleep_until,
};

/* Interrupts ----------------------------------------------------------------------------------- */

void platform_dispatch(uint32_t source) {
  if ((source <= AFVP_PLIC_SOURCES) && (handlers[source] != NULL)) {
    arrayflex_handle_interrupt(handlers[source]);
  }
}

void board_mask_accelerator(uint32_t index, bool masked) {
  const uint32_t bit = UINT32_C(1) << AFVP_ACCELERATOR_IRQ(index);
  const uint32_t enabled = platform_read32(AFVP_PLIC_BASE + AFVP_PLIC_ENABLE);
  platform_write32(AFVP_PLIC_BASE + AFVP_PLIC_ENABLE, masked ? (enabled & ~bit) : (enabled | bit));
}

static void connect_interrupt(uint32_t index, arrayflex_device* device) {
  const uint32_t source = AFVP_ACCELERATOR_IRQ(index);
  handlers[source] = device;
  platform_write32(AFVP_PLIC_BASE + AFVP_PLIC_PRIORITY(source), PLIC_PRIORITY);
  platform_write32(AFVP_PLIC_BASE + AFVP_PLIC_THRESHOLD, 0U);
  board_mask_accelerator(index, false);
  __asm__ volatile("csrs mie, %0" ::"r"(PLATFORM_MIE(AFVP_MACHINE_EXTERNAL_INTERRUPT)) : "memory");
  __asm__ volatile("csrs mstatus, %0" ::"r"(PLATFORM_MSTATUS_MIE) : "memory");
}

arrayflex_result board_open_accelerator(uint32_t index, arrayflex_device* device) {
  if (index >= board_accelerator_count()) {
    return ARRAYFLEX_NOT_FOUND;
  }
  arrayflex_result result = arrayflex_probe(device, &board_ops, NULL, AFVP_ACCELERATOR(index));
  if (result == ARRAYFLEX_OK) {
    result = arrayflex_reset(device, RESET_TIMEOUT_TICKS);
  }
  if (result == ARRAYFLEX_OK) {
    connect_interrupt(index, device);
    arrayflex_enable_interrupts(device, true);
  }
  return result;
}
