/* SPDX-License-Identifier: MIT
 *
 * Grants of one's own pages to oneself, version 1: mapped, unmapped, copied.
 */
#include "bench.h"

#define REF 9
#define GRANTED pool[0]
#define WINDOW pool[POOL_PAGES - 1]
#define COPY pool[1]

static volatile struct grant_entry_v1 *table;
static struct gnttab_map_grant_ref map;
static struct gnttab_unmap_grant_ref unmap;
static struct gnttab_copy copy;
static unsigned long turn;

/* Once; the table stays. */
static const char *table_setup(void)
{
	static char page[PAGE_SIZE] __attribute__((aligned(4096)));
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 1 };
	xen_pfn_t frame = 0;
	long rc;

	if (table)
		return NULL;
	set_xen_guest_handle(s.frame_list, &frame);
	rc = HYPERVISOR_grant_table_op(GNTTABOP_setup_table, &s, 1);
	if (rc || s.status)
		return wrong("setup_table returned %ld, status %d", rc, s.status);
	if (set_pte((unsigned long)page, frame << 12 | PTE_FLAGS_RW))
		return "the grant table could not be mapped";
	table = (void *)page;
	return NULL;
}

static const char *map_setup(void)
{
	const char *reason = table_setup();

	if (reason)
		return reason;
	table[REF].domid = 0;
	table[REF].frame = (uint32_t)virt_to_mfn(GRANTED);
	table[REF].flags = GTF_permit_access;
	return set_pte((unsigned long)WINDOW, 0) ? "the window could not be cleared" : NULL;
}

static const char *map_teardown(void)
{
	if (table)
		table[REF].flags = 0;
	return make_writable(WINDOW) ? NULL : "the window could not be restored";
}

static void map_before(void)
{
	map = (struct gnttab_map_grant_ref){ .host_addr = (unsigned long)WINDOW, .flags = GNTMAP_host_map, .ref = REF,
					     .dom = 0, .status = 77 };
	*(volatile unsigned long *)GRANTED = ++turn;
}

static long map_run(void)
{
	return HYPERVISOR_grant_table_op(GNTTABOP_map_grant_ref, &map, 1);
}

static void unmap_prepare(void)
{
	unmap = (struct gnttab_unmap_grant_ref){ .host_addr = (unsigned long)WINDOW, .handle = map.handle, .status = 77 };
}

static long unmap_run(void)
{
	return HYPERVISOR_grant_table_op(GNTTABOP_unmap_grant_ref, &unmap, 1);
}

static const char *map_shows(long rc)
{
	if (rc || map.status)
		return wrong("map returned %ld, status %d", rc, map.status);
	if (*(volatile unsigned long *)WINDOW != turn)
		return "the window does not show the granted page";
	return table[REF].flags & GTF_writing ? NULL : "the entry is not marked in use";
}

static const char *unmap_shows(long rc)
{
	if (rc || unmap.status)
		return wrong("unmap returned %ld, status %d", rc, unmap.status);
	if (*pte_of((unsigned long)WINDOW) & PTE_P)
		return "the window is still mapped";
	return table[REF].flags == GTF_permit_access ? NULL : "the entry is still in use";
}

static const char *map_after(long rc)
{
	const char *reason = map_shows(rc);

	if (reason)
		return reason;
	unmap_prepare();
	return unmap_shows(unmap_run());
}

static void unmap_before(void)
{
	map_before();
	map_run();
	unmap_prepare();
}

/* Both, as a back end pays for a page; the handle goes from one structure to the other. */
static long both_run(void)
{
	long rc = map_run();

	unmap_prepare();
	return rc ? rc : unmap_run();
}

/* ---- copy ---- */

static const char *copy_setup(void)
{
	const char *reason = table_setup();

	if (reason)
		return reason;
	table[REF].domid = 0;
	table[REF].frame = (uint32_t)virt_to_mfn(GRANTED);
	table[REF].flags = GTF_permit_access;
	return NULL;
}

static void copy_before(void)
{
	turn++;
	for (unsigned int i = 0; i < 512; i++)
		((unsigned long *)GRANTED)[i] = turn * 1000 + i;
	copy = (struct gnttab_copy){ .source = { .u.ref = REF, .domid = 0 },
				     .dest = { .u.gmfn = virt_to_mfn(COPY), .domid = DOMID_SELF },
				     .len = PAGE_SIZE, .flags = GNTCOPY_source_gref, .status = 77 };
}

static long copy_run(void)
{
	return HYPERVISOR_grant_table_op(GNTTABOP_copy, &copy, 1);
}

static const char *copy_after(long rc)
{
	if (rc || copy.status)
		return wrong("copy returned %ld, status %d", rc, copy.status);
	return memcmp(GRANTED, COPY, PAGE_SIZE) ? "the copy differs" : NULL;
}

static const char *copy_teardown(void)
{
	if (table)
		table[REF].flags = 0;
	return NULL;
}

const struct op grant_ops[] = {
	{ .name = "grant-map", .setup = map_setup, .before = map_before, .run = map_run, .after = map_after, .teardown = map_teardown },
	{ .name = "grant-unmap", .setup = map_setup, .before = unmap_before, .run = unmap_run, .after = unmap_shows,
	  .teardown = map_teardown },
	{ .name = "grant-map-unmap", .setup = map_setup, .before = map_before, .run = both_run, .after = unmap_shows,
	  .teardown = map_teardown },
	{ .name = "grant-copy-page", .setup = copy_setup, .before = copy_before, .run = copy_run, .after = copy_after,
	  .teardown = copy_teardown },
	{ 0 }
};
