/* SPDX-License-Identifier: MIT */
/* Transactions: see transaction.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "transaction.h"

struct transaction_op {
	struct transaction_op *next;
	uint32_t type;
	size_t len;
	char payload[];		/* len bytes and a nul */
};

struct transaction *transaction_start(const struct view *store, uint32_t id)
{
	struct transaction *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	list_init(&t->of_conn);
	t->id = id;
	t->base = node_get(store->root);
	t->born = store->age;
	t->op_end = &t->op;
	view_fork(&t->view, store);
	return t;
}

static int transaction_log(struct transaction *t, const struct caller *who, uint32_t type,
			   const char *payload, size_t len)
{
	struct transaction_op *op;

	if (!who->privileged && (t->nr_ops >= quota_limits.transaction_ops ||
				 t->op_bytes + len > quota_limits.transaction_bytes))
		return ENOSPC;
	op = malloc(sizeof(*op) + len + 1);
	if (!op)
		return ENOMEM;
	op->next = NULL;
	op->type = type;
	op->len = len;
	memcpy(op->payload, payload, len);
	op->payload[len] = '\0';
	*t->op_end = op;
	t->op_end = &op->next;
	t->nr_ops++;
	t->op_bytes += len;
	return 0;
}

void transaction_request(struct transaction *t, const struct caller *who, uint32_t type,
			 const char *payload, size_t len, const struct view *store,
			 struct reply *r)
{
	struct view present;

	if (!t->base) {
		view_fork(&present, store);
		exec_request(&present, who, type, payload, len, r);
		view_destroy(&present);
		return;
	}
	r->err = transaction_log(t, who, type, payload, len);
	if (!r->err)
		exec_request(&t->view, who, type, payload, len, r);
}

/* Equal for the client's purposes: a node's generation is one only within a transaction. */
static bool same_answer(uint32_t type, const struct reply *a, const struct reply *b)
{
	size_t skip_a = 0, skip_b = 0;

	if (a->err || b->err)
		return a->err == b->err;
	if (type == XS_DIRECTORY_PART) {
		skip_a = strlen(a->payload);
		skip_b = strlen(b->payload);
	}
	return a->len - skip_a == b->len - skip_b &&
	       !memcmp(a->payload + skip_a, b->payload + skip_b, a->len - skip_a);
}

static int transaction_replay(struct transaction *t, const struct caller *who, struct view *store)
{
	static struct reply reply_then, reply_now;
	struct view then = { .root = node_get(t->base) }, now;
	int err = 0;

	view_fork(&now, store);
	for (struct transaction_op *op = t->op; op && !err; op = op->next) {
		exec_request(&then, who, op->type, op->payload, op->len, &reply_then);
		exec_request(&now, who, op->type, op->payload, op->len, &reply_now);
		if (reply_then.err == ENOMEM || reply_now.err == ENOMEM)
			err = ENOMEM;
		else if (!same_answer(op->type, &reply_then, &reply_now))
			err = EAGAIN;
	}
	view_destroy(&then);
	if (!err && !view_adopt(store, &now))
		err = ENOMEM;
	if (err)
		view_destroy(&now);
	return err;
}

int transaction_commit(struct transaction *t, const struct caller *who, struct view *store)
{
	if (!t->base)
		return EAGAIN;
	if (!t->view.writes)
		return 0;
	if (store->root == t->base)
		return view_adopt(store, &t->view) ? 0 : ENOMEM;
	return transaction_replay(t, who, store);
}

static void transaction_let_go(struct transaction *t)
{
	while (t->op) {
		struct transaction_op *op = t->op;

		t->op = op->next;
		free(op);
	}
	view_destroy(&t->view);
	node_put(t->base);
	t->base = NULL;
}

void transaction_age(struct transaction *t, const struct view *store)
{
	if (t->base && store->age - t->born > quota_limits.transaction_age)
		transaction_let_go(t);
}

void transaction_destroy(struct transaction *t)
{
	list_del(&t->of_conn);
	transaction_let_go(t);
	free(t);
}
