/* SPDX-License-Identifier: MIT
 *
 * A domain is destroyed in every state its memory can be in: empty, with page tables pinned and
 * with base pointers set, with tables that are half of a wrong tree, with frames given back but
 * still pinned, with frames that another domain still maps. Each time all frames come back, the
 * last ones when the other domain lets go. Then: a page of it that the other domain has unmapped
 * without a flush, and that becomes a page table.
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

static long map(unsigned int page, uint64_t flags)
{
	return HYPERVISOR_update_va_mapping_otherdomain((unsigned long)window,
							mfns[page] << 12 | flags, UVMF_INVLPG,
							domid);
}

static void unmap(void)
{
	EXPECT_EQ(set_pte((unsigned long)window, 0), 0);
}

static void put(unsigned int page, unsigned int slot, unsigned int target, uint64_t flags)
{
	EXPECT_EQ(map(page, PTE_FLAGS_RW), 0);
	((volatile uint64_t *)window)[slot] = mfns[target] << 12 | flags;
	unmap();
}

static long mmuext(unsigned int cmd, unsigned int page)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfns[page] };

	return HYPERVISOR_mmuext_op(&op, 1, NULL, domid);
}

/*
 * Page 0 an L4, 1 an L3, 2..9 L2s, 10..73 L1s that map data pages, their own tables read-only among
 * them.
 */
static void build_tree(void)
{
	put(0, 5, 1, PTE_FLAGS_RW);
	for (unsigned int i = 0; i < 8; i++) {
		put(1, i, 2 + i, PTE_FLAGS_RW);
		for (unsigned int j = 0; j < 8; j++) {
			unsigned int l1 = 10 + i * 8 + j;

			put(2 + i, j, l1, PTE_FLAGS_RW);
			put(l1, j, 80 + l1, PTE_FLAGS_RW);
			put(l1, 100, 2 + i, PTE_FLAGS_RO);
			put(l1, 101, l1, PTE_FLAGS_RO);
		}
	}
}

static void v_empty(void)
{
}

static void v_pinned(void)
{
	build_tree();
	EXPECT_EQ(mmuext(MMUEXT_PIN_L4_TABLE, 0), 0);
	EXPECT_EQ(mmuext(MMUEXT_PIN_L2_TABLE, 3), 0);
	EXPECT_EQ(mmuext(MMUEXT_PIN_L1_TABLE, 11), 0);
	EXPECT(map(11, PTE_FLAGS_RW) < 0);
	/* From here, by its owner's master. */
	{
		struct mmu_update u = { .ptr = (mfns[11] << 12) + 8,
			.val = mfns[90] << 12 | PTE_FLAGS_RW };

		EXPECT_EQ(HYPERVISOR_mmu_update(&u, 1, NULL, (domid + 1) << 16 | domid), 0);
		u.val = 0x200UL << 12 | PTE_FLAGS_RW;
		EXPECT_EQ(HYPERVISOR_mmu_update(&u, 1, NULL, (domid + 1) << 16 | domid),
			  -XEN_EINVAL);
		/* A frame of the other domain's in a table of ours needs to be asked for. */
		u.ptr = entry_maddr(pte_of((unsigned long)window));
		u.val = mfns[90] << 12 | PTE_FLAGS_RW;
		EXPECT_EQ(HYPERVISOR_mmu_update(&u, 1, NULL, DOMID_SELF), -XEN_EINVAL);
	}
}

static void v_wrong_tree(void)
{
	build_tree();
	/* One L1, late in the tree, maps a page table writable: the whole pin fails. */
	put(70, 7, 2, PTE_FLAGS_RW);
	EXPECT_EQ(mmuext(MMUEXT_PIN_L4_TABLE, 0), -XEN_EINVAL);
	EXPECT_EQ(mmuext(MMUEXT_PIN_L2_TABLE, 4), 0);
}

static void v_given_back(void)
{
	struct xen_memory_reservation r = { .nr_extents = 100, .domid = (domid_t)domid };

	build_tree();
	EXPECT_EQ(mmuext(MMUEXT_PIN_L4_TABLE, 0), 0);
	set_xen_guest_handle(r.extent_start, mfns);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_decrease_reservation, &r), 100);
}

static void v_base_pointer(void)
{
	static struct vcpu_guest_context c;
	static struct xen_domctl op;

	build_tree();
	memset(&c, 0, sizeof(c));
	c.flags = VGCF_in_kernel;
	c.user_regs.cs = FLAT_KERNEL_CS;
	c.user_regs.ss = FLAT_KERNEL_SS;
	c.kernel_ss = FLAT_KERNEL_SS;
	c.ctrlreg[3] = xen_pfn_to_cr3(mfns[0]);
	c.gdt_frames[0] = mfns[299];
	c.gdt_ents = 512;
	op.u.vcpucontext.vcpu = 0;
	set_xen_guest_handle(op.u.vcpucontext.ctxt, &c);
	EXPECT_EQ(domctl(&op, XEN_DOMCTL_setvcpucontext), 0);
	EXPECT(map(0, PTE_FLAGS_RW) < 0);
	EXPECT(map(299, PTE_FLAGS_RW) < 0);
	EXPECT_EQ(map(299, PTE_FLAGS_RO), 0);
	unmap();
}

static void one(const char *name, void (*variant)(void))
{
	unsigned long before;

	/* The first one pays for what stays, such as partly used pages of small objects. */
	for (unsigned int round = 0; round < 3; round++) {
		before = free_pages();
		create();
		variant();
		destroy();
		if (round)
			ok(free_pages() == before, "%s: %lu pages free, before %lu", name,
			   free_pages(), before);
	}
}

static void foreign_mapping(void)
{
	unsigned long before = free_pages();
	struct xen_memory_domain d;

	create();
	EXPECT_EQ(map(250, PTE_FLAGS_RW), 0);
	*(volatile uint64_t *)window = 0x1234;
	destroy();
	/* Gone but for the page that we have: the domain's shadow remains for its sake. */
	EXPECT_EQ(*(volatile uint64_t *)window, 0x1234);
	d.domid = (domid_t)domid;
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_current_reservation, &d), 1);
	EXPECT(free_pages() < before);
	EXPECT(free_pages() + 40 > before);
	unmap();
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_current_reservation, &d), -XEN_ESRCH);
	EXPECT_EQ(free_pages(), before);
}

/* A dead domain that lives on for the sake of a page is not given that page as its page table: it would never go. */
static void context_for_the_dead(void)
{
	static struct vcpu_guest_context c;
	static struct xen_domctl op;
	unsigned long before = free_pages();
	struct xen_memory_domain d;

	create();
	EXPECT_EQ(map(250, PTE_FLAGS_RO), 0);
	destroy();
	memset(&c, 0, sizeof(c));
	c.flags = VGCF_in_kernel;
	c.user_regs.cs = FLAT_KERNEL_CS;
	c.user_regs.ss = FLAT_KERNEL_SS;
	c.kernel_ss = FLAT_KERNEL_SS;
	c.ctrlreg[3] = xen_pfn_to_cr3(mfns[250]);
	op.u.vcpucontext.vcpu = 0;
	set_xen_guest_handle(op.u.vcpucontext.ctxt, &c);
	EXPECT_EQ(domctl(&op, XEN_DOMCTL_setvcpucontext), -XEN_EINVAL);
	unmap();
	d.domid = (domid_t)domid;
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_current_reservation, &d), -XEN_ESRCH);
	EXPECT_EQ(free_pages(), before);
}

/* A table of interrupts that came to be for a request that failed goes with its domain. */
static void interrupts(void)
{
	struct physdev_map_pirq m = { .type = MAP_PIRQ_TYPE_MSI, .index = -1, .pirq = -1 };
	unsigned long before = 0;

	for (unsigned int round = 0; round < 24; round++) {
		if (round == 8)
			before = free_pages();
		create();
		m.domid = (domid_t)domid;
		EXPECT(HYPERVISOR_physdev_op(PHYSDEVOP_map_pirq, &m) < 0);
		destroy();
	}
	ok(free_pages() == before, "interrupts: %lu pages free, before %lu", free_pages(), before);
}

static void store(void *unused)
{
	*(volatile uint64_t *)window = 0xdead;
}

/*
 * Another domain's translation of a page that it had mapped writable, and unmapped without a flush, does not reach the page
 * once it is a page table.
 */
static void stale_foreign_translation(void)
{
	unsigned int stopped = 0;
	struct fault f;

	create();
	for (unsigned int round = 0; round < 40; round++) {
		EXPECT_EQ(map(7, PTE_FLAGS_RW), 0);
		*(volatile uint64_t *)window = 0;
		EXPECT_EQ(HYPERVISOR_update_va_mapping((unsigned long)window, 0, UVMF_NONE), 0);
		EXPECT_EQ(mmuext(MMUEXT_PIN_L1_TABLE, 7), 0);
		try_call(store, NULL, &f);
		stopped += f.happened && f.vector == 14;
		EXPECT_EQ(mmuext(MMUEXT_UNPIN_TABLE, 7), 0);
	}
	EXPECT_EQ(stopped, 40);
	destroy();
}

void test_main(void)
{
	window = alloc_page();
	one("empty", v_empty);
	one("pinned", v_pinned);
	one("wrong tree", v_wrong_tree);
	one("given back", v_given_back);
	one("base pointer", v_base_pointer);
	foreign_mapping();
	context_for_the_dead();
	interrupts();
	stale_foreign_translation();
}
