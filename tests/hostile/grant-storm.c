/* SPDX-License-Identifier: MIT
 *
 * Grants under attack: two vCPUs map, unmap, replace, copy and swap the same grants, at the same addresses and with the same
 * handles, while both rewrite the entries, change the table's version, overwrite the page-table entries behind
 * the grant code's back, and try to turn granted pages into page tables.
 * The hypervisor must survive; a page table must never have become writable; afterwards a plain mapping must work.
 */
#include "testlib.h"

/* RUN: cpus=2 timeout=120 */

#define WINDOWS 4
#define PAGES   4
#define REFS    12

static char *window[WINDOWS], *page[PAGES];
static union { struct grant_entry_v1 v1; union grant_entry_v2 v2; } *table;
static volatile bool stop, running;
static uint64_t pte_addr[WINDOWS];

static unsigned int rnd(unsigned long *s, unsigned int n)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return (unsigned int)(*s >> 20) % n;
}

static long gop(unsigned int cmd, void *arg)
{
	return HYPERVISOR_grant_table_op(cmd, arg, 1);
}

static void scribble(unsigned long *s)
{
	struct grant_entry_v1 *v1 = (struct grant_entry_v1 *)table + rnd(s, REFS);
	union grant_entry_v2 *v2 = (union grant_entry_v2 *)table + rnd(s, REFS);
	unsigned long m = rnd(s, 8) ? virt_to_mfn(page[rnd(s, PAGES)]) : virt_to_mfn((void *)si->pt_base);

	if (rnd(s, 2)) {
		v1->frame = (uint32_t)m;
		v1->domid = 0;
		v1->flags = (uint16_t)(rnd(s, 4) ? GTF_permit_access | (rnd(s, 2) ? GTF_readonly : 0) : *s);
	} else {
		v2->full_page.frame = m;
		v2->hdr.domid = 0;
		v2->hdr.flags = (uint16_t)(rnd(s, 4) ? GTF_permit_access : *s);
	}
}

static void pin_page(unsigned long *s)
{
	char *p = page[rnd(s, PAGES)];
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = virt_to_mfn(p) };
	struct mmuext_op unpin = { .cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = pin.arg1.mfn };

	if (HYPERVISOR_update_va_mapping((unsigned long)p, pin.arg1.mfn << 12 | PTE_FLAGS_RO, UVMF_INVLPG | UVMF_ALL))
		return;
	if (!HYPERVISOR_mmuext_op(&pin, 1, NULL, DOMID_SELF))
		HYPERVISOR_mmuext_op(&unpin, 1, NULL, DOMID_SELF);
	HYPERVISOR_update_va_mapping((unsigned long)p, pin.arg1.mfn << 12 | PTE_FLAGS_RW, UVMF_INVLPG | UVMF_ALL);
}

static void step(unsigned long *s)
{
	unsigned int w = rnd(s, WINDOWS);
	bool by_pte = rnd(s, 4) == 0;
	uint64_t at = by_pte ? pte_addr[w] : (uint64_t)window[w];
	struct gnttab_map_grant_ref m = { .host_addr = at, .ref = rnd(s, REFS) };
	struct gnttab_unmap_grant_ref u = { .host_addr = at, .handle = rnd(s, 64) };
	struct gnttab_unmap_and_replace r = { .host_addr = at, .new_addr = (uint64_t)window[rnd(s, WINDOWS)], .handle = rnd(s, 64) };
	struct gnttab_swap_grant_ref x = { .ref_a = rnd(s, REFS), .ref_b = rnd(s, REFS) };
	struct gnttab_set_version v = { .version = 1 + rnd(s, 2) };
	struct gnttab_copy c = { .len = (uint16_t)rnd(s, 4096), .flags = (uint16_t)rnd(s, 4) };

	switch (rnd(s, 20)) {
	case 0 ... 5:
		m.flags = GNTMAP_host_map | (by_pte ? GNTMAP_contains_pte : 0) | (rnd(s, 2) ? GNTMAP_readonly : 0) |
			  (rnd(s, 8) ? 0 : GNTMAP_device_map);
		gop(GNTTABOP_map_grant_ref, &m);
		break;
	case 6 ... 10:
		gop(GNTTABOP_unmap_grant_ref, &u);
		break;
	case 11:
		gop(GNTTABOP_unmap_and_replace, &r);
		break;
	case 12:
		gop(GNTTABOP_swap_grant_ref, &x);
		break;
	case 13:
		gop(GNTTABOP_set_version, &v);
		break;
	case 14 ... 15:
		c.source.u.ref = rnd(s, REFS);
		c.dest.u.ref = rnd(s, REFS);
		c.source.domid = c.dest.domid = DOMID_SELF;
		if (!(c.flags & GNTCOPY_source_gref))
			c.source.u.gmfn = virt_to_mfn(page[rnd(s, PAGES)]);
		if (!(c.flags & GNTCOPY_dest_gref))
			c.dest.u.gmfn = virt_to_mfn(page[rnd(s, PAGES)]);
		gop(GNTTABOP_copy, &c);
		break;
	case 16:
		HYPERVISOR_update_va_mapping((unsigned long)window[w], 0, UVMF_INVLPG | UVMF_ALL);
		break;
	case 17:
		pin_page(s);
		break;
	default:
		scribble(s);
	}
}

static void attacker(void *unused)
{
	unsigned long s = 0xabcdef;

	running = true;
	while (!stop)
		step(&s);
	running = false;
}

void test_main(void)
{
	struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };
	struct gnttab_map_grant_ref m = { .flags = GNTMAP_host_map, .ref = 100 };
	unsigned long s = 0x123456789;
	xen_pfn_t frame = 0;
	unsigned int n = 0;
	uint64_t end;

	for (unsigned int i = 0; i < PAGES; i++)
		page[i] = alloc_page();
	for (unsigned int i = 0; i < WINDOWS; i++) {
		window[i] = alloc_page();
		pte_addr[i] = entry_maddr(pte_of((unsigned long)window[i]));
		set_pte((unsigned long)window[i], 0);
	}
	set_xen_guest_handle(setup.frame_list, &frame);
	EXPECT_EQ(gop(GNTTABOP_setup_table, &setup), 0);
	table = alloc_page();
	EXPECT_EQ(set_pte((unsigned long)table, frame << 12 | PTE_FLAGS_RW), 0);
	if (max_vcpus() < 2)
		skip_all("one vCPU only");
	EXPECT_EQ(start_vcpu(1, attacker, NULL), 0);
	end = system_time() + 4000000000;
	while (system_time() < end) {
		step(&s);
		n++;
	}
	note("%u steps", n);
	stop = true;
	while (running)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);

	/* A page that nobody has touched, at an address that nobody has used, in whichever version the table is. */
	{
		struct gnttab_get_version v = { .dom = DOMID_SELF };
		char *fresh = alloc_page(), *at = alloc_page();

		fresh[0] = 77;
		EXPECT_EQ(set_pte((unsigned long)at, 0), 0);
		EXPECT_EQ(gop(GNTTABOP_get_version, &v), 0);
		if (v.version == 1) {
			((struct grant_entry_v1 *)table)[100] = (struct grant_entry_v1){
				.flags = GTF_permit_access, .frame = (uint32_t)virt_to_mfn(fresh) };
		} else {
			union grant_entry_v2 *e = (union grant_entry_v2 *)table + 100;

			e->full_page.frame = virt_to_mfn(fresh);
			e->hdr.domid = 0;
			e->hdr.flags = GTF_permit_access;
		}
		m.host_addr = (uint64_t)at;
		EXPECT_EQ(gop(GNTTABOP_map_grant_ref, &m), 0);
		EXPECT_EQ(m.status, GNTST_okay);
		EXPECT_EQ(at[0], 77);
	}
}
