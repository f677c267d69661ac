/* SPDX-License-Identifier: MIT
 *
 * A domain's part of the address space and a vCPU's page tables: which L4 the CPU walks, and
 * the per-domain slot with the windows on GDTs and LDTs.
 *
 * Invariants: v->mm.guest_table and guest_table_user each hold a general and an L4 type reference
 * while they are not INVALID_MFN. Each L4 that may be loaded has the hypervisor's sixteen slots:
 * they are put there at the end of its validation and cannot be changed by a guest.
 *
 * Locks: a vCPU's tables change on its own CPU, or while it does not run.
 * Next: mm/segdesc.c for the windows' contents.
 */
#include "mm/domain_mm.h"
#include "core/domain.h"
#include "core/hypercall.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/frame_refs.h"
#include "mm/mm_internal.h"

#define VCPUS_PER_L1 (ENTRIES_PER_TABLE / (GDT_WINDOW_PAGES + LDT_WINDOW_PAGES))
#define PTE_PERDOMAIN_TABLE (PTE_P | PTE_RW | PTE_A)

static struct own_io { unsigned long first, last; } own_io[32];
static unsigned int nr_own_io;

static uint64_t *new_table(void)
{
	uint64_t *t = alloc_hv_page();

	if (t)
		clear_page(t);
	return t;
}

void mm_init_cpu(unsigned int cpu)
{
	struct mm_cpu *m = kzalloc(sizeof(*m));

	if (!m)
		panic("mm: no memory for CPU %u", cpu);
	cpus[cpu]->mm = m;
}

int mm_domain_init(struct domain *d)
{
	uint64_t *l2;

	spin_lock_init(&d->mm.page_alloc_lock, LOCK_PAGE_ALLOC);
	spin_lock_init(&d->mm.paging_lock, LOCK_PAGING);
	list_init(&d->mm.page_list);
	list_init(&d->mm.xen_page_list);
	list_init(&d->mm.relmem_list);
	if (d->system || is_idle_domain(d))
		return 0;
	d->mm.perdomain_l3 = new_table();
	l2 = new_table();
	if (!d->mm.perdomain_l3 || !l2) {
		free_hv_page(d->mm.perdomain_l3);
		free_hv_page(l2);
		d->mm.perdomain_l3 = NULL;
		return -ENOMEM;
	}
	d->mm.perdomain_l3[0] = pte_make(virt_to_mfn(l2), PTE_PERDOMAIN_TABLE);
	return 0;
}

void mm_domain_free(struct domain *d)
{
	uint64_t *l2;

	if (!d->mm.perdomain_l3)
		return;
	BUG_ON(d->mm.tot_pages || d->mm.xen_pages);
	l2 = mfn_to_virt(pte_mfn(d->mm.perdomain_l3[0]));
	for (unsigned int i = 0; i < DIV_ROUND_UP(MAX_VCPUS, VCPUS_PER_L1); i++)
		if (l2[i] & PTE_P)
			free_hv_page(mfn_to_virt(pte_mfn(l2[i])));
	free_hv_page(l2);
	free_hv_page(d->mm.perdomain_l3);
	d->mm.perdomain_l3 = NULL;
	kfree(d->mm.e820);
	d->mm.e820 = NULL;
}

/* Caller: domain creation, one vCPU at a time. */
int mm_vcpu_init(struct vcpu *v)
{
	struct domain *d = v->domain;
	uint64_t *l1, *l2;

	v->mm.guest_table = v->mm.guest_table_user = INVALID_MFN;
	spin_lock_init(&v->mm.ldt_lock, LOCK_PAGE);
	if (!d->mm.perdomain_l3)
		return 0;
	l2 = mfn_to_virt(pte_mfn(d->mm.perdomain_l3[0]));
	l2 += v->vcpu_id / VCPUS_PER_L1;
	if (!(*l2 & PTE_P)) {
		l1 = new_table();
		if (!l1)
			return -ENOMEM;
		*l2 = pte_make(virt_to_mfn(l1), PTE_PERDOMAIN_TABLE);
	}
	l1 = mfn_to_virt(pte_mfn(*l2));
	v->mm.perdomain_l1 = l1 + v->vcpu_id % VCPUS_PER_L1 *
		(GDT_WINDOW_PAGES + LDT_WINDOW_PAGES);
	mm_destroy_gdt(v);
	return 0;
}

void mm_vcpu_destroy(struct vcpu *v)
{
	if (!v->mm.perdomain_l1)
		return;
	mm_drop_guest_tables(v);
	mm_destroy_gdt(v);
	mm_invalidate_ldt(v);
	for (unsigned int i = 0; i < ARRAY_SIZE(v->mm.unfinished); i++)
		if (v->mm.unfinished[i]) {
			if (frame_finish_partial(v->mm.unfinished[i], false))
				panic("mm: a dead vCPU's table was not taken apart");
			frame_put(v->mm.unfinished[i]);
			v->mm.unfinished[i] = NULL;
		}
}

void mm_init_guest_l4(struct domain *d, uint64_t *l4)
{
	const uint64_t *idle = mfn_to_virt(idle_l4);

	memcpy(&l4[HV_FIRST_SLOT], &idle[HV_FIRST_SLOT],
	       (HV_LAST_SLOT - HV_FIRST_SLOT + 1) * sizeof(*l4));
	l4[PERDOMAIN_SLOT] = pte_make(virt_to_mfn(d->mm.perdomain_l3), PTE_PERDOMAIN_TABLE);
}

void mm_map_perdomain(struct vcpu *v, unsigned int window_page, uint64_t l1e)
{
	__atomic_exchange_n(&v->mm.perdomain_l1[window_page], l1e, __ATOMIC_SEQ_CST);
}

/* Preemption needs somebody who comes back. */
static bool may_preempt(void)
{
	return current && !is_idle_vcpu(current);
}

static __noinline int l4_get_other(struct vcpu *v, mfn_t m)
{
	struct frame *f = frame_get_from_mfn(m, v->domain);
	int rc = 0;

	if (!f)
		return (int)hypercall_error(-EINVAL, "base pointer %lx: the frame is not d%u's",
					    m.n, v->domain->domid);
	if (may_preempt())
		rc = frame_get_type_preemptible(f, FRAME_L4);
	else if (!frame_get_type(f, FRAME_L4))
		rc = -EINVAL;
	if (!rc)
		return 0;
	if (rc != -ERESTART && (READ_ONCE(f->type) & FT_PARTIAL))
		mm_add_unfinished(f);
	else
		frame_put(f);
	return rc;
}

/* A table that is in use or pinned, as those that are loaded are, takes one more reference without further ado. */
static inline int l4_get(struct vcpu *v, mfn_t m)
{
	struct frame *f = mfn_to_frame(m);

	if (likely(mfn_valid(m)) && likely(frame_ref_get(f, v->domain))) {
		if (likely(frame_table_get_ready(f, FRAME_L4)))
			return 0;
		frame_put(f);
	}
	return l4_get_other(v, m);
}

static inline void l4_put(mfn_t m)
{
	struct frame *f;

	if (mfn_eq(m, INVALID_MFN))
		return;
	f = mfn_to_frame(m);
	if (likely(frame_type_put_ready(f)))
		frame_ref_put(f);
	else if (may_preempt())
		mm_put_table(f);
	else
		frame_put_and_type(f);
}

/* The M2P is not for user mode when the domain said so (VMASST_TYPE_m2p_strict). */
static void l4_set_m2p(mfn_t m, bool present)
{
	uint64_t *l4 = mfn_to_virt(m);
	const uint64_t *idle = mfn_to_virt(idle_l4);
	uint64_t e = present ? idle[HV_FIRST_SLOT] : 0;

	if (l4[HV_FIRST_SLOT] != e)
		__atomic_exchange_n(&l4[HV_FIRST_SLOT], e, __ATOMIC_SEQ_CST);
}

int mm_set_guest_table(struct vcpu *v, mfn_t l4)
{
	mfn_t old = v->mm.guest_table;
	int rc;

	if (!mfn_eq(old, l4)) {
		rc = l4_get(v, l4);
		if (rc)
			return rc;
		l4_set_m2p(l4, true);
		mm_invalidate_ldt(v);
		v->mm.guest_table = l4;
	}
	if (v == current)
		mm_load_cr3(v);
	if (!mfn_eq(old, l4))
		l4_put(old);
	return 0;
}

int mm_set_guest_table_user(struct vcpu *v, mfn_t l4)
{
	mfn_t old = v->mm.guest_table_user;
	int rc;

	if (mfn_eq(old, l4))
		return 0;
	if (!mfn_eq(l4, INVALID_MFN)) {
		rc = l4_get(v, l4);
		if (rc)
			return rc;
		if (v->domain->vm_assist & (1UL << VMASST_TYPE_m2p_strict))
			l4_set_m2p(l4, false);
	}
	v->mm.guest_table_user = l4;
	/* Current asks from kernel mode; the table it leaves is not the loaded one. */
	l4_put(old);
	return 0;
}

void mm_drop_guest_tables(struct vcpu *v)
{
	mfn_t kernel = v->mm.guest_table, user = v->mm.guest_table_user;

	v->mm.guest_table = v->mm.guest_table_user = INVALID_MFN;
	l4_put(kernel);
	l4_put(user);
}

/*
 * A table pointer that is no more may name anything: only frames with a structure are looked into.
 */
/* The table that entry @i of table @m names, or INVALID_MFN. */
static __always_inline mfn_t walk_step(mfn_t m, unsigned int i)
{
	uint64_t e = READ_ONCE(((uint64_t *)mfn_to_virt(m))[i]);

	if (unlikely((e & (PTE_P | PTE_PSE)) != PTE_P) || unlikely(!mfn_valid(pte_mfn(e))))
		return INVALID_MFN;
	return pte_mfn(e);
}

uint64_t *mm_walk(mfn_t l4, unsigned long va, unsigned int to_level)
{
	mfn_t m = l4;

	if (unlikely(mfn_eq(l4, INVALID_MFN)) || unlikely(is_hv_slot(pt_index(va, 4))))
		return NULL;
	for (unsigned int level = 4; level > to_level; level--) {
		m = walk_step(m, pt_index(va, level));
		if (unlikely(mfn_eq(m, INVALID_MFN)))
			return NULL;
	}
	return (uint64_t *)mfn_to_virt(m) + pt_index(va, to_level);
}

/* The same to level 1, without the loop: update_va_mapping() waits for it. */
uint64_t *mm_walk_l1(mfn_t l4, unsigned long va)
{
	mfn_t m = l4;

	if (unlikely(mfn_eq(l4, INVALID_MFN)) || unlikely(is_hv_slot(pt_index(va, 4))))
		return NULL;
	m = walk_step(m, pt_index(va, 4));
	if (likely(!mfn_eq(m, INVALID_MFN)))
		m = walk_step(m, pt_index(va, 3));
	if (likely(!mfn_eq(m, INVALID_MFN)))
		m = walk_step(m, pt_index(va, 2));
	return likely(!mfn_eq(m, INVALID_MFN)) ? (uint64_t *)mfn_to_virt(m) + pt_index(va, 1) : NULL;
}

void mm_own_io(unsigned long first, unsigned long last)
{
	if (nr_own_io == ARRAY_SIZE(own_io))
		panic("mm: too many ranges of device registers");
	own_io[nr_own_io++] = (struct own_io){ first, last };
}

bool mm_io_is_ours(unsigned long frame)
{
	for (unsigned int i = 0; i < nr_own_io; i++)
		if (frame >= own_io[i].first && frame <= own_io[i].last)
			return true;
	return false;
}

bool mm_own_io_range(unsigned int i, unsigned long *first, unsigned long *last)
{
	if (i >= nr_own_io)
		return false;
	*first = own_io[i].first;
	*last = own_io[i].last;
	return true;
}
