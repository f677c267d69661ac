/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: pages that a domain shares with the store and the console daemon. The input is the
 * page; between operations the domain changes indices again. Nothing may be read or written outside of
 * the rings, which lie at the end of a block of their size.
 *
 * CFLAGS: -D_GNU_SOURCE
 * LINK: dom0-tools/consoled/conring.c dom0-tools/xenstored/ring.c
 */
#include <string.h>

#include "fuzz.h"
#include "dom0-tools/consoled/conring.h"
#include "dom0-tools/xenstored/ring.h"

static size_t part(const uint8_t **data, size_t *size, void *to, size_t n)
{
	n = n < *size ? n : *size;
	memcpy(to, *data, n);
	*data += n;
	*size -= n;
	return n;
}

static void console(const uint8_t *data, size_t size)
{
	struct xencons_interface *r = malloc(sizeof(*r));
	char buf[700];
	uint32_t change[5];

	memset(r, 0x41, sizeof(*r));
	while (part(&data, &size, change, sizeof(change)) == sizeof(change)) {
		size_t len = change[4] % sizeof(buf);
		long n;

		r->in_cons = change[0];
		r->in_prod = change[1];
		r->out_cons = change[2];
		r->out_prod = change[3];
		n = conring_read(r, buf, len);
		MUST(n == -1 || (n >= 0 && (size_t)n <= len));
		MUST(n == -1 || r->out_cons == change[2] + (uint32_t)n);
		n = conring_write(r, buf, len);
		MUST(n == -1 || (n >= 0 && (size_t)n <= len && r->in_prod - r->in_cons <= sizeof(r->in)));
	}
	free(r);
}

static void store(const uint8_t *data, size_t size)
{
	struct xenstore_domain_interface *r = malloc(sizeof(*r));
	char buf[1500];
	uint32_t change[5];

	memset(r, 0x41, sizeof(*r));
	while (part(&data, &size, change, sizeof(change)) == sizeof(change)) {
		size_t len = change[4] % sizeof(buf);
		long n;

		r->req_cons = change[0];
		r->req_prod = change[1];
		r->rsp_cons = change[2];
		r->rsp_prod = change[3];
		n = ring_read(r, buf, len);
		MUST(n == -1 || (n >= 0 && (size_t)n <= len));
		n = ring_write(r, buf, len);
		MUST(n == -1 || (n >= 0 && (size_t)n <= len && r->rsp_prod - r->rsp_cons <= XENSTORE_RING_SIZE));
		if (ring_wants_reconnect(r))
			ring_reconnect(r);
	}
	free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] & 1)
		console(data + 1, size - 1);
	else
		store(data + 1, size - 1);
	return 0;
}
