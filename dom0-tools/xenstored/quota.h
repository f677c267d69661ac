/* SPDX-License-Identifier: MIT */
/*
 * What unprivileged domains may use up, and what each one does use.
 *
 * Nodes are counted for their owner. A change is first written into a ledger that belongs to one
 * version of the tree, so that a transaction sees its own changes and nobody else does, and is
 * settled into the counts when that version becomes the store. Privileged callers are counted but
 * not limited.
 */
#ifndef XENSTORED_QUOTA_H
#define XENSTORED_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "perms.h"

/* One list for the names of the limits, their defaults and what they limit. */
#define QUOTA_LIMITS(X)									\
	X(nodes, 1000, "nodes a domain may own")					\
	X(node_size, 2048, "bytes in a node: value, permissions, names of children")	\
	X(node_perms, 5, "entries in a node's permission list")				\
	X(path_max, 2048, "bytes in a path")						\
	X(watches, 128, "watches a domain may have set")				\
	X(transactions, 10, "transactions a domain may have open")			\
	X(transaction_ops, 1024, "requests in a transaction")				\
	X(transaction_bytes, 262144, "bytes of requests in a transaction")		\
	X(transaction_age, 4096, "changes of the store that a transaction may outlive")	\
	X(outstanding, 20, "answers a domain leaves unread before its requests wait")	\
	X(events, 256, "watch events a domain leaves unread before they are merged")

struct quota_limits {
#define X(name, value, what) size_t name;
	QUOTA_LIMITS(X)
#undef X
};

extern struct quota_limits quota_limits;

/* By name, with "-" or "_"; NULL for an unknown one. */
size_t *quota_limit_find(const char *name);

/* Nodes that domain domid owns in the store. */
size_t quota_nodes(uint16_t domid);

/* Nobody owns anything. */
void quota_init(void);

/* The domain is gone; whatever it still owned does not count any more. */
void quota_forget(uint16_t domid);

struct ledger {
	struct ledger_entry {
		uint16_t domid;
		long nodes;
	} *entry;
	unsigned int nr, cap;
};

/* False without memory; adding to an entry that exists, or taking back, cannot fail. */
bool ledger_add(struct ledger *l, uint16_t domid, long nodes);

/* Nodes that domid owns, seen from the version of the tree that l belongs to. */
size_t ledger_nodes(const struct ledger *l, uint16_t domid);

/* Moves the ledger's entries into the counts and empties it; false without memory. */
bool ledger_settle(struct ledger *l);
void ledger_clear(struct ledger *l);

#endif
