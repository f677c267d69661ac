/* SPDX-License-Identifier: MIT */
/*
 * The other end of a ring, as the daemons of the control domain see it: a domain's page, its event
 * channel, and whether it lives. One per process. The tests link another implementation, in which
 * files play the domains (tests/lib/fake-xen.c).
 */
#ifndef DOM0_TOOLS_LIB_PEER_H
#define DOM0_TOOLS_LIB_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

enum peer_state {
	PEER_ALIVE,
	PEER_SHUT_DOWN,		/* crashed too: somebody may still look at it */
	PEER_GONE,		/* dying, or not there */
};

/* Opens the devices; false, with the reason, where there is no hypervisor. */
bool peer_open(struct err *e);
bool peer_present(void);

/* To poll for events, or -1. */
int peer_event_fd(void);

/*
 * The next event channel that fired; false at the end of a round, in which each comes once. What is behind the
 * channels is to be looked at after that: from then on they fire again.
 */
bool peer_next_event(uint32_t *port);

/*
 * Asks for the event channel that fires when any domain dies or shuts down. Only one process can
 * have it; who has not follows the store's @releaseDomain.
 */
bool peer_bind_exception(struct err *e);
bool peer_is_exception(uint32_t port);

/* Binds to an unbound channel of the domain: our port, or -1. */
int peer_bind(uint16_t domid, uint32_t remote_port);
void peer_unbind(uint32_t port);
void peer_notify(uint32_t port);

/* A domain's page, by one of the reserved grants or else by frame number; NULL when neither works. */
void *peer_map(uint16_t domid, uint32_t grant, uint64_t mfn);
void peer_unmap(void *page);

/*
 * Our own kernel's store page with our end of its event channel. NULL when there is none; *e then
 * holds the reason if there ought to be.
 */
void *peer_map_own_store(uint32_t *port, struct err *e);

enum peer_state peer_state(uint16_t domid);

#endif
