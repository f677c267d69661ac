/* SPDX-License-Identifier: MIT
 *
 * Sets of numbers as sorted, disjoint, inclusive ranges: which ports, frames
 * of device memory and interrupt lines a domain may use. A lookup locks
 * nothing: a changed set is a new array, published whole.
 */
#ifndef HYPERVISOR_CORE_RANGESET_H
#define HYPERVISOR_CORE_RANGESET_H

#include "lib/types.h"

struct rangeset;

struct rangeset *rangeset_create(void);         /* empty; NULL: no memory */
void rangeset_destroy(struct rangeset *r);      /* NULL allowed */
/* Callers hold LOCK_DOMCTL or nobody else knows the set. 0 or -ENOMEM, and then nothing has changed. */
int rangeset_add(struct rangeset *r, unsigned long first, unsigned long last);
int rangeset_remove(struct rangeset *r, unsigned long first, unsigned long last);
/* Is every number of [first, last] in it? NULL is the empty set. */
bool rangeset_contains(const struct rangeset *r, unsigned long first, unsigned long last);
bool rangeset_overlaps(const struct rangeset *r, unsigned long first, unsigned long last);

#endif
