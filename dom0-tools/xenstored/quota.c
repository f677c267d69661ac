/* SPDX-License-Identifier: MIT */
/* Limits and counts: see quota.h. */
#include <stdlib.h>
#include <string.h>

#include "quota.h"

struct quota_limits quota_limits = {
#define X(name, value, what) .name = value,
	QUOTA_LIMITS(X)
#undef X
};

size_t *quota_limit_find(const char *name)
{
	static const struct {
		const char *name;
		size_t *limit;
	} table[] = {
#define X(name, value, what) { #name, &quota_limits.name },
		QUOTA_LIMITS(X)
#undef X
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const char *a = table[i].name, *b = name;

		while (*a && (*a == *b || (*a == '_' && *b == '-'))) {
			a++;
			b++;
		}
		if (!*a && !*b)
			return table[i].limit;
	}
	return NULL;
}

/* The settled counts have the form of a ledger too. */
static struct ledger quota_settled;

static struct ledger_entry *ledger_find(const struct ledger *l, uint16_t domid)
{
	for (unsigned int i = 0; i < l->nr; i++)
		if (l->entry[i].domid == domid)
			return &l->entry[i];
	return NULL;
}

bool ledger_add(struct ledger *l, uint16_t domid, long nodes)
{
	struct ledger_entry *e = ledger_find(l, domid);

	if (!e) {
		if (l->nr == l->cap) {
			unsigned int cap = l->cap ? l->cap * 2 : 4;

			e = realloc(l->entry, cap * sizeof(*e));
			if (!e)
				return false;
			l->entry = e;
			l->cap = cap;
		}
		e = &l->entry[l->nr++];
		e->domid = domid;
		e->nodes = 0;
	}
	e->nodes += nodes;
	return true;
}

size_t ledger_nodes(const struct ledger *l, uint16_t domid)
{
	const struct ledger_entry *e = ledger_find(l, domid);
	long nodes = (long)quota_nodes(domid) + (e ? e->nodes : 0);

	return nodes > 0 ? (size_t)nodes : 0;
}

bool ledger_settle(struct ledger *l)
{
	/* Make room for every entry first: the second pass cannot fail half-way. */
	for (unsigned int i = 0; i < l->nr; i++)
		if (!ledger_add(&quota_settled, l->entry[i].domid, 0))
			return false;
	for (unsigned int i = 0; i < l->nr; i++)
		ledger_add(&quota_settled, l->entry[i].domid, l->entry[i].nodes);
	l->nr = 0;
	return true;
}

void ledger_clear(struct ledger *l)
{
	free(l->entry);
	memset(l, 0, sizeof(*l));
}

void quota_init(void)
{
	ledger_clear(&quota_settled);
}

size_t quota_nodes(uint16_t domid)
{
	const struct ledger_entry *e = ledger_find(&quota_settled, domid);

	return e && e->nodes > 0 ? (size_t)e->nodes : 0;
}

void quota_forget(uint16_t domid)
{
	struct ledger_entry *e = ledger_find(&quota_settled, domid);

	if (e)
		*e = quota_settled.entry[--quota_settled.nr];
}
