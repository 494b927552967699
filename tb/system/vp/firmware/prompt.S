/* Prints a prompt without an end of line, or with one when the argument is 1, and loops for ever. */
#include "test_firmware.inc"
_start:
  load_argument s0
  la a0, text
  li a1, AFVP_UART_BASE
next_character:
  lbu a2, 0(a0)
  beqz a2, printed
  sb a2, AFVP_UART_THR(a1)
  addi a0, a0, 1
  j next_character
printed:
  beqz s0, 1f
  li a2, '\n'
  sb a2, AFVP_UART_THR(a1)
1: j 1b
text: .asciz "hello"
