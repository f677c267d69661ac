/* SPDX-License-Identifier: MIT
 *
 * The rest of memory_op and mmuext_op: limits, claims, a memory map given to another domain, its
 * grant table's frames as a resource, what is refused to paravirtualized domains; base pointers,
 * flushes of all kinds.
 */
#include <pv-abi/domctl.h>
#include "testlib.h"

static unsigned int domid;

static long domctl(struct xen_domctl *op, unsigned int cmd)
{
	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = (domid_t)domid;
	return HYPERVISOR_domctl(op);
}

static void create(void)
{
	static struct xen_domctl op;

	op.u.createdomain.max_vcpus = 1;
	op.u.createdomain.max_evtchn_port = 1023;
	op.u.createdomain.max_grant_frames = 4;
	op.u.createdomain.max_maptrack_frames = 4;
	op.u.createdomain.grant_opts = 2;
	if (domctl(&op, XEN_DOMCTL_createdomain))
		die("createdomain failed");
	domid = op.domain;
	memset(&op, 0, sizeof(op));
	op.u.max_vcpus.max = 1;
	EXPECT_EQ(domctl(&op, XEN_DOMCTL_max_vcpus), 0);
	op.u.max_mem.max_memkb = 20 * 4;
	EXPECT_EQ(domctl(&op, XEN_DOMCTL_max_mem), 0);
}

static long number(unsigned int op, unsigned int dom)
{
	struct xen_memory_domain d = { .domid = (domid_t)dom };

	return HYPERVISOR_memory_op(op, &d);
}

static void limits(void)
{
	struct xen_memory_reservation r = { .nr_extents = 30, .domid = (domid_t)domid };
	xen_pfn_t list[30];

	EXPECT_EQ(number(XENMEM_maximum_reservation, domid), 20);
	set_xen_guest_handle(r.extent_start, list);
	/* As many as are allowed, and the count says so. */
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_increase_reservation, &r), 20);
	EXPECT_EQ(number(XENMEM_current_reservation, domid), 20);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_increase_reservation, &r), 0);
	r.nr_extents = 15;
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_decrease_reservation, &r), 15);
	EXPECT_EQ(number(XENMEM_current_reservation, domid), 5);
	r.nr_extents = 1;
	r.extent_order = 3;
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_increase_reservation, &r), 1);
	EXPECT_EQ(list[0] & 7, 0);
	EXPECT_EQ(number(XENMEM_current_reservation, domid), 13);
	r.extent_order = 40;
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_increase_reservation, &r), 0);
	EXPECT_EQ(number(XENMEM_maximum_gpfn, DOMID_SELF), 0);
	shared->arch.max_pfn = 77;
	EXPECT_EQ(number(XENMEM_maximum_gpfn, DOMID_SELF), 76);
	EXPECT_EQ(number(XENMEM_current_reservation, 4321), -XEN_ESRCH);
}

static void claims(void)
{
	struct xen_memory_reservation r = { .nr_extents = 18, .domid = (domid_t)domid };

	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_claim_pages, &r), 0);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_claim_pages, &r), -XEN_EINVAL);
	r.nr_extents = 0;
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_claim_pages, &r), 0);
	r.nr_extents = 21;
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_claim_pages, &r), -XEN_EINVAL);
	r.nr_extents = 18;
	r.extent_order = 1;
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_claim_pages, &r), -XEN_EINVAL);
}

static void maps_and_resources(void)
{
	static struct { uint64_t start, size; uint32_t type; } __attribute__((packed)) e820 = { 0,
		4096, 1 };
	struct xen_foreign_memory_map fm = { .domid = DOMID_SELF, .map.nr_entries = 1 };
	struct xen_memory_map map = { .nr_entries = 5 };
	struct xen_mem_acquire_resource a = { .domid = (domid_t)domid,
		.type = XENMEM_resource_grant_table, .nr_frames = 1 };
	struct xen_vnuma_topology_info v = { .domid = DOMID_SELF };
	struct xen_reserved_device_memory_map rdm = { .nr_entries = 3 };
	uint64_t *page = alloc_page();
	xen_pfn_t frame = 0;

	fm.map.buffer.p = &e820;
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_set_memory_map, &fm), 0);
	e820.size = 0;
	map.buffer.p = &e820;
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_memory_map, &map), 0);
	EXPECT_EQ(map.nr_entries, 1);
	EXPECT_EQ(e820.size, 4096);
	fm.map.nr_entries = 5000;
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_set_memory_map, &fm), -XEN_EINVAL);

	set_xen_guest_handle(a.frame_list, &frame);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_acquire_resource, &a), 0);
	EXPECT(frame != 0);
	EXPECT_EQ(HYPERVISOR_update_va_mapping_otherdomain((unsigned long)page, frame << 12 | PTE_FLAGS_RW, UVMF_INVLPG, domid), 0);
	page[0] = 0;
	EXPECT_EQ(set_pte((unsigned long)page, 0), 0);
	set_xen_guest_handle(a.frame_list, NULL);
	a.nr_frames = 0;
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_acquire_resource, &a), 0);
	EXPECT_EQ(a.nr_frames, 4);
	a.domid = DOMID_SELF;
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_acquire_resource, &a), -XEN_EPERM);
	a.pad = 1;
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_acquire_resource, &a), -XEN_EINVAL);

	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_get_vnumainfo, &v), -XEN_EOPNOTSUPP);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_reserved_device_memory_map, &rdm), 0);
	EXPECT_EQ(rdm.nr_entries, 0);
}

static void not_for_pv(void)
{
	struct xen_pod_target pod = { .domid = DOMID_SELF };
	struct xen_mem_access_op access = { .domid = (domid_t)domid };
	struct xen_add_to_physmap_batch batch = { .domid = DOMID_SELF };
	struct xen_remove_from_physmap rm = { .domid = DOMID_SELF };

	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_get_pod_target, &pod), -XEN_EINVAL);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_set_pod_target, &pod), -XEN_EINVAL);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_paging_op, &pod), -XEN_EOPNOTSUPP);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_access_op, &access), -XEN_ENODEV);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_add_to_physmap_batch, &batch), -XEN_EACCES);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_remove_from_physmap, &rm), -XEN_EACCES);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_get_sharing_freed_pages, NULL), 0);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_get_sharing_shared_pages, NULL), 0);
}

static void base_pointers_and_flushes(void)
{
	static const unsigned int flushes[] = {
		MMUEXT_TLB_FLUSH_LOCAL, MMUEXT_INVLPG_LOCAL, MMUEXT_TLB_FLUSH_MULTI,
		MMUEXT_INVLPG_MULTI,
		MMUEXT_TLB_FLUSH_ALL, MMUEXT_INVLPG_ALL,
	};
	volatile uint64_t *page = alloc_page();
	uint64_t *two[2] = { alloc_page(), alloc_page() }, *l4 = alloc_page();
	unsigned long set = 1;
	struct mmuext_op op;
	unsigned int done;

	two[0][0] = 1;
	two[1][0] = 2;
	for (unsigned int i = 0; i < ARRAY_SIZE(flushes); i++) {
		unsigned int which = i & 1;

		EXPECT_EQ(HYPERVISOR_update_va_mapping((unsigned long)page,
						       virt_to_mfn(two[which]) << 12 | PTE_FLAGS_RW,
						       UVMF_NONE), 0);
		op = (struct mmuext_op){ .cmd = flushes[i],
			.arg1.linear_addr = (unsigned long)page };
		set_xen_guest_handle(op.arg2.vcpumask, &set);
		EXPECT_EQ(HYPERVISOR_mmuext_op(&op, 1, &done, DOMID_SELF), 0);
		EXPECT_EQ(done, 1);
		EXPECT_EQ(page[0], which + 1);
	}
	op = (struct mmuext_op){ .cmd = MMUEXT_FLUSH_CACHE };
	EXPECT_EQ(HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF), 0);
	op.cmd = MMUEXT_FLUSH_CACHE_GLOBAL;
	EXPECT_EQ(HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF), 0);
	EXPECT_EQ(HYPERVISOR_mmuext_op(&op, 1, NULL, domid), -XEN_EPERM);

	memcpy(l4, (void *)si->pt_base, PAGE_SIZE);
	EXPECT(make_readonly(l4));
	op = (struct mmuext_op){ .cmd = MMUEXT_NEW_BASEPTR, .arg1.mfn = virt_to_mfn(l4) };
	EXPECT_EQ(HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF), 0);
	EXPECT(!make_writable(l4));
	op.arg1.mfn = virt_to_mfn((void *)si->pt_base);
	EXPECT_EQ(HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF), 0);
	EXPECT(make_writable(l4));
}

void test_main(void)
{
	static struct xen_domctl op;

	create();
	limits();
	claims();
	maps_and_resources();
	not_for_pv();
	base_pointers_and_flushes();
	EXPECT_EQ(domctl(&op, XEN_DOMCTL_destroydomain), 0);
}
