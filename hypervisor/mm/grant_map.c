/* SPDX-License-Identifier: MIT
 *
 * Mappings of granted frames in a PV guest's own page tables. The entry owns the references that
 * grant code took for it, as any other entry owns its own: when the guest overwrites it, or its
 * table dies, they go.
 *
 * Locks: FT_LOCKED of the table. Next: core/grant.c.
 */
#include "core/domain.h"
#include "core/grant.h"
#include "core/hypercall.h"
#include "mm/frame_refs.h"
#include "mm/mm_internal.h"

/* The L1 entry that addr names, with its table locked; NULL and nothing locked. */
static __always_inline uint64_t *lock_entry(struct vcpu *v, uint64_t addr, bool addr_is_pte)
{
	unsigned int level;
	struct frame *f;
	uint64_t *p;

	if (addr_is_pte) {
		mfn_t m = mfn(addr >> PAGE_SHIFT);

		if ((addr & 7) || !mfn_valid(m))
			return NULL;
		p = maddr_to_virt(maddr(addr));
	} else {
		p = mm_walk_l1(v->mm.guest_table, addr);
		if (!p)
			return NULL;
	}
	f = virt_to_frame(p);
	level = table_lock_inline(f);
	if (!level)
		return NULL;
	if (level == 1 && f->owner == v->domain)
		return p;
	table_unlock_inline(f);
	return NULL;
}

static inline void unlock_entry(uint64_t *p)
{
	table_unlock_inline(virt_to_frame(p));
}

int mm_create_grant_host_mapping(struct vcpu *v, uint64_t addr, bool addr_is_pte, mfn_t frame,
				 bool readonly, uint64_t extra_pte_flags)
{
	uint64_t new = pte_make(frame,
				PTE_P | PTE_US | PTE_A | PTE_D | (readonly ? 0 : PTE_RW)), old;
	uint64_t *p = lock_entry(v, addr, addr_is_pte);

	if (!p)
		return (int)hypercall_error(GNTST_general_error,
					    "map: no L1 entry of the domain at %lx", addr);
	new |= extra_pte_flags & (PTE_AVAIL | PTE_AVAIL_HIGH | PTE_NX);
	old = __atomic_exchange_n(p, new, __ATOMIC_SEQ_CST);
	unlock_entry(p);
	if (old & PTE_P)
		l1e_put(old, v->domain);
	return GNTST_okay;
}

/* Takes the entry at new_addr out of its table; its references are now the caller's. */
static int take_entry(struct vcpu *v, uint64_t addr, uint64_t *out)
{
	uint64_t *p = lock_entry(v, addr, false);

	if (!p)
		return (int)hypercall_error(GNTST_general_error,
					    "unmap: no L1 entry of the domain at %lx", addr);
	*out = __atomic_exchange_n(p, 0, __ATOMIC_SEQ_CST);
	unlock_entry(p);
	return GNTST_okay;
}

static bool maps(uint64_t e, mfn_t frame, bool readonly)
{
	return (e & PTE_P) && mfn_eq(pte_mfn(e), frame) && !(e & PTE_RW) == readonly;
}

int mm_replace_grant_host_mapping(struct vcpu *v, uint64_t addr, bool addr_is_pte, mfn_t frame,
				  uint64_t new_addr, bool readonly)
{
	uint64_t new = 0, *p, old;
	int rc;

	if (new_addr) {
		if (addr_is_pte)
			return (int)hypercall_error(GNTST_general_error,
				"unmap and replace: not by the entry's address");
		rc = take_entry(v, new_addr, &new);
		if (rc != GNTST_okay)
			return rc;
	}
	p = lock_entry(v, addr, addr_is_pte);
	if (!p) {
		l1e_put(new, v->domain);
		return (int)hypercall_error(GNTST_general_error,
					    "unmap: no L1 entry of the domain at %lx", addr);
	}
	/* The CPU may set accessed and dirty bits meanwhile; nobody else writes under the lock. */
	old = READ_ONCE(*p);
	if (!maps(old, frame, readonly)) {
		unlock_entry(p);
		l1e_put(new, v->domain);
		return (int)hypercall_error(GNTST_general_error,
					    "unmap: entry %lx does not map frame %lx %s", old,
					    frame.n, readonly ? "read-only" : "writable");
	}
	__atomic_exchange_n(p, new, __ATOMIC_SEQ_CST);
	unlock_entry(p);
	return GNTST_okay;
}
