/* SPDX-License-Identifier: MIT */
/*
 * The heap of timers: whatever is inserted and removed in whatever order, the root is always the
 * earliest, and taking the roots one by one gives all timers in order.
 *
 * CFLAGS: -Ihypervisor
 */
#include "tap.h"
#include "hypervisor/core/timer_heap.h"

#define N 2000

static struct timer timers[N];
static bool in[N];

static s_time_t earliest(void)
{
	s_time_t best = S_TIME_NEVER;

	for (int i = 0; i < N; i++)
		if (in[i] && timers[i].expires < best)
			best = timers[i].expires;
	return best;
}

TEST(roots_come_in_order)
{
	struct timer *root = NULL;
	s_time_t last = 0;
	int n = 0;

	srand(7);
	for (int i = 0; i < N; i++) {
		timers[i].expires = rand() % 500;
		root = timer_heap_insert(root, &timers[i]);
	}
	while (root) {
		REQUIRE_TRUE(root->expires >= last);
		last = root->expires;
		root = timer_heap_remove(root, root);
		n++;
	}
	EXPECT_EQ(n, N);
}

TEST(root_is_earliest_among_random_changes)
{
	struct timer *root = NULL;
	int wrong = 0;

	srand(11);
	memset(in, 0, sizeof(in));
	for (int step = 0; step < 20000; step++) {
		int i = rand() % N;

		if (in[i]) {
			root = timer_heap_remove(root, &timers[i]);
		} else {
			timers[i].expires = rand();
			root = timer_heap_insert(root, &timers[i]);
		}
		in[i] = !in[i];
		if (step % 16 == 0)
			wrong += (root ? root->expires : S_TIME_NEVER) != earliest();
	}
	EXPECT_EQ(wrong, 0);
}

TEST(a_removed_one_can_be_inserted_again)
{
	struct timer a = { .expires = 1 }, b = { .expires = 2 }, *root = NULL;

	root = timer_heap_insert(root, &a);
	root = timer_heap_insert(root, &b);
	root = timer_heap_remove(root, &a);
	EXPECT_TRUE(root == &b);
	a.expires = 3;
	root = timer_heap_insert(root, &a);
	EXPECT_TRUE(root == &b);
	root = timer_heap_remove(root, &b);
	EXPECT_TRUE(root == &a);
	root = timer_heap_remove(root, &a);
	EXPECT_TRUE(root == NULL);
}

TAP_MAIN
