/* SPDX-License-Identifier: MIT */
/*
 * The mistakes that Xen's two XenStore daemons made, tried on ours with its real connections, requests, watches and
 * transactions: what goes in are the bytes of a ring, what comes out is read as a client would. Each
 * test names its advisories. Address, undefined-behaviour and leak checks are on.
 *
 * LINK: dom0-tools/xenstored/conn.c dom0-tools/xenstored/request.c dom0-tools/xenstored/special.c
 * LINK: dom0-tools/xenstored/transaction.c dom0-tools/xenstored/exec.c dom0-tools/xenstored/wire.c
 * LINK: dom0-tools/xenstored/store.c dom0-tools/xenstored/node.c dom0-tools/xenstored/perms.c
 * LINK: dom0-tools/xenstored/path.c dom0-tools/xenstored/quota.c dom0-tools/xenstored/watch.c
 * LINK: dom0-tools/xenstored/ring.c
 * CFLAGS: -D_GNU_SOURCE
 */
#include <errno.h>
#include <stdarg.h>

#include "tap.h"
#include "dom0-tools/xenstored/conn.h"
#include "dom0-tools/xenstored/control.h"
#include "dom0-tools/xenstored/domain.h"
#include "dom0-tools/xenstored/main.h"
#include "dom0-tools/xenstored/ring.h"
#include "dom0-tools/xenstored/special.h"
#include "dom0-tools/xenstored/transaction.h"

/* ---- what main.c, domain.c and control.c are in the daemon ---- */

struct view main_store;
bool main_tracing;

void main_store_changed(void)
{
	if (main_store.ledger.nr)
		ledger_settle(&main_store.ledger);
	watch_fire_changes(&main_store, conn_send_event);
	view_drop_changes(&main_store);
}

void say(const char *fmt, ...) { (void)fmt; }
void trace_request(const struct conn *c, const struct message *m) { (void)c; (void)m; }
void trace_reply(const struct conn *c, const struct reply *r) { (void)c; (void)r; }
int control_request(const char *p, size_t len, struct reply *r) { (void)p; (void)len; (void)r; return ENOSYS; }
int domain_introduce(uint16_t d, uint64_t m, uint32_t p) { (void)d; (void)m; (void)p; return 0; }
int domain_release(uint16_t d) { (void)d; return 0; }
int domain_resume(uint16_t d) { (void)d; return 0; }
int domain_set_target(uint16_t d, uint16_t t) { (void)d; (void)t; return 0; }
bool domain_is_introduced(uint16_t d) { (void)d; return true; }

/* The end of a domain, in domain.c's order. */
static void domain_dies(struct conn *c)
{
	uint16_t domid = c->who.domid;

	c->dead = true;
	conn_drop_state(c);
	store_forget_domain(&main_store, domid);
	special_forget_domain(domid);
	main_store_changed();
	quota_forget(domid);
	special_fire(SPECIAL_RELEASE);
}

/* ---- a transport of bytes ---- */

#define CLIENTS 4

static struct client {
	struct conn *conn;
	char in[1 << 16], out[1 << 20];
	size_t in_len, out_len, room;	/* room: bytes that the client has yet taken up */
	bool broken;
} client[CLIENTS];

static struct client *client_of(const struct conn *c)
{
	for (unsigned int i = 0; i < CLIENTS; i++)
		if (client[i].conn == c)
			return &client[i];
	abort();
}

static long take(struct conn *c, void *data, size_t len)
{
	struct client *k = client_of(c);

	len = len < k->in_len ? len : k->in_len;
	memcpy(data, k->in, len);
	k->in_len -= len;
	memmove(k->in, k->in + len, k->in_len);
	return (long)len;
}

static long give(struct conn *c, const void *data, size_t len)
{
	struct client *k = client_of(c);

	len = len < k->room - k->out_len ? len : k->room - k->out_len;
	memcpy(k->out + k->out_len, data, len);
	k->out_len += len;
	return (long)len;
}

static void nothing(struct conn *c) { (void)c; }

static void breaks(struct conn *c, unsigned int error)
{
	(void)error;
	client_of(c)->broken = true;
	conn_drop_state(c);
}

static const struct transport bytes = { take, give, nothing, breaks, nothing };

static void open_client(unsigned int i, uint16_t domid)
{
	client[i] = (struct client){ .room = sizeof(client[i].out) };
	client[i].conn = conn_new(&bytes, (struct caller){ domid, -1, domid == 0 });
}

static bool special_ready;

static void begin(void)
{
	quota_init();
	watch_init();
	conn_init();
	view_init(&main_store);
	if (!special_ready)
		special_ready = special_init();
	for (unsigned int i = 0; i < CLIENTS; i++)
		open_client(i, (uint16_t)i);
}

static void end(void)
{
	list_for_each(c, &conns, struct conn, of_all)
		c->dead = true;
	conn_reap();
	main_store_changed();
	view_destroy(&main_store);
	ledger_clear(&main_store.ledger);
	quota_init();
	for (unsigned int i = 0; i < 2; i++) {
		struct caller dom0 = { 0, -1, true };
		struct perms *p = perms_alloc(1);

		special_set_perms(&dom0, i ? SPECIAL_INTRODUCE : SPECIAL_RELEASE, p);
		perms_put(p);
	}
}

static void put_request(unsigned int i, uint32_t type, uint32_t tx, const char *data, size_t len)
{
	struct xsd_sockmsg hdr = { .type = type, .req_id = 7, .tx_id = tx, .len = (uint32_t)len };
	struct client *k = &client[i];

	if (k->in_len + sizeof(hdr) + len > sizeof(k->in))
		abort();
	memcpy(k->in + k->in_len, &hdr, sizeof(hdr));
	memcpy(k->in + k->in_len + sizeof(hdr), data, len);
	k->in_len += sizeof(hdr) + len;
}

static char answer[8192];

/* The next message for client i: its type, or -1. Its payload is in answer. */
static long next_message(unsigned int i)
{
	struct client *k = &client[i];
	struct xsd_sockmsg hdr;

	if (k->out_len < sizeof(hdr))
		return -1;
	memcpy(&hdr, k->out, sizeof(hdr));
	if (hdr.len > XENSTORE_PAYLOAD_MAX || k->out_len < sizeof(hdr) + hdr.len)
		return -1;
	memcpy(answer, k->out + sizeof(hdr), hdr.len);
	answer[hdr.len] = '\0';
	k->out_len -= sizeof(hdr) + hdr.len;
	memmove(k->out, k->out + sizeof(hdr) + hdr.len, k->out_len);
	return hdr.type;
}

/* One request and its answer: "" for OK, else the error's name or the payload. Events are left out. */
static const char *ask_raw(unsigned int i, uint32_t type, uint32_t tx, const char *data, size_t len)
{
	long t;

	put_request(i, type, tx, data, len);
	conn_run(client[i].conn);
	while ((t = next_message(i)) == XS_WATCH_EVENT)
		;
	if (t < 0)
		return "(no answer)";
	return !strcmp(answer, "OK") ? "" : answer;
}

static const char *ask_tx(unsigned int i, uint32_t tx, uint32_t type, const char *path, const char *rest)
{
	static char data[8192];
	size_t n = strlen(path) + 1, m = rest ? strlen(rest) : 0;

	memcpy(data, path, n);
	if (m)
		memcpy(data + n, rest, m);
	/* Lists end with a nul, values do not. */
	if (rest && (type == XS_SET_PERMS || type == XS_WATCH || type == XS_UNWATCH))
		data[n + m++] = '\0';
	return ask_raw(i, type, tx, data, n + m);
}

static const char *ask(unsigned int i, uint32_t type, const char *path, const char *rest)
{
	return ask_tx(i, 0, type, path, rest);
}

/* Events that wait for client i, joined by blanks as path:token. */
static const char *events(unsigned int i)
{
	static char all[4096];
	long t;

	all[0] = '\0';
	conn_run(client[i].conn);
	while ((t = next_message(i)) >= 0)
		if (t == XS_WATCH_EVENT)
			snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%.60s:%.20s", *all ? " " : "", answer,
				 answer + strlen(answer) + 1);
	return all;
}

/* A home that domain 1 may write in. */
static void home(void)
{
	ask(0, XS_MKDIR, "/local/domain/1", NULL);
	ask(0, XS_SET_PERMS, "/local/domain/1", "n1");
}

TEST(xsa_38_155_ring_indices_are_not_trusted)
{
	static struct xenstore_domain_interface ring;
	char buf[XENSTORE_RING_SIZE * 2];
	const uint32_t odd[] = { 1025, 2048, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffc00 };

	for (unsigned int i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		memset(&ring, 0, sizeof(ring));
		ring.req_prod = odd[i];
		EXPECT_EQ(ring_read(&ring, buf, sizeof(buf)), -1L);
		ring.rsp_prod = odd[i];
		EXPECT_EQ(ring_write(&ring, buf, sizeof(buf)), -1L);
		memset(&ring, 0, sizeof(ring));
		ring.req_cons = odd[i];
		ring.req_prod = odd[i] + 1024;
		EXPECT_EQ(ring_read(&ring, buf, sizeof(buf)), 1024L);
	}
}

TEST(xsa_72_420_lengths_of_messages)
{
	struct xsd_sockmsg hdr = { .type = XS_READ };
	const uint32_t len[] = { 4097, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0 };

	for (unsigned int i = 0; i < sizeof(len) / sizeof(len[0]); i++) {
		begin();
		hdr.len = len[i];
		memcpy(client[1].in, &hdr, sizeof(hdr));
		client[1].in_len = sizeof(hdr);
		conn_run(client[1].conn);
		EXPECT_EQ(client[1].broken, true);
		EXPECT_STR(ask(2, XS_READ, "/nothing", NULL), "EACCES");
		end();
	}
	/* A directory that does not fit into an answer is an error, not an overflow. */
	begin();
	for (unsigned int i = 0; i < 200; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/many/a-name-that-is-long-enough-%u", i);
		ask(0, XS_WRITE, path, "x");
	}
	EXPECT_STR(ask(0, XS_DIRECTORY, "/many", NULL), "E2BIG");
	end();
}

TEST(xsa_115_353_who_may_not_read_hears_nothing)
{
	begin();
	home();
	ask(0, XS_WRITE, "/secret/of/another", "x");
	ask(1, XS_WATCH, "/", "root");
	ask(1, XS_WATCH, "/secret", "secret");
	ask(1, XS_WATCH, "@introduceDomain", "new");
	ask(1, XS_WATCH, "@releaseDomain", "old");
	events(1);
	ask(0, XS_WRITE, "/secret/of/another", "y");
	ask(0, XS_RM, "/secret/of", NULL);
	special_fire(SPECIAL_INTRODUCE);
	special_fire(SPECIAL_RELEASE);
	EXPECT_STR(events(1), "");
	EXPECT_STR(ask(1, XS_DIRECTORY, "/", NULL), "EACCES");
	EXPECT_STR(ask(1, XS_WRITE, "/", "x"), "EACCES");
	EXPECT_STR(ask(1, XS_RM, "/", NULL), "EINVAL");
	EXPECT_STR(ask(1, XS_SET_PERMS, "/", "b1"), "EACCES");
	EXPECT_STR(ask(1, XS_MKDIR, "/mine", NULL), "EACCES");
	EXPECT_STR(ask(1, XS_SET_PERMS, "@releaseDomain", "b1"), "EACCES");
	end();
}

TEST(xsa_322_a_new_domain_inherits_nothing)
{
	struct conn *old;

	begin();
	home();
	ask(0, XS_WRITE, "/shared", "secret");
	put_request(0, XS_SET_PERMS, 0, "/shared\0n0\0b1", sizeof("/shared\0n0\0b1"));
	put_request(0, XS_SET_PERMS, 0, "/\0n0\0r1", sizeof("/\0n0\0r1"));
	put_request(0, XS_SET_PERMS, 0, "@releaseDomain\0n0\0r1", sizeof("@releaseDomain\0n0\0r1"));
	conn_run(client[0].conn);
	EXPECT_STR(ask(1, XS_READ, "/shared", NULL), "secret");
	EXPECT_STR(ask(1, XS_GET_PERMS, "@releaseDomain", NULL), "n0");
	old = client[1].conn;
	domain_dies(old);
	conn_reap();
	open_client(1, 1);
	EXPECT_STR(ask(1, XS_READ, "/shared", NULL), "EACCES");
	EXPECT_STR(ask(1, XS_DIRECTORY, "/", NULL), "EACCES");
	EXPECT_STR(ask(1, XS_GET_PERMS, "@releaseDomain", NULL), "EACCES");
	ask(1, XS_WATCH, "@releaseDomain", "t");
	events(1);
	special_fire(SPECIAL_RELEASE);
	EXPECT_STR(events(1), "");
	/* Not even of a root that was its own. */
	ask(0, XS_SET_PERMS, "/", "n1");
	EXPECT_STR(ask(1, XS_WRITE, "/x", "x"), "");
	domain_dies(client[1].conn);
	conn_reap();
	open_client(1, 1);
	EXPECT_STR(ask(1, XS_WRITE, "/x", "x"), "EACCES");
	end();
}

TEST(xsa_323_481_paths)
{
	static char path[4200];

	begin();
	home();
	for (size_t n = 2040; n < 2060; n++) {
		memset(path, 'a', n);
		path[0] = '/';
		path[n] = '\0';
		EXPECT_STR(ask(1, XS_READ, path, NULL), n > 2048 ? "EINVAL" : "EACCES");
	}
	memset(path, 'a', 4000);
	path[4000] = '\0';
	EXPECT_STR(ask(1, XS_READ, path, NULL), "EINVAL");
	EXPECT_STR(ask(1, XS_WRITE, path, "x"), "EINVAL");
	EXPECT_STR(ask(1, XS_WATCH, path, "t"), "EINVAL");
	EXPECT_STR(ask(0, XS_READ, path, NULL), "EINVAL");
	EXPECT_STR(ask(1, XS_WRITE, "//", "x"), "EINVAL");
	EXPECT_STR(ask(1, XS_WRITE, "a//b", "x"), "EINVAL");
	EXPECT_STR(ask(1, XS_WRITE, "a/", "x"), "EINVAL");
	EXPECT_STR(ask(1, XS_WRITE, "a b", "x"), "EINVAL");
	EXPECT_STR(ask(1, XS_WRITE, "\xff", "x"), "EINVAL");
	EXPECT_STR(ask(1, XS_WRITE, "", "x"), "EINVAL");
	EXPECT_STR(ask_raw(1, XS_WRITE, 0, "no-nul", 6), "EINVAL");
	EXPECT_STR(ask_raw(1, XS_READ, 0, "", 0), "EINVAL");
	EXPECT_STR(ask(1, XS_WRITE, "good", "x"), "");
	end();
}

/* A watch whose events would be longer than a message: path and token fill it, and the path grows. */
TEST(xsa_324_events_longer_than_a_message)
{
	static char token[3900], deep[1800];

	begin();
	home();
	memset(token, 't', sizeof(token) - 1);
	memset(deep, 'd', sizeof(deep) - 1);
	memcpy(deep, "data/", 5);
	EXPECT_STR(ask(1, XS_WATCH, "data", token), "");
	EXPECT_STR(ask(1, XS_WRITE, deep, "x"), "");
	EXPECT_STR(ask(1, XS_RM, deep, NULL), "");
	EXPECT_EQ(client[1].broken, false);
	EXPECT_STR(ask(1, XS_UNWATCH, "data", token), "");
	end();
}

TEST(xsa_326_349_512_memory_is_bounded)
{
	unsigned int watches = 0, transactions = 0;
	char path[64];

	begin();
	home();
	for (unsigned int i = 0; i < 1000; i++) {
		snprintf(path, sizeof(path), "w%u", i);
		watches += !*ask(1, XS_WATCH, path, "t");
		snprintf(path, sizeof(path), "t%u", i);
		watches += !*ask(1, XS_WATCH, "same", path);
		transactions += strcmp(ask(1, XS_TRANSACTION_START, "", NULL), "ENOSPC") != 0;
	}
	EXPECT_EQ(watches, 128u);
	EXPECT_EQ(transactions, 10u);
	EXPECT_STR(ask(1, XS_RESET_WATCHES, "", NULL), "");
	/* It reads nothing: its requests wait, and events are merged. */
	client[1].room = client[1].out_len;
	ask(1, XS_WATCH, "data", "t");
	for (unsigned int i = 0; i < 3000; i++) {
		snprintf(path, sizeof(path), "/local/domain/1/data/%u", i);
		ask(0, XS_WRITE, path, "x");
		if (client[1].in_len < 30000)
			put_request(1, XS_READ, 0, "data", 5);
		conn_run(client[1].conn);
	}
	EXPECT_EQ(client[1].conn->nr_answers <= 21, true);
	EXPECT_EQ(client[1].conn->nr_events <= 256, true);
	EXPECT_STR(ask(2, XS_READ, "/nothing", NULL), "EACCES");
	end();
}

TEST(xsa_233_325_440_the_end_of_a_client)
{
	for (unsigned int round = 0; round < 20; round++) {
		begin();
		home();
		ask(1, XS_WATCH, "data", "t");
		ask(1, XS_TRANSACTION_START, "", NULL);
		ask_tx(1, 1, XS_WRITE, "data/x", "1");
		put_request(1, XS_WRITE, 0, "data/y\0z", 8);
		client[1].in_len -= round % 8;		/* its last request cut off */
		if (round & 1)
			conn_run(client[1].conn);
		if (round & 2)
			conn_fail(client[1].conn, XENSTORE_ERROR_PROTO);
		if (round & 4)
			conn_drop_state(client[1].conn);
		domain_dies(client[1].conn);
		if (round & 8)
			conn_run(client[1].conn);
		conn_reap();
		EXPECT_EQ(quota_nodes(1), (size_t)0);
		EXPECT_STR(ask(0, XS_READ, "/local/domain/1/data/x", NULL), "ENOENT");
		end();
	}
}

TEST(xsa_330_484_reset_watches)
{
	begin();
	home();
	for (unsigned int i = 0; i < 50; i++) {
		ask(1, XS_WATCH, "a", "t");
		ask(1, XS_TRANSACTION_START, "", NULL);
		ask(1, XS_WRITE, "a/b", "x");
		put_request(1, XS_RESET_WATCHES, i % 3, "", 0);
		put_request(1, XS_RESET_WATCHES, 0, "", 0);
		put_request(1, XS_TRANSACTION_END, i % 3 + 1, "T", 2);
		put_request(1, XS_UNWATCH, 0, "a\0t", 4);
		conn_run(client[1].conn);
		events(1);
	}
	EXPECT_EQ(client[1].conn->nr_watches, 0u);
	EXPECT_EQ(client[1].conn->nr_transactions, 0u);
	EXPECT_STR(ask(1, XS_WRITE, "a/b", "x"), "");
	EXPECT_STR(events(1), "");
	end();
}

TEST(xsa_352_owners_stay)
{
	begin();
	home();
	EXPECT_STR(ask(1, XS_WRITE, "mine", "x"), "");
	EXPECT_STR(ask(1, XS_SET_PERMS, "mine", "n2"), "EPERM");
	EXPECT_STR(ask(1, XS_SET_PERMS, "mine", "n0"), "EPERM");
	EXPECT_STR(ask(1, XS_SET_PERMS, "mine", "n1"), "");
	EXPECT_STR(ask(2, XS_SET_PERMS, "/local/domain/1/mine", "n2"), "EACCES");
	EXPECT_EQ(quota_nodes(2), (size_t)0);
	end();
}

TEST(xsa_415_417_nodes_of_others_and_of_the_dead)
{
	begin();
	home();
	ask(0, XS_MKDIR, "/local/domain/2", NULL);
	ask(0, XS_SET_PERMS, "/local/domain/2", "n2");
	EXPECT_STR(ask(1, XS_WRITE, "a/b/c", "x"), "");
	EXPECT_STR(ask(1, XS_WRITE, "/local/domain/2/a/b", "x"), "EACCES");
	EXPECT_STR(ask(0, XS_DIRECTORY, "/local/domain/2", NULL), "");
	domain_dies(client[1].conn);
	conn_reap();
	open_client(1, 1);
	EXPECT_STR(ask(0, XS_READ, "/local/domain/1/a/b/c", NULL), "ENOENT");
	EXPECT_STR(ask(1, XS_WRITE, "a", "x"), "EACCES");
	end();
}

/* As deep as a path can be, removed by its owner, and forgotten with it. */
TEST(xsa_418_deep_trees)
{
	static char path[4096];

	for (unsigned int how = 0; how < 2; how++) {
		begin();
		home();
		ask(0, XS_SET_PERMS, "/", "b1");
		ask(1, XS_WATCH, "/", "t");
		path[0] = '\0';
		for (unsigned int i = 0; i < 900; i++)
			strcat(path, "/d");
		EXPECT_STR(ask(1, XS_WRITE, path, "x"), "");
		EXPECT_EQ(quota_nodes(1) >= 900, true);
		if (how)
			domain_dies(client[1].conn);
		else
			EXPECT_STR(ask(1, XS_RM, "/d", NULL), "");
		EXPECT_EQ(quota_nodes(1) <= 2, true);
		end();
	}
}

TEST(xsa_416_419_421_483_counts_of_nodes)
{
	unsigned int made = 0, in_tx = 0;
	char path[64];

	begin();
	home();
	for (unsigned int i = 0; i < 1500; i++) {
		snprintf(path, sizeof(path), "n/%u/%u", i / 50, i % 50);
		made += !*ask(1, XS_WRITE, path, "x");
	}
	EXPECT_EQ(quota_nodes(1), (size_t)1000);
	EXPECT_EQ(made > 900 && made < 1000, true);
	/* A transaction that makes and removes does not get beyond it, nor lose count. */
	for (unsigned int round = 0; round < 50; round++) {
		unsigned long tx = strtoul(ask(1, XS_TRANSACTION_START, "", NULL), NULL, 10);

		for (unsigned int i = 0; i < 20; i++) {
			snprintf(path, sizeof(path), "n/0/%u", i);
			ask_tx(1, (uint32_t)tx, XS_RM, path, NULL);
			in_tx += !*ask_tx(1, (uint32_t)tx, XS_WRITE, path, "y");
			ask_tx(1, (uint32_t)tx, XS_RM, path, NULL);
			snprintf(path, sizeof(path), "m/%u", i);
			ask_tx(1, (uint32_t)tx, XS_WRITE, path, "y");
			ask_tx(1, (uint32_t)tx, XS_RM, path, NULL);
		}
		ask_tx(1, (uint32_t)tx, XS_TRANSACTION_END, round & 1 ? "T" : "F", NULL);
	}
	EXPECT_EQ(in_tx > 100, true);
	EXPECT_EQ(quota_nodes(1) <= 1000, true);
	EXPECT_STR(ask(1, XS_RM, "n", NULL), "");
	ask(1, XS_RM, "m", NULL);
	EXPECT_EQ(quota_nodes(1), (size_t)1);
	domain_dies(client[1].conn);
	EXPECT_EQ(quota_nodes(1), (size_t)0);
	conn_reap();
	open_client(1, 1);
	home();
	EXPECT_STR(ask(1, XS_WRITE, "again", "x"), "");
	EXPECT_EQ(quota_nodes(1), (size_t)2);
	end();
}

/* One that changes the same node without pause does not keep another's transactions from ending. */
TEST(xsa_206_transactions_of_others_come_to_an_end)
{
	unsigned int good = 0;

	begin();
	home();
	ask(0, XS_MKDIR, "/local/domain/2", NULL);
	ask(0, XS_SET_PERMS, "/local/domain/2", "n2");
	for (unsigned int i = 0; i < 200; i++) {
		unsigned long tx = strtoul(ask(2, XS_TRANSACTION_START, "", NULL), NULL, 10);

		ask_tx(2, (uint32_t)tx, XS_WRITE, "a", "x");
		for (unsigned int j = 0; j < 20; j++)
			put_request(1, XS_WRITE, 0, "spam\0x", 6);
		conn_run(client[1].conn);
		events(1);
		ask_tx(2, (uint32_t)tx, XS_READ, "a", NULL);
		good += !*ask_tx(2, (uint32_t)tx, XS_TRANSACTION_END, "T", NULL);
	}
	EXPECT_EQ(good, 200u);
	/* Its own share of a turn is bounded. */
	for (unsigned int j = 0; j < 100; j++)
		put_request(1, XS_WRITE, 0, "spam\0x", 6);
	conn_run(client[1].conn);
	EXPECT_EQ(client[1].in_len > 0 || client[1].conn->in.got > 0, true);
	EXPECT_EQ(client[1].conn->ready, true);
	end();
}

TAP_MAIN
