/* SPDX-License-Identifier: MIT
 *
 * Circular doubly linked lists whose links live inside the elements.
 */
#ifndef HYPERVISOR_LIB_LIST_H
#define HYPERVISOR_LIB_LIST_H

#include "lib/types.h"

struct list {
	struct list *next, *prev;
};

#define LIST_INIT(l) { &(l), &(l) }

static inline void list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}

static inline void list_insert_between(struct list *e, struct list *before, struct list *after)
{
	e->prev = before;
	e->next = after;
	before->next = e;
	after->prev = e;
}

static inline void list_add(struct list *e, struct list *head)
{
	list_insert_between(e, head, head->next);
}

static inline void list_add_tail(struct list *e, struct list *head)
{
	list_insert_between(e, head->prev, head);
}

/* Leaves the element empty, so that list_empty(e) tells whether it is on a list. */
static inline void list_del(struct list *e)
{
	e->prev->next = e->next;
	e->next->prev = e->prev;
	list_init(e);
}

#define list_entry(p, type, member) container_of(p, type, member)
#define list_first(head, type, member) list_entry((head)->next, type, member)
#define list_for_each(e, head, member) \
	for ((e) = list_entry((head)->next, typeof(*(e)), member); &(e)->member != (head); \
	     (e) = list_entry((e)->member.next, typeof(*(e)), member))
#define list_for_each_safe(e, tmp, head, member) \
	for ((e) = list_entry((head)->next, typeof(*(e)), member), \
	     (tmp) = list_entry((e)->member.next, typeof(*(e)), member); \
	     &(e)->member != (head); \
	     (e) = (tmp), (tmp) = list_entry((tmp)->member.next, typeof(*(tmp)), member))

#endif
