/* SPDX-License-Identifier: MIT */
/*
 * Who may do what with a node.
 *
 * A permission list has at least one entry. The first one names the owner, who may do everything,
 * and what everybody not listed may do; the others say what single domains may do. Lists are
 * immutable and shared by reference: a new node usually has its parent's.
 * [xenstore.txt, SET_PERMS]
 */
#ifndef XENSTORED_PERMS_H
#define XENSTORED_PERMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum access {
	ACCESS_NONE  = 0,
	ACCESS_READ  = 1,
	ACCESS_WRITE = 2,
	ACCESS_OWNER = 4,	/* never in a list: what the owner has beyond reading and writing */
};

struct perm {
	uint16_t domid;
	uint8_t access;
};

struct perms {
	unsigned int refs;
	unsigned int nr;
	struct perm entry[];
};

/* Whoever sends a request. A domain with a target (a device model) has its target's rights too. */
struct caller {
	uint16_t domid;
	int32_t target;		/* -1: none */
	bool privileged;
};

/* A list of nr entries, all "no access, domain 0", to be filled in; NULL without memory. */
struct perms *perms_alloc(unsigned int nr);
struct perms *perms_get(struct perms *p);
void perms_put(struct perms *p);

/* A copy of p with another owner; p itself, with one more reference, when it is the owner's. */
struct perms *perms_with_owner(struct perms *p, uint16_t owner);

/* A copy of p without entries about domid; p itself when there are none. Not for the owner's. */
struct perms *perms_without(struct perms *p, uint16_t domid);

/* The same when domid is gone for good: what it owned is domain 0's. */
struct perms *perms_forget(struct perms *p, uint16_t domid);

/* May the caller do all of want? */
bool perms_allow(const struct perms *p, const struct caller *who, unsigned int want);

/*
 * One entry in its textual form, a letter and a decimal domain id: "r5". Parsing returns false on
 * anything else. Formatting writes at most PERM_TEXT_MAX bytes, the nul included.
 */
#define PERM_TEXT_MAX 7
bool perm_parse(const char *text, struct perm *out);
size_t perm_format(struct perm p, char text[static PERM_TEXT_MAX]);

#endif
