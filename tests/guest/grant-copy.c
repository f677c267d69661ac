/* SPDX-License-Identifier: MIT
 *
 * Grant copies: between frames and grants in every combination, the limits of a page and of a sub-page
 * grant, read-only grants, transitive grants (refused here, where they would lead back to their owner), a destination
 * that is a page table, and transfers to oneself, which are refused.
 */
#include "testlib.h"

static struct grant_entry_v1 *v1;
static union grant_entry_v2 *v2;
static unsigned char *a, *b;

static struct gnttab_copy frames(unsigned int from, unsigned int to, unsigned int len)
{
	struct gnttab_copy c = { .len = (uint16_t)len };

	c.source.u.gmfn = virt_to_mfn(a);
	c.dest.u.gmfn = virt_to_mfn(b);
	c.source.domid = c.dest.domid = DOMID_SELF;
	c.source.offset = (uint16_t)from;
	c.dest.offset = (uint16_t)to;
	return c;
}

static int run(struct gnttab_copy c)
{
	EXPECT_EQ(HYPERVISOR_grant_table_op(GNTTABOP_copy, &c, 1), 0);
	return c.status;
}

static void by_frame(void)
{
	struct gnttab_copy c;

	EXPECT_EQ(run(frames(0, 0, 4096)), GNTST_okay);
	EXPECT_EQ(memcmp(a, b, 4096), 0);
	EXPECT_EQ(run(frames(4090, 10, 6)), GNTST_okay);
	EXPECT_EQ(memcmp(a + 4090, b + 10, 6), 0);
	EXPECT_EQ(run(frames(4090, 0, 7)), GNTST_bad_copy_arg);
	EXPECT_EQ(run(frames(0, 4095, 2)), GNTST_bad_copy_arg);
	c = frames(0, 0, 8);
	c.source.u.gmfn = 0xfffffff;
	EXPECT_EQ(run(c), GNTST_bad_page);
	c = frames(0, 0, 8);
	c.dest.u.gmfn = virt_to_mfn((void *)si->pt_base);
	EXPECT_EQ(run(c), GNTST_bad_page);
	c = frames(0, 0, 8);
	c.dest.domid = 1234;
	EXPECT_EQ(run(c), GNTST_permission_denied);
}

static void by_grant(void)
{
	struct gnttab_copy c = frames(16, 32, 64);

	v1[9] = (struct grant_entry_v1){ .flags = GTF_permit_access | GTF_readonly, .frame = (uint32_t)virt_to_mfn(a) };
	v1[10] = (struct grant_entry_v1){ .flags = GTF_permit_access, .frame = (uint32_t)virt_to_mfn(b) };
	c.flags = GNTCOPY_source_gref | GNTCOPY_dest_gref;
	c.source.u.ref = 9;
	c.dest.u.ref = 10;
	memset(b, 0, 4096);
	EXPECT_EQ(run(c), GNTST_okay);
	EXPECT_EQ(memcmp(a + 16, b + 32, 64), 0);
	EXPECT_EQ(b[31] | b[96], 0);
	EXPECT_EQ(v1[9].flags, GTF_permit_access | GTF_readonly);
	EXPECT_EQ(v1[10].flags, GTF_permit_access);
	c.dest.u.ref = 9;
	EXPECT_EQ(run(c), GNTST_general_error);
	c.dest.u.ref = 1 << 20;
	EXPECT_EQ(run(c), GNTST_bad_gntref);
	c.dest.domid = 1234;
	EXPECT_EQ(run(c), GNTST_bad_domain);
}

static void version2(void)
{
	struct gnttab_set_version v = { .version = 2 };
	struct gnttab_copy c = frames(100, 0, 50);

	EXPECT_EQ(HYPERVISOR_grant_table_op(GNTTABOP_set_version, &v, 1), 0);
	v2[9].sub_page.frame = virt_to_mfn(a);
	v2[9].sub_page.page_off = 100;
	v2[9].sub_page.length = 50;
	v2[9].hdr.flags = GTF_permit_access | GTF_sub_page;
	c.flags = GNTCOPY_source_gref;
	c.source.u.ref = 9;
	memset(b, 0, 4096);
	EXPECT_EQ(run(c), GNTST_okay);
	EXPECT_EQ(memcmp(a + 100, b, 50), 0);
	c.len = 51;
	EXPECT_EQ(run(c), GNTST_general_error);
	c.len = 1;
	c.source.offset = 99;
	EXPECT_EQ(run(c), GNTST_general_error);
	/* What says it is longer than the page does not reach behind it. */
	v2[9].sub_page.length = 0xffff;
	c.source.offset = 4095;
	c.len = 2;
	EXPECT_EQ(run(c), GNTST_bad_copy_arg);

	v2[10].hdr.flags = GTF_transitive;
	v2[10].transitive.trans_domid = 0;
	v2[10].transitive.gref = 9;
	c.source.u.ref = 10;
	c.source.offset = 100;
	EXPECT_EQ(run(c), GNTST_general_error);
	v2[10].transitive.trans_domid = 1234;
	EXPECT_EQ(run(c), GNTST_bad_domain);
}

static void many(void)
{
	static struct gnttab_copy c[300];
	unsigned int good = 0;

	for (unsigned int i = 0; i < 300; i++)
		c[i] = frames(i, 0, 8);
	c[200].len = 4096;
	EXPECT_EQ(HYPERVISOR_grant_table_op(GNTTABOP_copy, c, 300), 0);
	for (unsigned int i = 0; i < 300; i++)
		good += c[i].status == GNTST_okay;
	EXPECT_EQ(good, 299);
	EXPECT_EQ(c[200].status, GNTST_bad_copy_arg);
	EXPECT_EQ(memcmp(a + 299, b, 8), 0);
}

static void transfer(void)
{
	struct gnttab_transfer t = { .mfn = virt_to_mfn(b), .domid = 0, .ref = 12 };

	EXPECT_EQ(HYPERVISOR_grant_table_op(GNTTABOP_transfer, &t, 1), 0);
	EXPECT_EQ(t.status, GNTST_bad_domain);
	t.mfn = 0xfffffff;
	EXPECT_EQ(HYPERVISOR_grant_table_op(GNTTABOP_transfer, &t, 1), 0);
	EXPECT_EQ(t.status, GNTST_bad_page);
}

static void cache(void)
{
	struct gnttab_cache_flush f = { .a.dev_bus_addr = virt_to_maddr(a), .length = 64, .op = GNTTAB_CACHE_CLEAN };

	EXPECT_EQ(HYPERVISOR_grant_table_op(GNTTABOP_cache_flush, &f, 1), 0);
	f.op = GNTTAB_CACHE_INVAL;
	EXPECT_EQ(HYPERVISOR_grant_table_op(GNTTABOP_cache_flush, &f, 1), -XEN_EOPNOTSUPP);
	f.offset = 4095;
	EXPECT_EQ(HYPERVISOR_grant_table_op(GNTTABOP_cache_flush, &f, 1), -XEN_EINVAL);
}

void test_main(void)
{
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 1 };
	xen_pfn_t frame = 0;

	a = alloc_page();
	b = alloc_page();
	for (unsigned int i = 0; i < 4096; i++)
		a[i] = (unsigned char)(i * 7 + i / 256);
	set_xen_guest_handle(s.frame_list, &frame);
	EXPECT_EQ(HYPERVISOR_grant_table_op(GNTTABOP_setup_table, &s, 1), 0);
	v1 = alloc_page();
	v2 = (void *)v1;
	EXPECT_EQ(set_pte((unsigned long)v1, frame << 12 | PTE_FLAGS_RW), 0);
	by_frame();
	by_grant();
	many();
	version2();
	transfer();
	cache();
}
