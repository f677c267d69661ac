/* SPDX-License-Identifier: MIT
 *
 * Physical interrupts as a domain sees them: numbers of its own (pirq), each
 * mapped to a line (GSI) or to a message-signalled interrupt, and bound to an
 * event channel.
 */
#ifndef HYPERVISOR_CORE_PIRQ_H
#define HYPERVISOR_CORE_PIRQ_H

#include "arch/irq.h"

struct physdev_map_pirq;

enum pirq_kind { PIRQ_FREE, PIRQ_RESERVED /* by get_free_pirq */, PIRQ_GSI, PIRQ_MSI };

struct pirq {
	uint8_t kind;           /* enum pirq_kind; LOCK_EVTCHN of the domain */
	uint16_t gsi;           /* PIRQ_GSI */
	uint16_t bdf;           /* PIRQ_MSI: the device */
	uint32_t port;          /* event channel, 0: not bound; LOCK_EVTCHN, read without in interrupts */
};

/* LOCK_EVTCHN of d is held by the callers of these two. */
int pirq_bind_port(struct domain *d, unsigned int pirq, unsigned int port);     /* 0, -EEXIST, -EINVAL, -EBUSY */
void pirq_unbind_port(struct domain *d, unsigned int pirq, unsigned int port);
bool pirq_permitted(const struct domain *d, unsigned int pirq);

int pirq_map(struct domain *d, struct physdev_map_pirq *m);
int pirq_unmap(struct domain *d, unsigned int pirq);
int pirq_get_free(struct domain *d, int type, uint32_t *pirq);
int pirq_eoi(struct domain *d, unsigned int pirq);      /* 0 or -EINVAL */
int pirq_set_eoi_page(struct domain *d, unsigned long gmfn, bool automatic);
void pirq_domain_destroy(struct domain *d);     /* ports are closed */
void pirq_unmasked(struct domain *d, unsigned int port);        /* EVTCHNOP_unmask with automatic EOI */

#endif
