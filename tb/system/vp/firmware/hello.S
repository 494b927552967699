/* Polls the UART and prints a line; counts its instructions and its time. */
#include "test_firmware.inc"
_start:
  la a0, text
  li a1, AFVP_UART_BASE
next_character:
  lbu a2, 0(a0)
  beqz a2, printed
1: lbu a3, AFVP_UART_LSR(a1)
  andi a3, a3, AFVP_UART_LSR_THRE
  beqz a3, 1b
  sb a2, AFVP_UART_THR(a1)
  addi a0, a0, 1
  j next_character
printed:
  /* Five instructions from one rdinstret to the other, compressed ones and a branch among them. */
  rdinstret s0
  rdtime s1
  li a4, 1
  beqz zero, 1f
  nop
1: rdcycle s3
  rdinstret s2
  result 0, s0
  result 1, s2
  result 2, s1
  result 3, s3
  finish 0
text: .asciz "hello, world\n"
