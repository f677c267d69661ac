/* SPDX-License-Identifier: MIT */
/*
 * xenstored's transactions: which ones commit beside each other, and that those that do leave the
 * store as if they had run one after the other.
 *
 * LINK: dom0-tools/xenstored/transaction.c dom0-tools/xenstored/exec.c dom0-tools/xenstored/wire.c
 * LINK: dom0-tools/xenstored/store.c dom0-tools/xenstored/node.c dom0-tools/xenstored/perms.c
 * LINK: dom0-tools/xenstored/path.c dom0-tools/xenstored/quota.c
 * CFLAGS: -D_GNU_SOURCE
 */
#include <errno.h>

#include "tap.h"
#include "dom0-tools/xenstored/transaction.h"

static const struct caller dom0 = { 0, -1, true }, dom1 = { 1, -1, false };
static struct view store;
static struct reply reply;

/* A request in the form "path" or "path\0value"; t NULL: outside of transactions. */
static int ask(struct transaction *t, uint32_t type, const char *path, const char *value)
{
	char payload[128];
	size_t len = strlen(path) + 1;

	memcpy(payload, path, len);
	if (value)
		len += (size_t)sprintf(payload + len, "%s", value);
	if (t)
		transaction_request(t, &dom0, type, payload, len, &store, &reply);
	else
		exec_request(&store, &dom0, type, payload, len, &reply);
	return reply.err;
}

static int put(struct transaction *t, const char *path, const char *value)
{
	return ask(t, XS_WRITE, path, value);
}

static const char *get(struct transaction *t, const char *path)
{
	if (ask(t, XS_READ, path, NULL))
		return "(none)";
	reply.payload[reply.len] = '\0';
	return reply.payload;
}

static void begin(void)
{
	view_init(&store);
	put(NULL, "/a", "0");
	put(NULL, "/b", "0");
	put(NULL, "/dir/x", "0");
}

static struct transaction *start(void)
{
	return transaction_start(&store, 1);
}

static int commit(struct transaction *t)
{
	int err = transaction_commit(t, &dom0, &store);

	transaction_destroy(t);
	return err;
}

static void end(void)
{
	view_destroy(&store);
}

TEST(isolated_until_commit)
{
	struct transaction *t;

	begin();
	t = start();
	put(t, "/a", "1");
	EXPECT_STR(get(t, "/a"), "1");
	EXPECT_STR(get(NULL, "/a"), "0");
	EXPECT_EQ(commit(t), 0);
	EXPECT_STR(get(NULL, "/a"), "1");
	end();
}

TEST(abort_leaves_no_trace)
{
	struct transaction *t;

	begin();
	t = start();
	put(t, "/a", "1");
	ask(t, XS_RM, "/dir", NULL);
	transaction_destroy(t);
	EXPECT_STR(get(NULL, "/a"), "0");
	EXPECT_STR(get(NULL, "/dir/x"), "0");
	end();
}

TEST(a_read_that_changed_conflicts)
{
	struct transaction *t;

	begin();
	t = start();
	get(t, "/a");
	put(t, "/b", "from a");
	put(NULL, "/a", "changed");
	EXPECT_EQ(commit(t), EAGAIN);
	EXPECT_STR(get(NULL, "/b"), "0");
	end();
}

TEST(reading_only_never_conflicts)
{
	struct transaction *t;

	begin();
	t = start();
	get(t, "/a");
	put(NULL, "/a", "changed");
	put(NULL, "/b", "changed");
	EXPECT_STR(get(t, "/b"), "0");
	EXPECT_EQ(commit(t), 0);
	end();
}

TEST(unrelated_writes_both_commit)
{
	struct transaction *t, *u;

	begin();
	t = start();
	u = start();
	put(t, "/dir/t", "1");
	put(u, "/dir/u", "1");
	put(t, "/a", "t");
	put(u, "/b", "u");
	EXPECT_EQ(commit(t), 0);
	EXPECT_EQ(commit(u), 0);
	EXPECT_STR(get(NULL, "/dir/t"), "1");
	EXPECT_STR(get(NULL, "/dir/u"), "1");
	EXPECT_STR(get(NULL, "/a"), "t");
	EXPECT_STR(get(NULL, "/b"), "u");
	EXPECT_EQ(ledger_settle(&store.ledger), true);
	end();
}

TEST(a_listed_directory_conflicts_with_a_new_child)
{
	struct transaction *t;

	begin();
	t = start();
	ask(t, XS_DIRECTORY, "/dir", NULL);
	put(t, "/a", "listed");
	put(NULL, "/dir/new", "");
	EXPECT_EQ(commit(t), EAGAIN);
	t = start();
	ask(t, XS_DIRECTORY_PART, "/dir", "0");
	reply.len = 0;
	put(t, "/a", "listed");
	put(NULL, "/b", "elsewhere");
	/* The part's offset string must end with a nul: it was refused, and is so again. */
	EXPECT_EQ(commit(t), 0);
	end();
}

TEST(changed_permissions_conflict)
{
	struct transaction *t;

	begin();
	t = start();
	ask(t, XS_GET_PERMS, "/a", NULL);
	put(t, "/b", "1");
	exec_request(&store, &dom0, XS_SET_PERMS, "/a\0r7", 6, &reply);
	EXPECT_EQ(reply.err, 0);
	EXPECT_EQ(commit(t), EAGAIN);
	end();
}

TEST(a_removed_parent_conflicts_for_who_may_not_make_it_again)
{
	struct transaction *t;

	begin();
	exec_request(&store, &dom0, XS_SET_PERMS, "/dir\0n1", 8, &reply);
	t = start();
	transaction_request(t, &dom1, XS_WRITE, "/dir/y\0001", 8, &store, &reply);
	EXPECT_EQ(reply.err, 0);
	ask(NULL, XS_RM, "/dir", NULL);
	EXPECT_EQ(transaction_commit(t, &dom1, &store), EAGAIN);
	transaction_destroy(t);
	end();
}

TEST(a_transaction_is_bounded)
{
	struct transaction *t;
	unsigned int i = 0;

	begin();
	exec_request(&store, &dom0, XS_SET_PERMS, "/dir\0n1", 8, &reply);
	t = start();
	do
		transaction_request(t, &dom1, XS_READ, "/dir", 5, &store, &reply);
	while (!reply.err && i++ < 100000);
	EXPECT_EQ(reply.err, ENOSPC);
	EXPECT_EQ(i, quota_limits.transaction_ops);
	transaction_destroy(t);
	end();
}

TEST(an_old_transaction_lets_go_and_ends_with_eagain)
{
	struct transaction *t;
	char value[12];

	begin();
	t = start();
	put(t, "/a", "mine");
	for (unsigned int i = 0; i <= quota_limits.transaction_age; i++) {
		sprintf(value, "%u", i);
		put(NULL, "/b", value);
		view_drop_changes(&store);
	}
	EXPECT_EQ(t->base != NULL, true);
	transaction_age(t, &store);
	EXPECT_EQ(t->base == NULL, true);
	EXPECT_STR(get(t, "/b"), value);
	EXPECT_EQ(put(t, "/a", "still mine"), 0);
	EXPECT_STR(get(NULL, "/a"), "0");
	EXPECT_EQ(commit(t), EAGAIN);
	EXPECT_STR(get(NULL, "/a"), "0");
	end();
}

/*
 * Random transactions on few keys, several open at once. A model in plain arrays executes each
 * committed one alone, in the order of commits: it must have read the same and leave the same. Who
 * only read is compared with the model as it was at the start.
 */
#define KEYS 6
#define OPEN 4
#define OPS 8

struct op { int key; bool write; char value[12]; };
struct run { struct transaction *t; struct op op[OPS]; int nr; bool writes; char seen[KEYS][12]; };

static char model[KEYS][12];

static void key_path(int key, char path[16])
{
	sprintf(path, "/k/%d", key);
}

static bool model_execute(const struct run *r, char state[KEYS][12])
{
	for (int i = 0; i < r->nr; i++) {
		const struct op *op = &r->op[i];

		if (op->write)
			strcpy(state[op->key], op->value);
		else if (strcmp(state[op->key], op->value))
			return false;
	}
	return true;
}

static void random_op(struct run *r)
{
	struct op *op = &r->op[r->nr++];
	char path[16];

	op->key = rand() % KEYS;
	op->write = rand() % 3 == 0;
	key_path(op->key, path);
	if (op->write) {
		r->writes = true;
		sprintf(op->value, "%d", rand() % 1000);
		put(r->t, path, op->value);
	} else {
		snprintf(op->value, sizeof(op->value), "%s", get(r->t, path));
	}
}

TEST(random_transactions_are_serializable)
{
	struct run run[OPEN] = { 0 };
	unsigned int committed = 0, conflicts = 0;
	char path[16];

	srand(1);
	begin();
	for (int k = 0; k < KEYS; k++) {
		key_path(k, path);
		put(NULL, path, "0");
		strcpy(model[k], "0");
	}
	for (int step = 0; step < 40000; step++) {
		struct run *r = &run[rand() % OPEN];
		int err;

		if (!r->t) {
			memset(r, 0, sizeof(*r));
			r->t = start();
			memcpy(r->seen, model, sizeof(model));
			continue;
		}
		if (r->nr < OPS && rand() % 5) {
			random_op(r);
			continue;
		}
		err = commit(r->t);
		r->t = NULL;
		committed += !err;
		conflicts += err != 0;
		if (err) {
			EXPECT_EQ(err, EAGAIN);
			continue;
		}
		REQUIRE_TRUE(model_execute(r, r->writes ? model : r->seen));
		for (int k = 0; k < KEYS; k++) {
			key_path(k, path);
			REQUIRE_TRUE(!strcmp(get(NULL, path), model[k]));
		}
	}
	for (int i = 0; i < OPEN; i++)
		if (run[i].t)
			transaction_destroy(run[i].t);
	printf("# %u committed, %u conflicts\n", committed, conflicts);
	EXPECT_EQ(committed > 100, true);
	EXPECT_EQ(conflicts > 100, true);
	end();
}

TAP_MAIN
