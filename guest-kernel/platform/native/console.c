/* SPDX-License-Identifier: MIT */
/* The console: a 16550 at COM1. */
#include "../../kernel/lib.h"
#include "../../kernel/lock.h"
#include "native.h"

#define COM1 0x3f8
#define COM1_LINE 4

static struct spinlock uart_lock = SPINLOCK_INIT(LOCK_UART);

void plat_console_init(void)
{
	outb(COM1 + 1, 0);
	outb(COM1 + 3, 0x83);	/* 8n1, divisor access */
	outb(COM1, 1);		/* 115200 */
	outb(COM1 + 1, 0);
	outb(COM1 + 3, 0x03);
	outb(COM1 + 2, 0x07);	/* FIFOs on and empty */
	outb(COM1 + 4, 0x0b);
}

void plat_console_write(const char *buf, size_t n)
{
	spin_lock(&uart_lock);
	while (n) {
		while (!(inb(COM1 + 5) & 0x20))
			;
		for (int i = 0; i < 16 && n; i++, n--)	/* the FIFO is empty now */
			outb(COM1, *buf++);
	}
	spin_unlock(&uart_lock);
}

static void uart_interrupt(void *arg)
{
	char buf[64];
	size_t n = 0;

	while (n < sizeof(buf) && (inb(COM1 + 5) & 1))
		buf[n++] = inb(COM1);
	if (n)
		console_input(buf, n);
	inb(COM1 + 2);
}

void plat_console_start(void)
{
	plat_irq_bind(COM1_LINE, uart_interrupt, NULL);
	outb(COM1 + 1, 1);	/* received data available */
}
