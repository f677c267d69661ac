/* SPDX-License-Identifier: MIT */
/*
 * xenstored's view of bytes from outside: messages in pieces, payloads without nuls, numbers, and a
 * shared page whose owner writes nonsense into it, also while it is read.
 *
 * LINK: dom0-tools/xenstored/wire.c dom0-tools/xenstored/ring.c
 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"
#include "dom0-tools/xenstored/ring.h"
#include "dom0-tools/xenstored/wire.h"

static struct message m;

/* Feeds bytes in steps of n, until they are used up or the state is final. */
static enum message_state feed(const void *data, size_t len, size_t step)
{
	enum message_state state = MESSAGE_PARTIAL;
	const char *at = data;

	while (len && state == MESSAGE_PARTIAL) {
		size_t n = len < step ? len : step, room;
		char *where;

		room = message_room(&m, &where);
		if (n > room)
			n = room;
		memcpy(where, at, n);
		message_add(&m, n);
		at += n;
		len -= n;
		state = message_check(&m);
	}
	return state;
}

TEST(messages_come_in_pieces)
{
	struct { struct xsd_sockmsg hdr; char payload[5]; } msg = { { XS_READ, 7, 0, 5 }, "/abc" };

	for (size_t step = 1; step < 32; step++) {
		message_reset(&m);
		EXPECT_EQ(feed(&msg, sizeof(struct xsd_sockmsg) + 5, step), MESSAGE_COMPLETE);
		EXPECT_STR(m.payload, "/abc");
		EXPECT_EQ(m.hdr.req_id, 7u);
	}
}

TEST(one_read_may_bring_several)
{
	struct { struct xsd_sockmsg hdr; char payload[4]; } msg[3] = {
		{ { XS_READ, 1, 0, 4 }, "/a1" }, { { XS_READ, 2, 0, 3 }, "/b" }, { { XS_READ, 3, 0, 4 }, "/c" },
	};
	char stream[sizeof(msg)];
	size_t len = 0;

	for (int i = 0; i < 3; i++) {
		memcpy(stream + len, &msg[i], sizeof(struct xsd_sockmsg) + msg[i].hdr.len);
		len += sizeof(struct xsd_sockmsg) + msg[i].hdr.len;
	}
	message_reset(&m);
	EXPECT_EQ(feed(stream, len - 1, 4096), MESSAGE_COMPLETE);
	EXPECT_STR(m.payload, "/a1");
	message_next(&m);
	EXPECT_EQ(message_check(&m), MESSAGE_COMPLETE);
	EXPECT_STR(m.payload, "/b");
	EXPECT_EQ(m.hdr.req_id, 2u);
	message_next(&m);
	EXPECT_EQ(message_check(&m), MESSAGE_PARTIAL);
	EXPECT_EQ(feed(stream + len - 1, 1, 1), MESSAGE_COMPLETE);
	EXPECT_EQ(m.hdr.req_id, 3u);
	message_next(&m);
	EXPECT_EQ(m.got, 0u);
}

TEST(an_empty_payload_is_complete_with_its_header)
{
	struct xsd_sockmsg hdr = { XS_TRANSACTION_START, 1, 0, 0 };

	message_reset(&m);
	EXPECT_EQ(feed(&hdr, sizeof(hdr), 64), MESSAGE_COMPLETE);
	EXPECT_EQ(m.payload[0], 0);
}

TEST(the_longest_payload_fits_and_a_longer_one_is_refused)
{
	static struct { struct xsd_sockmsg hdr; char payload[XENSTORE_PAYLOAD_MAX]; } msg;

	msg.hdr.len = XENSTORE_PAYLOAD_MAX;
	memset(msg.payload, 'x', sizeof(msg.payload));
	message_reset(&m);
	EXPECT_EQ(feed(&msg, sizeof(msg), 1000), MESSAGE_COMPLETE);
	EXPECT_EQ(m.payload[XENSTORE_PAYLOAD_MAX], 0);
	msg.hdr.len++;
	message_reset(&m);
	EXPECT_EQ(feed(&msg, sizeof(msg.hdr), 16), MESSAGE_TOO_LONG);
	msg.hdr.len = UINT32_MAX;
	message_reset(&m);
	EXPECT_EQ(feed(&msg, sizeof(msg.hdr), 16), MESSAGE_TOO_LONG);
}

TEST(payloads_split_at_nuls_only)
{
	const char *arg[3], *rest;
	size_t rest_len;

	EXPECT_EQ(wire_split("a\0bc\0d", 6, arg, 3, &rest, &rest_len), 2u);
	EXPECT_STR(arg[1], "bc");
	EXPECT_EQ(rest_len, 1u);
	EXPECT_EQ(wire_split("a\0bc\0", 5, arg, 1, &rest, &rest_len), 1u);
	EXPECT_EQ(rest_len, 3u);
	EXPECT_EQ(wire_split("abc", 3, arg, 3, &rest, &rest_len), 0u);
	EXPECT_EQ(wire_split("", 0, arg, 3, &rest, &rest_len), 0u);
	EXPECT_EQ(wire_split("\0\0", 2, arg, 3, &rest, &rest_len), 2u);
}

TEST(numbers_are_decimal_and_bounded)
{
	uint64_t n;

	EXPECT_EQ(wire_number("65535", 65535, &n), true);
	EXPECT_EQ(n, 65535u);
	EXPECT_EQ(wire_number("65536", 65535, &n), false);
	EXPECT_EQ(wire_number("18446744073709551615", UINT64_MAX, &n), true);
	EXPECT_EQ(wire_number("18446744073709551616", UINT64_MAX, &n), false);
	EXPECT_EQ(wire_number("", 9, &n), false);
	EXPECT_EQ(wire_number("1 ", 9, &n), false);
	EXPECT_EQ(wire_number("-1", 9, &n), false);
	EXPECT_EQ(wire_number("7", 5, &n), false);
}

TEST(a_ring_carries_bytes_round_its_end)
{
	static struct xenstore_domain_interface ring;
	char out[XENSTORE_RING_SIZE], in[XENSTORE_RING_SIZE];
	unsigned int sent = 0;

	ring.rsp_prod = ring.rsp_cons = UINT32_MAX - 100;
	ring.req_prod = ring.req_cons = UINT32_MAX - 100;
	for (unsigned int round = 0; round < 100; round++) {
		size_t len = 1 + round * 7 % 900;

		for (size_t i = 0; i < len; i++)
			out[i] = (char)sent++;
		EXPECT_EQ(ring_write(&ring, out, len), (long)len);
		/* Play the domain: what was written comes back as a request. */
		for (size_t i = 0; i < len; i++)
			ring.req[MASK_XENSTORE_IDX(ring.req_prod + i)] =
				ring.rsp[MASK_XENSTORE_IDX(ring.rsp_cons + i)];
		ring.rsp_cons += (uint32_t)len;
		ring.req_prod += (uint32_t)len;
		EXPECT_EQ(ring_read(&ring, in, sizeof(in)), (long)len);
		EXPECT_EQ(memcmp(in, out, len), 0);
	}
	EXPECT_EQ(ring_read(&ring, in, sizeof(in)), 0);
	EXPECT_EQ(ring_write(&ring, out, sizeof(out)), (long)XENSTORE_RING_SIZE);
	EXPECT_EQ(ring_write(&ring, out, 1), 0);
}

TEST(impossible_indices_are_refused)
{
	static struct xenstore_domain_interface ring;
	char buf[16];

	ring.req_prod = XENSTORE_RING_SIZE + 1;
	EXPECT_EQ(ring_read(&ring, buf, sizeof(buf)), -1);
	ring.req_prod = 0;
	ring.req_cons = 1;
	EXPECT_EQ(ring_read(&ring, buf, sizeof(buf)), -1);
	ring.rsp_cons = 1;
	EXPECT_EQ(ring_write(&ring, buf, sizeof(buf)), -1);
}

/* Another process scribbles over the whole page while this one serves it: nothing may break. */
TEST(a_page_that_changes_all_the_time_is_harmless)
{
	struct xenstore_domain_interface *ring =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char guard[64], buf[XENSTORE_RING_SIZE];
	pid_t child = fork();
	long refused = 0;

	if (child == 0) {
		unsigned int seed = 1;

		for (;;) {
			((volatile uint32_t *)&ring->req_cons)[rand_r(&seed) % 4] =
				rand_r(&seed) % 3 ? (uint32_t)rand_r(&seed) % 2048 :
						    (uint32_t)rand_r(&seed) * 5;
			((volatile char *)ring)[rand_r(&seed) % 2048] = (char)seed;
		}
	}
	memset(guard, 0x5a, sizeof(guard));
	for (int i = 0; i < 200000; i++) {
		long n = ring_read(ring, buf, (size_t)(i % (int)sizeof(buf)));

		REQUIRE_TRUE(n <= (long)sizeof(buf));
		refused += n < 0;
		n = ring_write(ring, buf, (size_t)(i % (int)sizeof(buf)));
		REQUIRE_TRUE(n <= (long)sizeof(buf));
		refused += n < 0;
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	for (size_t i = 0; i < sizeof(guard); i++)
		REQUIRE_TRUE(guard[i] == 0x5a);
	printf("# %ld of 400000 refused\n", refused);
	EXPECT_EQ(refused > 0, true);
	munmap(ring, 4096);
}

TAP_MAIN
