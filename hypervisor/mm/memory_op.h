/* SPDX-License-Identifier: MIT
 *
 * The memory_op hypercall, by operation. Each takes the guest's argument pointer and returns
 * what the hypercall returns.
 */
#ifndef HYPERVISOR_MM_MEMORY_OP_H
#define HYPERVISOR_MM_MEMORY_OP_H

#include <pv-abi/memory.h>
#include "core/domain.h"

/* A long operation's place is in the command's upper bits [Xen public/memory.h]. */
#define MEMOP_EXTENT_SHIFT 6
#define MEMOP_CMD_MASK ((1U << MEMOP_EXTENT_SHIFT) - 1)

/* memory_reservation.c */
long memop_reservation(unsigned int op, unsigned long start, unsigned long arg);
long memop_claim(unsigned long arg);
/* memory_exchange.c */
long memop_exchange(unsigned long cmd, unsigned long arg);
/* memory_map.c */
long memop_memory_map(unsigned long arg);
long memop_set_memory_map(unsigned long arg);
long memop_machine_memory_map(unsigned long arg);
long memop_machphys_mfn_list(unsigned long arg);
long memop_machphys_mapping(unsigned long arg);
/* memory_resource.c */
long memop_acquire_resource(unsigned long start, unsigned long arg);

/*
 * The domain an argument names, for a caller that is it or is privileged; with a reference. NULL:
 * *err is -ESRCH or -EPERM.
 */
struct domain *memop_domain(domid_t id, int *err);
/* Largest extent that the caller may ask for. */
unsigned int memop_max_order(void);
/* MEMF_* of XENMEMF_*; false: no memory has so few address bits. */
bool memop_flags(unsigned int mem_flags, unsigned int *memflags);

#endif
