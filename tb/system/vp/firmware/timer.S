/* WFI until the timer, with interrupts disabled; argument 0: timer interrupt enabled in mie, 1: not. */
#include "test_firmware.inc"
_start:
  load_argument a0
  li a1, AFVP_CLINT_BASE + AFVP_CLINT_MTIMECMP
  li a2, 5000
  sd a2, 0(a1)
  li a3, 1 << AFVP_MACHINE_TIMER_INTERRUPT
  bnez a0, 1f
  csrw mie, a3
1: csrr s0, mip
  landmark
  wfi
  rdtime s1
  csrr s2, mip
  li a4, AFVP_CLINT_BASE + AFVP_CLINT_MTIME
  ld s3, 0(a4)
  /* Beyond the end: no longer pending. */
  li a2, -1
  sd a2, 0(a1)
  csrr s4, mip
  ld s5, 0(a1)
  lwu s6, 4(a1)
  result 0, s0
  result 1, s1
  result 2, s2
  result 3, s3
  result 4, s4
  result 5, s5
  result 6, s6
  finish 0
