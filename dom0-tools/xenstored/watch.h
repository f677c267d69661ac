/* SPDX-License-Identifier: MIT */
/*
 * Watches: who is told about which changes.
 *
 * Watches live in a hash table by path. A change at /a/b/c looks up /, /a, /a/b and /a/b/c, so its
 * cost does not depend on how many watches there are. A removed subtree looks up every path that was
 * in it: those who watch inside hear about their own path.
 *
 * An event goes to those who may read the node as it was, as it is, or its parent.
 * [xenstore.txt, Watches]
 */
#ifndef XENSTORED_WATCH_H
#define XENSTORED_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "../lib/list.h"
#include "store.h"

struct watch {
	struct list of_owner;
	struct list of_bucket;
	struct conn *owner;
	const struct caller *who;
	size_t skip;		/* leading bytes of paths that a relative watch does not see */
	bool missed;		/* an event was merged away: tell the owner to look again */
	char *token;
	char path[];		/* absolute, or special ("@…") */
};

void watch_init(void);

/* Adds to the table and the owner's list. 0, EEXIST (same path and token), ENOMEM. */
int watch_add(struct list *owned, struct conn *owner, const struct caller *who,
	      const char *path, size_t skip, const char *token);
struct watch *watch_find(struct list *owned, const char *path, const char *token);
void watch_remove(struct watch *w);

/* The path of an event as the watch's owner sees it. */
const char *watch_event_path(const struct watch *w, const char *path);

/* Calls deliver(watch, path) for every change in the store's list. */
typedef void watch_deliver_fn(struct watch *w, const char *path);
void watch_fire_changes(const struct view *store, watch_deliver_fn *deliver);

/* The same for a special name, to those whom perms allow to read. */
void watch_fire_special(const char *name, const struct perms *perms, watch_deliver_fn *deliver);

#endif
