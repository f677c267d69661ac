/* SPDX-License-Identifier: MIT */
/*
 * What the daemon needs of the hypervisor. Tests link another implementation.
 *
 * Without Xen underneath, xen_open() is false and the daemon serves its socket only.
 */
#ifndef XENSTORED_XEN_H
#define XENSTORED_XEN_H

#include <stdbool.h>
#include <stdint.h>

enum xen_domain_state {
	XEN_DOMAIN_ALIVE,
	XEN_DOMAIN_SHUT_DOWN,	/* crashed too: somebody may still look at it */
	XEN_DOMAIN_GONE,	/* dying, or not there */
};

bool xen_open(void);
bool xen_present(void);

/* To poll for events, or -1. */
int xen_event_fd(void);

/* The next event channel that fired; false when there is none. */
bool xen_next_event(uint32_t *port);

/* The event channel that fires when a domain dies or shuts down. */
bool xen_is_domain_exception(uint32_t port);

/* Our port, or -1. */
int xen_bind_domain(uint16_t domid, uint32_t remote_port);
void xen_unbind(uint32_t port);
void xen_notify(uint32_t port);

/* A domain's store page, by its reserved grant or else by frame number; NULL when neither works. */
void *xen_map_store_ring(uint16_t domid, uint64_t mfn);

/* Our own kernel's store page with our end of its event channel; NULL when it has none. */
void *xen_map_own_ring(uint32_t *port);
void xen_unmap(void *page);

enum xen_domain_state xen_domain_state(uint16_t domid);

#endif
