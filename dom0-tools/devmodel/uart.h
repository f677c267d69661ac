/* SPDX-License-Identifier: MIT */
/*
 * The serial port COM1: a 16550A at 0x3f8, line 4. What the guest sends goes to the host's line at once, whatever the
 * baud rate; while the host takes nothing, the transmitter stays busy. What the host sends comes in sixteens: the next
 * ones when the guest has read the last. So an interrupt line that is an edge never stays high with something behind it
 * that the guest has not been told of. [National Semiconductor PC16550D]
 */
#ifndef DEVMODEL_UART_H
#define DEVMODEL_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UART_FIFO 16

struct uart {
	uint8_t ier, fcr, lcr, mcr, scratch;
	uint8_t dll, dlm;
	uint8_t overrun;		/* a byte came when there was no room */
	bool thre;			/* the transmitter's interrupt is due */
	uint8_t rx[UART_FIFO], tx[UART_FIFO];
	unsigned int rx_len, tx_len;
};

struct machine;

void uart_reset(struct machine *m);
uint32_t uart_read(struct machine *m, uint16_t port, unsigned int size);
void uart_write(struct machine *m, uint16_t port, unsigned int size, uint32_t v);

/* How many bytes the host may send now: none, or a FIFO full. */
size_t uart_room(const struct machine *m);
void uart_receive(struct machine *m, const uint8_t *data, size_t len);
/* The host may take bytes again. */
void uart_drain(struct machine *m);

#endif
