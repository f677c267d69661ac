/* SPDX-License-Identifier: MIT */
/* The shared page: see ring.h. */
#include <stdint.h>
#include <string.h>

#include "ring.h"

#define load_index(p)	  __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define store_index(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

long ring_read(struct xenstore_domain_interface *ring, void *data, size_t len)
{
	uint32_t cons = load_index(&ring->req_cons), prod = load_index(&ring->req_prod);
	uint32_t at = MASK_XENSTORE_IDX(cons);
	size_t first;

	if (prod - cons > XENSTORE_RING_SIZE)
		return -1;
	len = min_size(len, prod - cons);
	first = min_size(len, XENSTORE_RING_SIZE - at);
	memcpy(data, (const char *)ring->req + at, first);
	memcpy((char *)data + first, (const char *)ring->req, len - first);
	/* The domain may overwrite the bytes once the index says they are taken. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	store_index(&ring->req_cons, cons + (uint32_t)len);
	return (long)len;
}

long ring_write(struct xenstore_domain_interface *ring, const void *data, size_t len)
{
	uint32_t cons = load_index(&ring->rsp_cons), prod = load_index(&ring->rsp_prod);
	uint32_t at = MASK_XENSTORE_IDX(prod);
	size_t first;

	if (prod - cons > XENSTORE_RING_SIZE)
		return -1;
	len = min_size(len, XENSTORE_RING_SIZE - (prod - cons));
	first = min_size(len, XENSTORE_RING_SIZE - at);
	memcpy((char *)ring->rsp + at, data, first);
	memcpy((char *)ring->rsp, (const char *)data + first, len - first);
	store_index(&ring->rsp_prod, prod + (uint32_t)len);
	return (long)len;
}

void ring_init(struct xenstore_domain_interface *ring)
{
	ring->server_features = XENSTORE_SERVER_FEATURE_RECONNECTION |
				XENSTORE_SERVER_FEATURE_ERROR;
	ring_set_error(ring, XENSTORE_ERROR_NONE);
}

void ring_set_error(struct xenstore_domain_interface *ring, unsigned int error)
{
	store_index(&ring->error, error);
}

int ring_wants_reconnect(struct xenstore_domain_interface *ring)
{
	return load_index(&ring->connection) == XENSTORE_RECONNECT;
}

void ring_reconnect(struct xenstore_domain_interface *ring)
{
	store_index(&ring->req_cons, 0);
	store_index(&ring->req_prod, 0);
	store_index(&ring->rsp_cons, 0);
	store_index(&ring->rsp_prod, 0);
	ring_set_error(ring, XENSTORE_ERROR_NONE);
	store_index(&ring->connection, XENSTORE_CONNECTED);
}
