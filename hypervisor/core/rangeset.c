/* SPDX-License-Identifier: MIT
 *
 * Range sets. A change builds a new array beside the old one and then points
 * at it; the old one is kept until the next change, so that a reader which has
 * just picked it up on another CPU still finds it whole. Two changes
 * within one reader's few instructions are excluded by LOCK_DOMCTL
 * and the time a control operation takes.
 */
#include "core/rangeset.h"
#include "lib/errno.h"
#include "mm/frame.h"

struct range {
	unsigned long first, last;
};

struct range_array {
	unsigned int nr;
	struct range r[];
};

struct rangeset {
	struct range_array *now, *before;
};

struct rangeset *rangeset_create(void)
{
	return kzalloc(sizeof(struct rangeset));
}

void rangeset_destroy(struct rangeset *r)
{
	if (!r)
		return;
	kfree(r->now);
	kfree(r->before);
	kfree(r);
}

static struct range_array *array_alloc(const struct range_array *old)
{
	unsigned int nr = old ? old->nr : 0;
	struct range_array *a = kmalloc(sizeof(*a) + (nr + 2) * sizeof(struct range));

	if (a)
		a->nr = 0;
	return a;
}

static void publish(struct rangeset *r, struct range_array *a)
{
	kfree(r->before);
	r->before = r->now;
	__atomic_store_n(&r->now, a, __ATOMIC_RELEASE);
}

int rangeset_add(struct rangeset *r, unsigned long first, unsigned long last)
{
	const struct range_array *old = r->now;
	struct range_array *a = array_alloc(old);
	bool placed = false;

	if (!a)
		return -ENOMEM;
	for (unsigned int i = 0; old && i < old->nr; i++) {
		struct range o = old->r[i];

		/* Ranges that touch or overlap the new one become part of it. */
		if (o.last < first && first - o.last > 1) {
			a->r[a->nr++] = o;
		} else if (o.first > last && o.first - last > 1) {
			if (!placed)
				a->r[a->nr++] = (struct range){ first, last };
			placed = true;
			a->r[a->nr++] = o;
		} else {
			first = MIN(first, o.first);
			last = MAX(last, o.last);
		}
	}
	if (!placed)
		a->r[a->nr++] = (struct range){ first, last };
	publish(r, a);
	return 0;
}

int rangeset_remove(struct rangeset *r, unsigned long first, unsigned long last)
{
	const struct range_array *old = r->now;
	struct range_array *a = array_alloc(old);

	if (!a)
		return -ENOMEM;
	for (unsigned int i = 0; old && i < old->nr; i++) {
		struct range o = old->r[i];

		if (o.last < first || o.first > last) {
			a->r[a->nr++] = o;
			continue;
		}
		if (o.first < first)
			a->r[a->nr++] = (struct range){ o.first, first - 1 };
		if (o.last > last)
			a->r[a->nr++] = (struct range){ last + 1, o.last };
	}
	publish(r, a);
	return 0;
}

bool rangeset_contains(const struct rangeset *r, unsigned long first, unsigned long last)
{
	const struct range_array *a = r ? __atomic_load_n(&r->now, __ATOMIC_ACQUIRE) : NULL;

	if (!a || first > last)
		return false;
	for (unsigned int i = 0; i < a->nr; i++)
		if (a->r[i].first <= first && last <= a->r[i].last)
			return true;
	return false;
}

bool rangeset_overlaps(const struct rangeset *r, unsigned long first, unsigned long last)
{
	const struct range_array *a = r ? __atomic_load_n(&r->now, __ATOMIC_ACQUIRE) : NULL;

	for (unsigned int i = 0; a && i < a->nr; i++)
		if (a->r[i].first <= last && first <= a->r[i].last)
			return true;
	return false;
}
