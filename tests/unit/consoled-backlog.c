/* SPDX-License-Identifier: MIT */
/*
 * consoled's memory of what was printed, and its ring: what is kept is the end of the stream, byte for
 * byte, and no index a domain writes makes it read or write outside of the ring.
 *
 * LINK: dom0-tools/consoled/backlog.c dom0-tools/consoled/conring.c
 */
#include "tap.h"
#include "dom0-tools/consoled/backlog.h"
#include "dom0-tools/consoled/conring.h"

/* The byte at each position of the stream is a function of the position. */
static char byte_at(uint64_t p)
{
	return (char)(p * 31 + (p >> 8));
}

static void append(struct backlog *b, size_t len)
{
	static char buf[3 * BACKLOG_MAX];

	for (size_t i = 0; i < len; i++)
		buf[i] = byte_at(b->end + i);
	backlog_append(b, buf, len);
}

/* Everything from `at` on is right; returns how much that was. */
static size_t check_from(const struct backlog *b, uint64_t at)
{
	const char *data;
	size_t n, total = 0;

	while ((n = backlog_peek(b, &at, &data))) {
		for (size_t i = 0; i < n; i++)
			if (data[i] != byte_at(at + i))
				return 0;
		at += n;
		total += n;
	}
	return total;
}

TEST(the_end_of_the_stream_is_kept)
{
	struct backlog b = { 0 };
	size_t total = 0;

	srand(1);
	for (int i = 0; i < 2000; i++) {
		size_t len = (size_t)rand() % (i % 50 ? 300 : BACKLOG_MAX + 5000);
		size_t kept;

		append(&b, len);
		total += len;
		kept = check_from(&b, 0);
		REQUIRE_EQ(b.end, total);
		REQUIRE_EQ(kept, b.end - b.start);
		REQUIRE_TRUE(kept == total || kept >= BACKLOG_MAX / 2 || kept == b.size);
	}
	EXPECT_EQ(check_from(&b, 0), (size_t)BACKLOG_MAX);
	EXPECT_EQ(check_from(&b, total - 10), 10u);
	EXPECT_EQ(check_from(&b, total), 0u);
	backlog_free(&b);
}

TEST(little_output_takes_little_memory)
{
	struct backlog b = { 0 };

	append(&b, 100);
	EXPECT_LE(b.size, 1024u);
	append(&b, 1500);
	EXPECT_LE(b.size, 2048u);
	EXPECT_EQ(check_from(&b, 0), 1600u);
	backlog_free(&b);
}

TEST(a_position_that_was_lost_moves_up)
{
	struct backlog b = { 0 };
	uint64_t at = 5;
	const char *data;

	append(&b, 2 * BACKLOG_MAX);
	EXPECT_GT(backlog_peek(&b, &at, &data), (size_t)0);
	EXPECT_EQ(at, (uint64_t)BACKLOG_MAX);
	backlog_free(&b);
}

TEST(the_ring_goes_round)
{
	static struct xencons_interface ring;
	char buf[sizeof(ring.out)];
	uint64_t sent = 0, seen = 0;

	ring.out_prod = ring.out_cons = ring.in_prod = ring.in_cons = UINT32_MAX - 50;
	for (int i = 0; i < 500; i++) {
		size_t len = (size_t)(i * 37) % sizeof(ring.out);
		long n;

		for (size_t k = 0; k < len; k++, sent++)
			ring.out[MASK_XENCONS_IDX(ring.out_prod++, ring.out)] = byte_at(sent);
		n = conring_read(&ring, buf, sizeof(buf));
		REQUIRE_EQ(n, (long)len);
		for (long k = 0; k < n; k++)
			REQUIRE_TRUE(buf[k] == byte_at(seen++));
		n = conring_write(&ring, buf, len);
		REQUIRE_EQ(n, (long)(len < sizeof(ring.in) ? len : sizeof(ring.in)));
		ring.in_cons = ring.in_prod;
	}
}

TEST(impossible_indices_are_refused)
{
	static struct xencons_interface ring;
	char buf[sizeof(ring.out)];

	ring.out_prod = sizeof(ring.out) + 1;
	EXPECT_EQ(conring_read(&ring, buf, sizeof(buf)), -1);
	ring.out_prod = UINT32_MAX;
	EXPECT_EQ(conring_read(&ring, buf, sizeof(buf)), -1);
	ring.in_cons = 1;
	EXPECT_EQ(conring_write(&ring, buf, 1), -1);
	ring.in_prod = 1 + sizeof(ring.in);
	EXPECT_EQ(conring_write(&ring, buf, 1), 0);
}

TAP_MAIN
