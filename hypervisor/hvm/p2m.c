/* SPDX-License-Identifier: MIT
 *
 * From guest frame to machine frame.
 *
 * One table of four levels, in the format of nested page tables, which the processor walks and we read: what a guest can
 * reach is, by construction, what this file says. [APM2 15.25.5] All of a guest's accesses to nested tables count as
 * user accesses, hence PTE_US. RAM is mapped by pages of 4 KB; what has no entry is a device or nothing.
 *
 * Invariants: a present entry names a frame that the domain owns, by the owner's own reference: who takes the entry away flushes
 * the processors' translations, then drops that reference. A table, once there, stays until the domain is freed: so a reader needs no lock.
 * A frame has at most one guest frame number; the machine-to-physical table has it.
 *
 * Locks: LOCK_PAGING of the domain for changes.
 */
#include "core/hypercall.h"
#include "hvm/internal.h"
#include "lib/errno.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/mm_internal.h"

#define P2M_TABLE (PTE_P | PTE_RW | PTE_US | PTE_A)
#define P2M_RAM   (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
/* A PC's guests have memory below 1 TiB or they have none: it bounds what tables an odd builder makes us keep. */
#define P2M_MAX_GFN (1UL << 28)

int p2m_init(struct domain *d)
{
	d->hvm->p2m = alloc_hv_page();
	if (!d->hvm->p2m)
		return -ENOMEM;
	clear_page(d->hvm->p2m);
	return 0;
}

static void free_table(uint64_t *t, unsigned int level)
{
	for (unsigned int i = 0; level > 1 && i < ENTRIES_PER_TABLE; i++)
		if (t[i] & PTE_P)
			free_table(mfn_to_virt(pte_mfn(t[i])), level - 1);
	free_hv_page(t);
}

/* The domain has no memory any more: the last level's entries name nothing of its. */
void p2m_free(struct domain *d)
{
	free_table(d->hvm->p2m, 4);
}

/* The entry of gfn, or NULL. With create, tables on the way are made: NULL is no memory then. */
static uint64_t *entry_of(struct domain *d, unsigned long gfn, bool create)
{
	uint64_t *t = d->hvm->p2m;

	if (gfn >= P2M_MAX_GFN)
		return NULL;
	for (unsigned int level = 4; level > 1; level--) {
		uint64_t *p = &t[pt_index(gfn << PAGE_SHIFT, level)], e = READ_ONCE(*p);

		if (!(e & PTE_P)) {
			t = create ? alloc_hv_page() : NULL;
			if (!t)
				return NULL;
			clear_page(t);
			__atomic_store_n(p, pte_make(virt_to_mfn(t), P2M_TABLE), __ATOMIC_RELEASE);
			continue;
		}
		t = mfn_to_virt(pte_mfn(e));
	}
	return &t[pt_index(gfn << PAGE_SHIFT, 1)];
}

bool p2m_is_memory(struct domain *d, unsigned long gfn)
{
	uint64_t *p = entry_of(d, gfn, false);

	return p && (READ_ONCE(*p) & PTE_P);
}

struct frame *p2m_get_frame(struct domain *d, unsigned long gfn)
{
	uint64_t *p = entry_of(d, gfn, false), e;
	struct frame *f;

	e = p ? READ_ONCE(*p) : 0;
	if (!(e & PTE_P))
		return NULL;
	f = mfn_to_frame(pte_mfn(e));
	if (!frame_get(f, d))
		return NULL;
	/* Taken away and given to the domain again meanwhile, at another place? */
	if (READ_ONCE(*p) != e) {
		frame_put(f);
		return NULL;
	}
	return f;
}

int p2m_translate_entry(struct domain *d, uint64_t *entry)
{
	unsigned long gfn = mfn_x(pte_mfn(*entry));
	uint64_t *p, e;

	if (!(*entry & PTE_P))
		return 0;
	p = entry_of(d, gfn, false);
	e = p ? READ_ONCE(*p) : 0;
	if (!(e & PTE_P))
		return (int)hypercall_error(-EINVAL, "domain %u has no memory at guest frame %#lx", d->domid, gfn);
	*entry = (*entry & ~PTE_ADDR_MASK) | (e & PTE_ADDR_MASK);
	return 0;
}

/* --- giving and taking --- */

static long check_extent(struct domain *d, unsigned long gfn, unsigned int order)
{
	if (gfn >= P2M_MAX_GFN || (gfn & ((1UL << order) - 1)))
		return hypercall_error(-EINVAL, "guest frame %#lx, extent of 2^%u: aligned, and below %#lx", gfn, order,
				       P2M_MAX_GFN);
	return 0;
}

/* LOCK_PAGING is held. All tables are there and all entries are free, or it is refused. */
static long check_room(struct domain *d, unsigned long gfn, unsigned int order)
{
	for (unsigned long i = 0; i < 1UL << order; i++) {
		const uint64_t *p = entry_of(d, gfn + i, true);

		if (!p)
			return hypercall_error(-ENOMEM, "no memory for the tables of domain %u", d->domid);
		if (*p & PTE_P)
			return hypercall_error(-EEXIST, "domain %u has memory at guest frame %#lx already", d->domid,
					       gfn + i);
	}
	return 0;
}

bool p2m_populate(struct domain *d, unsigned long gfn, unsigned int order, unsigned int memflags)
{
	struct frame *f;
	long rc;

	if (check_extent(d, gfn, order))
		return false;
	f = alloc_domain_pages(d, order, memflags);
	if (!f) {
		hypercall_error(-ENOMEM, "domain %u: extent of 2^%u pages: has %u, may have %u, free %lu", d->domid, order,
				d->mm.tot_pages, d->mm.max_pages, free_frames());
		return false;
	}
	spin_lock(&d->mm.paging_lock);
	rc = check_room(d, gfn, order);
	for (unsigned long i = 0; !rc && i < 1UL << order; i++) {
		m2p_set(frame_to_mfn(f + i), gfn + i);
		__atomic_store_n(entry_of(d, gfn + i, false), pte_make(frame_to_mfn(f + i), P2M_RAM), __ATOMIC_RELEASE);
	}
	spin_unlock(&d->mm.paging_lock);
	for (unsigned long i = 0; rc && i < 1UL << order; i++)
		frame_drop_allocated(f + i);
	return !rc;
}

static void nothing(void *unused)
{
}

/*
 * Processors that run the domain leave it by the interrupt; on their way back in they see the new epoch, and so does
 * every other CPU when it next runs one of its vCPUs.
 */
static void flush(struct domain *d)
{
	__atomic_add_fetch(&d->hvm->p2m_epoch, 1, __ATOMIC_SEQ_CST);
	smp_call((cpumask_t){ READ_ONCE(d->dirty_cpus.bits) }, nothing, NULL);
}

static bool remove_one(struct domain *d, unsigned long gfn)
{
	uint64_t *p, e = 0;

	spin_lock(&d->mm.paging_lock);
	p = entry_of(d, gfn, false);
	if (p)
		e = __atomic_exchange_n(p, 0, __ATOMIC_SEQ_CST);
	spin_unlock(&d->mm.paging_lock);
	if (!(e & PTE_P)) {
		hypercall_error(-EINVAL, "domain %u has no memory at guest frame %#lx", d->domid, gfn);
		return false;
	}
	flush(d);
	m2p_set(pte_mfn(e), INVALID_M2P_ENTRY);
	frame_drop_allocated(mfn_to_frame(pte_mfn(e)));
	return true;
}

bool p2m_remove(struct domain *d, unsigned long gfn, unsigned int order)
{
	if (check_extent(d, gfn, order))
		return false;
	for (unsigned long i = 0; i < 1UL << order; i++)
		if (!remove_one(d, gfn + i))
			return false;
	return true;
}
