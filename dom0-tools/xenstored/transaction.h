/* SPDX-License-Identifier: MIT */
/*
 * Transactions: several requests that happen all at once or not at all.
 *
 * A transaction starts as a second reference to the store's tree and works on that. It keeps its
 * requests. When it ends:
 *
 *  - it changed nothing: its reads were of one version of the store. Nothing to do.
 *  - the store has not changed since: the transaction's version becomes the store.
 *  - otherwise its requests are executed again, in step on the version it started from and on the
 *    present store. If every answer is the same in both, then all its requests might as well have
 *    been sent just now without anybody in between, and the result of doing so becomes the store.
 *    If one differs, somebody changed something this transaction relied on: EAGAIN.
 *
 * A transaction keeps the versions between its start and the present alive. So that a domain cannot
 * fill memory by starting one and waiting, one that has outlived quota_limits.transaction_age changes
 * lets go of its version. It is then bound to end with EAGAIN, and until then sees the present store.
 *
 * So exactly those conflicts count that the client can have noticed: two transactions that create
 * different children of one node, or write what the other did not read, both commit.
 */
#ifndef XENSTORED_TRANSACTION_H
#define XENSTORED_TRANSACTION_H

#include <stdint.h>

#include "../lib/list.h"
#include "exec.h"
#include "store.h"

struct transaction {
	struct list of_conn;
	uint32_t id;
	struct view view;
	struct node *base;		/* the version it started from; NULL: too old */
	uint64_t born;			/* the store's age at the start */
	struct transaction_op *op, **op_end;
	size_t nr_ops, op_bytes;	/* against the quota */
};

struct transaction *transaction_start(const struct view *store, uint32_t id);

/* Executes and remembers a request; payload as for exec_request(). */
void transaction_request(struct transaction *t, const struct caller *who, uint32_t type,
			 const char *payload, size_t len, const struct view *store,
			 struct reply *r);

/*
 * Makes the transaction part of the store: 0, EAGAIN, ENOMEM, or what a quota says. The changes are
 * then in store->change, for watches. The transaction itself is still to be destroyed.
 */
int transaction_commit(struct transaction *t, const struct caller *who, struct view *store);

/* Lets go of the version when the transaction is too old. Not for those of privileged callers. */
void transaction_age(struct transaction *t, const struct view *store);

/* Also takes it off its list. */
void transaction_destroy(struct transaction *t);

#endif
