/* SPDX-License-Identifier: MIT */
/* The tree: see node.h. */
#include <stdlib.h>
#include <string.h>

#include "node.h"

static uint64_t node_generation;

struct blob *blob_new(const void *data, size_t len)
{
	struct blob *b = malloc(sizeof(*b) + len);

	if (b) {
		b->refs = 1;
		b->len = len;
		memcpy(b->data, data, len);
	}
	return b;
}

void blob_put(struct blob *b)
{
	if (b && --b->refs == 0)
		free(b);
}

static uint32_t node_hash(const char *name, size_t len)
{
	uint32_t hash = 2166136261u;	/* FNV-1a */

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)name[i]) * 16777619u;
	return hash;
}

struct node *node_new(const char *name, size_t len, struct perms *perms, struct blob *value)
{
	struct node *n = calloc(1, sizeof(*n) + len + 1);

	if (!n)
		return NULL;
	n->refs = 1;
	n->gen = ++node_generation;
	n->hash = node_hash(name, len);
	n->perms = perms_get(perms);
	n->value = value;
	memcpy(n->name, name, len);
	return n;
}

struct node *node_get(struct node *n)
{
	n->refs++;
	return n;
}

void node_put(struct node *n)
{
	if (!n || --n->refs)
		return;
	for (unsigned int i = 0; i < n->nr; i++)
		node_put(n->child[i]);
	free(n->child);
	blob_put(n->value);
	perms_put(n->perms);
	free(n);
}

/* The same node again, private to one tree: it shares its children with the original. */
static struct node *node_clone(const struct node *n)
{
	struct node *c = node_new(n->name, strlen(n->name), n->perms, NULL);

	if (!c)
		return NULL;
	if (n->nr) {
		c->child = malloc(n->nr * sizeof(c->child[0]));
		if (!c->child) {
			node_put(c);
			return NULL;
		}
	}
	for (unsigned int i = 0; i < n->nr; i++)
		c->child[i] = node_get(n->child[i]);
	c->nr = c->cap = n->nr;
	c->childlen = n->childlen;
	c->value = n->value;
	if (c->value)
		c->value->refs++;
	c->gen = n->gen;	/* nothing in it is different yet */
	return c;
}

static struct node **node_child_slot(const struct node *n, const char *name, size_t len)
{
	uint32_t hash = node_hash(name, len);

	for (unsigned int i = 0; i < n->nr; i++) {
		const struct node *c = n->child[i];

		if (c->hash == hash && !strncmp(c->name, name, len) && !c->name[len])
			return &n->child[i];
	}
	return NULL;
}

struct node *node_child(const struct node *n, const char *name, size_t len)
{
	struct node **slot = node_child_slot(n, name, len);

	return slot ? *slot : NULL;
}

struct node *node_nearest(struct node *root, const char *path, const char **rest)
{
	struct node *n = root;

	path += *path == '/';
	while (*path) {
		size_t len = strcspn(path, "/");
		struct node *c = node_child(n, path, len);

		if (!c)
			break;
		n = c;
		path += len;
		path += *path == '/';
	}
	*rest = path;
	return n;
}

struct node *node_find(struct node *root, const char *path)
{
	const char *rest;
	struct node *n = node_nearest(root, path, &rest);

	return *rest ? NULL : n;
}

struct node *node_unshare(struct node **root, const char *path, size_t len)
{
	const char *end = path + len;
	struct node **slot = root;

	for (;;) {
		size_t part;

		if ((*slot)->refs > 1) {
			struct node *copy = node_clone(*slot);

			if (!copy)
				return NULL;
			node_put(*slot);
			*slot = copy;
		}
		path += path < end && *path == '/';
		if (path == end)
			return *slot;
		part = strcspn(path, "/");
		slot = node_child_slot(*slot, path, part);
		path += part;
	}
}

void node_set_value(struct node *n, struct blob *value)
{
	blob_put(n->value);
	n->value = value;
	n->gen = ++node_generation;
}

void node_set_perms(struct node *n, struct perms *perms)
{
	perms_get(perms);
	perms_put(n->perms);
	n->perms = perms;
	n->gen = ++node_generation;
}

bool node_add_child(struct node *n, struct node *child)
{
	if (n->nr == n->cap) {
		unsigned int cap = n->cap ? n->cap * 2 : 4;
		struct node **bigger = realloc(n->child, cap * sizeof(bigger[0]));

		if (!bigger)
			return false;
		n->child = bigger;
		n->cap = cap;
	}
	n->child[n->nr++] = child;
	n->childlen += strlen(child->name) + 1;
	n->gen = ++node_generation;
	return true;
}

void node_del_child(struct node *n, const struct node *child)
{
	unsigned int i = 0;

	while (n->child[i] != child)
		i++;
	n->childlen -= strlen(child->name) + 1;
	node_put(n->child[i]);
	memmove(&n->child[i], &n->child[i + 1], (n->nr - i - 1) * sizeof(n->child[0]));
	n->nr--;
	n->gen = ++node_generation;
}

size_t node_size(const struct node *n)
{
	return (n->value ? n->value->len : 0) + n->childlen +
	       n->perms->nr * sizeof(n->perms->entry[0]);
}
