/* SPDX-License-Identifier: MIT
 *
 * What the files of mm/ share with each other and with nobody else.
 */
#ifndef HYPERVISOR_MM_INTERNAL_H
#define HYPERVISOR_MM_INTERNAL_H

#include "core/domain.h"
#include "core/hypercall.h"
#include "lib/errno.h"
#include "mm/frame.h"
#include "mm/pte.h"
#include "mm/tlb.h"

void frame_drop_allocated(struct frame *f);     /* domain_pages.c: the owner gives the frame up */
/* type.c */
void frame_free(struct frame *f);               /* domain_pages.c: at the last reference */
void frame_ref(struct frame *f);                /* one more, by who already has one */
/* Lock a page table's entries. Its level, 1 to 4, or 0 when it is not a validated page table now. */
unsigned int table_lock(struct frame *f) __must_check;
void table_unlock(struct frame *f);
bool frame_set_pinned(struct frame *f);         /* false: it was */
bool frame_clear_pinned(struct frame *f);       /* false: it was not */

/* table.c: all 512 entries of a frame that has become, or ceases to be, a table of @level. */
int table_validate(struct frame *f, unsigned int level, bool preemptible);
int table_devalidate(struct frame *f, unsigned int level, bool preemptible);

/*
 * entry.c: references for one present entry. @d owns the table, @pg_owner the frame that it names
 * (l1e_get); the bits that every guest mapping has are put into *e. 0 or -errno, for ne_get also
 * -ERESTART.
 */
int l1e_get(uint64_t *e, struct domain *d, struct domain *pg_owner);
void l1e_put(uint64_t e, struct domain *d);
/* Of a table in transition: index of the first entry that may not be there (those below have references), or 512. */
unsigned int l1_get_entries(uint64_t *t, struct domain *d);
/* The first n entries' references. */
void l1_put_entries(const uint64_t *t, unsigned int n, struct domain *d);
int ne_get(uint64_t *e, unsigned int level, struct domain *d, bool preemptible);
/* 0 or -ERESTART: child is left partial */
int ne_put(uint64_t e, unsigned int level, bool preemptible);
/* If the child of an entry of a table of @level was left half done, finish it. 0 or -ERESTART. */
int ne_finish(uint64_t e, unsigned int level, struct domain *d, bool preemptible);
/*
 * Replace *p in a locked table of @level of domain @d. 0, or -errno and nothing has changed. Table
 * entries that go may leave work in current's mm.unfinished.
 */
int entry_replace(uint64_t *p, uint64_t new, unsigned int level, struct domain *d,
		  struct domain *pg_owner, bool preserve_ad);
/*
 * Give up a table's type and general reference; what is left to do goes to current's mm.unfinished.
 */
void mm_put_table(struct frame *f);
/*
 * For an L1 entry that must not have changed since it was read as @old: else -EAGAIN, and nothing
 * has happened.
 */
int l1_cmpxchg(uint64_t *p, uint64_t old, uint64_t new, struct domain *d);
/* A reference to f is handed over; f is finished by and by. */
void mm_add_unfinished(struct frame *f);
extern unsigned int paddr_bits;         /* width of the machine's addresses */

/*
 * domain_mm.c: address of the entry of @to_level behind va, or NULL. What it says may be out of
 * date at once.
 */
uint64_t *mm_walk(mfn_t l4, unsigned long va, unsigned int to_level);
uint64_t *mm_walk_l1(mfn_t l4, unsigned long va);

/* segdesc.c */
bool segdesc_validate(struct frame *f);

/*
 * mmu_update.c: the domain behind a foreigndom argument, held until pg_owner_put(): the caller's
 * (DOMID_SELF), DOMID_IO, DOMID_XEN, another. NULL and *err -ESRCH; what a caller may do to it is
 * checked apart.
 */
struct domain *pg_owner_get(unsigned int domid, int *err);
void pg_owner_put(struct domain *d);
#define MMU_PREEMPTED 0x80000000U       /* in a count argument: this is a continuation */
/*
 * What mmu_update or mmuext_op @op returns with result rc. If work is left that cannot be finished
 * now, the call is continued with no list and rc in place of foreigndom, to come back here.
 */
long mmu_return(unsigned int op, int rc);
static inline bool mmu_is_returning(unsigned long list, unsigned long count)
{
	return !list && (unsigned int)count == MMU_PREEMPTED;
}
/*
 * va_mapping.c: CPUs that may hold translations of the vCPUs in the guest's bitmap. 0 or -EINVAL.
 */
int vcpumask_to_cpus(const struct domain *d, const void *bitmap, cpumask_t *out);

/* Work that a finished operation left: a table that is being taken apart. 0 or -ERESTART. */
int mm_finish_some(struct vcpu *v);
static inline int mm_finish_unfinished(struct vcpu *v)
{
	return likely(!v->mm.unfinished[0]) ? 0 : mm_finish_some(v);
}

static inline unsigned int frame_level(uint64_t type_word)
{
	unsigned int t = (unsigned int)(type_word >> FT_SHIFT);

	return t <= FRAME_L4 ? t : 0;
}

#endif
