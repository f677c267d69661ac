/* SPDX-License-Identifier: MIT */
/*
 * Range sets: after any sequence of additions and removals the set holds exactly the numbers that a
 * plain bitmap holds after the same sequence, as sorted ranges that do not touch. Memory running out
 * changes nothing.
 *
 * CFLAGS: -Ihypervisor
 */
#include "tap.h"
#include "hypervisor/core/rangeset.c"

static bool fail_alloc;

void *kmalloc(size_t n)
{
	return fail_alloc ? NULL : malloc(n);
}

void *kzalloc(size_t n)
{
	return fail_alloc ? NULL : calloc(1, n);
}

void kfree(void *p)
{
	free(p);
}

#define N 300

static bool model[N];

static bool same(const struct rangeset *r)
{
	for (unsigned long i = 0; i < N; i++)
		if (rangeset_contains(r, i, i) != model[i])
			return false;
	return true;
}

static bool tidy(const struct rangeset *r)
{
	const struct range_array *a = r->now;

	for (unsigned int i = 0; a && i < a->nr; i++) {
		if (a->r[i].first > a->r[i].last)
			return false;
		if (i && a->r[i].first <= a->r[i - 1].last + 1)
			return false;
	}
	return true;
}

TEST(follows_a_bitmap)
{
	struct rangeset *r = rangeset_create();

	srand(3);
	for (int step = 0; step < 3000; step++) {
		unsigned long first = (unsigned long)rand() % N, last = first + (unsigned long)rand() % 20;
		bool add = rand() & 1;

		last = last < N ? last : N - 1;
		REQUIRE_EQ(add ? rangeset_add(r, first, last) : rangeset_remove(r, first, last), 0);
		for (unsigned long i = first; i <= last; i++)
			model[i] = add;
		REQUIRE_TRUE(same(r));
		REQUIRE_TRUE(tidy(r));
	}
	rangeset_destroy(r);
}

TEST(the_whole_range_and_its_ends)
{
	struct rangeset *r = rangeset_create();

	EXPECT_EQ(rangeset_add(r, 0, ~0UL), 0);
	EXPECT_TRUE(rangeset_contains(r, 0, ~0UL));
	EXPECT_EQ(rangeset_remove(r, 5, 5), 0);
	EXPECT_TRUE(!rangeset_contains(r, 4, 6));
	EXPECT_TRUE(rangeset_overlaps(r, 5, 6));
	EXPECT_TRUE(!rangeset_overlaps(r, 5, 5));
	EXPECT_EQ(rangeset_add(r, 5, 5), 0);
	EXPECT_TRUE(rangeset_contains(r, 0, ~0UL));
	EXPECT_TRUE(!rangeset_contains(r, 7, 6));
	EXPECT_TRUE(!rangeset_contains(NULL, 0, 0));
	rangeset_destroy(r);
}

TEST(no_memory_changes_nothing)
{
	struct rangeset *r = rangeset_create();

	rangeset_add(r, 10, 20);
	fail_alloc = true;
	EXPECT_EQ(rangeset_add(r, 30, 40), -ENOMEM);
	EXPECT_EQ(rangeset_remove(r, 10, 10), -ENOMEM);
	fail_alloc = false;
	EXPECT_TRUE(rangeset_contains(r, 10, 20));
	EXPECT_TRUE(!rangeset_contains(r, 30, 30));
	rangeset_destroy(r);
}

TAP_MAIN
