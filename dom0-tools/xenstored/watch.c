/* SPDX-License-Identifier: MIT */
/* Watches: see watch.h. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"
#include "watch.h"

#define WATCH_BUCKETS 512	/* a power of two */

static struct list watch_bucket[WATCH_BUCKETS];

void watch_init(void)
{
	for (unsigned int i = 0; i < WATCH_BUCKETS; i++)
		list_init(&watch_bucket[i]);
}

static struct list *bucket_of(const char *path, size_t len)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)path[i]) * 16777619u;
	return &watch_bucket[(hash ^ hash >> 16) & (WATCH_BUCKETS - 1)];
}

int watch_add(struct list *owned, struct conn *owner, const struct caller *who,
	      const char *path, size_t skip, const char *token)
{
	size_t len = strlen(path);
	struct watch *w;

	if (watch_find(owned, path, token))
		return EEXIST;
	w = malloc(sizeof(*w) + len + 1);
	if (!w)
		return ENOMEM;
	w->token = strdup(token);
	if (!w->token) {
		free(w);
		return ENOMEM;
	}
	w->owner = owner;
	w->who = who;
	w->skip = skip;
	w->missed = false;
	memcpy(w->path, path, len + 1);
	list_add_tail(owned, &w->of_owner);
	list_add_tail(bucket_of(path, len), &w->of_bucket);
	return 0;
}

struct watch *watch_find(struct list *owned, const char *path, const char *token)
{
	list_for_each(w, owned, struct watch, of_owner)
		if (!strcmp(w->path, path) && !strcmp(w->token, token))
			return w;
	return NULL;
}

void watch_remove(struct watch *w)
{
	list_del(&w->of_owner);
	list_del(&w->of_bucket);
	free(w->token);
	free(w);
}

const char *watch_event_path(const struct watch *w, const char *path)
{
	return path + w->skip;
}

struct event {
	const struct view *store;
	const char *path;
	const struct perms *before;
	watch_deliver_fn *deliver;
};

static bool may_see(const struct event *e, const struct caller *who)
{
	char parent[PATH_SIZE];
	const char *rest;
	struct node *n;
	size_t len;

	if (who->privileged || (e->before && perms_allow(e->before, who, ACCESS_READ)))
		return true;
	n = node_nearest(e->store->root, e->path, &rest);
	if (perms_allow(n->perms, who, ACCESS_READ))
		return true;
	if (*rest)
		return false;
	len = path_parent_len(e->path);
	memcpy(parent, e->path, len);
	parent[len] = '\0';
	return perms_allow(node_nearest(e->store->root, parent, &rest)->perms, who, ACCESS_READ);
}

/* Delivers e to watches on exactly the first len bytes of its path. */
static void fire_at(const struct event *e, size_t len)
{
	list_for_each(w, bucket_of(e->path, len), struct watch, of_bucket)
		if (!strncmp(w->path, e->path, len) && !w->path[len] && may_see(e, w->who))
			e->deliver(w, e->path);
}

static void fire_at_prefixes(const struct event *e)
{
	fire_at(e, 1);
	for (size_t i = 1; e->path[i - 1]; i++)
		if (i > 1 && (e->path[i] == '/' || e->path[i] == '\0'))
			fire_at(e, i);
}

/* path holds the name of n, which was removed, and has room for those below. */
static void fire_below(struct event *e, const struct node *n, char *path, size_t len)
{
	for (unsigned int i = 0; i < n->nr; i++) {
		const struct node *c = n->child[i];
		size_t clen = strlen(c->name);

		path[len] = '/';
		memcpy(path + len + 1, c->name, clen + 1);
		e->before = c->perms;
		fire_at(e, len + 1 + clen);
		fire_below(e, c, path, len + 1 + clen);
	}
}

void watch_fire_changes(const struct view *store, watch_deliver_fn *deliver)
{
	for (unsigned int i = 0; i < store->nr_changes; i++) {
		const struct change *c = &store->change[i];
		struct event e = { store, c->path, c->before, deliver };
		char path[PATH_SIZE];

		fire_at_prefixes(&e);
		if (!c->removed)
			continue;
		strcpy(path, c->path);
		e.path = path;
		fire_below(&e, c->removed, path, strlen(path));
	}
}

void watch_fire_special(const char *name, const struct perms *perms, watch_deliver_fn *deliver)
{
	list_for_each(w, bucket_of(name, strlen(name)), struct watch, of_bucket)
		if (!strcmp(w->path, name) && perms_allow(perms, w->who, ACCESS_READ))
			deliver(w, name);
}
