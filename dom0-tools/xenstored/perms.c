/* SPDX-License-Identifier: MIT */
/* Permission lists: see perms.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "perms.h"

struct perms *perms_alloc(unsigned int nr)
{
	struct perms *p = calloc(1, sizeof(*p) + nr * sizeof(p->entry[0]));

	if (p) {
		p->refs = 1;
		p->nr = nr;
	}
	return p;
}

struct perms *perms_get(struct perms *p)
{
	p->refs++;
	return p;
}

void perms_put(struct perms *p)
{
	if (p && --p->refs == 0)
		free(p);
}

struct perms *perms_with_owner(struct perms *p, uint16_t owner)
{
	struct perms *copy;

	if (p->entry[0].domid == owner)
		return perms_get(p);
	copy = perms_alloc(p->nr);
	if (!copy)
		return NULL;
	memcpy(copy->entry, p->entry, p->nr * sizeof(p->entry[0]));
	copy->entry[0].domid = owner;
	return copy;
}

struct perms *perms_without(struct perms *p, uint16_t domid)
{
	struct perms *copy;
	unsigned int keep = 1;

	for (unsigned int i = 1; i < p->nr; i++)
		keep += p->entry[i].domid != domid;
	if (keep == p->nr)
		return perms_get(p);
	copy = perms_alloc(keep);
	if (!copy)
		return NULL;
	copy->entry[0] = p->entry[0];
	for (unsigned int i = 1, to = 1; i < p->nr; i++)
		if (p->entry[i].domid != domid)
			copy->entry[to++] = p->entry[i];
	return copy;
}

struct perms *perms_forget(struct perms *p, uint16_t domid)
{
	struct perms *left = perms_without(p, domid), *owned;

	if (!left || left->entry[0].domid != domid)
		return left;
	owned = perms_with_owner(left, 0);
	perms_put(left);
	return owned;
}

bool perms_allow(const struct perms *p, const struct caller *who, unsigned int want)
{
	if (who->privileged || p->entry[0].domid == who->domid || p->entry[0].domid == who->target)
		return true;
	for (unsigned int i = 1; i < p->nr; i++) {
		uint16_t domid = p->entry[i].domid;

		if (domid == who->domid || domid == who->target)
			return (p->entry[i].access & want) == want;
	}
	return (p->entry[0].access & want) == want;
}

/* Indexed by access: none, read, write, both. */
static const char perm_letter[] = "nrwb";

bool perm_parse(const char *text, struct perm *out)
{
	const char *letter = *text ? strchr(perm_letter, *text) : NULL;
	unsigned long domid = 0;

	if (!letter || !text[1])
		return false;
	for (const char *d = text + 1; *d; d++) {
		if (*d < '0' || *d > '9')
			return false;
		domid = domid * 10 + (unsigned long)(*d - '0');
		if (domid > UINT16_MAX)
			return false;
	}
	out->domid = (uint16_t)domid;
	out->access = (uint8_t)(letter - perm_letter);
	return true;
}

size_t perm_format(struct perm p, char text[static PERM_TEXT_MAX])
{
	return (size_t)snprintf(text, PERM_TEXT_MAX, "%c%u", perm_letter[p.access & 3],
				(unsigned int)p.domid) + 1;
}
