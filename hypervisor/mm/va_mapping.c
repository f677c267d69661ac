/* SPDX-License-Identifier: MIT
 *
 * update_va_mapping: one L1 entry by virtual address and the flush that goes with it.
 *
 * No locks but FT_LOCKED of the table. [Xen public/xen.h, UVMF_*] Next: mm/entry.c.
 */
#include "arch/guest_access.h"
#include "core/domain.h"
#include "core/hypercall.h"
#include "mm/frame_refs.h"
#include "mm/mm_internal.h"

int vcpumask_to_cpus(const struct domain *d, const void *bitmap, cpumask_t *out)
{
	unsigned int bytes = DIV_ROUND_UP(d->max_vcpus, 8U);
	uint64_t mask = 0;
	struct vcpu *v;

	_Static_assert(MAX_VCPUS <= 64, "one word of vCPUs");
	if (copy_from_guest_va(&mask, bitmap, bytes))
		return -EINVAL;
	out->bits = 0;
	for_each_vcpu(d, v)
		if ((mask >> v->vcpu_id) & 1)
			out->bits |= 1UL << READ_ONCE(v->processor);
	/* A vCPU that is on no CPU flushes when it gets one. */
	out->bits &= READ_ONCE(d->dirty_cpus.bits);
	return 0;
}

static int flush_after(unsigned long va, unsigned long flags)
{
	struct domain *d = current->domain;
	unsigned long where = flags & ~UVMF_FLUSHTYPE_MASK, what = flags & UVMF_FLUSHTYPE_MASK;
	cpumask_t cpus_due = d->dirty_cpus;

	if (what == UVMF_NONE)
		return 0;
	if (where == UVMF_LOCAL) {
		if (what == UVMF_TLB_FLUSH)
			flush_tlb_local();
		else if (what == UVMF_INVLPG)
			flush_tlb_one_local(va);
		return 0;
	}
	if (where != UVMF_ALL && vcpumask_to_cpus(d, (const void *)where, &cpus_due))
		return -EINVAL;
	if (what == UVMF_TLB_FLUSH)
		flush_tlb_mask(cpus_due);
	else if (what == UVMF_INVLPG)
		flush_tlb_one_mask(cpus_due, va);
	return 0;
}

/*
 * The L1 table behind va may cease to be one at any time; under its lock it is ours or it is
 * refused.
 */
static __always_inline int update_va(unsigned long va, uint64_t val, struct domain *pg_owner)
{
	struct vcpu *v = current;
	uint64_t *p = mm_walk_l1(v->mm.guest_table, va);
	unsigned int level;
	struct frame *f;
	int rc;

	if (unlikely(!p))
		return (int)hypercall_error(-EINVAL, "no page table behind %lx", va);
	f = virt_to_frame(p);
	level = table_lock_inline(f);
	if (unlikely(!level))
		return (int)hypercall_error(-EINVAL, "no page table behind %lx", va);
	if (unlikely(level != 1 || f->owner != v->domain))
		rc = -EINVAL;
	else
		rc = entry_replace(p, val, 1, v->domain, pg_owner, false);
	table_unlock_inline(f);
	return rc;
}

long do_update_va_mapping(unsigned long va, unsigned long val, unsigned long flags)
{
	int rc;

	if (unlikely(current->mm.unfinished[0]) && mm_finish_unfinished(current))
		return hypercall_continue(__HYPERVISOR_update_va_mapping, 3, va, val, flags);
	rc = update_va(va, val, current->domain);
	if (rc || likely(!(flags & UVMF_FLUSHTYPE_MASK)))
		return rc;
	return flush_after(va, flags);
}

long do_update_va_mapping_otherdomain(unsigned long va, unsigned long val, unsigned long flags,
				      unsigned long domid)
{
	struct domain *pg_owner;
	int rc;

	if (unlikely(current->mm.unfinished[0]) && mm_finish_unfinished(current))
		return hypercall_continue(__HYPERVISOR_update_va_mapping_otherdomain, 4, va, val,
					  flags, domid);
	pg_owner = pg_owner_get((unsigned int)domid & 0xffff, &rc);
	if (!pg_owner)
		return rc;
	if (pg_owner != current->domain && pg_owner != dom_io && !current->domain->privileged)
		rc = -EPERM;
	else if (!is_hvm_domain(pg_owner) || !(rc = p2m_translate_entry(pg_owner, &val)))
		rc = update_va(va, val, pg_owner);
	pg_owner_put(pg_owner);
	return rc ? rc : flush_after(va, flags);
}
