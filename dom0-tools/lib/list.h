/* SPDX-License-Identifier: MIT */
/*
 * An intrusive doubly linked list: a ring through its head, so that insertion and removal have no
 * special cases. An element that is in no list points to itself, and list_del() leaves it so;
 * removing twice is harmless.
 */
#ifndef DOM0_TOOLS_LIB_LIST_H
#define DOM0_TOOLS_LIB_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *prev, *next;
};

static inline void list_init(struct list *l)
{
	l->prev = l->next = l;
}

static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}

static inline void list_add_tail(struct list *head, struct list *l)
{
	l->prev = head->prev;
	l->next = head;
	head->prev->next = l;
	head->prev = l;
}

static inline void list_del(struct list *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	list_init(l);
}

#define list_entry(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

#define list_for_each(pos, head, type, member)					\
	for (type *pos = list_entry((head)->next, type, member);		\
	     &pos->member != (head);						\
	     pos = list_entry(pos->member.next, type, member))

/* The body may remove pos, and nothing else, from the list. */
#define list_for_each_safe(pos, head, type, member)				\
	for (type *pos = list_entry((head)->next, type, member),		\
		  *pos##_next = list_entry(pos->member.next, type, member);	\
	     &pos->member != (head);						\
	     pos = pos##_next, pos##_next = list_entry(pos->member.next, type, member))

#endif
