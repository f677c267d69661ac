/* SPDX-License-Identifier: MIT */
/* A console page: see conring.h. */
#include <stdint.h>
#include <string.h>

#include "conring.h"

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

long conring_read(struct xencons_interface *ring, char *data, size_t len)
{
	uint32_t cons = __atomic_load_n(&ring->out_cons, __ATOMIC_ACQUIRE);
	uint32_t prod = __atomic_load_n(&ring->out_prod, __ATOMIC_ACQUIRE);
	uint32_t at = MASK_XENCONS_IDX(cons, ring->out);
	size_t first;

	if (prod - cons > sizeof(ring->out))
		return -1;
	len = min_size(len, prod - cons);
	first = min_size(len, sizeof(ring->out) - at);
	memcpy(data, ring->out + at, first);
	memcpy(data + first, ring->out, len - first);
	/* The domain may overwrite the bytes once the index says they are taken. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(&ring->out_cons, cons + (uint32_t)len, __ATOMIC_RELEASE);
	return (long)len;
}

long conring_write(struct xencons_interface *ring, const char *data, size_t len)
{
	uint32_t cons = __atomic_load_n(&ring->in_cons, __ATOMIC_ACQUIRE);
	uint32_t prod = __atomic_load_n(&ring->in_prod, __ATOMIC_ACQUIRE);
	uint32_t at = MASK_XENCONS_IDX(prod, ring->in);
	size_t first;

	if (prod - cons > sizeof(ring->in))
		return -1;
	len = min_size(len, sizeof(ring->in) - (prod - cons));
	first = min_size(len, sizeof(ring->in) - at);
	memcpy(ring->in + at, data, first);
	memcpy(ring->in, data + first, len - first);
	__atomic_store_n(&ring->in_prod, prod + (uint32_t)len, __ATOMIC_RELEASE);
	return (long)len;
}
