/* The memory map of the virtual platform: the only place of its addresses and interrupt numbers.
 * For C++ (the platform), C, assembler and preprocessed linker scripts (firmware): #defines without
 * suffixes. Explained in docs/virtual-platform.md. */
#ifndef ARRAYFLEX_VP_MEMORY_MAP_H
#define ARRAYFLEX_VP_MEMORY_MAP_H

/* System controller: facts about the platform, and the end of the run. Registers of 32 bits; those
 * of 64 bits may be read in one piece or in halves, the lower first. */
#define AFVP_SYSTEM_BASE 0x00100000
#define AFVP_SYSTEM_SIZE 0x00001000
#define AFVP_SYSTEM_EXIT 0x00              /* W: ends the run; the value is the exit code */
#define AFVP_SYSTEM_ACCELERATOR_COUNT 0x04 /* R: accelerators present, 1..AFVP_MAX_ACCELERATORS */
#define AFVP_SYSTEM_RAM_SIZE 0x08          /* R, 64 bits: bytes of RAM */
#define AFVP_SYSTEM_CPU_HZ 0x10            /* R, 64 bits: instructions per simulated second */
#define AFVP_SYSTEM_ARGUMENT 0x18          /* R, 64 bits: the number given by --argument, or 0 */

/* Core-local interruptor: software interrupt and timer of hart 0. MSIP 32 bits; MTIMECMP and MTIME
 * 64 bits, accessed in one piece or in 32-bit halves. The timer interrupt is pending while
 * mtime >= mtimecmp; mtimecmp is 2^64-1 after reset. MTIME cannot be written. */
#define AFVP_CLINT_BASE 0x02000000
#define AFVP_CLINT_SIZE 0x00010000
#define AFVP_CLINT_MSIP 0x0000
#define AFVP_CLINT_MTIMECMP 0x4000
#define AFVP_CLINT_MTIME 0xBFF8
#define AFVP_MTIME_HZ 1000000000 /* a tick of mtime is 1 ns of simulated time */

/* Platform-level interrupt controller, RISC-V PLIC register layout, one context: hart 0, machine
 * mode. Sources 1..AFVP_PLIC_SOURCES; priorities 0 (never interrupts)..7, threshold 0..7. */
#define AFVP_PLIC_BASE 0x0C000000
#define AFVP_PLIC_SIZE 0x00400000
#define AFVP_PLIC_PRIORITY(source) (4 * (source))
#define AFVP_PLIC_PENDING 0x001000   /* bit n: source n */
#define AFVP_PLIC_ENABLE 0x002000    /* bit n: source n */
#define AFVP_PLIC_THRESHOLD 0x200000 /* only priorities above it interrupt */
#define AFVP_PLIC_CLAIM 0x200004     /* read: claim; write: complete */
#define AFVP_PLIC_SOURCES 31
#define AFVP_PLIC_MAX_PRIORITY 7

/* UART, a subset of the NS16550 with registers of 8 bits, one per byte. */
#define AFVP_UART_BASE 0x10000000
#define AFVP_UART_SIZE 0x00000100
#define AFVP_UART_THR 0x0 /* W: a character to the terminal */
#define AFVP_UART_RBR 0x0 /* R: 0, nothing is ever received */
#define AFVP_UART_IER 0x1 /* RW, without effect: the UART has no interrupt */
#define AFVP_UART_IIR 0x2 /* R: 1, no interrupt pending */
#define AFVP_UART_LCR 0x3 /* RW, without effect */
#define AFVP_UART_MCR 0x4 /* RW, without effect */
#define AFVP_UART_LSR 0x5 /* R: 0x60, always ready to send */
#define AFVP_UART_MSR 0x6 /* R: 0 */
#define AFVP_UART_SCR 0x7 /* RW, scratch */
#define AFVP_UART_LSR_THRE 0x20
#define AFVP_UART_LSR_TEMT 0x40

/* Accelerator n = 0.. : registers as in arrayflex_registers.h, interrupt by a PLIC source. */
#define AFVP_ACCELERATOR_BASE 0x40000000
#define AFVP_ACCELERATOR_STRIDE 0x00010000
#define AFVP_ACCELERATOR(n) (AFVP_ACCELERATOR_BASE + AFVP_ACCELERATOR_STRIDE * (n))
#define AFVP_ACCELERATOR_IRQ(n) (1 + (n))
#define AFVP_MAX_ACCELERATORS 31

/* RAM; its size is an option of the platform (AFVP_SYSTEM_RAM_SIZE). Firmware is loaded here. */
#define AFVP_RAM_BASE 0x80000000
#define AFVP_RAM_DEFAULT_SIZE 0x04000000

/* The CPU: RV64IMAC, machine mode only, little-endian, hart 0. Machine interrupts, as in mie, mip
 * and mcause: */
#define AFVP_MACHINE_SOFTWARE_INTERRUPT 3
#define AFVP_MACHINE_TIMER_INTERRUPT 7
#define AFVP_MACHINE_EXTERNAL_INTERRUPT 11

#endif
