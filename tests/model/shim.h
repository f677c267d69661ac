/* SPDX-License-Identifier: MIT
 *
 * The machine that the models run on: frames, domains, and TLBs. shim.c makes it and stands for what the
 * functions under test call outside of their own files.
 */
#ifndef TESTS_MODEL_SHIM_H
#define TESTS_MODEL_SHIM_H

#include "core/domain.h"
#include "explore.h"
#include "mm/frame.h"
#include "mm/mm_internal.h"

#define NR_FRAMES  16U                  /* machine frames; 0 is nobody's */
#define NR_DOMAINS 2U                   /* domids 0 and 1 */

extern struct domain *model_domain[NR_DOMAINS];
extern struct vcpu *model_vcpu[NR_CPUS];        /* one runs on each CPU, for good */

/* vCPU c is of model_domain[domid_of[c]]. */
void shim_init(const unsigned int domid_of[NR_CPUS]);
struct frame *shim_give_frame(struct domain *d, unsigned int mfn);
void shim_free_frame(unsigned int mfn); /* one for heap_alloc() */
uint64_t *shim_entry(unsigned int mfn, unsigned int slot);

/* A hypercall, with its continuations. */
long shim_hypercall(unsigned int op, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
bool shim_domain_freed(const struct domain *d);

/*
 * TLBs: bit f of a word: this CPU may translate some address to frame f, or write there. A CPU
 * remembers all that its domain's page tables have allowed since it was flushed.
 */
struct model_tlb { uint64_t read, write; };
extern struct model_tlb *model_tlb;     /* by CPU */
void tlb_fill(void);
/* A guest's own write through its page tables, or through what its TLB remembers of them. */
void tlb_store(unsigned int mfn, unsigned int slot, uint64_t value);
void tlb_canonical(void);               /* clock and stamps by rank */

/* books.c: what the tables say against what the counts say. */
struct books { unsigned int refs[NR_FRAMES], types[NR_FRAMES], tables[NR_FRAMES], writable[NR_FRAMES], present[NR_FRAMES]; };
void books_step(void);
void books_idle(const struct books *more);      /* more: references that are not by entries, pins and owners */
void books_zero(const struct domain *d);
#define BOOKS_INVARIANTS 7

#endif
