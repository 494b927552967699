/* Traps: interrupts of the accelerators and the timer; everything else ends the run. */
#include <inttypes.h>
#include <stdio.h>

#include "board.h"
#include "platform.h"

#define CAUSE_INTERRUPT (UINT64_C(1) << 63)
#define EXIT_UNEXPECTED_TRAP 127

static atomic_uint_fast64_t external_interrupts;

uint64_t board_interrupt_count(void) { return atomic_load(&external_interrupts); }

static void handle_external_interrupt(void) {
  const uint32_t source = platform_read32(AFVP_PLIC_BASE + AFVP_PLIC_CLAIM);
  if (source != 0U) {
    (void)atomic_fetch_add(&external_interrupts, 1U);
    platform_dispatch(source);
    platform_write32(AFVP_PLIC_BASE + AFVP_PLIC_CLAIM, source);
  }
}

void board_trap(board_trap_frame* frame) {
  const uint64_t cause = platform_read_csr_mcause();
  if (cause == (CAUSE_INTERRUPT | AFVP_MACHINE_EXTERNAL_INTERRUPT)) {
    handle_external_interrupt();
  } else if (cause == (CAUSE_INTERRUPT | AFVP_MACHINE_TIMER_INTERRUPT)) {
    platform_disable_timer_interrupt(); /* it has woken the hart, which was its purpose */
  } else {
    printf("unexpected trap: mcause 0x%" PRIx64 ", mepc 0x%" PRIx64 ", mtval 0x%" PRIx64 "\n",
           cause, frame->mepc, platform_read_csr_mtval());
    board_exit(EXIT_UNEXPECTED_TRAP);
  }
}
