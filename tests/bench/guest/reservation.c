/* SPDX-License-Identifier: MIT
 *
 * Giving a page back and taking one: what a balloon driver does.
 */
#include "bench.h"

static xen_pfn_t pfn, mfn, extent;
static struct xen_memory_reservation r;

static unsigned long own_pages(void)
{
	struct xen_memory_domain d = { .domid = DOMID_SELF };

	return (unsigned long)HYPERVISOR_memory_op(XENMEM_current_reservation, &d);
}

static unsigned long pages_before;

static const char *setup(void)
{
	if (!pfn) {
		pfn = alloc_pfn_unmapped();
		mfn = pfn_to_mfn(pfn);
	}
	r = (struct xen_memory_reservation){ .nr_extents = 1, .domid = DOMID_SELF };
	set_xen_guest_handle(r.extent_start, &extent);
	pages_before = own_pages();
	return NULL;
}

static long decrease_run(void)
{
	extent = mfn;
	return HYPERVISOR_memory_op(XENMEM_decrease_reservation, &r);
}

static long populate_run(void)
{
	extent = pfn;
	return HYPERVISOR_memory_op(XENMEM_populate_physmap, &r);
}

static const char *populated(long rc)
{
	if (rc != 1)
		return wrong("populate returned %ld, 1 extent expected", rc);
	mfn = extent;
	if (M2P[mfn] != pfn)
		return wrong("frame %#lx belongs to PFN %#lx, %#lx expected", mfn, M2P[mfn], pfn);
	return own_pages() == pages_before ? NULL : wrong("%lu pages, %lu expected", own_pages(), pages_before);
}

static const char *decreased(long rc)
{
	if (rc != 1)
		return wrong("decrease returned %ld, 1 extent expected", rc);
	return own_pages() == pages_before - 1 ? NULL : wrong("%lu pages, %lu expected", own_pages(), pages_before - 1);
}

static const char *decrease_after(long rc)
{
	const char *reason = decreased(rc);

	return reason ? reason : populated(populate_run());
}

static void populate_before(void)
{
	decrease_run();
}

static long both_run(void)
{
	long rc = decrease_run();

	return rc == 1 ? populate_run() : rc;
}

const struct op reservation_ops[] = {
	{ .name = "memory-decrease", .setup = setup, .run = decrease_run, .after = decrease_after },
	{ .name = "memory-populate", .setup = setup, .before = populate_before, .run = populate_run, .after = populated },
	{ .name = "memory-decrease-populate", .setup = setup, .run = both_run, .after = populated },
	{ 0 }
};
