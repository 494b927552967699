/* Ends with the exit code given as argument. */
#include "test_firmware.inc"
_start:
  load_argument a0
  li a1, AFVP_SYSTEM_BASE
  sw a0, AFVP_SYSTEM_EXIT(a1)
1: j 1b
