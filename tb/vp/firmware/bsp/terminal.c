/* The C library's standard streams on the UART. */
#include <stdio.h>

#include "platform.h"

static int put_character(char character, FILE* stream) {
  (void)stream;
  volatile uint8_t* const uart = (volatile uint8_t*)(uintptr_t)AFVP_UART_BASE;
  while ((uart[AFVP_UART_LSR] & AFVP_UART_LSR_THRE) == 0U) {
  }
  uart[AFVP_UART_THR] = (uint8_t)character;
  return (unsigned char)character;
}

static FILE terminal = FDEV_SETUP_STREAM(put_character, NULL, NULL, _FDEV_SETUP_WRITE);

FILE* const stdout = &terminal;
FILE* const stderr = &terminal;
