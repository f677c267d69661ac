/* SPDX-License-Identifier: MIT */
/*
 * The store's client library against a daemon that this test plays: answers and events in any
 * mixture and in pieces, requests whose answers nobody waits for, and daemons that talk nonsense.
 *
 * LINK: dom0-tools/lib/xs.c dom0-tools/lib/xs_stream.c
 * CFLAGS: -D_GNU_SOURCE
 */
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tap.h"
#include "dom0-tools/lib/xs.h"

static char socket_path[64];
static int listener, server;
static struct xs_handle *xs;

/* What the daemon sends once it has read so many requests, `step` bytes at a time. */
struct script {
	unsigned int requests;
	char data[8192];
	size_t len, step;
	char seen[8192];		/* what came in */
	size_t seen_len;
	pthread_t thread;
};

static void add(struct script *s, uint32_t type, uint32_t req_id, const char *payload, size_t len)
{
	struct xsd_sockmsg hdr = { type, req_id, 0, (uint32_t)len };

	memcpy(s->data + s->len, &hdr, sizeof(hdr));
	memcpy(s->data + s->len + sizeof(hdr), payload, len);
	s->len += sizeof(hdr) + len;
}

static void *play(void *arg)
{
	struct script *s = arg;
	unsigned int complete = 0;
	size_t at = 0;

	while (complete < s->requests) {
		ssize_t n = read(server, s->seen + s->seen_len, sizeof(s->seen) - s->seen_len);
		struct xsd_sockmsg hdr;

		if (n <= 0)
			return NULL;
		s->seen_len += (size_t)n;
		while (s->seen_len - at >= sizeof(hdr)) {
			memcpy(&hdr, s->seen + at, sizeof(hdr));
			if (s->seen_len - at < sizeof(hdr) + hdr.len)
				break;
			at += sizeof(hdr) + hdr.len;
			complete++;
		}
	}
	for (at = 0; at < s->len;) {
		size_t n = s->len - at < s->step ? s->len - at : s->step;

		if (write(server, s->data + at, n) <= 0)
			return NULL;
		at += n;
	}
	return NULL;
}

static void begin(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	snprintf(socket_path, sizeof(socket_path), "/tmp/xs-client.%d", (int)getpid());
	unlink(socket_path);
	strcpy(addr.sun_path, socket_path);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	bind(listener, (struct sockaddr *)&addr, sizeof(addr));
	listen(listener, 1);
	setenv("XENSTORED_PATH", socket_path, 1);
	xs = xs_open(0);
	server = accept(listener, NULL, NULL);
}

static void run(struct script *s)
{
	if (!s->step)
		s->step = sizeof(s->data);
	pthread_create(&s->thread, NULL, play, s);
}

static void end(struct script *s)
{
	if (s)
		pthread_join(s->thread, NULL);
	xs_close(xs);
	close(server);
	close(listener);
	unlink(socket_path);
}

TEST(an_answer_comes_in_any_pieces)
{
	for (size_t step = 1; step < 40; step += 3) {
		struct script s = { .requests = 1, .step = step };
		unsigned int len;
		char *value;

		begin();
		add(&s, XS_WATCH_EVENT, 0, "/a\0t1", 6);
		add(&s, XS_READ, 1, "value", 5);
		add(&s, XS_WATCH_EVENT, 0, "/b\0t2", 6);
		run(&s);
		value = xs_read(xs, XBT_NULL, "/x", &len);
		REQUIRE_TRUE(value);
		EXPECT_STR(value, "value");
		EXPECT_EQ(len, 5u);
		free(value);
		for (int i = 0; i < 2; i++) {
			char **event = xs_read_watch(xs, NULL);

			REQUIRE_TRUE(event);
			EXPECT_STR(event[XS_WATCH_PATH], i ? "/b" : "/a");
			EXPECT_STR(event[XS_WATCH_TOKEN], i ? "t2" : "t1");
			free(event);
		}
		EXPECT_TRUE(!xs_check_watch(xs) && errno == EAGAIN);
		end(&s);
	}
}

TEST(errors_have_their_numbers)
{
	struct script s = { .requests = 1 };

	begin();
	add(&s, XS_ERROR, 1, "EACCES", 7);
	run(&s);
	EXPECT_TRUE(!xs_mkdir(xs, XBT_NULL, "/x"));
	EXPECT_EQ(errno, EACCES);
	end(&s);
}

TEST(later_requests_are_sent_together_and_checked_at_the_end)
{
	struct script s = { .requests = 4 };
	char request[64];

	begin();
	add(&s, XS_WRITE, 1, "OK", 3);
	add(&s, XS_ERROR, 2, "ENOSPC", 7);
	add(&s, XS_WATCH_EVENT, 0, "/w\0t", 5);
	add(&s, XS_ERROR, 3, "EACCES", 7);
	add(&s, XS_WRITE, 4, "OK", 3);
	add(&s, XS_TRANSACTION_END, 5, "OK", 3);
	EXPECT_TRUE(xs_write_later(xs, 7, "/a", "1", 1));
	EXPECT_TRUE(xs_write_later(xs, 7, "/b", "2", 1));
	EXPECT_TRUE(xs_write_later(xs, 7, "/c", "3", 1));
	EXPECT_TRUE(xs_write_later(xs, 7, "/d", "4", 1));
	run(&s);
	EXPECT_TRUE(!xs_transaction_end(xs, 7, false));
	EXPECT_EQ(errno, ENOSPC);
	{
		char **event = xs_check_watch(xs);

		REQUIRE_TRUE(event);
		EXPECT_STR(event[0], "/w");
		free(event);
	}
	/* The transaction was aborted. */
	EXPECT_EQ(read(server, request, sizeof(request)), (ssize_t)sizeof(struct xsd_sockmsg) + 2);
	EXPECT_STR(request + sizeof(struct xsd_sockmsg), "F");
	end(&s);
}

TEST(many_later_requests_do_not_fill_the_way_back)
{
	struct script s = { .requests = 64 };
	unsigned int i;

	begin();
	for (i = 1; i <= 64; i++)
		add(&s, XS_WRITE, i, "OK", 3);
	run(&s);
	for (i = 0; i < 64; i++)
		REQUIRE_TRUE(xs_write_later(xs, XBT_NULL, "/a", "1", 1));
	EXPECT_TRUE(xs_flush(xs));
	EXPECT_TRUE(xs_flush(xs));
	end(&s);
}

TEST(nonsense_breaks_the_handle_and_nothing_else)
{
	static const struct xsd_sockmsg bad[] = {
		{ XS_READ, 1, 0, 5000 },		/* too long */
		{ XS_READ, 99, 0, 0 },			/* the answer to something else */
		{ XS_WRITE, 1, 0, 0 },			/* of another type */
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct script s = { .requests = 1 };

		begin();
		memcpy(s.data, &bad[i], sizeof(bad[i]));
		s.len = sizeof(bad[i]);
		run(&s);
		EXPECT_TRUE(!xs_read(xs, XBT_NULL, "/x", NULL));
		EXPECT_EQ(errno, EIO);
		EXPECT_TRUE(!xs_read(xs, XBT_NULL, "/x", NULL));
		EXPECT_EQ(errno, ECONNRESET);
		end(&s);
	}
}

TEST(a_daemon_that_dies_is_an_error)
{
	char **event;

	begin();
	close(server);
	EXPECT_TRUE(!xs_read(xs, XBT_NULL, "/x", NULL));
	EXPECT_TRUE(!xs_write(xs, XBT_NULL, "/x", "", 0));
	event = xs_check_watch(xs);
	EXPECT_TRUE(!event && errno != EAGAIN);
	server = -1;
	end(NULL);
}

TEST(a_directory_in_parts_begins_again_when_it_changes)
{
	struct script s = { .requests = 1 };
	unsigned int nr;
	char **names;

	begin();
	/* All answers at once: the library matches them by their numbers. */
	add(&s, XS_ERROR, 1, "E2BIG", 6);
	add(&s, XS_DIRECTORY_PART, 2, "7\0a\0bb", 7);
	add(&s, XS_DIRECTORY_PART, 3, "8\0cc\0", 6);
	add(&s, XS_DIRECTORY_PART, 4, "8\0a\0bb", 7);
	add(&s, XS_DIRECTORY_PART, 5, "8\0cc\0", 6);
	run(&s);
	names = xs_directory(xs, XBT_NULL, "/", &nr);
	REQUIRE_TRUE(names);
	EXPECT_EQ(nr, 3u);
	EXPECT_STR(names[0], "a");
	EXPECT_STR(names[1], "bb");
	EXPECT_STR(names[2], "cc");
	free(names);
	end(&s);
}

TAP_MAIN
