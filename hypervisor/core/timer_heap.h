/* SPDX-License-Identifier: MIT
 *
 * A pairing heap of timers, the earliest at the root: nothing is allocated,
 * inserting costs a constant, taking the first one log n.
 *
 * child is a node's first child and next its right sibling; prev is the left
 * sibling, or the parent for a first child, NULL for the root.
 *
 * Nothing but pointers: it also compiles on the host for tests/unit.
 */
#ifndef HYPERVISOR_CORE_TIMER_HEAP_H
#define HYPERVISOR_CORE_TIMER_HEAP_H

#include "core/timer.h"

/* The earlier of the two becomes the other's parent. */
static inline struct timer *timer_heap_meld(struct timer *a, struct timer *b)
{
	struct timer *t;

	if (!a || !b)
		return a ? a : b;
	if (b->expires < a->expires) {
		t = a;
		a = b;
		b = t;
	}
	b->next = a->child;
	b->prev = a;
	if (a->child)
		a->child->prev = b;
	a->child = b;
	a->next = a->prev = NULL;
	return a;
}

/* Meld a list of siblings: pairs from the left, then the pairs together. */
static inline struct timer *timer_heap_merge(struct timer *first)
{
	struct timer *pairs = NULL, *a, *b, *root = NULL;

	while ((a = first)) {
		b = a->next;
		first = b ? b->next : NULL;
		a->next = a->prev = NULL;
		if (b)
			b->next = b->prev = NULL;
		a = timer_heap_meld(a, b);
		a->next = pairs;
		pairs = a;
	}
	while ((a = pairs)) {
		pairs = a->next;
		a->next = NULL;
		root = timer_heap_meld(root, a);
	}
	return root;
}

/* Each of these returns the new root. t is in no heap. */
static inline struct timer *timer_heap_insert(struct timer *root, struct timer *t)
{
	t->child = t->next = t->prev = NULL;
	return timer_heap_meld(root, t);
}

/* t is in the heap. */
static inline struct timer *timer_heap_remove(struct timer *root, struct timer *t)
{
	struct timer *rest = timer_heap_merge(t->child);

	t->child = NULL;
	if (t == root)
		return rest;
	if (t->prev->child == t)
		t->prev->child = t->next;
	else
		t->prev->next = t->next;
	if (t->next)
		t->next->prev = t->prev;
	t->next = t->prev = NULL;
	return timer_heap_meld(root, rest);
}

#endif
