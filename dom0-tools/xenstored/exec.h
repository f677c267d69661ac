/* SPDX-License-Identifier: MIT */
/*
 * The requests that read or change the store, executed on any version of it: the store itself, a
 * transaction's, or, when a transaction commits, the store a second time (transaction.h).
 * The answer depends on nothing but the version, the caller and the request.
 */
#ifndef XENSTORED_EXEC_H
#define XENSTORED_EXEC_H

#include "store.h"
#include "wire.h"

/* Is this a type that exec_request() knows? */
bool exec_knows(uint32_t type);

/* payload must be followed by a nul, not counted in len (struct message does so). */
void exec_request(struct view *v, const struct caller *who, uint32_t type,
		  const char *payload, size_t len, struct reply *r);

/* SET_PERMS's entries, also used for special names: NULL with *err set. */
struct perms *exec_parse_perms(const char *rest, size_t len, int *err);

/* GET_PERMS's answer. */
void exec_reply_perms(const struct perms *p, struct reply *r);

#endif
