/* Three accelerators that interrupt at once: order of claims, sources not enabled, levels that stay
 * or fall, an interrupt within the handler of another. */
#include "test_firmware.inc"
#define ENABLE_ALL (2 | 4 | 8)
.macro ring accelerator
  /* A misaligned descriptor: the accelerator reports an error at once. */
  li t5, AFVP_ACCELERATOR(\accelerator)
  li t6, 7
  sw t6, 0x38(t5)               /* IRQ_ENABLE */
  li t6, 1
  sd t6, 0x58(t5)               /* JOB_DESCRIPTOR */
  sw zero, 0x60(t5)             /* DOORBELL */
.endm
.macro lower accelerator
  store_word AFVP_ACCELERATOR(\accelerator), 0x3C, 7   /* IRQ_STATUS */
.endm
.macro priority source, value
  store_word AFVP_PLIC_BASE, 4 * \source, \value
.endm
.macro claim index
  lwu t0, 4(s1)
  result \index, t0
.endm
.macro complete source
  li t0, \source
  sw t0, 4(s1)
.endm
.macro pending index
  lwu t0, 0(s2)
  result \index, t0
.endm
.macro pause
  li t0, 1000
1: addi t0, t0, -1
  bnez t0, 1b
.endm
_start:
  li s1, AFVP_PLIC_BASE + AFVP_PLIC_THRESHOLD
  li s2, AFVP_PLIC_BASE + AFVP_PLIC_PENDING
  la t0, handler
  csrw mtvec, t0
  priority 1, 2
  priority 2, 5
  priority 3, 2
  store_word AFVP_PLIC_BASE, AFVP_PLIC_ENABLE, ENABLE_ALL
  ring 0
  ring 1
  ring 2
  pause
  pending 0
  claim 1
  claim 2
  claim 3
  claim 4
  pending 5
  /* Completed with their lines high: pending again. A source that is not enabled is not completed. */
  store_word AFVP_PLIC_BASE, AFVP_PLIC_ENABLE, 2 | 4
  complete 1
  complete 2
  complete 3
  pending 6
  store_word AFVP_PLIC_BASE, AFVP_PLIC_ENABLE, ENABLE_ALL
  complete 3
  pending 7
  /* Pending stays when the line falls; what is not enabled is not claimed. */
  lower 0
  lower 1
  lower 2
  pause
  pending 8
  store_word AFVP_PLIC_BASE, AFVP_PLIC_ENABLE, 2
  claim 9
  claim 10
  store_word AFVP_PLIC_BASE, AFVP_PLIC_ENABLE, ENABLE_ALL
  claim 11
  claim 12
  complete 1
  complete 2
  complete 3
  pending 13
  /* Source 1 first; its handler lets those above priority 2 in and rings accelerator 1. */
  li t0, 1 << AFVP_MACHINE_EXTERNAL_INTERRUPT
  csrw mie, t0
  csrsi mstatus, 8
  li s3, 0
  ring 0
  pause
  csrci mstatus, 8
  pending 14
  result 15, s3
  result 16, s4
  result 17, s5
  finish 0
.balign 4
handler:
  addi s3, s3, 1
  lwu t0, 4(s1)
  li t1, 2
  beq t0, t1, inner
  csrr s6, mepc
  csrr s7, mstatus
  lower 0
  store_word AFVP_PLIC_BASE, AFVP_PLIC_THRESHOLD, 2
  csrsi mstatus, 8
  ring 2                        /* priority 2: not above the threshold */
  ring 1
  pause
  mv s5, s3                     /* both handlers ran by now */
  csrci mstatus, 8
  lower 2
  store_word AFVP_PLIC_BASE, AFVP_PLIC_THRESHOLD, 0
  lwu t0, 4(s1)
  complete 3
  complete 1
  csrw mepc, s6
  csrw mstatus, s7
  mret
inner:
  mv s4, s3
  lower 1
  complete 2
  mret
