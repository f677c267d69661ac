/* SPDX-License-Identifier: MIT
 *
 * The 16550. Before its interrupt works, and in a panic, output is polled; then
 * it goes through a ring that the interrupt drains. A full ring makes
 * the writer drain it by hand: output is never lost, and never allocates.
 *
 * Lock: uart_lock (LOCK_UART).
 */
#include "arch/uart.h"
#include "arch/irq.h"
#include "arch/x86.h"
#include "lib/errno.h"
#include "lib/spinlock.h"
#include "lib/string.h"

#define THR 0
#define IER 1
#define FCR 2
#define IIR 2
#define LCR 3
#define MCR 4
#define LSR 5
#define LSR_DATA 0x01
#define LSR_THRE 0x20
#define IER_RX 1
#define IER_TX 2
#define TX_RING 16384           /* power of two */
#define FIFO 16

static DEFINE_SPINLOCK(uart_lock, LOCK_UART);
static uint16_t base = 0x3f8;
static uint8_t irq_line = 4;
static bool by_interrupt, forced_sync, absent;
static uint32_t tx_prod, tx_cons;
static char tx[TX_RING];
static void (*receive)(char c);

void uart_init(const char *params)
{
	unsigned int baud = (unsigned int)strtoul(params, NULL, 10), divisor;

	if (baud < 50 || baud > 115200)
		baud = 115200;
	divisor = 115200 / baud;
	outb(0, base + IER);
	outb(0x80, base + LCR);
	outb((uint8_t)divisor, base + THR);
	outb((uint8_t)(divisor >> 8), base + IER);
	outb(0x03, base + LCR);         /* 8n1 */
	outb(0x07, base + FCR);         /* FIFOs on and empty */
	outb(0x0b, base + MCR);         /* DTR, RTS, OUT2: interrupts pass */
	absent = inb(base + LSR) == 0xff;
}

/* Up to a FIFO full, when the last one has gone. False when nothing could be sent. */
static bool drain_some(void)
{
	if (tx_prod == tx_cons || !(inb(base + LSR) & LSR_THRE))
		return false;
	for (int i = 0; i < FIFO && tx_cons != tx_prod; i++)
		outb((uint8_t)tx[tx_cons++ % TX_RING], base + THR);
	return true;
}

static void drain_all(void)
{
	while (tx_prod != tx_cons)
		if (!drain_some())
			cpu_relax();
}

void uart_puts(const char *s, size_t n)
{
	unsigned long flags;

	if (absent)
		return;
	if (forced_sync) {
		for (; n; n--, s++) {
			while (!(inb(base + LSR) & LSR_THRE))
				cpu_relax();
			outb((uint8_t)*s, base + THR);
		}
		return;
	}
	spin_lock_irqsave(&uart_lock, flags);
	for (; n; n--, s++) {
		while (tx_prod - tx_cons == TX_RING)
			if (!drain_some())
				cpu_relax();
		tx[tx_prod++ % TX_RING] = *s;
	}
	if (!by_interrupt)
		drain_all();
	else if (tx_prod != tx_cons) {
		drain_some();
		outb(tx_prod != tx_cons ? IER_RX | IER_TX : IER_RX, base + IER);
	}
	spin_unlock_irqrestore(&uart_lock, flags);
}

static void uart_interrupt(void *unused)
{
	char in[FIFO * 4];
	unsigned int n = 0;
	unsigned long flags;

	spin_lock_irqsave(&uart_lock, flags);
	(void)inb(base + IIR);
	while ((inb(base + LSR) & LSR_DATA) && n < sizeof(in))
		in[n++] = (char)inb(base + THR);
	drain_some();
	outb(tx_prod != tx_cons ? IER_RX | IER_TX : IER_RX, base + IER);
	spin_unlock_irqrestore(&uart_lock, flags);
	for (unsigned int i = 0; i < n; i++)
		receive(in[i]);
}

void uart_init_irq(void (*rx)(char c))
{
	receive = rx;
	if (absent || irq_request_gsi(irq_line, uart_interrupt, NULL))
		return;
	by_interrupt = true;
	outb(IER_RX, base + IER);
}

void uart_flush_sync(void)
{
	forced_sync = true;
	drain_all();
}
