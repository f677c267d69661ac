/* SPDX-License-Identifier: MIT
 *
 * The facility of domu.h holds what it says, or no test built on it would prove anything: code of the image runs
 * in an unprivileged domain with a copy of the variables of its own; a failed check there is seen here; a crash, an early
 * power-off and an endless loop are told apart; two domains run at once; each time everything comes back.
 */
#include "domu.h"

static int variable = 42;
static unsigned long cleared;

static void innocent(void *arg)
{
	EXPECT_EQ(arg, 0x1234);
	EXPECT_EQ(is_control_domain(), false);
	EXPECT_EQ(variable, 42);
	EXPECT_EQ(cleared, 0);
	variable = 1;
	cleared = 1;
	domu_channel->word[3] = pfn_to_mfn(0);
	EXPECT_EQ(*pte_of((unsigned long)&variable) & PTE_RW, PTE_RW);
	*(volatile char *)alloc_page() = 1;
}

static void wrong(void *unused)
{
	EXPECT_EQ(variable, 43);
	EXPECT_EQ(variable, 42);
}

static void crashing(void *unused)
{
	struct sched_shutdown s = { .reason = SHUTDOWN_crash };

	HYPERVISOR_sched_op(SCHEDOP_shutdown, &s);
}

static void leaving(void *unused)
{
	struct sched_shutdown s = { .reason = SHUTDOWN_reboot };

	HYPERVISOR_sched_op(SCHEDOP_shutdown, &s);
}

static void endless(void *unused)
{
	for (;;)
		barrier();
}

static void one(void (*fn)(void *), enum domu_end want, uint64_t patience)
{
	struct domu u;

	domu_create(&u, &(struct domu_config){ .main = fn });
	domu_start(&u);
	EXPECT_EQ(domu_wait(&u, patience), want);
	if (fn == wrong) {
		EXPECT_EQ(u.channel->failed, 1);
		EXPECT_EQ(u.channel->passed, 1);
		EXPECT(strstr(u.channel->text, "should be 43") != NULL);
	}
	if (fn == leaving)
		EXPECT_EQ(domu_shutdown_code(&u), SHUTDOWN_reboot);
	EXPECT(domu_destroy(&u));
}

void test_main(void)
{
	struct domu neighbour;
	struct books before, with;

	variable = 7;
	cleared = 7;
	domu_run(&(struct domu_config){ .main = innocent, .arg = 0x1234 }, "innocent");
	books_read(&before);
	domu_create(&neighbour, &(struct domu_config){ .main = domu_neighbour });
	domu_start(&neighbour);
	domu_neighbour_lives(&neighbour, "before");
	books_read(&with);
	EXPECT(with.free_pages + DOMU_PAGES <= before.free_pages);
	domu_run(&(struct domu_config){ .main = innocent, .arg = 0x1234, .vcpus = 2 }, "innocent, beside another");
	one(wrong, DOMU_DONE, 10000000000UL);
	one(crashing, DOMU_CRASHED, 10000000000UL);
	one(leaving, DOMU_SHUT_DOWN, 10000000000UL);
	one(endless, DOMU_RUNS, 50000000UL);
	domu_neighbour_lives(&neighbour, "after");
	books_compare(&with, "the others gone");
	EXPECT(domu_destroy(&neighbour));
	books_compare(&before, "all gone");
	EXPECT_EQ(variable, 7);
}
