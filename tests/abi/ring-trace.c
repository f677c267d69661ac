// SPDX-License-Identifier: MIT
/*
 * abi-ring-trace: the macros of io/ring.h act alike. Compiled once with our header and once with the
 * reference (RING_H); both must print the same. A front end and a back end pass requests over one
 * shared page in every order that the scenario below has, over the wrap of the indexes.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define xen_mb() __sync_synchronize()
#define xen_rmb() __sync_synchronize()
#define xen_wmb() __sync_synchronize()

#include RING_H

struct req { uint64_t a; uint32_t b; };
struct rsp { uint64_t a; int16_t s; };
DEFINE_RING_TYPES(t, struct req, struct rsp);

static union {
	t_sring_t ring;
	char page[4096];
} page;

static void show(const char *what, const t_front_ring_t *f, const t_back_ring_t *b, int n)
{
	const t_sring_t *s = &page.ring;

	printf("%s: shared %u %u %u %u front %u %u back %u %u notify %d free %u full %d\n", what,
	       s->req_prod, s->req_event, s->rsp_prod, s->rsp_event, f->req_prod_pvt, f->rsp_cons,
	       b->rsp_prod_pvt, b->req_cons, n, RING_FREE_REQUESTS(f), RING_FULL(f));
}

int main(void)
{
	t_front_ring_t f;
	t_back_ring_t b;
	unsigned int round, i, more;
	int notify = 0;

	memset(&page, 0x5a, sizeof(page));
	printf("const size %u\n", (unsigned int)__CONST_RING_SIZE(t, 4096));
	XEN_FRONT_RING_INIT(&f, &page.ring, 4096);
	BACK_RING_INIT(&b, &page.ring, 4096);
	printf("size %u %u\n", RING_SIZE(&f), RING_SIZE(&b));
	show("init", &f, &b, 0);

	/* near the wrap of 32-bit indexes */
	FRONT_RING_ATTACH(&f, &page.ring, 0xfffffff0u, 4096);
	BACK_RING_ATTACH(&b, &page.ring, 0xfffffff0u, 4096);
	page.ring.req_prod = page.ring.rsp_prod = 0xfffffff0u;
	page.ring.req_event = page.ring.rsp_event = 0xfffffff1u;

	for (round = 0; round < 40; round++) {
		for (i = 0; i <= round % 5; i++)
			if (!RING_FULL(&f)) {
				struct req *r = RING_GET_REQUEST(&f, f.req_prod_pvt);

				r->a = round * 100 + i;
				r->b = ~round;
				f.req_prod_pvt++;
			}
		RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&f, notify);
		show("asked", &f, &b, notify);
		more = RING_HAS_UNCONSUMED_REQUESTS(&b);
		printf("waiting %u overflow %d %d\n", more,
		       RING_REQUEST_PROD_OVERFLOW(&b, page.ring.req_prod),
		       RING_REQUEST_PROD_OVERFLOW(&b, page.ring.req_prod + RING_SIZE(&b) + 1));
		for (i = 0; i < 3 && RING_HAS_UNCONSUMED_REQUESTS(&b); i++) {
			struct req r;
			struct rsp *s;

			if (RING_REQUEST_CONS_OVERFLOW(&b, b.req_cons))
				break;
			RING_COPY_REQUEST(&b, b.req_cons, &r);
			b.req_cons++;
			s = RING_GET_RESPONSE(&b, b.rsp_prod_pvt);
			s->a = r.a + r.b;
			s->s = -1;
			b.rsp_prod_pvt++;
		}
		RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&b, notify);
		RING_FINAL_CHECK_FOR_REQUESTS(&b, more);
		show("answered", &f, &b, notify);
		printf("left %u\n", more);
		while (RING_HAS_UNCONSUMED_RESPONSES(&f)) {
			struct rsp r;

			RING_COPY_RESPONSE(&f, f.rsp_cons, &r);
			printf("got %llu %d overflow %d\n", (unsigned long long)r.a, r.s,
			       RING_RESPONSE_PROD_OVERFLOW(&f, page.ring.rsp_prod));
			f.rsp_cons++;
		}
		RING_FINAL_CHECK_FOR_RESPONSES(&f, more);
		show("taken", &f, &b, (int)more);
	}
	/* a front end that lies about its index is held to the ring's size */
	page.ring.req_prod += 1000;
	printf("lie %u\n", (unsigned int)RING_HAS_UNCONSUMED_REQUESTS(&b));
	return 0;
}
