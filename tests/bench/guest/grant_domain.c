/* SPDX-License-Identifier: MIT
 *
 * A page that another domain grants, mapped, unmapped and copied: what a back end pays. And the building of
 * such a domain, up to its first words.
 */
#include "bench.h"
#include "domu.h"

#define REF 9
#define MAGIC 0x600df00d12345678UL
#define WINDOW pool[POOL_PAGES - 1]
#define COPY pool[1]

enum { READY, FAILED };

static struct domu granter;

/* In the other domain: one page is granted. */
static void grant_a_page(void *unused)
{
	static char page[PAGE_SIZE] __attribute__((aligned(4096)));
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 1 };
	struct grant_entry_v1 *table = (void *)page;
	xen_pfn_t frame = 0;
	unsigned long *granted = (unsigned long *)pool[0];

	for (unsigned int i = 0; i < 512; i++)
		granted[i] = MAGIC + i;
	set_xen_guest_handle(s.frame_list, &frame);
	if (HYPERVISOR_grant_table_op(GNTTABOP_setup_table, &s, 1) || s.status ||
	    set_pte((unsigned long)page, frame << 12 | PTE_FLAGS_RW))
		domu_channel->word[FAILED] = 1;
	table[REF].domid = 0;
	table[REF].frame = (uint32_t)virt_to_mfn(granted);
	table[REF].flags = GTF_permit_access;
	domu_channel->word[READY] = 1;
	for (;;)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
}

static bool ready(struct domu *u)
{
	for (unsigned int tries = 0; !u->channel->word[READY] && tries < 100000; tries++)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	return u->channel->word[READY];
}

static const char *setup(void)
{
	struct domu_config c = { .main = grant_a_page, .pages = 2048 };
	static struct xen_domctl op;

	domu_create(&granter, &c);
	domu_start(&granter);
	if (!ready(&granter) || granter.channel->word[FAILED])
		return "the second domain could not grant its page";
	/* It must not run between two readings of the clock. */
	if (domu_domctl(&op, XEN_DOMCTL_pausedomain, granter.domid))
		return "the second domain could not be paused";
	return set_pte((unsigned long)WINDOW, 0) ? "the window could not be cleared" : NULL;
}

static const char *teardown(void)
{
	bool gone = domu_destroy(&granter);

	return !make_writable(WINDOW) ? "the window could not be restored" : gone ? NULL : "the second domain does not go";
}

/* ---- map and unmap ---- */

static struct gnttab_map_grant_ref map;
static struct gnttab_unmap_grant_ref unmap;
static unsigned long seen;

static void map_before(void)
{
	seen = 0;
	map = (struct gnttab_map_grant_ref){ .host_addr = (unsigned long)WINDOW, .flags = GNTMAP_host_map, .ref = REF,
					     .dom = (domid_t)granter.domid, .status = 77 };
}

/* The page is read once in between, as it would be: one instruction. */
static long map_run(void)
{
	long rc = HYPERVISOR_grant_table_op(GNTTABOP_map_grant_ref, &map, 1);

	if (rc || map.status)
		return rc ? rc : map.status;
	seen = *(volatile unsigned long *)WINDOW;
	unmap = (struct gnttab_unmap_grant_ref){ .host_addr = (unsigned long)WINDOW, .handle = map.handle, .status = 77 };
	return HYPERVISOR_grant_table_op(GNTTABOP_unmap_grant_ref, &unmap, 1);
}

static const char *map_after(long rc)
{
	if (rc || unmap.status)
		return wrong("map and unmap returned %ld, status %d and %d", rc, map.status, unmap.status);
	if (seen != MAGIC)
		return wrong("the window showed %#lx", seen);
	return *pte_of((unsigned long)WINDOW) & PTE_P ? "the window is still mapped" : NULL;
}

/* ---- copy ---- */

static struct gnttab_copy copy;

static void copy_before(void)
{
	memset(COPY, 0, PAGE_SIZE);
	copy = (struct gnttab_copy){ .source = { .u.ref = REF, .domid = (domid_t)granter.domid },
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
	for (unsigned int i = 0; i < 512; i++)
		if (((unsigned long *)COPY)[i] != MAGIC + i)
			return wrong("word %u of the copy is wrong", i);
	return NULL;
}

/* ---- a domain of 8 MB, from createdomain to its first words ---- */

static struct domu young;

static void first_words(void *unused)
{
	domu_channel->word[READY] = 1;
	for (;;)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
}

static long build_run(void)
{
	struct domu_config c = { .main = first_words, .pages = 2048 };

	domu_create(&young, &c);
	domu_start(&young);
	return !ready(&young);
}

static const char *build_after(long rc)
{
	if (rc)
		return "the new domain says nothing";
	return domu_destroy(&young) ? NULL : "the new domain does not go";
}

const struct op grant_domain_ops[] = {
	{ .name = "grant-map-unmap-domain", .setup = setup, .before = map_before, .run = map_run, .after = map_after,
	  .teardown = teardown },
	{ .name = "grant-copy-page-domain", .setup = setup, .before = copy_before, .run = copy_run, .after = copy_after,
	  .teardown = teardown },
	{ .name = "build-domain-8M", .by_name_only = true, .samples = 4, .run = build_run, .after = build_after },
	{ 0 }
};
