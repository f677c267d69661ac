/* SPDX-License-Identifier: MIT */
/*
 * xenstored when memory runs out: a scenario with every kind of request, in and out of transactions, is
 * run again and again, each time with one allocation more until it succeeds. Whatever failed, each
 * request either happened or did not: the tree stays whole, the counts right, and nothing leaks.
 *
 * LINK: dom0-tools/xenstored/transaction.c dom0-tools/xenstored/exec.c dom0-tools/xenstored/wire.c
 * LINK: dom0-tools/xenstored/store.c dom0-tools/xenstored/node.c dom0-tools/xenstored/perms.c
 * LINK: dom0-tools/xenstored/path.c dom0-tools/xenstored/quota.c dom0-tools/xenstored/watch.c
 * CFLAGS: -D_GNU_SOURCE -include tests/unit/nomem.h
 */
#include <errno.h>

#include "tap.h"
#include "dom0-tools/xenstored/transaction.h"
#include "dom0-tools/xenstored/watch.h"

#undef TESTS_UNIT_NOMEM_H
#undef malloc
#undef calloc
#undef realloc
#undef strdup
#define NOMEM_IMPLEMENTATION
#include "nomem.h"

static const struct caller dom0 = { 0, -1, true }, dom1 = { 1, -1, false };
static struct view store;
static struct list watches;
static unsigned int failures, wrong_lengths;

static void hear(struct watch *w, const char *path)
{
}

static void ask(struct transaction *t, const struct caller *who, uint32_t type, const char *payload,
		size_t len)
{
	static struct reply r;

	if (t)
		transaction_request(t, who, type, payload, len, &store, &r);
	else
		exec_request(&store, who, type, payload, len, &r);
	failures += r.err == ENOMEM;
	ledger_settle(&store.ledger);
	watch_fire_changes(&store, hear);
	view_drop_changes(&store);
}

#define ASK(t, who, type, literal) ask(t, who, type, literal, sizeof(literal) - 1)

static void some_requests(struct transaction *t)
{
	ASK(t, &dom0, XS_WRITE, "/a/b/c\0value");
	ASK(t, &dom0, XS_WRITE, "/a/b/c\0other value");
	ASK(t, &dom0, XS_MKDIR, "/a/d\0");
	ASK(t, &dom0, XS_SET_PERMS, "/a/d\0n1\0");
	ASK(t, &dom1, XS_WRITE, "/a/d/x/y\0mine");
	ASK(t, &dom1, XS_SET_PERMS, "/a/d/x\0n1\0r0\0");
	ASK(t, &dom0, XS_SET_PERMS, "/a/b\0n0\0r1\0");
	ASK(t, &dom1, XS_RM, "/a/d/x/y\0");
	ASK(t, &dom0, XS_RM, "/a/b/c\0");
	ASK(t, &dom0, XS_DIRECTORY, "/a\0");
}

static void scenario(void)
{
	struct transaction *t = transaction_start(&store, 1), *u;
	int err;

	failures += watch_add(&watches, NULL, &dom1, "/a", 0, "token") == ENOMEM;
	some_requests(NULL);
	u = transaction_start(&store, 2);
	failures += !t + !u;
	if (t) {
		some_requests(t);
		err = transaction_commit(t, &dom0, &store);
		failures += err == ENOMEM;
		transaction_destroy(t);
	}
	if (u) {
		ASK(u, &dom1, XS_WRITE, "/a/d/z\0z");
		ASK(NULL, &dom0, XS_WRITE, "/elsewhere\0z");
		err = transaction_commit(u, &dom1, &store);
		failures += err == ENOMEM;
		transaction_destroy(u);
	}
	ledger_settle(&store.ledger);
	view_drop_changes(&store);
	failures += store_forget_domain(&store, 1) != 0;
	ledger_settle(&store.ledger);
	view_drop_changes(&store);
}

static size_t check_tree(const struct node *n, uint16_t owner)
{
	size_t count = n->perms->entry[0].domid == owner, childlen = 0;

	for (unsigned int i = 0; i < n->nr; i++) {
		childlen += strlen(n->child[i]->name) + 1;
		count += check_tree(n->child[i], owner);
	}
	wrong_lengths += n->childlen != childlen;
	return count;
}

TEST(every_allocation_may_fail)
{
	long allowed = 1;

	for (;; allowed++) {
		quota_init();
		watch_init();
		list_init(&watches);
		nomem_after = -1;
		view_init(&store);
		ledger_settle(&store.ledger);
		failures = 0;

		nomem_after = allowed;
		scenario();
		nomem_after = -1;

		/* What could not be settled for want of memory is settled now. */
		REQUIRE_TRUE(ledger_settle(&store.ledger));
		for (uint16_t owner = 0; owner < 2; owner++)
			REQUIRE_EQ(quota_nodes(owner), check_tree(store.root, owner));
		REQUIRE_EQ(wrong_lengths, 0u);
		list_for_each_safe(w, &watches, struct watch, of_owner)
			watch_remove(w);
		view_destroy(&store);
		if (!failures)
			break;
		REQUIRE_TRUE(allowed < 10000);
	}
	quota_init();
	printf("# it takes %ld allocations\n", allowed);
	EXPECT_GT(allowed, 50);
}

TAP_MAIN
