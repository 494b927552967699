/* A timer interrupt arrives while the CPU computes; argument 1: vectored. */
#include "test_firmware.inc"
_start:
  load_argument a0
  la t0, vectors
  beqz a0, 1f
  addi t0, t0, 1
1: csrw mtvec, t0
  li a1, AFVP_CLINT_BASE + AFVP_CLINT_MTIMECMP
  li a2, 20000
  sd a2, 0(a1)
  li a3, 1 << AFVP_MACHINE_TIMER_INTERRUPT
  csrw mie, a3
  csrr s5, mstatus
  csrsi mstatus, 8
  li s0, 0
2: addi s0, s0, 1
  beqz s1, 2b
  csrr s6, mstatus
  result 0, s0
  result 1, s1
  result 2, s2
  result 3, s3
  result 4, s4
  result 5, s5
  result 6, s6
  result 7, s7
  finish 0
.balign 64
vectors:
  .option push
  .option norvc
  j direct
.rept AFVP_MACHINE_TIMER_INTERRUPT - 1
  j unexpected
.endr
  j vectored
  .option pop
unexpected:
  finish 99
direct:
  li s7, 1
  j handler
vectored:
  li s7, 2
handler:
  li s1, 1
  csrr s2, mcause
  csrr s3, mstatus
  rdtime s4
  li t0, -1
  li t1, AFVP_CLINT_BASE + AFVP_CLINT_MTIMECMP
  sd t0, 0(t1)
  mret
