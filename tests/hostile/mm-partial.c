/* SPDX-License-Identifier: MIT
 *
 * Validation and its undoing stop half way whenever an event is pending, and anybody may go on in
 * either direction. One vCPU pins and unpins a large tree under a storm of events; the other pins
 * and unpins parts of it, changes entries, and now and then makes the tree invalid. At the end of
 * each round everything is unpinned, and every page must be mappable writable: no half-done work is
 * left behind, and no reference dropped twice.
 *
 * RUN: cpus=1,2 timeout=120
 */
#include "testlib.h"

#define NL2 10
#define NL1 4
#define PAGES (2 + NL2 + NL1 + 1)
#define ROUNDS 25

static uint64_t *page[PAGES];   /* L4, L3, L2s, L1s, data */
static volatile bool stop, running, pause_second, paused;
static volatile unsigned long results[3];
static unsigned int timer_port;

static uint64_t *const *const l2s = &page[2], *const *const l1s = &page[2 + NL2];
#define DATA page[PAGES - 1]

static uint64_t entry(const void *p, uint64_t flags)
{
	return virt_to_mfn(p) << 12 | flags;
}

static long mmuext(unsigned int cmd, const void *p)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = virt_to_mfn(p) };

	return HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static long update(const uint64_t *at, uint64_t val)
{
	struct mmu_update u = { .ptr = entry_maddr(at), .val = val };

	return HYPERVISOR_mmu_update(&u, 1, NULL, DOMID_SELF);
}

/* The next event comes soon, always. */
static void storm(unsigned int port)
{
	if (port == timer_port)
		HYPERVISOR_set_timer_op((int64_t)system_time() + 20000);
}

static void build(void)
{
	for (unsigned int i = 0; i < PAGES; i++)
		if (!make_writable(page[i]))
			die("page %u cannot be mapped writable", i);
	for (unsigned int i = 0; i < PAGES; i++)
		memset(page[i], 0, PAGE_SIZE);
	page[0][3] = entry(page[1], PTE_FLAGS_RW);
	for (unsigned int i = 0; i < NL2; i++) {
		page[1][i * 7] = entry(l2s[i], PTE_FLAGS_RW);
		for (unsigned int j = 0; j < 512; j++)
			l2s[i][j] = entry(l1s[(i + j) % NL1], PTE_FLAGS_RW);
	}
	for (unsigned int i = 0; i < NL1; i++)
		for (unsigned int j = 0; j < 512; j += 5)
			l1s[i][j] = entry(DATA, PTE_FLAGS_RW);
	for (unsigned int i = 0; i < PAGES - 1; i++)
		if (!make_readonly(page[i]))
			die("page %u cannot be mapped read-only", i);
}

static void second(void *unused)
{
	uint64_t s = 12345;

	running = true;
	while (!stop) {
		unsigned int i;

		if (pause_second) {
			paused = true;
			while (pause_second && !stop)
				;
			paused = false;
			/* What the first one finds at the end is final. */
			if (stop)
				break;
		}
		s = s * 6364136223846793005 + 1442695040888963407;
		i = (unsigned int)(s >> 33);
		switch ((s >> 60) & 7) {
		case 0:
			mmuext(MMUEXT_PIN_L3_TABLE, page[1]);
			break;
		case 1:
			mmuext(MMUEXT_UNPIN_TABLE, page[1]);
			break;
		case 2:
			mmuext(MMUEXT_PIN_L2_TABLE, l2s[i % NL2]);
			break;
		case 3:
		case 4:
			mmuext(MMUEXT_UNPIN_TABLE, l2s[i % NL2]);
			break;
		case 5:
			update(&l2s[i % NL2][i % 512], i & 64 ? 0 : entry(l1s[i % NL1],
									  PTE_FLAGS_RW));
			break;
		case 6:
			/*
			 * Make the tree invalid, if it can be done now: a wrong level, or a
			 * writable mapping of a table.
			 */
			update(&page[1][i % 70], i & 64 ? entry(l1s[0], PTE_FLAGS_RW) : entry(l2s[i % NL2], PTE_FLAGS_RW));
			break;
		default:
			HYPERVISOR_update_va_mapping((unsigned long)l1s[i % NL1],
						     entry(l1s[i % NL1],
							   i & 64 ? PTE_FLAGS_RW :
								   PTE_FLAGS_RO), UVMF_NONE);
			break;
		}
	}
	running = false;
}

static void unpin_all(void)
{
	for (unsigned int i = 0; i < PAGES; i++)
		mmuext(MMUEXT_UNPIN_TABLE, page[i]);
}

void test_main(void)
{
	bool two = max_vcpus() > 1;

	for (unsigned int i = 0; i < PAGES; i++)
		page[i] = alloc_page();
	event_handler = storm;
	timer_port = (unsigned int)evtchn_bind_virq(VIRQ_TIMER, 0);
	unmask_port(timer_port);
	events_unmask();
	storm(timer_port);
	pause_second = true;
	if (two)
		EXPECT_EQ(start_vcpu(1, second, NULL), 0);
	for (unsigned int round = 0; round < ROUNDS; round++) {
		while (two && !paused)
			;
		unpin_all();
		build();
		pause_second = false;
		while (two && paused)
			;
		for (unsigned int i = 0; i < 12; i++) {
			long rc = mmuext(MMUEXT_PIN_L4_TABLE, page[0]);

			results[rc == 0 ? 0 : rc == -XEN_EINVAL ? 1 : 2]++;
			if (rc == 0)
				EXPECT_EQ(mmuext(MMUEXT_UNPIN_TABLE, page[0]), 0);
		}
		pause_second = true;
	}
	while (two && !paused)
		;
	stop = true;
	unpin_all();
	build();
	note("pinned %lu times, refused %lu times, %lu events", results[0], results[1], upcalls);
	EXPECT(results[0] > 0);
	EXPECT_EQ(results[2], 0);
	EXPECT(upcalls > 100);
	/* And the valid tree is still one. */
	EXPECT_EQ(mmuext(MMUEXT_PIN_L4_TABLE, page[0]), 0);
	EXPECT_EQ(mmuext(MMUEXT_UNPIN_TABLE, page[0]), 0);
	while (two && running)
		;
}
