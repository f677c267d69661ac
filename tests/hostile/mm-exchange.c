/* SPDX-License-Identifier: MIT
 *
 * Memory operations as an unprivileged domain would abuse them: lists in the hypervisor's memory or reached by an
 * index that wraps around, extents of any order, frames of others, frames in use, NUMA nodes that do not exist, and
 * more memory than it may have, from two vCPUs at once. Each check names its advisory.
 *
 * RUN: cpus=1,2
 */
#include "domu.h"

#define STORM 300000000UL       /* ns */
#define HV 0xffff830000000000UL

static long memory_op(unsigned int cmd, void *arg)
{
	return HYPERVISOR_memory_op(cmd, arg);
}

static unsigned long pages_now(void)
{
	struct xen_memory_domain d = { .domid = DOMID_SELF };

	return (unsigned long)memory_op(XENMEM_current_reservation, &d);
}

static unsigned long pages_most(void)
{
	struct xen_memory_domain d = { .domid = DOMID_SELF };

	return (unsigned long)memory_op(XENMEM_maximum_reservation, &d);
}

/* In of @n frames at @in, out of as many pages at @out. */
static struct xen_memory_exchange exchange(xen_pfn_t *in, xen_pfn_t *out, unsigned long n, unsigned int out_order)
{
	struct xen_memory_exchange x = { .in.nr_extents = n, .out.nr_extents = n >> out_order };

	x.in.domid = x.out.domid = DOMID_SELF;
	x.out.extent_order = out_order;
	set_xen_guest_handle(x.in.extent_start, in);
	set_xen_guest_handle(x.out.extent_start, out);
	return x;
}

/* ---- XSA-29, XSA-212: where the lists are ---- */

static void lists(void)
{
	static const unsigned long aims[] = { HV, HV + (1UL << 30), 0xffff82d040000000UL, 0xffff800000000000UL, 0xffff87fffffff000UL };
	xen_pfn_t in[2] = { pfn_to_mfn(alloc_pfn_unmapped()), pfn_to_mfn(alloc_pfn_unmapped()) }, out[2] = { 1, 2 };
	unsigned long before = pages_now();

	for (unsigned int i = 0; i < ARRAY_SIZE(aims); i++) {
		struct xen_memory_exchange x = exchange((xen_pfn_t *)aims[i], out, 1, 0);

		ok(memory_op(XENMEM_exchange, &x) < 0, "XSA-29: input list at %#lx", aims[i]);
		x = exchange(in, (xen_pfn_t *)aims[i], 1, 0);
		memory_op(XENMEM_exchange, &x);
		/* The same place, reached by an index from one's own memory. */
		for (unsigned int side = 0; side < 2; side++) {
			unsigned long n = (aims[i] - (unsigned long)in) / 8;

			x = exchange(in, out, n + 1, 0);
			if (side)
				set_xen_guest_handle(x.in.extent_start, (xen_pfn_t *)aims[i]);
			x.nr_exchanged = n;
			ok(memory_op(XENMEM_exchange, &x) < 0, "XSA-212: %#lx by index %#lx", aims[i], n);
			x = exchange((xen_pfn_t *)(aims[i] - 8 * 1024), out, 1025, 0);
			x.nr_exchanged = 1024;
			ok(memory_op(XENMEM_exchange, &x) < 0, "XSA-212: %#lx by a short index", aims[i]);
		}
	}
	ok(pages_now() + ARRAY_SIZE(aims) >= before, "no more is lost than was handed over: %lu of %lu pages", pages_now(), before);
}

/* ---- XSA-31, XSA-14, XSA-231, XSA-158: sizes and flags ---- */

static void sizes(void)
{
	static const unsigned int orders[] = { 10, 11, 18, 31, 32, 52, 63, 64, 0x7fffffff, ~0U }, ops[] = {
		XENMEM_increase_reservation, XENMEM_decrease_reservation, XENMEM_populate_physmap };
	xen_pfn_t frame = pfn_to_mfn(0);
	unsigned long before = pages_now();

	for (unsigned int i = 0; i < ARRAY_SIZE(orders); i++)
		for (unsigned int j = 0; j < ARRAY_SIZE(ops); j++) {
			struct xen_memory_reservation r = { .nr_extents = 1, .extent_order = orders[i], .domid = DOMID_SELF };

			set_xen_guest_handle(r.extent_start, &frame);
			ok(memory_op(ops[j], &r) <= 0, "XSA-31: operation %u of order %u", ops[j], orders[i]);
			r = (struct xen_memory_reservation){ .nr_extents = ~0UL >> i, .domid = DOMID_SELF };
			ok(memory_op(ops[j], &r) <= 0, "XSA-158: operation %u of %#lx extents", ops[j], r.nr_extents);
		}
	for (unsigned int i = 0; i < ARRAY_SIZE(orders); i++) {
		struct xen_memory_exchange x = exchange(&frame, &frame, 1, 0);

		x.in.extent_order = orders[i];
		ok(memory_op(XENMEM_exchange, &x) < 0, "XSA-31: exchange of order %u for 0", orders[i]);
		x = exchange(&frame, &frame, 1, 0);
		x.out.extent_order = orders[i];
		ok(memory_op(XENMEM_exchange, &x) < 0, "XSA-31: exchange of order 0 for %u", orders[i]);
	}
	EXPECT_EQ(pages_now(), before);
}

static void flags(void)
{
	static const unsigned int f[] = { 1U << 16, 1U << 17, 255U << 8, 200U << 8 | 1U << 17, 64U << 8, ~0U, 1, 12, 255 };
	unsigned long pfn = alloc_pfn_unmapped();
	xen_pfn_t frame = pfn_to_mfn(pfn);

	for (unsigned int i = 0; i < ARRAY_SIZE(f); i++) {
		struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

		set_xen_guest_handle(r.extent_start, &frame);
		EXPECT_EQ(memory_op(XENMEM_decrease_reservation, &r), 1);
		r.mem_flags = f[i];
		frame = pfn;
		if (memory_op(XENMEM_populate_physmap, &r) != 1) {
			r.mem_flags = 0;
			frame = pfn;
			EXPECT_EQ(memory_op(XENMEM_populate_physmap, &r), 1);
		}
		ok(frame != pfn && M2P[frame] == pfn, "XSA-14, 231: populate with flags %#x: survived, frame %#lx", f[i], (unsigned long)frame);
	}
}

/* ---- XSA-32, 159, 217, 287: which frames ---- */

static void try_exchange(unsigned long mfn, const char *what)
{
	xen_pfn_t in[2] = { pfn_to_mfn(alloc_pfn_unmapped()), mfn }, out = alloc_pfn_unmapped();
	struct xen_memory_exchange x = exchange(in, &out, 2, 1);
	unsigned long before = pages_now(), va = (unsigned long)alloc_page();

	ok(memory_op(XENMEM_exchange, &x) < 0 && x.nr_exchanged == 0, "XSA-159, 217, 287: %s is not exchanged", what);
	EXPECT_EQ(pages_now(), before);
	ok(set_pte(va, in[0] << 12 | PTE_FLAGS_RW) == 0, "and the other frame of the chunk is still one's own");
	set_pte(va, 0);
}

static void frames(void)
{
	char *mapped = alloc_page();
	xen_pfn_t grant = 0;
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 1 };
	static const unsigned long nowhere[] = { ~0UL, 1UL << 52, 1UL << 40, 0xfee00, 0, 0xb8 };

	set_xen_guest_handle(s.frame_list, &grant);
	HYPERVISOR_grant_table_op(GNTTABOP_setup_table, &s, 1);
	try_exchange(virt_to_mfn(mapped), "a frame that is mapped");
	try_exchange(virt_to_mfn((void *)si->pt_base), "a page table");
	try_exchange(PTE_MFN(si->shared_info), "the shared_info page");
	try_exchange(grant, "a grant frame");
	try_exchange(domu_channel->word[2], "another domain's frame");
	for (unsigned int i = 0; i < ARRAY_SIZE(nowhere); i++) {
		struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
		xen_pfn_t m = nowhere[i];

		try_exchange(nowhere[i], "a frame that is not there");
		set_xen_guest_handle(r.extent_start, &m);
		ok(memory_op(XENMEM_decrease_reservation, &r) == 0, "XSA-32: frame %#lx is not given back", nowhere[i]);
	}
}

/* One that works: new frames, zeroed, and the old ones are gone. */
static void good(void)
{
	xen_pfn_t in[2] = { pfn_to_mfn(alloc_pfn_unmapped()), pfn_to_mfn(alloc_pfn_unmapped()) }, out = alloc_pfn_unmapped(), pfn = out;
	struct xen_memory_exchange x = exchange(in, &out, 2, 1);
	uint64_t *page = alloc_page();
	unsigned long va = (unsigned long)page, bad = 0;

	EXPECT_EQ(memory_op(XENMEM_exchange, &x), 0);
	EXPECT_EQ(x.nr_exchanged, 2);
	ok(M2P[out] == pfn && M2P[out + 1] == pfn + 1, "the new frames have their numbers");
	ok(set_pte(va, in[0] << 12 | PTE_FLAGS_RW) < 0 || in[0] == out || in[0] == out + 1, "the old ones are gone");
	EXPECT_EQ(set_pte(va, out << 12 | PTE_FLAGS_RW), 0);
	for (unsigned int i = 0; i < 512; i++)
		bad += page[i] != 0;
	ok(bad == 0, "XSA-100: a frame that one is given is empty (%lu words not)", bad);
}

static void not_here(void)
{
	struct xen_mem_acquire_resource a = { .domid = DOMID_SELF, .type = XENMEM_resource_grant_table, .nr_frames = ~0U };
	struct xen_add_to_physmap p = { .domid = DOMID_SELF, .space = 1 };
	xen_pfn_t list[4];

	ok(memory_op(XENMEM_acquire_resource, &a) < 0, "XSA-334: acquire_resource, of oneself");
	a.domid = 0;
	a.nr_frames = 4;
	set_xen_guest_handle(a.frame_list, list);
	for (unsigned int i = 0; i < 100; i++)
		memory_op(XENMEM_acquire_resource, &a);
	ok(memory_op(XENMEM_acquire_resource, &a) == -XEN_EPERM, "XSA-334: of another, a hundred times");
	for (unsigned int space = 0; space < 8; space++) {
		p.space = space;
		ok(memory_op(XENMEM_add_to_physmap, &p) < 0, "XSA-22, 384, 486: add_to_physmap of space %u", space);
	}
}

/* ---- XSA-385: more than one may have ---- */

static volatile bool stop, running;
static unsigned long most_seen;

static void take_all(unsigned long *s)
{
	static xen_pfn_t list[2][256];
	unsigned int me = running && s == NULL;
	struct xen_memory_reservation r = { .nr_extents = 256, .domid = DOMID_SELF };
	long n;

	for (unsigned int i = 0; i < 256; i++)
		list[me][i] = i;
	set_xen_guest_handle(r.extent_start, list[me]);
	n = memory_op(XENMEM_populate_physmap, &r);
	most_seen = pages_now() > most_seen ? pages_now() : most_seen;
	if (n > 0) {
		r.nr_extents = (unsigned long)n;
		memory_op(XENMEM_decrease_reservation, &r);
	}
}

static void other_taker(void *unused)
{
	running = true;
	while (!stop)
		take_all(NULL);
	running = false;
}

static void limits(void)
{
	unsigned long most = pages_most(), before = pages_now(), me = 1;
	uint64_t end = system_time() + STORM;

	if (max_vcpus() > 1) {
		EXPECT_EQ(start_vcpu(1, other_taker, NULL), 0);
		while (!running)
			HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	}
	while (system_time() < end)
		take_all(&me);
	stop = true;
	while (running)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	ok(most_seen > before && most_seen <= most, "XSA-385: never more than %lu pages of %lu (at first %lu)", most_seen, most, before);
	EXPECT_EQ(pages_now(), before);
}

static void attack(void *unused)
{
	lists();
	sizes();
	flags();
	frames();
	good();
	not_here();
	limits();
}

static void round(unsigned int vcpus, const char *name)
{
	struct domu u;

	domu_create(&u, &(struct domu_config){ .main = attack, .vcpus = vcpus, .pages = 2048, .max_pages = 2300 });
	u.channel->word[2] = virt_to_mfn(alloc_page());
	domu_start(&u);
	domu_wait(&u, 20000000000UL);
	domu_report(&u, name);
	ok(domu_destroy(&u), "%s: the domain is gone", name);
}

void test_main(void)
{
	struct books before;

	round(1, "one vCPU");
	books_read(&before);
	round(2, "two vCPUs");
	books_compare(&before, "the attack");
}
