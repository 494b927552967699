/* A store to MSIP interrupts before the next instruction. */
#include "test_firmware.inc"
_start:
  la t0, handler
  csrw mtvec, t0
  li a1, AFVP_CLINT_BASE + AFVP_CLINT_MSIP
  li a2, 1
  csrwi mie, 1 << AFVP_MACHINE_SOFTWARE_INTERRUPT
  csrsi mstatus, 8
  li s0, 0
  landmark
  sw a2, 0(a1)
  addi s0, s0, 1
  addi s0, s0, 1
  result 0, s0
  result 1, s1
  result 2, s2
  result 3, s3
  result 4, s4
  finish 0
.balign 4
handler:
  mv s1, s0
  csrr s2, mepc
  csrr s3, mcause
  addi s4, s4, 1
  sw zero, 0(a1)
  mret
