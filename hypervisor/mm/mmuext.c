/* SPDX-License-Identifier: MIT
 *
 * The mmuext_op hypercall: pins, base pointers, TLB and cache flushes, LDT, clearing and copying
 * frames.
 *
 * A pin is a type reference that the owner keeps on a table while nothing points at it; FT_PINNED
 * says that there is one. [Xen public/xen.h, MMUEXT_*]
 *
 * No locks. Next: mm/type.c.
 */
#include "arch/context.h"
#include "arch/guest_access.h"
#include "core/domain.h"
#include "core/hypercall.h"
#include "core/rangeset.h"
#include "lib/string.h"
#include "mm/mm_internal.h"

static int op_pin(const struct mmuext_op *op, struct domain *d)
{
	enum frame_type t = (enum frame_type)(op->cmd - MMUEXT_PIN_L1_TABLE + FRAME_L1);
	mfn_t m = mfn(op->arg1.mfn);
	struct frame *f = frame_get_from_mfn(m, d);
	bool undo = false;
	int rc;

	if (!f)
		return (int)hypercall_error(-EINVAL, "pin: frame %lx is not d%u's", m.n, d->domid);
	rc = frame_get_type_preemptible(f, t);
	if (rc) {
		if (rc != -ERESTART && (READ_ONCE(f->type) & FT_PARTIAL))
			mm_add_unfinished(f);
		else
			frame_put(f);
		return rc;
	}
	if (!frame_set_pinned(f)) {
		mm_put_table(f);
		return (int)hypercall_error(-EINVAL, "pin: frame %lx is already pinned", m.n);
	}
	/*
	 * A domain that began to die meanwhile may have looked for pins before this one was there.
	 */
	if (d != current->domain) {
		spin_lock(&d->mm.page_alloc_lock);
		undo = d->dying && frame_clear_pinned(f);
		spin_unlock(&d->mm.page_alloc_lock);
	}
	if (undo)
		mm_put_table(f);
	return 0;
}

static int op_unpin(const struct mmuext_op *op, struct domain *d)
{
	mfn_t m = mfn(op->arg1.mfn);
	struct frame *f = frame_get_from_mfn(m, d);

	if (!f)
		return (int)hypercall_error(-EINVAL, "unpin: frame %lx is not d%u's", m.n,
					    d->domid);
	if (!frame_clear_pinned(f)) {
		frame_put(f);
		return (int)hypercall_error(-EINVAL, "unpin: frame %lx is not pinned", m.n);
	}
	/* The pin's references, then ours. */
	mm_put_table(f);
	frame_put(f);
	return 0;
}

static int op_clear(const struct mmuext_op *op, struct domain *d)
{
	mfn_t m = mfn(op->arg1.mfn);

	if (!mfn_valid(m) || !frame_get_and_type(mfn_to_frame(m), d, FRAME_WRITABLE))
		return (int)hypercall_error(-EINVAL,
			"clear: frame %lx is not writable memory of d%u", m.n, d->domid);
	clear_page(mfn_to_virt(m));
	frame_put_and_type(mfn_to_frame(m));
	return 0;
}

static int op_copy(const struct mmuext_op *op, struct domain *d)
{
	mfn_t to = mfn(op->arg1.mfn), from = mfn(op->arg2.src_mfn);
	struct frame *src = frame_get_from_mfn(from, d);

	if (!src)
		return (int)hypercall_error(-EINVAL, "copy: source frame %lx is not d%u's", from.n,
					    d->domid);
	if (!mfn_valid(to) || !frame_get_and_type(mfn_to_frame(to), d, FRAME_WRITABLE)) {
		frame_put(src);
		return (int)hypercall_error(-EINVAL,
			"copy: frame %lx is not writable memory of d%u", to.n, d->domid);
	}
	copy_page(mfn_to_virt(to), mfn_to_virt(from));
	frame_put_and_type(mfn_to_frame(to));
	frame_put(src);
	return 0;
}

static int op_set_ldt(const struct mmuext_op *op)
{
	struct vcpu *v = current;
	unsigned long base = op->arg1.linear_addr;
	unsigned int ents = op->arg2.nr_ents;

	if ((base & (PAGE_SIZE - 1)) || ents > 8192)
		return (int)hypercall_error(-EINVAL,
			"LDT at %lx with %u entries: page-aligned, at most 8192", base, ents);
	if (v->pv.ldt_base == base && v->pv.ldt_ents == ents)
		return 0;
	if (mm_invalidate_ldt(v))
		flush_tlb_local();
	v->pv.ldt_base = base;
	v->pv.ldt_ents = ents;
	load_ldt(v);
	return 0;
}

static int op_base_pointer(const struct mmuext_op *op)
{
	mfn_t m = mfn(op->arg1.mfn);

	if (op->cmd == MMUEXT_NEW_BASEPTR)
		return mm_set_guest_table(current, m);
	return mm_set_guest_table_user(current, m.n ? m : INVALID_MFN);
}

static void flush_cache(void *unused)
{
	wbinvd();
}

static int op_flush_cache(const struct mmuext_op *op, struct domain *d)
{
	if (!d->privileged && !rangeset_overlaps(d->iomem, 0, ~0UL) &&
	    !rangeset_overlaps(d->ioports, 0, ~0UL))
		return (int)hypercall_error(-EACCES,
			"cache flush: only for a domain with access to devices");
	if (op->cmd == MMUEXT_FLUSH_CACHE)
		wbinvd();
	else
		smp_call(tlb_all_cpus(), flush_cache, NULL);
	return 0;
}

static int op_flush(const struct mmuext_op *op, struct domain *d)
{
	unsigned long va = op->arg1.linear_addr;
	cpumask_t m = d->dirty_cpus;

	switch (op->cmd) {
	case MMUEXT_TLB_FLUSH_LOCAL:
		flush_tlb_local();
		return 0;
	case MMUEXT_INVLPG_LOCAL:
		flush_tlb_one_local(va);
		return 0;
	case MMUEXT_TLB_FLUSH_MULTI:
	case MMUEXT_INVLPG_MULTI:
		if (vcpumask_to_cpus(d, op->arg2.vcpumask.p, &m))
			return (int)hypercall_error(-EINVAL,
						    "flush: the set of vCPUs cannot be read");
		break;
	default:
		break;
	}
	if (op->cmd == MMUEXT_TLB_FLUSH_MULTI || op->cmd == MMUEXT_TLB_FLUSH_ALL)
		flush_tlb_mask(m);
	else
		flush_tlb_one_mask(m, va);
	return 0;
}

/* Operations on the calling vCPU itself make no sense for another domain. */
static bool is_own_only(unsigned int cmd)
{
	switch (cmd) {
	case MMUEXT_NEW_BASEPTR:
	case MMUEXT_NEW_USER_BASEPTR:
	case MMUEXT_TLB_FLUSH_LOCAL:
	case MMUEXT_INVLPG_LOCAL:
	case MMUEXT_TLB_FLUSH_MULTI:
	case MMUEXT_INVLPG_MULTI:
	case MMUEXT_FLUSH_CACHE:
	case MMUEXT_FLUSH_CACHE_GLOBAL:
	case MMUEXT_SET_LDT:
		return true;
	default:
		return false;
	}
}

static int mmuext_one(const struct mmuext_op *op, struct domain *d)
{
	if (unlikely(is_own_only(op->cmd) && d != current->domain))
		return -EPERM;
	switch (op->cmd) {
	case MMUEXT_PIN_L1_TABLE:
	case MMUEXT_PIN_L2_TABLE:
	case MMUEXT_PIN_L3_TABLE:
	case MMUEXT_PIN_L4_TABLE:
		return op_pin(op, d);
	case MMUEXT_UNPIN_TABLE:
		return op_unpin(op, d);
	case MMUEXT_NEW_BASEPTR:
	case MMUEXT_NEW_USER_BASEPTR:
		return op_base_pointer(op);
	case MMUEXT_TLB_FLUSH_LOCAL:
	case MMUEXT_INVLPG_LOCAL:
	case MMUEXT_TLB_FLUSH_MULTI:
	case MMUEXT_INVLPG_MULTI:
	case MMUEXT_TLB_FLUSH_ALL:
	case MMUEXT_INVLPG_ALL:
		return op_flush(op, d);
	case MMUEXT_FLUSH_CACHE:
	case MMUEXT_FLUSH_CACHE_GLOBAL:
		return op_flush_cache(op, d);
	case MMUEXT_SET_LDT:
		return op_set_ldt(op);
	case MMUEXT_CLEAR_PAGE:
		return op_clear(op, d);
	case MMUEXT_COPY_PAGE:
		return op_copy(op, d);
	case MMUEXT_MARK_SUPER:
	case MMUEXT_UNMARK_SUPER:
		return (int)hypercall_error(-EOPNOTSUPP, "superpages are not offered to PV guests");
	default:
		return (int)hypercall_error(-ENOSYS, "mmuext_op command %u does not exist",
					    op->cmd);
	}
}

static int mmuext_list(const struct mmuext_op *uops, unsigned int count, unsigned int *i,
		       struct domain *d)
{
	struct vcpu *v = current;
	int rc = mm_finish_unfinished(v);

	for (; !rc && *i < count; (*i)++) {
		struct mmuext_op op;

		if (*i && hypercall_preempt_check())
			return -ERESTART;
		if (copy_from_guest_va(&op, &uops[*i], sizeof(op)))
			return -EFAULT;
		rc = mmuext_one(&op, d);
		if (rc)
			return rc;
		if (unlikely(v->mm.unfinished[0]) && mm_finish_unfinished(v)) {
			(*i)++;
			return -ERESTART;
		}
	}
	return rc;
}

long do_mmuext_op(unsigned long ops, unsigned long ucount, unsigned long udone,
		  unsigned long foreigndom)
{
	const struct mmuext_op *uops = (const struct mmuext_op *)ops;
	unsigned int count = (unsigned int)ucount & ~MMU_PREEMPTED, done = 0, i = 0;
	struct domain *d;
	int rc;

	if (unlikely(mmu_is_returning(ops, ucount)))
		return mmu_return(__HYPERVISOR_mmuext_op, (int)foreigndom);
	if (((unsigned int)ucount & MMU_PREEMPTED) && udone &&
	    copy_from_guest_va(&done, (const void *)udone, sizeof(done)))
		return -EFAULT;
	if (unlikely(!guest_range_ok(uops, count * sizeof(*uops))))
		return -EFAULT;
	d = pg_owner_get((unsigned int)foreigndom & 0xffff, &rc);
	if (!d)
		return rc;
	if (d != current->domain && (!current->domain->privileged || is_hvm_domain(d))) {
		rc = is_hvm_domain(d) ? (int)hypercall_error(-EPERM, "domain %u is fully virtualized: its page tables are its own",
							     d->domid) : -EPERM;
		pg_owner_put(d);
		return rc;
	}
	rc = mmuext_list(uops, count, &i, d);
	pg_owner_put(d);
	done += i;
	if (udone && copy_to_guest_va((void *)udone, &done, sizeof(done)))
		rc = -EFAULT;
	if (unlikely(rc == -ERESTART))
		return hypercall_continue(__HYPERVISOR_mmuext_op, 4, (unsigned long)(uops + i),
					  (unsigned long)((count - i) | MMU_PREEMPTED), udone,
					  foreigndom);
	return mmu_return(__HYPERVISOR_mmuext_op, rc);
}
