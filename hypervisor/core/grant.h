/* SPDX-License-Identifier: MIT
 *
 * Grant tables: a domain lets another one map or copy a frame of its own.
 */
#ifndef HYPERVISOR_CORE_GRANT_H
#define HYPERVISOR_CORE_GRANT_H

#include <pv-abi/xen.h>
#include <pv-abi/grant_table.h>
#include "lib/types.h"

struct domain;
struct vcpu;
struct grant_table;

int grant_domain_init(struct domain *d, unsigned int max_frames, unsigned int max_maptrack);
int grant_domain_release_mappings(struct domain *d);    /* teardown: 0 or -ERESTART */
void grant_domain_free(struct domain *d);
/* A foreign grant mapping's PTE is about to vanish without GNTTABOP_unmap (crashed domain): handled in release. */
unsigned int grant_max_frames(struct domain *d, bool status);   /* how many frames of the table grant_get_frame can give */
int grant_get_frame(struct domain *d, unsigned long idx, bool status, mfn_t *out);

#endif
