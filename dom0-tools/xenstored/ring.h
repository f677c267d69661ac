/* SPDX-License-Identifier: MIT */
/*
 * The shared page between the store and a domain: two byte rings. [Xen public/io/xs_wire.h]
 *
 * The page belongs to the domain, which may write anything to any byte at any time. Each index is
 * read once, and checked before it is used; data are copied out before they are looked at. Nothing
 * in the page can move an access out of the rings.
 */
#ifndef XENSTORED_RING_H
#define XENSTORED_RING_H

#include <stddef.h>

#include <pv-abi/io/xs_wire.h>

/* Bytes taken from the requests or put to the responses; 0: none or no room; -1: bad indices. */
long ring_read(struct xenstore_domain_interface *ring, void *data, size_t len);
long ring_write(struct xenstore_domain_interface *ring, const void *data, size_t len);

/* Announces the features that we have. */
void ring_init(struct xenstore_domain_interface *ring);

/* Tells the domain why it is not served any more. */
void ring_set_error(struct xenstore_domain_interface *ring, unsigned int error);

/* Has the domain asked for a fresh start? If so, ring_reconnect() gives it one. */
int ring_wants_reconnect(struct xenstore_domain_interface *ring);
void ring_reconnect(struct xenstore_domain_interface *ring);

#endif
