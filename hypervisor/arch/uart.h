/* SPDX-License-Identifier: MIT
 *
 * The 16550 serial port of the console (com1= or com2=).
 */
#ifndef HYPERVISOR_ARCH_UART_H
#define HYPERVISOR_ARCH_UART_H

#include "lib/types.h"

void uart_init(const char *params);     /* "115200,8n1"; before that: polled 115200 on COM1 */
void uart_init_irq(void (*rx)(char c)); /* receive by interrupt, once interrupts work */
void uart_puts(const char *s, size_t n);        /* buffered when the interrupt runs, else polled */
void uart_flush_sync(void);             /* from panic: from now on polled, everything out */

#endif
