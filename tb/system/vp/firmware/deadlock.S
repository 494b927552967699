/* Waits for an external interrupt that no one raises. */
#include "test_firmware.inc"
_start:
  li t0, 1 << AFVP_MACHINE_EXTERNAL_INTERRUPT
  csrw mie, t0
  landmark
  wfi
  finish 0
