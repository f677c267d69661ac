/* SPDX-License-Identifier: MIT
 *
 * One vCPU of the control domain creates and destroys a domain; the other acts on that domain all
 * the time, also while it dies: maps its frames, pins them, changes its tables, gives it frames and
 * takes them. When both have let go, all frames are back.
 *
 * RUN: cpus=2 timeout=120
 */
#include <pv-abi/domctl.h>
#include <pv-abi/sysctl.h>
#include "testlib.h"

#define PAGES 300

static xen_pfn_t mfns[PAGES];
static unsigned int domid;
static void *window;

static long domctl(struct xen_domctl *op, unsigned int cmd)
{
	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = (domid_t)domid;
	return HYPERVISOR_domctl(op);
}

static unsigned long free_pages(void)
{
	static struct xen_sysctl op;

	op.cmd = XEN_SYSCTL_physinfo;
	op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	if (HYPERVISOR_sysctl(&op))
		die("physinfo failed");
	return op.u.physinfo.free_pages;
}

static void create(void)
{
	static struct xen_domctl op;
	struct xen_memory_reservation r = { .nr_extents = PAGES };
	long rc;

	memset(&op, 0, sizeof(op));
	domid = 0;
	op.u.createdomain.max_vcpus = 1;
	op.u.createdomain.max_evtchn_port = 1023;
	op.u.createdomain.max_grant_frames = 4;
	op.u.createdomain.max_maptrack_frames = 4;
	op.u.createdomain.grant_opts = 2;
	op.u.createdomain.arch.emulation_flags = 0;
	rc = domctl(&op, XEN_DOMCTL_createdomain);
	if (rc)
		die("createdomain: %ld", rc);
	domid = op.domain;
	memset(&op, 0, sizeof(op));
	op.u.max_vcpus.max = 1;
	EXPECT_EQ(domctl(&op, XEN_DOMCTL_max_vcpus), 0);
	op.u.max_mem.max_memkb = (PAGES + 16) * 4;
	EXPECT_EQ(domctl(&op, XEN_DOMCTL_max_mem), 0);
	for (unsigned int i = 0; i < PAGES; i++)
		mfns[i] = i;
	r.domid = (domid_t)domid;
	set_xen_guest_handle(r.extent_start, mfns);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_populate_physmap, &r), PAGES);
}

static void destroy(void)
{
	static struct xen_domctl op;

	EXPECT_EQ(domctl(&op, XEN_DOMCTL_destroydomain), 0);
}

/* ---- the other vCPU ---- */

static volatile bool stop, hold, held, running;
static volatile unsigned long good[8], tried[8];

static uint64_t rnd(void)
{
	static uint64_t s = 88172645463325252ULL;

	s ^= s << 13;
	s ^= s >> 7;
	s ^= s << 17;
	return s >> 9;
}

static long mmuext(unsigned int cmd, unsigned long mfn)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn };

	return HYPERVISOR_mmuext_op(&op, 1, NULL, domid);
}

static long meddle(unsigned int what)
{
	static unsigned long pinned;
	unsigned long m = mfns[rnd() % PAGES];
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = (domid_t)domid };
	struct mmu_update u;
	xen_pfn_t one = rnd() % PAGES;

	switch (what) {
	case 0:
		return HYPERVISOR_update_va_mapping_otherdomain((unsigned long)window,
			m << 12 | (rnd() & 1 ? PTE_FLAGS_RW : PTE_FLAGS_RO), UVMF_INVLPG, domid);
	case 1:
		pinned = m;
		return mmuext(MMUEXT_PIN_L1_TABLE + rnd() % 4, m);
	case 2:
		/* Any, or one that is likely to be pinned. */
		return mmuext(MMUEXT_UNPIN_TABLE, rnd() & 1 ? m : pinned);
	case 3:
		u = (struct mmu_update){ .ptr = (m << 12) + rnd() % 4 * 8,
			.val = mfns[rnd() % PAGES] << 12 | PTE_FLAGS_RW };
		return HYPERVISOR_mmu_update(&u, 1, NULL, (domid + 1) << 16 | domid);
	case 4:
		set_xen_guest_handle(r.extent_start, &one);
		return HYPERVISOR_memory_op(XENMEM_populate_physmap, &r) - 1;
	case 5:
		one = m;
		set_xen_guest_handle(r.extent_start, &one);
		return HYPERVISOR_memory_op(XENMEM_decrease_reservation, &r) - 1;
	case 6:
		return mmuext(MMUEXT_CLEAR_PAGE, m);
	default:
		u = (struct mmu_update){ .ptr = (m << 12) | MMU_MACHPHYS_UPDATE, .val = rnd() };
		return HYPERVISOR_mmu_update(&u, 1, NULL, domid);
	}
}

static void meddler(void *unused)
{
	running = true;
	while (!stop) {
		unsigned int what = (unsigned int)(rnd() % 8);

		if (hold) {
			HYPERVISOR_update_va_mapping((unsigned long)window, 0, UVMF_INVLPG);
			held = true;
			while (hold && !stop)
				;
			held = false;
			continue;
		}
		if (meddle(what) == 0)
			good[what]++;
		tried[what]++;
	}
	running = false;
}

void test_main(void)
{
	unsigned long before = 0;

	if (max_vcpus() < 2)
		skip_all("needs a second vCPU");
	window = alloc_page();
	hold = true;
	EXPECT_EQ(start_vcpu(1, meddler, NULL), 0);
	for (unsigned int round = 0; round < 60; round++) {
		while (!held)
			;
		if (round >= 2)
			ok(free_pages() == before, "round %u: %lu pages free, before %lu", round,
			   free_pages(), before);
		before = free_pages();
		create();
		hold = false;
		while (held)
			;
		delay_ns(round % 10 * 1000000);
		destroy();
		hold = true;
	}
	while (!held)
		;
	EXPECT_EQ(free_pages(), before);
	for (unsigned int i = 0; i < 8; i++)
		ok(good[i] > 0, "operation %u: %lu of %lu", i, good[i], tried[i]);
	stop = true;
	while (running)
		;
}
