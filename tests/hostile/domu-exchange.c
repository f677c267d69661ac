/* SPDX-License-Identifier: MIT
 *
 * A domain that exchanges frames on one vCPU has none for a moment, in the middle of each chunk; the other vCPU asks for
 * frames all the time. At no time may it have more than it is allowed, and none may be lost.
 *
 * RUN: cpus=2 timeout=120
 */
#include "domu.h"

#define ORDER  5U
#define CHUNK  (1U << ORDER)
#define ROUNDS 600

static volatile bool stop, running;
static xen_pfn_t frame[CHUNK];
static volatile unsigned long most, refused, got;

static long reservation(void)
{
	struct xen_memory_domain d = { .domid = DOMID_SELF };

	return HYPERVISOR_memory_op(XENMEM_current_reservation, &d);
}

static long reserve(unsigned int op, xen_pfn_t *list, unsigned int n)
{
	struct xen_memory_reservation r = { .nr_extents = n, .domid = DOMID_SELF };

	set_xen_guest_handle(r.extent_start, list);
	return HYPERVISOR_memory_op(op, &r);
}

static void greedy(void *unused)
{
	running = true;
	while (!stop) {
		xen_pfn_t pfn = DOMU_PAGES;
		unsigned long now;

		if (reserve(XENMEM_populate_physmap, &pfn, 1) == 1)
			got++;
		else
			refused++;
		now = (unsigned long)reservation();
		if (now > most)
			most = now;
	}
	running = false;
}

/* Single frames for one block, and back. */
static long exchange(bool join)
{
	static xen_pfn_t block[1], out[CHUNK];
	struct xen_memory_exchange x = { .in.domid = DOMID_SELF, .out.domid = DOMID_SELF };
	long rc;

	x.in.nr_extents = join ? CHUNK : 1;
	x.in.extent_order = join ? 0 : ORDER;
	x.out.nr_extents = join ? 1 : CHUNK;
	x.out.extent_order = join ? ORDER : 0;
	for (unsigned int i = 0; i < CHUNK; i++)
		out[i] = DOMU_PAGES + i;
	if (join) {
		out[0] = DOMU_PAGES;
		set_xen_guest_handle(x.in.extent_start, frame);
		set_xen_guest_handle(x.out.extent_start, out);
	} else {
		set_xen_guest_handle(x.in.extent_start, block);
		set_xen_guest_handle(x.out.extent_start, out);
	}
	rc = HYPERVISOR_memory_op(XENMEM_exchange, &x);
	if (rc == 0 && join)
		block[0] = out[0];
	else if (rc == 0)
		memcpy(frame, out, sizeof(frame));
	return rc;
}

static void both(void *unused)
{
	unsigned long max = domu_channel->arg, done = 0;
	struct xen_memory_domain d = { .domid = DOMID_SELF };

	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_maximum_reservation, &d), max);
	for (unsigned int i = 0; i < CHUNK; i++)
		frame[i] = DOMU_PAGES + i;
	EXPECT_EQ(reserve(XENMEM_populate_physmap, frame, CHUNK), CHUNK);
	EXPECT_EQ(start_vcpu(1, greedy, NULL), 0);
	while (!running || !refused)
		;
	for (unsigned int i = 0; i < ROUNDS; i++)
		done += exchange(!(i & 1)) == 0;
	stop = true;
	while (running)
		;
	EXPECT_EQ(done, ROUNDS);
	note("%lu frames more, %lu refusals", got, refused);
	ok(most <= max, "had %lu frames at one time, may have %lu", most, max);
	EXPECT_EQ(reservation(), max);
}

void test_main(void)
{
	struct domu_config c = { .main = both, .vcpus = 2, .max_pages = DOMU_PAGES + CHUNK + 16,
				 .arg = DOMU_PAGES + CHUNK + 16 };
	struct books before;

	if (!is_control_domain())
		skip_all("not the control domain");
	domu_run(&c, "first");
	books_read(&before);
	domu_run(&c, "second");
	books_compare(&before, "afterwards");
}
