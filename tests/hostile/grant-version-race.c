/* SPDX-License-Identifier: MIT
 *
 * The version of a grant table changes, forth and back without pause, while a second vCPU of the same domain maps,
 * unmaps, copies from, swaps and looks at its entries, and the control domain maps and copies from the reserved
 * ones, which may be in use across a change. Nothing may be left in use, and no page lost. [XSA-501, XSA-517, XSA-236]
 *
 * RUN: cpus=1,2
 */
#include "domu.h"

#define STORM 600000000UL       /* ns */
#define REFS 16

enum { W_ME = 2, W_GO, W_STOP };

static union { struct grant_entry_v1 v1[512]; union grant_entry_v2 v2[256]; } *table;
static volatile bool stop, running;
static unsigned long looks, changes, maps;
static char *page, *window[2];

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

static bool set_version(unsigned int v)
{
	struct gnttab_set_version op = { .version = v };

	return gop(GNTTABOP_set_version, &op) == 0;
}

/* Entries in the form of either version: whichever it is, some of them permit something. */
static void entries(unsigned long *s, domid_t me)
{
	unsigned int i = rnd(s, REFS);
	unsigned long m = virt_to_mfn(page);
	domid_t to = rnd(s, 2) ? 0 : me;

	if (rnd(s, 2)) {
		table->v1[i] = (struct grant_entry_v1){ .flags = GTF_permit_access, .domid = to, .frame = (uint32_t)m };
	} else {
		table->v2[i].full_page.frame = m;
		table->v2[i].hdr.domid = to;
		table->v2[i].hdr.flags = GTF_permit_access;
	}
}

static void user(void *unused)
{
	unsigned long s = 0x9876543210;
	domid_t me = (domid_t)domu_channel->word[W_ME];

	running = true;
	while (!stop) {
		unsigned int ref = rnd(&s, REFS), w = rnd(&s, 2);
		struct gnttab_map_grant_ref m = { .host_addr = (uint64_t)window[w], .flags = GNTMAP_host_map, .ref = ref, .dom = me };
		struct gnttab_copy c = { .len = 8, .flags = GNTCOPY_source_gref };
		struct gnttab_swap_grant_ref x = { .ref_a = ref, .ref_b = rnd(&s, REFS) };
		struct gnttab_get_status_frames f = { .dom = DOMID_SELF, .nr_frames = 1 };
		uint64_t frame;

		set_xen_guest_handle(f.frame_list, &frame);
		entries(&s, me);
		switch (rnd(&s, 6)) {
		case 0:
			gop(GNTTABOP_swap_grant_ref, &x);
			break;
		case 1:
			gop(GNTTABOP_get_status_frames, &f);
			break;
		case 2:
			c.source.u.ref = ref;
			c.source.domid = me;
			c.dest.domid = DOMID_SELF;
			c.dest.u.gmfn = virt_to_mfn(page);
			gop(GNTTABOP_copy, &c);
			break;
		default:
			gop(GNTTABOP_map_grant_ref, &m);
			if (m.status == GNTST_okay) {
				struct gnttab_unmap_grant_ref u = { .host_addr = (uint64_t)window[w], .handle = m.handle };

				gop(GNTTABOP_unmap_grant_ref, &u);
				maps += u.status == GNTST_okay;
			}
		}
		looks++;
	}
	running = false;
}

static void attack(void *unused)
{
	xen_pfn_t frame = 0;
	struct gnttab_setup_table t = { .dom = DOMID_SELF, .nr_frames = 1 };
	struct gnttab_map_grant_ref m = { .flags = GNTMAP_host_map, .ref = 12 };
	unsigned long s = 0x777777;
	uint64_t end;

	set_xen_guest_handle(t.frame_list, &frame);
	table = alloc_page();
	page = alloc_page();
	window[0] = alloc_page();
	window[1] = alloc_page();
	EXPECT_EQ(gop(GNTTABOP_setup_table, &t), 0);
	EXPECT_EQ(set_pte((unsigned long)table, frame << 12 | PTE_FLAGS_RW), 0);
	if (max_vcpus() > 1) {
		EXPECT_EQ(start_vcpu(1, user, NULL), 0);
		while (!running)
			HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	}
	domu_channel->word[W_GO] = 1;
	end = system_time() + STORM;
	while (system_time() < end) {
		for (unsigned int i = 0; i < 4; i++)
			entries(&s, 0);
		changes += set_version(1 + (changes & 1)) && set_version(2 - (changes & 1));
	}
	stop = true;
	while (running)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	domu_channel->word[W_STOP] = 1;
	while (domu_channel->word[W_GO])
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	ok(changes > 100, "%lu changes, %lu other operations, %lu mappings among them", changes, looks, maps);
	ok(set_version(1), "XSA-501: nothing is left in use: the version can be changed");
	/* And the table still works. */
	table->v1[12] = (struct grant_entry_v1){ .flags = GTF_permit_access, .domid = (domid_t)domu_channel->word[W_ME],
						  .frame = (uint32_t)virt_to_mfn(page) };
	m.dom = (domid_t)domu_channel->word[W_ME];
	m.host_addr = (uint64_t)window[0];
	EXPECT_EQ(gop(GNTTABOP_map_grant_ref, &m), 0);
	EXPECT_EQ(m.status, GNTST_okay);
	EXPECT_EQ(table->v1[12].flags, GTF_permit_access | GTF_reading | GTF_writing);
}

/* The control domain's part: the first eight entries, as a console's daemon has them, but in a hurry. */
static unsigned long use_reserved(struct domu *u)
{
	char *at = alloc_page();
	unsigned long n = 0, s = 0x1111;

	while (!u->channel->word[W_GO] && domu_state(u) == DOMU_RUNS)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	while (!u->channel->word[W_STOP] && domu_state(u) == DOMU_RUNS) {
		struct gnttab_map_grant_ref m = { .host_addr = (uint64_t)at, .flags = GNTMAP_host_map, .ref = rnd(&s, 8),
						  .dom = (domid_t)u->domid };

		gop(GNTTABOP_map_grant_ref, &m);
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
		if (m.status == GNTST_okay) {
			struct gnttab_unmap_grant_ref un = { .host_addr = (uint64_t)at, .handle = m.handle };

			gop(GNTTABOP_unmap_grant_ref, &un);
			if (un.status)
				ok(false, "unmapping a reserved grant: %d", un.status);
			n++;
		}
	}
	u->channel->word[W_GO] = 0;
	return n;
}

static void round(unsigned int vcpus, const char *name)
{
	struct domu u;
	unsigned long n;

	domu_create(&u, &(struct domu_config){ .main = attack, .vcpus = vcpus });
	u.channel->word[W_ME] = u.domid;
	domu_start(&u);
	n = use_reserved(&u);
	note("%s: %lu mappings of reserved entries by the control domain", name, n);
	domu_wait(&u, 10000000000UL);
	domu_report(&u, name);
	ok(domu_destroy(&u), "%s: the domain is gone", name);
}

void test_main(void)
{
	struct books before;

	round(1, "one vCPU");
	books_read(&before);
	round(2, "two vCPUs");
	books_compare(&before, "the race");
}
