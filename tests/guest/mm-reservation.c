/* SPDX-License-Identifier: MIT
 *
 * memory_op: frames given back and taken again, exchanged, described; and that free memory is as it
 * was.
 */
#include "testlib.h"

static long current_reservation(void)
{
	struct xen_memory_domain d = { .domid = DOMID_SELF };

	return HYPERVISOR_memory_op(XENMEM_current_reservation, &d);
}

static long reserve(unsigned int op, xen_pfn_t *list, unsigned long n, unsigned int order)
{
	struct xen_memory_reservation r = { .nr_extents = n, .extent_order = order,
		.domid = DOMID_SELF };

	set_xen_guest_handle(r.extent_start, list);
	return HYPERVISOR_memory_op(op, &r);
}

static unsigned long *p2m(unsigned long pfn) { return &((unsigned long *)si->mfn_list)[pfn]; }

static void down_and_up(void)
{
	long before = current_reservation();
	unsigned long pfn = alloc_pfn_unmapped();
	xen_pfn_t m = pfn_to_mfn(pfn), list[2] = { m, 0x200 };

	EXPECT_EQ(before, (long)si->nr_pages);
	EXPECT_EQ(reserve(XENMEM_decrease_reservation, list, 2, 0), 1);
	EXPECT_EQ(current_reservation(), before - 1);
	EXPECT_EQ(reserve(XENMEM_decrease_reservation, list, 1, 0), 0);
	EXPECT(M2P[m] != pfn);
	list[0] = pfn;
	EXPECT_EQ(reserve(XENMEM_populate_physmap, list, 1, 0), 1);
	EXPECT_EQ(current_reservation(), before);
	EXPECT_EQ(M2P[list[0]], pfn);
	*p2m(pfn) = list[0];
}

/* A page that is mapped goes when the last mapping does, and not before. */
static void mapped_page(void)
{
	uint64_t *page = alloc_page();
	unsigned long pfn = virt_to_pfn(page);
	xen_pfn_t m = virt_to_mfn(page);
	long before = current_reservation();

	page[1] = 0x77;
	EXPECT_EQ(reserve(XENMEM_decrease_reservation, &m, 1, 0), 1);
	EXPECT_EQ(current_reservation(), before);
	EXPECT_EQ(page[1], 0x77);
	EXPECT_EQ(set_pte((unsigned long)page, 0), 0);
	EXPECT_EQ(current_reservation(), before - 1);
	m = pfn;
	EXPECT_EQ(reserve(XENMEM_populate_physmap, &m, 1, 0), 1);
	*p2m(pfn) = m;
	EXPECT(make_writable(page));
	/* Nobody's old data. */
	EXPECT_EQ(page[1], 0);
	EXPECT_EQ(current_reservation(), before);
}

static void exchange(void)
{
	xen_pfn_t in[4], out[1];
	unsigned long pfn[4];
	struct xen_memory_exchange x = {
		.in = { .nr_extents = 4, .domid = DOMID_SELF },
		.out = { .nr_extents = 1, .extent_order = 2, .mem_flags = XENMEMF_address_bits(32),
			.domid = DOMID_SELF },
	};
	long before = current_reservation();

	for (unsigned int i = 0; i < 4; i++) {
		pfn[i] = alloc_pfn_unmapped();
		in[i] = pfn_to_mfn(pfn[i]);
	}
	out[0] = pfn[0];
	set_xen_guest_handle(x.in.extent_start, in);
	set_xen_guest_handle(x.out.extent_start, out);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_exchange, &x), 0);
	EXPECT_EQ(x.nr_exchanged, 4);
	EXPECT_EQ(out[0] & 3, 0);
	EXPECT_EQ(current_reservation(), before);
	for (unsigned int i = 0; i < 4; i++)
		*p2m(pfn[i]) = out[0] + i;
	EXPECT_EQ(M2P[out[0] + 3], pfn[0] + 3);
	/* A page that is mapped cannot be exchanged, and none of the others is gone. */
	in[0] = out[0] + 1;
	in[1] = virt_to_mfn(alloc_page());
	in[2] = out[0] + 2;
	in[3] = out[0] + 3;
	x.nr_exchanged = 0;
	out[0] = pfn[1];
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_exchange, &x), -XEN_EINVAL);
	EXPECT_EQ(x.nr_exchanged, 0);
	EXPECT_EQ(current_reservation(), before);
	x.out.extent_order = 3;
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_exchange, &x), -XEN_EINVAL);
	x.out.extent_order = 30;
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_exchange, &x), -XEN_EPERM);
}

static void descriptions(void)
{
	static struct { uint64_t start, size; uint32_t type; } __attribute__((packed)) e820[64];
	struct xen_memory_map map = { .nr_entries = 64 };
	struct xen_machphys_mapping m;
	struct xen_machphys_mfn_list l = { .max_extents = 8 };
	xen_pfn_t extents[8];
	struct xen_add_to_physmap xatp = { .domid = DOMID_SELF, .space = XENMAPSPACE_shared_info };
	bool ram = false;

	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_memory_map, &map), -XEN_ENOSYS);
	map.buffer.p = e820;
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_machine_memory_map, &map), 0);
	for (unsigned int i = 0; i < map.nr_entries; i++)
		ram |= e820[i].type == 1 && e820[i].start == 1UL << 20;
	EXPECT(ram);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_machphys_mapping, &m), 0);
	EXPECT_EQ(m.v_start, 0xffff800000000000);
	set_xen_guest_handle(l.extent_start, extents);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_machphys_mfn_list, &l), 0);
	EXPECT(l.nr_extents >= 1);
	EXPECT(HYPERVISOR_memory_op(XENMEM_maximum_ram_page, NULL) > 0);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_add_to_physmap, &xatp), -XEN_EACCES);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_sharing_op, &xatp), -XEN_EOPNOTSUPP);
	EXPECT_EQ(HYPERVISOR_memory_op(63, NULL), -XEN_ENOSYS);
}

/* The M2P's own frames can be mapped, as DOMID_XEN's, to read. */
static void map_m2p(void)
{
	struct xen_machphys_mfn_list l = { .max_extents = 1 };
	uint64_t *page = alloc_page();
	unsigned long va = (unsigned long)page;
	xen_pfn_t m;

	set_xen_guest_handle(l.extent_start, &m);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_machphys_mfn_list, &l), 0);
	EXPECT_EQ(HYPERVISOR_update_va_mapping_otherdomain(va, m << 12 | PTE_FLAGS_RW, UVMF_INVLPG,
							   DOMID_XEN), -XEN_EINVAL);
	EXPECT_EQ(HYPERVISOR_update_va_mapping(va, m << 12 | PTE_FLAGS_RO, UVMF_INVLPG),
		  -XEN_EINVAL);
	EXPECT_EQ(HYPERVISOR_update_va_mapping_otherdomain(va, m << 12 | PTE_FLAGS_RO, UVMF_INVLPG,
							   DOMID_XEN), 0);
	EXPECT_EQ(memcmp(page, M2P, PAGE_SIZE), 0);
	/* Device memory, for a control domain: the VGA's text buffer. */
	EXPECT_EQ(HYPERVISOR_update_va_mapping_otherdomain(va, 0xb8UL << 12 | PTE_FLAGS_RW,
							   UVMF_INVLPG, DOMID_IO), 0);
	EXPECT_EQ(HYPERVISOR_update_va_mapping(va, 0xfee00UL << 12 | PTE_FLAGS_RW, UVMF_INVLPG),
		  -XEN_EPERM);
	EXPECT_EQ(HYPERVISOR_update_va_mapping(va, 0, UVMF_INVLPG), 0);
}

void test_main(void)
{
	down_and_up();
	mapped_page();
	exchange();
	descriptions();
	map_m2p();
}
