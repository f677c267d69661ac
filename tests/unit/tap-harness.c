/* SPDX-License-Identifier: MIT */
/*
 * tap-harness: the harness itself. A comparison that holds counts nothing, one that does not is counted
 * once, and both sides are evaluated once.
 */
#include "tap.h"

static int evaluated;

static int once(int value)
{
	evaluated++;
	return value;
}

TEST(evaluates_each_side_once)
{
	evaluated = 0;
	EXPECT_EQ(once(3), once(3));
	EXPECT_EQ(evaluated, 2);
}

TEST(counts_a_difference)
{
	unsigned int before = tap_bad;
	unsigned int counted;

	printf("# the next line is a difference on purpose\n");
	EXPECT_EQ(1, 2);
	counted = tap_bad - before;
	tap_bad = before;
	EXPECT_EQ(counted, 1u);
}

TEST(compares_strings_and_memory)
{
	EXPECT_STR("a", "a");
	EXPECT_MEM("abc", "abd", 2);
}

TAP_MAIN
