/* The error interrupt of accelerator 0 through the interrupt controller. Argument: 0 taken; 1 not
 * enabled in the controller; 2 priority 0; 3 priority not above the threshold; 4 MEIE clear; 5 MIE
 * clear; 6 not enabled in the accelerator. */
#include "test_firmware.inc"
#define PLIC(offset) AFVP_PLIC_BASE + offset
_start:
  load_argument a0
  la t0, handler
  csrw mtvec, t0
  li s0, AFVP_PLIC_BASE
  li s1, AFVP_PLIC_BASE + AFVP_PLIC_THRESHOLD
  li s2, AFVP_ACCELERATOR(0)
  store_word AFVP_PLIC_BASE, AFVP_PLIC_PRIORITY(AFVP_ACCELERATOR_IRQ(0)), 3
  store_word AFVP_PLIC_BASE, AFVP_PLIC_ENABLE, 1 << AFVP_ACCELERATOR_IRQ(0)
  store_word AFVP_PLIC_BASE, AFVP_PLIC_THRESHOLD, 2
  store_word AFVP_ACCELERATOR(0), 0x38, 7   /* IRQ_ENABLE */
  li t0, 1 << AFVP_MACHINE_EXTERNAL_INTERRUPT
  csrw mie, t0
  csrsi mstatus, 8
  li t1, 1
  beq a0, t1, mask_enable
  li t1, 2
  beq a0, t1, mask_priority
  li t1, 3
  beq a0, t1, mask_threshold
  li t1, 4
  beq a0, t1, mask_mie
  li t1, 5
  beq a0, t1, mask_mstatus
  li t1, 6
  beq a0, t1, mask_accelerator
ring:
  /* A descriptor where there is nothing: the accelerator reports a bus error. */
  li t0, 0x50000000
  sd t0, 0x58(s2)               /* JOB_DESCRIPTOR */
  sw zero, 0x60(s2)             /* DOORBELL */
  li t2, 4000                   /* long enough for the error and the quantum of the tests */
1: addi t2, t2, -1
  bnez t2, 1b
  lwu s3, 0(s0)
  li t3, AFVP_PLIC_BASE + AFVP_PLIC_PENDING
  lwu s3, 0(t3)
  csrr s4, mip
  result 0, s3
  result 1, s4
  result 2, s5
  result 3, s6
  result 4, s7
  result 5, s8
  result 6, s9
  result 7, s10
  result 8, s11
  finish 0
mask_enable:
  store_word AFVP_PLIC_BASE, AFVP_PLIC_ENABLE, 0
  j ring
mask_priority:
  store_word AFVP_PLIC_BASE, AFVP_PLIC_PRIORITY(AFVP_ACCELERATOR_IRQ(0)), 0
  j ring
mask_threshold:
  store_word AFVP_PLIC_BASE, AFVP_PLIC_THRESHOLD, 3
  j ring
mask_mie:
  csrw mie, zero
  j ring
mask_mstatus:
  csrci mstatus, 8
  j ring
mask_accelerator:
  store_word AFVP_ACCELERATOR(0), 0x38, 0
  j ring
.balign 4
handler:
  addi s5, s5, 1                /* calls */
  li t4, 2
  beq s5, t4, second
  csrr s6, mcause
  lwu s7, 4(s1)                 /* claim: the source */
  lwu s8, 4(s1)                 /* claimed already: 0 */
  csrr s9, mip                  /* no longer pending */
  sw s7, 4(s1)                  /* complete, but the line is still high: again */
  mret
second:
  lwu s10, 4(s1)
  li t4, 7
  sw t4, 0x3C(s2)               /* IRQ_STATUS: lowers the line */
  sw s10, 4(s1)
  csrr s11, mip
  mret
