/* SPDX-License-Identifier: MIT */
/*
 * The tree, as a persistent data structure.
 *
 * A tree is a reference to its root. Taking one more reference is taking a snapshot: whoever
 * changes the tree copies the nodes on the way to the change when somebody else holds them too
 * (node_unshare), and changes them in place when nobody does. So a transaction starts in constant
 * time, sees a frozen store, and an ordinary write while no transaction runs copies nothing.
 *
 * Invariants: a node that is reachable from two trees is never changed, except its reference count;
 * childlen is the sum of the children's name lengths plus one nul each; gen grows with every
 * change of value, permissions or children, and no two states of a node share one.
 *
 * Every function that allocates fails with the tree's meaning unchanged.
 */
#ifndef XENSTORED_NODE_H
#define XENSTORED_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "perms.h"

/* Immutable bytes, shared by reference. A NULL blob has length 0. */
struct blob {
	unsigned int refs;
	size_t len;
	char data[];
};

struct node {
	unsigned int refs;
	uint32_t hash;		/* of name: saves most comparisons in a long directory */
	uint64_t gen;
	struct perms *perms;
	struct blob *value;
	struct node **child;	/* in order of creation, as clients see them */
	unsigned int nr, cap;
	size_t childlen;
	char name[];
};

struct blob *blob_new(const void *data, size_t len);
void blob_put(struct blob *b);

/* A node without children. Takes over the reference to value, takes its own to perms. */
struct node *node_new(const char *name, size_t len, struct perms *perms, struct blob *value);
struct node *node_get(struct node *n);
void node_put(struct node *n);

struct node *node_child(const struct node *n, const char *name, size_t len);

/*
 * Follows path from root as far as it exists. *rest is what remains, "" when the node was found,
 * otherwise the missing components without a leading slash.
 */
struct node *node_nearest(struct node *root, const char *path, const char **rest);

/* The node at path, or NULL. */
struct node *node_find(struct node *root, const char *path);

/*
 * Makes the nodes from *root down to the first len bytes of path, which must exist, private to this
 * tree, and returns the last one, now free to be changed; NULL without memory.
 */
struct node *node_unshare(struct node **root, const char *path, size_t len);

/* These change an unshared node and its generation. */
void node_set_value(struct node *n, struct blob *value);
void node_set_perms(struct node *n, struct perms *perms);
bool node_add_child(struct node *n, struct node *child);
void node_del_child(struct node *n, const struct node *child);

/* Bytes that count against the quota on one node's size. */
size_t node_size(const struct node *n);

#endif
