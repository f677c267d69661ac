/* SPDX-License-Identifier: MIT
 *
 * The mmu_update hypercall: a list of changes to page-table entries and to the machine-to-physical
 * table.
 *
 * Each request is all or nothing. A batch stops at the first that fails, or when something else
 * wants the CPU; then the rest is a continuation. A change that takes a table apart may leave that
 * half done; the batch does not go on or return, not even with an error, before it is finished, so
 * that a guest finds its pages free when the hypercall is over.
 *
 * Locks: FT_LOCKED of the table. [Xen public/xen.h, MMU_NORMAL_PT_UPDATE]
 * Next: mm/entry.c.
 */
#include "arch/guest_access.h"
#include "core/domain.h"
#include "core/hypercall.h"
#include "mm/frame_refs.h"
#include "mm/mm_internal.h"

#define BATCH 16

struct domain *pg_owner_get(unsigned int domid, int *err)
{
	struct domain *d = current->domain;

	/* A running domain is held by its running. */
	if (likely(domid == DOMID_SELF))
		return d;
	*err = -ESRCH;
	if (domid == d->domid) {
		hypercall_error(-ESRCH,
				"a domain cannot be its own foreign domain: use DOMID_SELF");
		return NULL;
	}
	if (domid == DOMID_IO || domid == DOMID_XEN) {
		d = domid == DOMID_IO ? dom_io : dom_xen;
		return domain_get(d) ? d : NULL;
	}
	d = domain_find_get((domid_t)domid);
	if (!d)
		hypercall_error(-ESRCH, "there is no domain %u", domid);
	return d;
}

void pg_owner_put(struct domain *d)
{
	if (unlikely(d != current->domain))
		domain_put(d);
}

/* A frame that is not a page table now: plain memory, as long as it can be had writable. */
static int write_plain(struct frame *f, unsigned int offset, uint64_t val, struct domain *pt_owner)
{
	if (!frame_get_and_type(f, pt_owner, FRAME_WRITABLE))
		return (int)hypercall_error(-EINVAL,
			"frame %lx is neither a page table nor writable memory of d%u",
			frame_to_mfn(f).n, pt_owner->domid);
	WRITE_ONCE(*(uint64_t *)((char *)frame_to_virt(f) + offset), val);
	frame_put_and_type(f);
	return 0;
}

/* TOUR 4.2: one entry. The lock holds the frame's type, and with it its owner, in place. */
static __always_inline int update_entry(uint64_t ptr, uint64_t val, struct domain *pt_owner,
			       struct domain *pg_owner, bool preserve_ad)
{
	mfn_t m = mfn(ptr >> PAGE_SHIFT);
	unsigned int offset = (unsigned int)(ptr & (PAGE_SIZE - 8)), level;
	struct frame *f;
	int rc;

	/* Looked at again under the lock; here so that nobody holds locks of others' tables. */
	if (unlikely(!mfn_valid(m)) || unlikely(READ_ONCE(mfn_to_frame(m)->owner) != pt_owner))
		return (int)hypercall_error(-EINVAL, "machine address %lx is not d%u's", ptr,
					    pt_owner->domid);
	f = mfn_to_frame(m);
	level = table_lock_inline(f);
	if (unlikely(!level))
		return write_plain(f, offset, val, pt_owner);
	if (unlikely(f->owner != pt_owner))
		rc = (int)hypercall_error(-EINVAL, "page table %lx is not d%u's", m.n,
					  pt_owner->domid);
	else if (unlikely(level == 4 && is_hv_slot(offset / 8)))
		rc = (int)hypercall_error(-EINVAL, "L4 slot %u is the hypervisor's", offset / 8);
	else
		rc = entry_replace((uint64_t *)((char *)frame_to_virt(f) + offset), val, level,
				   pt_owner, pg_owner, preserve_ad);
	table_unlock_inline(f);
	return rc;
}

static int update_m2p(uint64_t ptr, uint64_t gpfn, struct domain *pg_owner)
{
	mfn_t m = mfn(ptr >> PAGE_SHIFT);
	struct frame *f = frame_get_from_mfn(m, pg_owner);

	if (!f)
		return (int)hypercall_error(-EINVAL, "frame %lx is not d%u's", m.n,
					    pg_owner->domid);
	m2p_set(m, gpfn);
	frame_put(f);
	return 0;
}

static bool may_act_on(const struct domain *d)
{
	return d == current->domain || current->domain->privileged;
}

/* Whose tables a list changes, to show whose frames, and whether the caller may. */
struct update_list {
	struct domain *pt_owner, *pg_owner;
	enum { UPDATE_REFUSED, UPDATE_PLAIN, UPDATE_TRANSLATED } how;
	bool may_set_m2p;
};

/* Page tables of a fully virtualized domain are its own affair; its frames are named by guest frame numbers. */
static __noinline int update_special(uint64_t ptr, uint64_t val, const struct update_list *l, unsigned int cmd)
{
	int rc;

	if (l->how == UPDATE_REFUSED)
		return -EPERM;
	if (cmd == MMU_PT_UPDATE_NO_TRANSLATE)  /* named by its machine frame all the same */
		rc = 0;
	else
		rc = CONFIG_HVM ? p2m_translate_entry(l->pg_owner, &val) : -EPERM;
	return rc ? rc : update_entry(ptr, val, l->pt_owner, l->pg_owner, cmd == MMU_PT_UPDATE_PRESERVE_AD);
}

static __always_inline int update_one(const struct mmu_update *r, const struct update_list *l)
{
	unsigned int cmd = r->ptr & 7;

	if (likely(cmd == MMU_NORMAL_PT_UPDATE && l->how == UPDATE_PLAIN))
		return update_entry(r->ptr, r->val, l->pt_owner, l->pg_owner, false);
	switch (cmd) {
	case MMU_NORMAL_PT_UPDATE:
	case MMU_PT_UPDATE_PRESERVE_AD:
	case MMU_PT_UPDATE_NO_TRANSLATE:
		if (unlikely(l->how != UPDATE_PLAIN))
			return update_special(r->ptr - cmd, r->val, l, cmd);
		return update_entry(r->ptr - cmd, r->val, l->pt_owner, l->pg_owner,
				    cmd == MMU_PT_UPDATE_PRESERVE_AD);
	case MMU_MACHPHYS_UPDATE:
		if (unlikely(!l->may_set_m2p))
			return -EPERM;
		return update_m2p(r->ptr - cmd, r->val, l->pg_owner);
	default:
		return (int)hypercall_error(-ENOSYS, "mmu_update command %u does not exist", cmd);
	}
}

static int how_to_update(const struct domain *pt_owner, const struct domain *pg_owner)
{
	if (likely(pg_owner == current->domain))
		return may_act_on(pt_owner) && !is_hvm_domain(pt_owner) ? UPDATE_PLAIN : UPDATE_REFUSED;
	if (!may_act_on(pt_owner) || is_hvm_domain(pt_owner) || (pg_owner != dom_io && !may_act_on(pg_owner)))
		return UPDATE_REFUSED;
	return is_hvm_domain(pg_owner) ? UPDATE_TRANSLATED : UPDATE_PLAIN;
}

/*
 * Requests come over in batches; when a batch cannot be read, one by one, so that those before the
 * fault count.
 */
static unsigned int fetch(struct mmu_update *buf, const struct mmu_update *from, unsigned int left)
{
	unsigned int n = MIN(left, (unsigned int)BATCH);

	if (likely(!copy_from_guest_va(buf, from, n * sizeof(*buf))))
		return n;
	return copy_from_guest_va(buf, from, sizeof(*buf)) ? 0 : 1;
}

/* Applies requests from *i on. 0, -errno, or -ERESTART with *i the first that is not done. */
static int update_all(const struct mmu_update *ureqs, unsigned int count, unsigned int *i,
		      const struct update_list *l)
{
	struct vcpu *v = current;
	struct mmu_update buf[BATCH];
	unsigned int have = 0, next = 0;
	int rc = mm_finish_unfinished(v);

	if (rc)
		return rc;
	while (*i < count) {
		if (next == have) {
			if (*i && hypercall_preempt_check())
				return -ERESTART;
			next = 0;
			have = fetch(buf, ureqs + *i, count - *i);
			if (!have)
				return -EFAULT;
		}
		rc = update_one(&buf[next], l);
		if (unlikely(rc))
			return rc;
		next++;
		(*i)++;
		if (unlikely(v->mm.unfinished[0]) && mm_finish_unfinished(v))
			return -ERESTART;
	}
	return 0;
}

long mmu_return(unsigned int op, int rc)
{
	if (likely(!mm_finish_unfinished(current)))
		return rc;
	return hypercall_continue(op, 4, 0UL, (unsigned long)MMU_PREEMPTED, 0UL,
				  (unsigned long)(long)rc);
}

/* TOUR 4.1: a guest kernel changes its page tables. */
long do_mmu_update(unsigned long reqs, unsigned long ucount, unsigned long udone,
		   unsigned long foreigndom)
{
	const struct mmu_update *ureqs = (const struct mmu_update *)reqs;
	unsigned int count = (unsigned int)ucount & ~MMU_PREEMPTED, done = 0, i = 0;
	unsigned int fd = (unsigned int)foreigndom;
	struct domain *pt_owner = current->domain, *pg_owner;
	struct update_list l;
	int rc = 0;

	if (unlikely(mmu_is_returning(reqs, ucount)))
		return mmu_return(__HYPERVISOR_mmu_update, (int)foreigndom);
	if (((unsigned int)ucount & MMU_PREEMPTED) && udone &&
	    copy_from_guest_va(&done, (const void *)udone, sizeof(done)))
		return -EFAULT;
	if (unlikely(!guest_range_ok(ureqs, count * sizeof(*ureqs))))
		return -EFAULT;
	if (unlikely(fd >> 16)) {
		pt_owner = domain_find_get((domid_t)((fd >> 16) - 1));
		if (!pt_owner)
			return hypercall_error(-ESRCH, "there is no domain %u", (fd >> 16) - 1);
	}
	pg_owner = pg_owner_get(fd & 0xffff, &rc);
	if (unlikely(!pg_owner))
		goto out_pt;

	/* Device memory needs no privilege here: access to it is asked for at the entry. */
	l = (struct update_list){
		.pt_owner = pt_owner, .pg_owner = pg_owner, .may_set_m2p = may_act_on(pg_owner),
		.how = how_to_update(pt_owner, pg_owner),
	};
	rc = update_all(ureqs, count, &i, &l);
	done += i;
	if (udone && copy_to_guest_va((void *)udone, &done, sizeof(done)))
		rc = -EFAULT;
	pg_owner_put(pg_owner);
out_pt:
	/* Also when the caller named itself: that was a reference too. */
	if (fd >> 16)
		domain_put(pt_owner);
	if (unlikely(rc == -ERESTART))
		return hypercall_continue(__HYPERVISOR_mmu_update, 4, (unsigned long)(ureqs + i),
					  (unsigned long)((count - i) | MMU_PREEMPTED), udone,
					  foreigndom);
	return mmu_return(__HYPERVISOR_mmu_update, rc);
}
