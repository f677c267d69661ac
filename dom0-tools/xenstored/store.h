/* SPDX-License-Identifier: MIT */
/*
 * Operations on one version of the store, with permissions, quotas and the list of what changed.
 *
 * A view is a version somebody works on: the store itself, or a transaction's. Each operation
 * checks everything first, then changes the tree in steps that keep it consistent, and returns 0 or
 * a positive errno of those that the protocol knows. Paths are absolute and valid (path.h).
 *
 * A path that does not exist gives ENOENT to who may read (or write, as the case may be) the
 * nearest node above it, and EACCES to others: what exists is a secret as well.
 */
#ifndef XENSTORED_STORE_H
#define XENSTORED_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "node.h"
#include "perms.h"
#include "quota.h"

/* One change, kept until the version becomes the store and watches fire. */
struct change {
	char *path;
	struct perms *before;	/* permissions before the change; NULL: the node is new */
	struct node *removed;	/* the subtree that was removed, or NULL */
};

struct view {
	struct node *root;
	struct ledger ledger;
	struct change *change;
	unsigned int nr_changes, cap_changes;
	bool writes;		/* something was changed, or would have been */
	uint64_t age;		/* changes that were dropped: of the store, all there ever were */
};

/* An empty tree: a root that domain 0 owns and nobody else may read. */
bool view_init(struct view *v);

/* Another view of the same tree. */
void view_fork(struct view *v, const struct view *of);
void view_destroy(struct view *v);

/* Forgets the changes, after watches fired, but for their number. */
void view_drop_changes(struct view *v);

/* to, an older version, becomes what from is; from is destroyed. False without memory. */
bool view_adopt(struct view *to, struct view *from);

/* Read a node: *out is valid until the next change. */
int store_read(struct view *v, const struct caller *who, const char *path, struct node **out);

/* Create or overwrite; missing parents are created without value. */
int store_write(struct view *v, const struct caller *who, const char *path,
		const void *data, size_t len);

/* Create if missing, with missing parents. */
int store_mkdir(struct view *v, const struct caller *who, const char *path);

/* Remove with everything below. A missing node is fine if its parent exists. */
int store_rm(struct view *v, const struct caller *who, const char *path);

/* Does not take over the caller's reference to perms. */
int store_set_perms(struct view *v, const struct caller *who, const char *path,
		    struct perms *perms);

/* A domain is no more: what it owned goes, and it leaves every permission list. */
int store_forget_domain(struct view *v, uint16_t domid);

#endif
