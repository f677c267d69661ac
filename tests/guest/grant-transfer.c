/* SPDX-License-Identifier: MIT
 *
 * Grant transfer: a frame changes its owner when the other domain's entry accepts it, and only then. The entry says so with
 * committed, completed and the frame's number; pages are counted on both sides. A frame that is still
 * mapped, a full domain, an entry used up and wrong arguments change nothing.
 */
#include "testlib.h"
#include <pv-abi/domctl.h>

static struct xen_domctl op;
static unsigned int other;
static void *window;            /* the other domain's first grant frame */

static long domctl(uint32_t cmd, unsigned int domid)
{
	op.cmd = cmd;
	op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op.domain = (domid_t)domid;
	return HYPERVISOR_domctl(&op);
}

static unsigned long pages_of(unsigned int domid)
{
	EXPECT_EQ(domctl(XEN_DOMCTL_getdomaininfo, domid), 0);
	return op.u.getdomaininfo.tot_pages;
}

static void limit(unsigned long kb)
{
	op.u.max_mem.max_memkb = kb;
	EXPECT_EQ(domctl(XEN_DOMCTL_max_mem, other), 0);
}

static void create(void)
{
	xen_pfn_t frame = 0;
	struct xen_mem_acquire_resource a = { .type = XENMEM_resource_grant_table, .nr_frames = 1 };

	memset(&op, 0, sizeof(op));
	op.u.createdomain.max_vcpus = 1;
	op.u.createdomain.max_evtchn_port = 1023;
	op.u.createdomain.max_grant_frames = 4;
	op.u.createdomain.max_maptrack_frames = 4;
	op.u.createdomain.grant_opts = 2;
	EXPECT_EQ(domctl(XEN_DOMCTL_createdomain, 0), 0);
	other = op.domain;
	a.domid = (domid_t)other;
	set_xen_guest_handle(a.frame_list, &frame);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_acquire_resource, &a), 0);
	window = alloc_page();
	EXPECT_EQ(HYPERVISOR_update_va_mapping_otherdomain((unsigned long)window, frame << 12 | PTE_FLAGS_RW, UVMF_INVLPG,
							   other), 0);
}

static int16_t transfer(unsigned long mfn, unsigned int domid, grant_ref_t ref)
{
	struct gnttab_transfer t = { .mfn = mfn, .domid = (domid_t)domid, .ref = ref, .status = 77 };

	EXPECT_EQ(HYPERVISOR_grant_table_op(GNTTABOP_transfer, &t, 1), 0);
	return t.status;
}

/* A page of ours that nobody maps. */
static unsigned long spare(void **page)
{
	*page = alloc_page();
	EXPECT_EQ(set_pte((unsigned long)*page, 0), 0);
	return virt_to_mfn(*page);
}

static void wrong(void)
{
	void *page = alloc_page();

	EXPECT_EQ(transfer(virt_to_mfn(page), other, 8), GNTST_bad_page);       /* mapped */
	EXPECT_EQ(transfer(~0UL >> 12, other, 8), GNTST_bad_page);
	EXPECT_EQ(transfer(0xb8, other, 8), GNTST_bad_page);                    /* not RAM, not ours */
	EXPECT_EQ(transfer(virt_to_mfn(page), 0, 8), GNTST_bad_domain);
	EXPECT_EQ(transfer(virt_to_mfn(page), 1234, 8), GNTST_bad_domain);
	EXPECT_EQ(HYPERVISOR_grant_table_op(GNTTABOP_transfer, (void *)0x10, 1), -XEN_EFAULT);
}

static void moves(void)
{
	volatile struct grant_entry_v1 *e = (struct grant_entry_v1 *)window + 8;
	unsigned long mine, theirs, m;
	void *page;

	m = spare(&page);
	mine = pages_of(0);
	theirs = pages_of(other);
	limit(4096);
	/* The entry does not accept; then not from us; then not that table. */
	EXPECT_EQ(transfer(m, other, 8), GNTST_general_error);
	e->domid = 77;
	e->flags = GTF_accept_transfer;
	EXPECT_EQ(transfer(m, other, 8), GNTST_general_error);
	EXPECT_EQ(transfer(m, other, 1 << 20), GNTST_bad_gntref);
	EXPECT_EQ(pages_of(0), mine);
	EXPECT_EQ(set_pte((unsigned long)page, m << 12 | PTE_FLAGS_RW), 0);
	*(uint64_t *)page = 0x1234;
	EXPECT_EQ(set_pte((unsigned long)page, 0), 0);
	/* Full: nothing is committed. */
	e->domid = 0;
	limit(theirs * 4);
	EXPECT_EQ(transfer(m, other, 8), GNTST_general_error);
	EXPECT_EQ(e->flags, GTF_accept_transfer);
	limit(4096);
	EXPECT_EQ(transfer(m, other, 8), GNTST_okay);
	EXPECT_EQ(e->flags, GTF_accept_transfer | GTF_transfer_committed | GTF_transfer_completed);
	EXPECT_EQ(e->frame, m);
	EXPECT_EQ(pages_of(0), mine - 1);
	EXPECT_EQ(pages_of(other), theirs + 1);
	ok(HYPERVISOR_update_va_mapping((unsigned long)page, m << 12 | PTE_FLAGS_RW, UVMF_INVLPG) < 0, "it is not ours any more");
	/* Used up; and the frame is not ours to give. */
	EXPECT_EQ(transfer(spare(&page), other, 8), GNTST_general_error);
	EXPECT_EQ(transfer(m, other, 9), GNTST_bad_page);
}

void test_main(void)
{
	create();
	wrong();
	moves();
	EXPECT_EQ(set_pte((unsigned long)window, 0), 0);
	while (domctl(XEN_DOMCTL_destroydomain, other) == -XEN_ERESTART)
		;
	EXPECT_EQ(domctl(XEN_DOMCTL_getdomaininfo, other) == 0 && op.domain == other, 0);
}
