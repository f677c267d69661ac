/* SPDX-License-Identifier: MIT
 *
 * Interrupt vectors, the IO-APIC and message-signalled interrupts.
 */
#ifndef HYPERVISOR_ARCH_IRQ_H
#define HYPERVISOR_ARCH_IRQ_H

#include "core/domain.h"

#define NR_GSIS 24
#define NR_PIRQS 256            /* 0..NR_GSIS-1 are the IO-APIC's pins; the rest for MSI */

/* Guest-bound lines. irq_bind makes the line interrupt d: core/pirq.c's pirq_raise(d, pirq) is called in interrupt context with the line masked if level-triggered. */
int irq_bind_gsi(unsigned int gsi, struct domain *d, unsigned int pirq);
void irq_unbind_gsi(unsigned int gsi, struct domain *d);
void irq_eoi_gsi(unsigned int gsi, const struct domain *d);     /* unmask after d's PHYSDEVOP_eoi, if it is d's */
int irq_bind_msi(struct domain *d, unsigned int pirq, uint64_t *msg_addr, uint32_t *msg_data);
void irq_unbind_msi(struct domain *d, unsigned int pirq);
/* A register of the I/O APIC at that machine address, for the guest that wants to look; 0 or -EINVAL. */
int irq_ioapic_read(unsigned long base, unsigned int reg, uint32_t *value);
/* Our own lines (the UART's). */
int irq_request_gsi(unsigned int gsi, void (*fn)(void *), void *arg);

/* Implemented in core/pirq.c */
void pirq_raise(struct domain *d, unsigned int pirq);

#endif
