/* SPDX-License-Identifier: MIT */
/* The serial port: see uart.h. */
#include <string.h>

#include "machine.h"

#define LINE 4

enum { DATA, IER, IIR_FCR, LCR, MCR, LSR, MSR, SCRATCH };		/* registers */
enum { IER_RX = 1, IER_TX = 2, IER_LINE = 4, IER_MODEM = 8 };
enum { IIR_NONE = 1, IIR_TX = 2, IIR_RX = 4, IIR_LINE = 6, IIR_TIMEOUT = 12, IIR_FIFOS = 0xc0 };
enum { FCR_ENABLE = 1, FCR_CLEAR_RX = 2, FCR_CLEAR_TX = 4 };
enum { LCR_DLAB = 0x80 };
enum { MCR_OUT2 = 8, MCR_LOOP = 0x10 };
enum { LSR_DATA = 1, LSR_OVERRUN = 2, LSR_THRE = 0x20, LSR_IDLE = 0x40 };

static unsigned int depth(const struct uart *u)
{
	return u->fcr & FCR_ENABLE ? UART_FIFO : 1;
}

static unsigned int trigger(const struct uart *u)
{
	static const uint8_t levels[] = { 1, 4, 8, 14 };

	return u->fcr & FCR_ENABLE ? levels[u->fcr >> 6] : 1;
}

/*
 * What to tell first. Less than the trigger level is told as a timeout at once: what the host sent has arrived in one
 * piece, and nothing more comes until it is read.
 */
static uint8_t pending(const struct uart *u)
{
	if (u->ier & IER_LINE && u->overrun)
		return IIR_LINE;
	if (u->ier & IER_RX && u->rx_len >= trigger(u))
		return IIR_RX;
	if (u->ier & IER_RX && u->rx_len)
		return IIR_TIMEOUT;
	if (u->ier & IER_TX && u->thre)
		return IIR_TX;
	return IIR_NONE;
}

/* The modem control output OUT2 connects the interrupt to its line. */
static void update(struct machine *m)
{
	const struct uart *u = &m->uart;

	machine_line(m, LINE, pending(u) != IIR_NONE && (u->mcr & (MCR_OUT2 | MCR_LOOP)) == MCR_OUT2);
}

void uart_reset(struct machine *m)
{
	memset(&m->uart, 0, sizeof(m->uart));
	m->uart.dll = 1;
	m->uart.thre = true;
	update(m);
}

size_t uart_room(const struct machine *m)
{
	return m->uart.rx_len || m->uart.mcr & MCR_LOOP ? 0 : depth(&m->uart);
}

static void put_rx(struct uart *u, uint8_t byte)
{
	if (u->rx_len < depth(u))
		u->rx[u->rx_len++] = byte;
	else
		u->overrun = 1;
}

void uart_receive(struct machine *m, const uint8_t *data, size_t len)
{
	while (len--)
		put_rx(&m->uart, *data++);
	update(m);
}

static uint8_t take_rx(struct uart *u)
{
	uint8_t byte = u->rx[0];

	if (!u->rx_len)
		return 0;
	u->rx_len--;
	memmove(u->rx, u->rx + 1, u->rx_len);
	return byte;
}

void uart_drain(struct machine *m)
{
	struct uart *u = &m->uart;
	size_t n;

	if (!u->tx_len)
		return;
	n = m->host->line_out(m->host->ctx, u->tx, u->tx_len);
	n = n < u->tx_len ? n : u->tx_len;
	u->tx_len -= (unsigned int)n;
	memmove(u->tx, u->tx + n, u->tx_len);
	if (!u->tx_len)
		u->thre = true;
	update(m);
}

/* A byte that the transmitter has no room for is lost, as on the chip. */
static void transmit(struct machine *m, uint8_t byte)
{
	struct uart *u = &m->uart;

	u->thre = false;
	if (u->mcr & MCR_LOOP) {
		put_rx(u, byte);
		u->thre = true;
		return;
	}
	if (u->tx_len < depth(u))
		u->tx[u->tx_len++] = byte;
	uart_drain(m);
}

static uint8_t line_status(struct uart *u)
{
	uint8_t v = (uint8_t)((u->rx_len ? LSR_DATA : 0) | (u->overrun ? LSR_OVERRUN : 0) |
			      (u->tx_len ? 0 : LSR_THRE | LSR_IDLE));

	u->overrun = 0;
	return v;
}

/* The other side is there and ready: carrier, data set, clear to send. In the loop it is ourselves. */
static uint8_t modem_status(const struct uart *u)
{
	if (!(u->mcr & MCR_LOOP))
		return 0xb0;
	return (uint8_t)((u->mcr & 2) << 3 | (u->mcr & 1) << 5 | (u->mcr & 0xc) << 4);
}

uint32_t uart_read(struct machine *m, uint16_t port, unsigned int size)
{
	struct uart *u = &m->uart;
	bool divisor = u->lcr & LCR_DLAB;
	uint8_t v = 0;

	(void)size;
	switch (port & 7) {
	case DATA:
		v = divisor ? u->dll : take_rx(u);
		break;
	case IER:
		v = divisor ? u->dlm : u->ier;
		break;
	case IIR_FCR:
		v = pending(u);
		/* To be told is to have been told, for the transmitter. */
		if (v == IIR_TX)
			u->thre = false;
		v |= u->fcr & FCR_ENABLE ? IIR_FIFOS : 0;
		break;
	case LCR: v = u->lcr; break;
	case MCR: v = u->mcr; break;
	case LSR: v = line_status(u); break;
	case MSR: v = modem_status(u); break;
	case SCRATCH: v = u->scratch; break;
	}
	update(m);
	return v;
}

static void write_fcr(struct uart *u, uint8_t v)
{
	/* Turning the FIFOs on or off empties them. */
	if ((v ^ u->fcr) & FCR_ENABLE)
		v |= FCR_CLEAR_RX | FCR_CLEAR_TX;
	if (v & FCR_CLEAR_RX)
		u->rx_len = 0;
	if (v & FCR_CLEAR_TX && u->tx_len) {
		u->tx_len = 0;
		u->thre = true;
	}
	u->fcr = v & 0xc1;
}

void uart_write(struct machine *m, uint16_t port, unsigned int size, uint32_t v)
{
	struct uart *u = &m->uart;
	bool divisor = u->lcr & LCR_DLAB;

	(void)size;
	switch (port & 7) {
	case DATA:
		if (divisor)
			u->dll = (uint8_t)v;
		else
			transmit(m, (uint8_t)v);
		break;
	case IER:
		if (divisor) {
			u->dlm = (uint8_t)v;
			break;
		}
		/* Asking for the transmitter's interrupt while it is empty gives one. */
		if (v & IER_TX && !(u->ier & IER_TX) && !u->tx_len)
			u->thre = true;
		u->ier = v & 0xf;
		break;
	case IIR_FCR: write_fcr(u, (uint8_t)v); break;
	case LCR: u->lcr = (uint8_t)v; break;
	case MCR: u->mcr = v & 0x1f; break;
	case SCRATCH: u->scratch = (uint8_t)v; break;
	}
	update(m);
}
