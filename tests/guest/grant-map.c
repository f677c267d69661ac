/* SPDX-License-Identifier: MIT
 *
 * Grant mappings of a domain's own grants, in version 1 and 2: both ways of naming the place, read-only and
 * writable, the bits that the owner sees, each error's code, unmap and replace, swap, sizes and versions.
 */
#include "testlib.h"

static struct grant_entry_v1 *v1;
static union grant_entry_v2 *v2;
static grant_status_t *status2;
static unsigned int version = 1;
static volatile uint64_t *page, *window, *spare;

static long gop(unsigned int cmd, void *arg)
{
	return HYPERVISOR_grant_table_op(cmd, arg, 1);
}

static void map_frame(void *at, unsigned long mfn)
{
	EXPECT_EQ(set_pte((unsigned long)at, mfn << 12 | PTE_FLAGS_RW), 0);
}

static void set_up(void)
{
	struct gnttab_query_size q = { .dom = DOMID_SELF };
	xen_pfn_t frames[4] = { 0 };
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 2 };

	EXPECT_EQ(gop(GNTTABOP_query_size, &q), 0);
	EXPECT_EQ(q.status, GNTST_okay);
	EXPECT_EQ(q.nr_frames, 1);
	EXPECT(q.max_nr_frames >= 4);
	set_xen_guest_handle(s.frame_list, frames);
	EXPECT_EQ(gop(GNTTABOP_setup_table, &s), 0);
	EXPECT_EQ(s.status, GNTST_okay);
	EXPECT(frames[0] && frames[1] && frames[0] != frames[1]);
	EXPECT_EQ(gop(GNTTABOP_query_size, &q), 0);
	EXPECT_EQ(q.nr_frames, 2);
	v1 = alloc_page();
	v2 = (void *)v1;
	map_frame(v1, frames[0]);

	s.nr_frames = q.max_nr_frames + 1;
	EXPECT_EQ(gop(GNTTABOP_setup_table, &s), 0);
	EXPECT_EQ(s.status, GNTST_general_error);
	s.dom = 1234;
	EXPECT_EQ(gop(GNTTABOP_setup_table, &s), 0);
	EXPECT_EQ(s.status, GNTST_bad_domain);
	EXPECT_EQ(HYPERVISOR_grant_table_op(GNTTABOP_setup_table, &s, 2), -XEN_EINVAL);
	EXPECT_EQ(HYPERVISOR_grant_table_op(77, &s, 1), -XEN_ENOSYS);
	EXPECT_EQ(HYPERVISOR_grant_table_op(GNTTABOP_map_grant_ref, (void *)0xffff820000000000, 1), -XEN_EFAULT);
	EXPECT_EQ(HYPERVISOR_grant_table_op(GNTTABOP_map_grant_ref, &s, ~0U), -XEN_EINVAL);
	EXPECT_EQ(HYPERVISOR_grant_table_op(GNTTABOP_map_grant_ref, &s, 0), 0);
}

static void grant(unsigned int ref, domid_t to, unsigned long mfn, unsigned int flags)
{
	if (version == 1) {
		v1[ref].domid = to;
		v1[ref].frame = (uint32_t)mfn;
		barrier();
		v1[ref].flags = (uint16_t)flags;
	} else {
		v2[ref].hdr.domid = to;
		v2[ref].full_page.frame = mfn;
		barrier();
		v2[ref].hdr.flags = (uint16_t)flags;
	}
}

static unsigned int in_use(unsigned int ref)
{
	unsigned int f = version == 1 ? ((volatile struct grant_entry_v1 *)v1)[ref].flags :
			 ((volatile grant_status_t *)status2)[ref];

	return f & (GTF_reading | GTF_writing);
}

static int map(unsigned int ref, uint64_t at, unsigned int flags, grant_handle_t *handle)
{
	struct gnttab_map_grant_ref m = { .host_addr = at, .flags = flags, .ref = ref, .dom = 0 };

	EXPECT_EQ(gop(GNTTABOP_map_grant_ref, &m), 0);
	*handle = m.handle;
	if (m.status == GNTST_okay)
		EXPECT_EQ(m.dev_bus_addr, virt_to_maddr((void *)page));
	return m.status;
}

static int unmap(uint64_t at, grant_handle_t handle)
{
	struct gnttab_unmap_grant_ref u = { .host_addr = at, .handle = handle };

	EXPECT_EQ(gop(GNTTABOP_unmap_grant_ref, &u), 0);
	return u.status;
}

static void write_window(void *value)
{
	window[0] = (uint64_t)value;
}

static void mappings(void)
{
	uint64_t at = (unsigned long)window, pte = entry_maddr(pte_of((unsigned long)window));
	grant_handle_t h, h2;
	struct fault f;

	page[0] = 0x1234;
	grant(9, 0, virt_to_mfn((void *)page), GTF_permit_access);
	EXPECT_EQ(map(9, at, GNTMAP_host_map, &h), GNTST_okay);
	EXPECT_EQ(in_use(9), GTF_reading | GTF_writing);
	EXPECT_EQ(window[0], 0x1234);
	window[0] = 0x99;
	EXPECT_EQ(page[0], 0x99);
	EXPECT_EQ(map(9, pte_of((unsigned long)spare) ? (uint64_t)spare : 0, GNTMAP_host_map | GNTMAP_readonly, &h2), GNTST_okay);
	EXPECT_EQ(spare[0], 0x99);
	EXPECT_EQ(unmap(at + PAGE_SIZE, h), GNTST_general_error);
	EXPECT_EQ(unmap(at, h), GNTST_okay);
	EXPECT_EQ(in_use(9), GTF_reading);
	EXPECT_EQ(unmap(at, h), GNTST_bad_handle);
	EXPECT_EQ(unmap((uint64_t)spare, h2), GNTST_okay);
	EXPECT_EQ(in_use(9), 0);
	EXPECT_EQ(unmap(at, 0x7fffffff), GNTST_bad_handle);
	EXPECT_EQ(try_call(write_window, (void *)1, &f), 0);
	EXPECT_EQ(f.vector, 14);

	/* By the entry's machine address, read-only. */
	grant(9, 0, virt_to_mfn((void *)page), GTF_permit_access | GTF_readonly);
	EXPECT_EQ(map(9, pte, GNTMAP_host_map | GNTMAP_contains_pte, &h), GNTST_general_error);
	EXPECT_EQ(in_use(9), 0);
	EXPECT_EQ(map(9, pte, GNTMAP_host_map | GNTMAP_contains_pte | GNTMAP_readonly | 1U << _GNTMAP_guest_avail0, &h), GNTST_okay);
	EXPECT_EQ(in_use(9), GTF_reading);
	EXPECT_EQ(*pte_of((unsigned long)window) & (7UL << 9), 1UL << 9);
	EXPECT_EQ(window[0], 0x99);
	EXPECT_EQ(try_call(write_window, (void *)1, &f), 0);
	EXPECT_EQ(unmap(pte, h), GNTST_okay);
	EXPECT_EQ(in_use(9), 0);
}

static void refusals(void)
{
	uint64_t at = (unsigned long)window;
	struct gnttab_map_grant_ref m = { .host_addr = at, .flags = GNTMAP_host_map, .ref = 9, .dom = 1234 };
	grant_handle_t h;

	EXPECT_EQ(gop(GNTTABOP_map_grant_ref, &m), 0);
	EXPECT_EQ(m.status, GNTST_bad_domain);
	EXPECT_EQ(map(9, at, 0, &h), GNTST_bad_gntref);
	EXPECT_EQ(map(1 << 20, at, GNTMAP_host_map, &h), GNTST_bad_gntref);
	grant(10, 0, virt_to_mfn((void *)page), GTF_invalid);
	EXPECT_EQ(map(10, at, GNTMAP_host_map, &h), GNTST_general_error);
	grant(10, 0, virt_to_mfn((void *)page), GTF_accept_transfer);
	EXPECT_EQ(map(10, at, GNTMAP_host_map, &h), GNTST_general_error);
	grant(10, 5, virt_to_mfn((void *)page), GTF_permit_access);
	EXPECT_EQ(map(10, at, GNTMAP_host_map, &h), GNTST_general_error);
	grant(10, 0, 0x200, GTF_permit_access);
	EXPECT_EQ(map(10, at, GNTMAP_host_map, &h), GNTST_bad_page);
	grant(10, 0, 0xfffffff, GTF_permit_access);
	EXPECT_EQ(map(10, at, GNTMAP_host_map, &h), GNTST_bad_page);
	/* A page table may be read, never be written. */
	grant(10, 0, virt_to_mfn((void *)si->pt_base), GTF_permit_access);
	EXPECT_EQ(map(10, at, GNTMAP_host_map, &h), GNTST_bad_page);
	EXPECT_EQ(in_use(10), 0);
	/* No place for it. */
	grant(10, 0, virt_to_mfn((void *)page), GTF_permit_access);
	EXPECT_EQ(map(10, 0xffff820000000000, GNTMAP_host_map, &h), GNTST_general_error);
	EXPECT_EQ(map(10, virt_to_maddr((void *)page), GNTMAP_host_map | GNTMAP_contains_pte, &h), GNTST_general_error);
	EXPECT_EQ(in_use(10), 0);
	grant(10, 0, 0, GTF_invalid);
}

static void replace_and_swap(void)
{
	struct gnttab_unmap_and_replace r = { .host_addr = (uint64_t)window, .new_addr = (uint64_t)spare };
	struct gnttab_swap_grant_ref s = { .ref_a = 9, .ref_b = 11 };
	static uint64_t *other;
	grant_handle_t h;

	other = alloc_page();
	other[0] = 0x777;
	map_frame((void *)spare, virt_to_mfn(other));
	grant(9, 0, virt_to_mfn((void *)page), GTF_permit_access);
	EXPECT_EQ(map(9, (uint64_t)window, GNTMAP_host_map, &h), GNTST_okay);
	EXPECT_EQ(gop(GNTTABOP_swap_grant_ref, &s), 0);
	EXPECT_EQ(s.status, GNTST_eagain);
	r.handle = h;
	EXPECT_EQ(gop(GNTTABOP_unmap_and_replace, &r), 0);
	EXPECT_EQ(r.status, GNTST_okay);
	EXPECT_EQ(window[0], 0x777);
	EXPECT_EQ(*pte_of((unsigned long)spare), 0);
	EXPECT_EQ(in_use(9), 0);
	EXPECT_EQ(set_pte((unsigned long)window, 0), 0);
	EXPECT_EQ(gop(GNTTABOP_swap_grant_ref, &s), 0);
	EXPECT_EQ(s.status, GNTST_okay);
	EXPECT_EQ(map(9, (uint64_t)window, GNTMAP_host_map, &h), GNTST_general_error);
	EXPECT_EQ(map(11, (uint64_t)window, GNTMAP_host_map, &h), GNTST_okay);
	EXPECT_EQ(unmap((uint64_t)window, h), GNTST_okay);
	s.ref_b = 1 << 20;
	EXPECT_EQ(gop(GNTTABOP_swap_grant_ref, &s), 0);
	EXPECT_EQ(s.status, GNTST_bad_gntref);
}

static void versions(void)
{
	struct gnttab_get_status_frames sf = { .nr_frames = 1, .dom = DOMID_SELF };
	struct gnttab_get_version g = { .dom = DOMID_SELF };
	struct gnttab_set_version v = { .version = 3 };
	uint64_t frames[1] = { 0 };
	grant_handle_t h;

	set_xen_guest_handle(sf.frame_list, frames);
	EXPECT_EQ(gop(GNTTABOP_get_version, &g), 0);
	EXPECT_EQ(g.version, 1);
	EXPECT_EQ(gop(GNTTABOP_get_status_frames, &sf), 0);
	EXPECT_EQ(sf.status, GNTST_general_error);
	EXPECT_EQ(gop(GNTTABOP_set_version, &v), -XEN_EINVAL);
	/* Not while a grant is in use, except the first eight, which are carried over. */
	grant(9, 0, virt_to_mfn((void *)page), GTF_permit_access);
	grant(1, 0, virt_to_mfn((void *)page), GTF_permit_access);
	EXPECT_EQ(map(9, (uint64_t)window, GNTMAP_host_map, &h), GNTST_okay);
	v.version = 2;
	EXPECT_EQ(gop(GNTTABOP_set_version, &v), -XEN_EBUSY);
	EXPECT_EQ(unmap((uint64_t)window, h), GNTST_okay);
	EXPECT_EQ(map(1, (uint64_t)window, GNTMAP_host_map, &h), GNTST_okay);
	v.version = 2;
	EXPECT_EQ(gop(GNTTABOP_set_version, &v), 0);
	EXPECT_EQ(v.version, 2);
	version = 2;
	EXPECT_EQ(gop(GNTTABOP_get_status_frames, &sf), 0);
	EXPECT_EQ(sf.status, GNTST_okay);
	status2 = alloc_page();
	map_frame(status2, frames[0]);
	EXPECT_EQ(v2[1].hdr.flags, GTF_permit_access);
	EXPECT_EQ(v2[1].full_page.frame, virt_to_mfn((void *)page));
	EXPECT_EQ(v2[9].hdr.flags, 0);
	EXPECT_EQ(in_use(1), GTF_reading | GTF_writing);
	EXPECT_EQ(unmap((uint64_t)window, h), GNTST_okay);
	EXPECT_EQ(in_use(1), 0);
}

void test_main(void)
{
	page = alloc_page();
	window = alloc_page();
	spare = alloc_page();
	set_pte((unsigned long)window, 0);
	set_pte((unsigned long)spare, 0);
	set_up();
	mappings();
	refusals();
	replace_and_swap();
	versions();
	mappings();
	refusals();
	replace_and_swap();
}
