/* SPDX-License-Identifier: MIT
 *
 * An ordinary domain takes all it can get: frames, ports of both event channel ABIs, grant frames and entries, mappings, interrupt
 * numbers, timers, watchdogs; then prints, sends itself events, arms timers and makes hypercalls without end. What it
 * gets is what it was allowed, to the last one; the control domain and a neighbour go on; when it is destroyed in
 * the middle of it, everything comes back.
 *
 * RUN: timeout=120
 */
#include "domu.h"

#define MAX_PAGES      1600UL
#define MAX_PORT       5000U            /* more than the 2-level ABI has */
#define GRANT_FRAMES   16U
#define MAPTRACK       8U
#define MAPTRACK_ENTRIES (MAPTRACK * 512)

enum { W_READY, W_ROUNDS, W_PRINTED };

static void frames(void)
{
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	struct xen_memory_domain d = { .domid = DOMID_SELF };
	xen_pfn_t pfn;
	unsigned int extra = 0;

	/* Large ones first, then what is left in single pages. */
	for (int order = 9; order >= 0; order -= 3) {
		r.extent_order = (unsigned int)order;
		for (;;) {
			pfn = DOMU_PAGES + extra;
			set_xen_guest_handle(r.extent_start, &pfn);
			if (HYPERVISOR_memory_op(XENMEM_populate_physmap, &r) != 1)
				break;
			extra += 1U << order;
		}
	}
	EXPECT_EQ(extra, MAX_PAGES - DOMU_PAGES);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_current_reservation, &d), MAX_PAGES);
}

static void fifo(void)
{
	struct evtchn_init_control c = { .control_gfn = virt_to_mfn(alloc_page()) };
	unsigned int pages = 0;
	long rc;

	EXPECT_EQ(HYPERVISOR_event_channel_op(EVTCHNOP_init_control, &c), 0);
	do {
		struct evtchn_expand_array e = { .array_gfn = virt_to_mfn(alloc_page()) };

		rc = HYPERVISOR_event_channel_op(EVTCHNOP_expand_array, &e);
		pages += rc == 0;
	} while (rc == 0 && pages < 200);
	EXPECT_EQ(rc, -XEN_ENOSPC);
	EXPECT_EQ(pages, 128);
}

static void ports(void)
{
	unsigned int n = 0;
	long rc;

	while ((rc = n % 2 ? evtchn_bind_ipi(0) : evtchn_alloc_unbound(DOMID_SELF, 0)) > 0)
		n++;
	EXPECT_EQ(rc, -XEN_ENOSPC);
	EXPECT_EQ(n, MAX_PORT);
}

/* Every entry grants a page to this domain itself, which then maps it as a device would: that takes no page table. */
static void grants(void)
{
	static xen_pfn_t list[GRANT_FRAMES + 1];
	struct gnttab_setup_table t = { .dom = DOMID_SELF, .nr_frames = GRANT_FRAMES + 1 };
	struct grant_entry_v1 *entry = alloc_page();
	unsigned int n = 0, refused = 0;
	void *page = alloc_page();

	set_xen_guest_handle(t.frame_list, list);
	EXPECT_EQ(HYPERVISOR_grant_table_op(GNTTABOP_setup_table, &t, 1), 0);
	EXPECT_EQ(t.status, GNTST_general_error);
	t.nr_frames = GRANT_FRAMES;
	EXPECT_EQ(HYPERVISOR_grant_table_op(GNTTABOP_setup_table, &t, 1), 0);
	EXPECT_EQ(t.status, GNTST_okay);
	for (unsigned int f = 0; f < GRANT_FRAMES; f++) {
		EXPECT_EQ(set_pte((unsigned long)entry, list[f] << 12 | PTE_FLAGS_RW), 0);
		for (unsigned int i = 0; i < PAGE_SIZE / sizeof(*entry); i++)
			entry[i] = (struct grant_entry_v1){ .flags = GTF_permit_access, .domid = DOMID_SELF,
							    .frame = (uint32_t)virt_to_mfn(page) };
		for (unsigned int i = 0; i < PAGE_SIZE / sizeof(*entry); i++)
			entry[i].domid = (domid_t)domu_channel->arg;
	}
	while (refused < 3) {
		struct gnttab_map_grant_ref m = { .dom = (domid_t)domu_channel->arg, .flags = GNTMAP_device_map,
						  .ref = n % (GRANT_FRAMES * 512) };

		if (HYPERVISOR_grant_table_op(GNTTABOP_map_grant_ref, &m, 1))
			break;
		if (m.status == GNTST_okay)
			n++;
		else if (refused++ == 0)
			EXPECT_EQ(m.status, GNTST_no_device_space);
	}
	EXPECT_EQ(n, MAPTRACK_ENTRIES);
}

static void interrupts(void)
{
	struct physdev_get_free_pirq p = { .type = MAP_PIRQ_TYPE_MSI };
	unsigned int n = 0;

	while (HYPERVISOR_physdev_op(PHYSDEVOP_get_free_pirq, &p) == 0 && n < 100000)
		n++;
	EXPECT(n < 5000);
}

static void timers(void)
{
	struct vcpu_set_periodic_timer p = { .period_ns = 1000000 };
	struct vcpu_set_singleshot_timer s = { .timeout_abs_ns = ~0UL };
	static const uint64_t odd[] = { 0, 1, 1000, 999999, 1UL << 63, ~0UL };
	struct sched_watchdog w = { .timeout = ~0U };
	unsigned int n = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(odd); i++) {
		p.period_ns = odd[i];
		EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_set_periodic_timer, 0, &p), -XEN_EINVAL);
		s.timeout_abs_ns = odd[i];
		EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_set_singleshot_timer, 0, &s), 0);
		EXPECT_EQ(HYPERVISOR_set_timer_op((int64_t)odd[i]), 0);
	}
	p.period_ns = 1UL << 62;
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_set_periodic_timer, 0, &p), 0);
	p.period_ns = 1000000;
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_set_periodic_timer, 0, &p), 0);
	while (HYPERVISOR_sched_op(SCHEDOP_watchdog, &w) > 0 && n < 1000)
		n++;
	EXPECT(n > 0 && n < 16);
}

static void storm(void *unused)
{
	static char line[] = "The quick brown fox jumps over the lazy dog, and does so again and again and again. \n";
	long timer = evtchn_bind_virq(VIRQ_TIMER, 0), ipi = evtchn_bind_ipi(0);

	frames();
	fifo();
	evtchn_close((unsigned int)timer);
	evtchn_close((unsigned int)ipi);
	ports();
	grants();
	interrupts();
	timers();
	domu_channel->word[W_READY] = 1;
	for (;;) {
		domu_channel->word[W_ROUNDS]++;
		HYPERVISOR_console_io(CONSOLEIO_write, sizeof(line) - 1, line);
		domu_channel->word[W_PRINTED] += sizeof(line) - 1;
		evtchn_send((unsigned int)domu_channel->word[W_ROUNDS] % MAX_PORT);
		HYPERVISOR_set_timer_op((int64_t)system_time());
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	}
}

/* ---- the control domain ---- */

static unsigned long free_now(void)
{
	static struct books b;

	books_read(&b);
	return b.free_pages;
}

/* A hundred control operations, and how long they take. */
static uint64_t answers(void)
{
	static struct xen_domctl op;
	uint64_t from = system_time();

	for (unsigned int i = 0; i < 100; i++)
		if (domu_domctl(&op, XEN_DOMCTL_getdomaininfo, 0))
			die("getdomaininfo failed");
	return system_time() - from;
}

static void one(struct domu *n, unsigned int number)
{
	unsigned long before = free_now(), taken;
	uint64_t end = system_time() + 60000000000UL, ns;
	struct domu u;

	domu_create(&u, &(struct domu_config){ .main = storm, .max_pages = MAX_PAGES, .max_port = MAX_PORT,
					       .grant_frames = GRANT_FRAMES, .maptrack_frames = MAPTRACK });
	u.channel->arg = u.domid;
	domu_start(&u);
	while (!u.channel->word[W_READY] && system_time() < end && domu_state(&u) == DOMU_RUNS)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	EXPECT_EQ(domu_state(&u), DOMU_RUNS);
	EXPECT_EQ(u.channel->word[W_READY], 1);
	taken = before - free_now();
	/* Its pages; grant frames with their records (8 of 32 bytes for one of 8); mappings; channels; the rest. */
	ok(taken <= MAX_PAGES + GRANT_FRAMES * 5 + MAPTRACK * 2 + MAX_PORT / 128 + 100,
	   "round %u: %lu pages are taken, %lu are its own", number, taken, MAX_PAGES);
	end = system_time() + 1500000000;
	while (system_time() < end)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	ns = answers();
	ok(ns < 5000000000UL, "round %u: 100 control operations took %lu us", number, ns / 1000);
	domu_neighbour_lives(n, "in the storm");
	note("%lu rounds, %lu bytes printed", u.channel->word[W_ROUNDS], u.channel->word[W_PRINTED]);
	EXPECT(u.channel->word[W_ROUNDS] > 10);
	EXPECT_EQ(u.channel->failed, 0);
	if (u.channel->failed)
		domu_report(&u, "what it was allowed");
	EXPECT(domu_destroy(&u));
}

void test_main(void)
{
	struct books before;
	struct domu n;

	if (!is_control_domain())
		skip_all("not the control domain");
	domu_create(&n, &(struct domu_config){ .main = domu_neighbour });
	domu_start(&n);
	one(&n, 1);
	books_read(&before);
	one(&n, 2);
	books_compare(&before, "destroyed in the storm");
	one(&n, 3);
	books_compare(&before, "destroyed in the storm");
	domu_neighbour_lives(&n, "after the storms");
	EXPECT(domu_destroy(&n));
}
