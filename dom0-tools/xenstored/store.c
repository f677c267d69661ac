/* SPDX-License-Identifier: MIT */
/* Operations on one version of the store: see store.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"
#include "store.h"

bool view_init(struct view *v)
{
	struct perms *perms = perms_alloc(1);

	memset(v, 0, sizeof(*v));
	if (!perms)
		return false;
	v->root = node_new("", 0, perms, NULL);
	perms_put(perms);
	return v->root && ledger_add(&v->ledger, 0, 1);
}

void view_fork(struct view *v, const struct view *of)
{
	memset(v, 0, sizeof(*v));
	v->root = node_get(of->root);
}

void view_drop_changes(struct view *v)
{
	for (unsigned int i = 0; i < v->nr_changes; i++) {
		free(v->change[i].path);
		perms_put(v->change[i].before);
		node_put(v->change[i].removed);
	}
	v->age += v->nr_changes;
	v->nr_changes = 0;
}

void view_destroy(struct view *v)
{
	view_drop_changes(v);
	free(v->change);
	ledger_clear(&v->ledger);
	node_put(v->root);
	memset(v, 0, sizeof(*v));
}

bool view_adopt(struct view *to, struct view *from)
{
	if (!ledger_settle(&from->ledger))
		return false;
	from->age = to->age;
	view_destroy(to);
	*to = *from;
	memset(from, 0, sizeof(*from));
	return true;
}

/*
 * Room for one more change, filled in but not yet counted; counting it (view_commit_change) cannot
 * fail and so can follow the change itself.
 */
static bool view_prepare_change(struct view *v, const char *path, struct perms *before,
				struct node *removed)
{
	struct change *c;

	v->writes = true;
	if (v->nr_changes == v->cap_changes) {
		unsigned int cap = v->cap_changes ? v->cap_changes * 2 : 8;

		c = realloc(v->change, cap * sizeof(*c));
		if (!c)
			return false;
		v->change = c;
		v->cap_changes = cap;
	}
	c = &v->change[v->nr_changes];
	c->path = strdup(path);
	if (!c->path)
		return false;
	c->before = before ? perms_get(before) : NULL;
	c->removed = removed ? node_get(removed) : NULL;
	return true;
}

static void view_commit_change(struct view *v)
{
	v->nr_changes++;
}

static void view_cancel_change(struct view *v)
{
	struct change *c = &v->change[v->nr_changes];

	free(c->path);
	perms_put(c->before);
	node_put(c->removed);
}

/* Finds path for somebody who wants to do `want` with it: 0, ENOENT or EACCES. */
static int store_access(struct view *v, const struct caller *who, const char *path,
			unsigned int want, struct node **nearest, const char **rest)
{
	*nearest = node_nearest(v->root, path, rest);
	if (!perms_allow((*nearest)->perms, who, want))
		return EACCES;
	return **rest ? ENOENT : 0;
}

int store_read(struct view *v, const struct caller *who, const char *path, struct node **out)
{
	const char *rest;

	return store_access(v, who, path, ACCESS_READ, out, &rest);
}

static bool over_size(const struct caller *who, size_t size)
{
	return !who->privileged && size > quota_limits.node_size;
}

static int store_replace(struct view *v, const struct caller *who, const char *path,
			 struct node *old, struct blob *value)
{
	struct node *n;

	if (over_size(who, node_size(old) - (old->value ? old->value->len : 0) +
		      (value ? value->len : 0)))
		return ENOSPC;
	if (!view_prepare_change(v, path, old->perms, NULL))
		return ENOMEM;
	n = node_unshare(&v->root, path, strlen(path));
	if (!n) {
		view_cancel_change(v);
		return ENOMEM;
	}
	node_set_value(n, value);
	view_commit_change(v);
	return 0;
}

/*
 * The missing nodes named by rest, deepest first, each the only child of the one above. Takes over
 * the reference to value, also when it fails.
 */
static struct node *store_chain(const char *rest, struct perms *perms, struct blob *value)
{
	struct node *below = NULL;
	size_t end = strlen(rest);

	for (;;) {
		size_t start = end;
		struct node *n;

		while (start && rest[start - 1] != '/')
			start--;
		n = node_new(rest + start, end - start, perms, below ? NULL : value);
		if (!n) {
			if (!below)
				blob_put(value);
			node_put(below);
			return NULL;
		}
		if (below && !node_add_child(n, below)) {
			node_put(n);
			node_put(below);
			return NULL;
		}
		below = n;
		if (!start)
			return n;
		end = start - 1;
	}
}

static int check_create(struct view *v, const struct caller *who, const struct node *above,
			const char *rest, size_t valuelen, uint16_t owner, unsigned int *nodes)
{
	size_t first = strcspn(rest, "/"), last = strlen(rest);
	const char *slash = strrchr(rest, '/');
	size_t acl = above->perms->nr * sizeof(above->perms->entry[0]);

	*nodes = 1;
	for (const char *c = rest; *c; c++)
		*nodes += *c == '/';
	if (slash)
		last = strlen(slash + 1);
	if (over_size(who, node_size(above) + first + 1) || over_size(who, valuelen + acl) ||
	    (slash && over_size(who, last + 1 + acl)))
		return ENOSPC;
	if (!who->privileged && ledger_nodes(&v->ledger, owner) + *nodes > quota_limits.nodes)
		return ENOSPC;
	return 0;
}

/* Takes over the reference to value, also when it fails. */
static int store_create(struct view *v, const struct caller *who, const char *path,
			struct node *above, const char *rest, struct blob *value)
{
	uint16_t owner = who->privileged ? above->perms->entry[0].domid : who->domid;
	size_t above_len = (size_t)(rest - path);
	struct node *chain = NULL, *parent;
	struct perms *perms;
	unsigned int nodes;
	int err = check_create(v, who, above, rest, value ? value->len : 0, owner, &nodes);

	if (err) {
		blob_put(value);
		return err;
	}
	perms = perms_with_owner(above->perms, owner);
	if (perms)
		chain = store_chain(rest, perms, value);
	else
		blob_put(value);
	perms_put(perms);
	if (!chain || !view_prepare_change(v, path, NULL, NULL))
		goto err_chain;
	/* Without the slash before rest, unless that is the root's. */
	parent = node_unshare(&v->root, path, above_len > 1 ? above_len - 1 : 1);
	if (!parent || !ledger_add(&v->ledger, owner, 0) || !node_add_child(parent, chain))
		goto err_change;
	ledger_add(&v->ledger, owner, nodes);
	view_commit_change(v);
	return 0;

err_change:
	view_cancel_change(v);
err_chain:
	node_put(chain);
	return ENOMEM;
}

int store_write(struct view *v, const struct caller *who, const char *path,
		const void *data, size_t len)
{
	struct blob *value = NULL;
	const char *rest;
	struct node *n;
	int err = store_access(v, who, path, ACCESS_WRITE, &n, &rest);

	v->writes = true;
	if (err && err != ENOENT)
		return err;
	if (len) {
		value = blob_new(data, len);
		if (!value)
			return ENOMEM;
	}
	if (err == ENOENT)
		return store_create(v, who, path, n, rest, value);
	err = store_replace(v, who, path, n, value);
	if (err)
		blob_put(value);
	return err;
}

int store_mkdir(struct view *v, const struct caller *who, const char *path)
{
	const char *rest;
	struct node *n;
	int err = store_access(v, who, path, ACCESS_WRITE, &n, &rest);

	v->writes = true;
	if (err != ENOENT)
		return err;
	return store_create(v, who, path, n, rest, NULL);
}

/* Prepares the ledger for, or enters, the loss of a whole subtree. */
static bool account_subtree(struct ledger *l, const struct node *n, long each)
{
	if (!ledger_add(l, n->perms->entry[0].domid, each))
		return false;
	for (unsigned int i = 0; i < n->nr; i++)
		if (!account_subtree(l, n->child[i], each))
			return false;
	return true;
}

static int store_remove(struct view *v, const char *path, struct node *victim)
{
	struct node *parent;

	if (!account_subtree(&v->ledger, victim, 0) ||
	    !view_prepare_change(v, path, victim->perms, victim))
		return ENOMEM;
	parent = node_unshare(&v->root, path, path_parent_len(path));
	if (!parent) {
		view_cancel_change(v);
		return ENOMEM;
	}
	/* The prepared change holds the victim: it is still good here. */
	account_subtree(&v->ledger, victim, -1);
	node_del_child(parent, victim);
	view_commit_change(v);
	return 0;
}

int store_rm(struct view *v, const struct caller *who, const char *path)
{
	const char *rest;
	struct node *n;
	int err = store_access(v, who, path, ACCESS_WRITE, &n, &rest);

	v->writes = true;
	if (path[1] == '\0')
		return EINVAL;
	if (err == ENOENT)
		return strchr(rest, '/') ? ENOENT : 0;
	return err ? err : store_remove(v, path, n);
}

int store_set_perms(struct view *v, const struct caller *who, const char *path,
		    struct perms *perms)
{
	uint16_t owner = perms->entry[0].domid, was;
	const char *rest;
	struct node *n;
	int err = store_access(v, who, path, ACCESS_WRITE | ACCESS_OWNER, &n, &rest);

	v->writes = true;
	if (err)
		return err;
	was = n->perms->entry[0].domid;
	if (!who->privileged && owner != was)
		return EPERM;
	if (!who->privileged && perms->nr > quota_limits.node_perms)
		return ENOSPC;
	if (!ledger_add(&v->ledger, owner, 0) || !ledger_add(&v->ledger, was, 0) ||
	    !view_prepare_change(v, path, n->perms, NULL))
		return ENOMEM;
	n = node_unshare(&v->root, path, strlen(path));
	if (!n) {
		view_cancel_change(v);
		return ENOMEM;
	}
	ledger_add(&v->ledger, was, -1);
	ledger_add(&v->ledger, owner, 1);
	node_set_perms(n, perms);
	view_commit_change(v);
	return 0;
}

/* path is a buffer that holds n's name and has room for its descendants'. */
static int forget_below(struct view *v, struct node *n, char *path, size_t len, uint16_t domid)
{
	/* The tree changes under the loop: work on a frozen version of this node. */
	struct node *frozen = node_get(n);
	int err = 0;

	for (unsigned int i = 0; i < frozen->nr && !err; i++) {
		struct node *c = frozen->child[i];
		size_t clen = strlen(c->name);
		struct perms *perms;

		path[len] = '/';
		memcpy(path + len + 1, c->name, clen + 1);
		if (c->perms->entry[0].domid == domid) {
			err = store_remove(v, path, c);
			continue;
		}
		perms = perms_without(c->perms, domid);
		if (!perms)
			err = ENOMEM;
		else if (perms != c->perms) {
			struct node *mine = node_unshare(&v->root, path, len + 1 + clen);

			if (mine)
				node_set_perms(mine, perms);
			else
				err = ENOMEM;
		}
		perms_put(perms);
		if (!err)
			err = forget_below(v, c, path, len + 1 + clen, domid);
	}
	node_put(frozen);
	return err;
}

/* The root has no parent that it could be removed from: domain 0 gets it back. */
static int forget_root(struct view *v, uint16_t domid)
{
	struct perms *left = perms_forget(v->root->perms, domid);
	struct node *n = NULL;

	if (left && left != v->root->perms && ledger_add(&v->ledger, 0, 0) && ledger_add(&v->ledger, domid, 0)) {
		n = node_unshare(&v->root, "/", 1);
		if (n && n->perms->entry[0].domid == domid) {
			ledger_add(&v->ledger, domid, -1);
			ledger_add(&v->ledger, 0, 1);
		}
		if (n)
			node_set_perms(n, left);
	} else if (left == v->root->perms) {
		n = v->root;
	}
	perms_put(left);
	return n ? 0 : ENOMEM;
}

int store_forget_domain(struct view *v, uint16_t domid)
{
	char path[PATH_SIZE];
	int err = forget_root(v, domid);

	return err ? err : forget_below(v, v->root, path, 0, domid);
}
