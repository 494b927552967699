/* A handler that begins with an exception; argument 1: one that gets a little further. */
#include "test_firmware.inc"
_start:
  load_argument a0
  la t0, at_once
  beqz a0, 1f
  la t0, later
1: csrw mtvec, t0
  landmark
  ecall
.balign 4
at_once:
  ecall
.balign 4
later:
  addi s1, s1, 1
  ebreak
