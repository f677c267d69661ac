/* SPDX-License-Identifier: MIT */
/*
 * tap.h: the smallest test harness that prints both values. A unit test is a program:
 *
 *	#include "tap.h"
 *	#include "hypervisor/lib/bitmap.c"
 *
 *	TEST(finds_the_first_clear_bit)
 *	{
 *		EXPECT_EQ(bitmap_first_clear(map, 64), 5);
 *	}
 *
 *	TAP_MAIN
 *
 * Each TEST is one TAP result; it goes on after a failed EXPECT and stops at a failed REQUIRE.
 */
#ifndef TESTS_UNIT_TAP_H
#define TESTS_UNIT_TAP_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tap_test {
	const char *name;
	void (*run)(void);
	struct tap_test *next;
};

static struct tap_test *tap_first, **tap_last = &tap_first;
static unsigned int tap_bad;

#define TEST(id)                                                                                   \
	static void test_##id(void);                                                               \
	static struct tap_test tap_##id = { #id, test_##id, NULL };                                \
	__attribute__((constructor)) static void tap_add_##id(void)                                \
	{                                                                                          \
		*tap_last = &tap_##id;                                                             \
		tap_last = &tap_##id.next;                                                         \
	}                                                                                          \
	static void test_##id(void)

/* Both sides are evaluated once and compared as they are; they are shown as 64-bit numbers. */
#define TAP_COMPARE(a, op, b, stop)                                                                \
	do {                                                                                       \
		__auto_type tap_a = (a);                                                           \
		__auto_type tap_b = (b);                                                           \
		if (!(tap_a op tap_b)) {                                                           \
			tap_bad++;                                                                 \
			printf("# %s:%d: %s " #op " %s: left is %" PRId64 " (%#" PRIx64            \
			       "), right is %" PRId64 " (%#" PRIx64 ")\n",                         \
			       __FILE__, __LINE__, #a, #b, (int64_t)(intptr_t)tap_a,               \
			       (int64_t)(intptr_t)tap_a, (int64_t)(intptr_t)tap_b,                 \
			       (int64_t)(intptr_t)tap_b);                                          \
			if (stop)                                                                  \
				return;                                                            \
		}                                                                                  \
	} while (0)

#define EXPECT_EQ(a, b) TAP_COMPARE(a, ==, b, 0)
#define EXPECT_NE(a, b) TAP_COMPARE(a, !=, b, 0)
#define EXPECT_LT(a, b) TAP_COMPARE(a, <, b, 0)
#define EXPECT_LE(a, b) TAP_COMPARE(a, <=, b, 0)
#define EXPECT_GT(a, b) TAP_COMPARE(a, >, b, 0)
#define EXPECT_GE(a, b) TAP_COMPARE(a, >=, b, 0)
#define EXPECT_TRUE(a)  TAP_COMPARE(!!(a), ==, 1, 0)
#define EXPECT_FALSE(a) TAP_COMPARE(!!(a), ==, 0, 0)
#define REQUIRE_EQ(a, b) TAP_COMPARE(a, ==, b, 1)
#define REQUIRE_TRUE(a)  TAP_COMPARE(!!(a), ==, 1, 1)

#define EXPECT_STR(a, b)                                                                           \
	do {                                                                                       \
		const char *tap_a = (a), *tap_b = (b);                                             \
		if (!tap_a || !tap_b || strcmp(tap_a, tap_b) != 0) {                               \
			tap_bad++;                                                                 \
			printf("# %s:%d: %s: got \"%s\", expected \"%s\"\n", __FILE__, __LINE__,   \
			       #a, tap_a ? tap_a : "(null)", tap_b ? tap_b : "(null)");            \
		}                                                                                  \
	} while (0)

#define EXPECT_MEM(a, b, n)                                                                        \
	do {                                                                                       \
		const unsigned char *tap_a = (const void *)(a), *tap_b = (const void *)(b);        \
		for (size_t tap_i = 0; tap_i < (size_t)(n); tap_i++) {                             \
			if (tap_a[tap_i] != tap_b[tap_i]) {                                        \
				tap_bad++;                                                         \
				printf("# %s:%d: %s: byte %zu is %#x, expected %#x\n", __FILE__,   \
				       __LINE__, #a, tap_i, tap_a[tap_i], tap_b[tap_i]);           \
				break;                                                             \
			}                                                                          \
		}                                                                                  \
	} while (0)

static inline int tap_run_all(void)
{
	unsigned int n = 0, failed = 0, number = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (const struct tap_test *t = tap_first; t; t = t->next)
		n++;
	printf("1..%u\n", n);
	for (const struct tap_test *t = tap_first; t; t = t->next) {
		tap_bad = 0;
		t->run();
		failed += tap_bad != 0;
		printf("%sok %u - %s\n", tap_bad ? "not " : "", ++number, t->name);
	}
	return failed != 0;
}

#define TAP_MAIN                                                                                   \
	int main(void)                                                                             \
	{                                                                                          \
		return tap_run_all();                                                              \
	}

#endif /* TESTS_UNIT_TAP_H */
