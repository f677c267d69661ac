/* SPDX-License-Identifier: MIT
 *
 * Copying to and from granted frames, and giving frames away (transfer).
 *
 * Each end of a copy is a frame of the caller's or a grant. A transitive grant stands for
 * one that its owner has from a third domain: both are pinned, the outer for the
 * caller and the inner for the outer's owner, and no further link is followed.
 *
 * Locks: one table's at a time, for the pins; none while bytes are copied: the
 * pins and a reference to the frame keep everything in place.
 * Next: core/grant_entry.c.
 */
#include "arch/context.h"
#include "core/grant_internal.h"
#include "lib/string.h"

/* One link: a grant pinned for copying. */
struct link {
	struct domain *owner;           /* with a reference; NULL: none */
	grant_ref_t ref;
};

struct end {
	struct link outer, inner;
	mfn_t mfn;
	unsigned int start, length;     /* bytes of the frame that may be used */
	bool write, held;
};

static int pin_link(struct link *l, domid_t owner, grant_ref_t ref, domid_t user, bool readonly,
		    struct grant_active *seen)
{
	struct domain *d = domain_find_get(owner);
	struct grant_active *act;
	int rc;

	if (!d) {
		hypercall_error(GNTST_bad_domain, "there is no domain %u", owner);
		return GNTST_bad_domain;
	}
	spin_lock(&d->grant->lock);
	rc = grant_pin(d, ref, user, readonly, GRANT_COPY, &act);
	if (rc == GNTST_okay) {
		(*(readonly ? &act->pins.host_read : &act->pins.host_write))++;
		*seen = *act;
	}
	spin_unlock(&d->grant->lock);
	if (rc != GNTST_okay) {
		domain_put(d);
		return rc;
	}
	*l = (struct link){ .owner = d, .ref = ref };
	return GNTST_okay;
}

static void unpin_link(struct link *l, bool readonly)
{
	struct grant_active *act;

	if (!l->owner)
		return;
	spin_lock(&l->owner->grant->lock);
	act = grant_active_pinned(l->owner->grant, l->ref);
	(*(readonly ? &act->pins.host_read : &act->pins.host_write))--;
	grant_unpin(l->owner, l->ref, act);
	spin_unlock(&l->owner->grant->lock);
	domain_put(l->owner);
}

static int hold_frame(struct end *e, const struct domain *owner)
{
	if (!mfn_valid(e->mfn) || !(e->write ? frame_get_and_type(mfn_to_frame(e->mfn), owner, FRAME_WRITABLE) :
					       frame_get(mfn_to_frame(e->mfn), owner)))
		return (int)hypercall_error(GNTST_bad_page, "copy: frame %lx is not domain %u's%s", e->mfn.n,
					    owner->domid, e->write ? " or not writable memory" : "");
	e->held = true;
	return GNTST_okay;
}

static int take_grant(struct end *e, domid_t owner, grant_ref_t ref)
{
	struct grant_active seen;
	int rc = pin_link(&e->outer, owner, ref, current->domain->domid, !e->write, &seen);

	if (rc != GNTST_okay)
		return rc;
	if (seen.transitive) {
		if (seen.trans_domid == e->outer.owner->domid)
			return (int)hypercall_error(GNTST_general_error, "copy: a transitive grant of domain %u to itself",
						    seen.trans_domid);
		rc = pin_link(&e->inner, seen.trans_domid, seen.trans_ref, e->outer.owner->domid, !e->write, &seen);
		if (rc != GNTST_okay)
			return rc;
		if (seen.transitive)
			return (int)hypercall_error(GNTST_general_error, "copy: a transitive grant of another one");
	}
	e->mfn = seen.mfn;
	e->start = seen.start;
	e->length = seen.length;
	return hold_frame(e, e->inner.owner ? e->inner.owner : e->outer.owner);
}

static int take_end(struct end *e, const struct gnttab_copy_ptr *p, bool is_ref, bool write)
{
	domid_t domid = p->domid == DOMID_SELF ? current->domain->domid : p->domid;

	e->write = write;
	if (is_ref)
		return take_grant(e, domid, p->u.ref);
	if (domid != current->domain->domid)
		return (int)hypercall_error(GNTST_permission_denied, "copy: frames by number only of oneself");
	e->mfn = mfn(p->u.gmfn);
	e->start = 0;
	e->length = PAGE_SIZE;
	return hold_frame(e, current->domain);
}

static void drop_end(struct end *e)
{
	if (e->held && e->write)
		frame_put_and_type(mfn_to_frame(e->mfn));
	else if (e->held)
		frame_put(mfn_to_frame(e->mfn));
	unpin_link(&e->inner, !e->write);
	unpin_link(&e->outer, !e->write);
}

static bool inside(const struct end *e, unsigned int offset, unsigned int len)
{
	return offset >= e->start && offset + len <= e->start + e->length;
}

void grant_copy_one(struct gnttab_copy *op)
{
	struct end src = { .mfn = INVALID_MFN }, dst = { .mfn = INVALID_MFN };
	int rc;

	if (op->source.offset + op->len > (int)PAGE_SIZE || op->dest.offset + op->len > (int)PAGE_SIZE) {
		op->status = (int16_t)hypercall_error(GNTST_bad_copy_arg, "copy: %u bytes from %u to %u leave the page",
						      op->len, op->source.offset, op->dest.offset);
		return;
	}
	rc = take_end(&src, &op->source, op->flags & GNTCOPY_source_gref, false);
	if (rc == GNTST_okay)
		rc = take_end(&dst, &op->dest, op->flags & GNTCOPY_dest_gref, true);
	if (rc == GNTST_okay && (!inside(&src, op->source.offset, op->len) || !inside(&dst, op->dest.offset, op->len)))
		rc = (int)hypercall_error(GNTST_general_error, "copy: %u bytes from %u to %u leave what is granted", op->len,
					  op->source.offset, op->dest.offset);
	if (rc == GNTST_okay)
		memmove((char *)mfn_to_virt(dst.mfn) + op->dest.offset, (char *)mfn_to_virt(src.mfn) + op->source.offset,
			op->len);
	drop_end(&dst);
	drop_end(&src);
	op->status = (int16_t)rc;
}

/* --- transfer --- */

/* The entry accepts a frame from the caller: from now on it is committed to one. The table is locked. */
static int accept(struct grant_table *t, grant_ref_t ref)
{
	uint32_t *p, word, want = GTF_accept_transfer | (uint32_t)current->domain->domid << 16;

	if (ref >= grant_nr_entries(t))
		return (int)hypercall_error(GNTST_bad_gntref, "transfer: grant %u: at most %u", ref, grant_nr_entries(t));
	p = t->version == 1 ? (uint32_t *)grant_v1(t, ref) : (uint32_t *)grant_v2(t, ref);
	word = want;
	if (!__atomic_compare_exchange_n(p, &word, want | GTF_transfer_committed, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_SEQ_CST))
		return (int)hypercall_error(GNTST_general_error, "transfer: grant %u (%#x) does not accept a frame of "
					    "domain %u", ref, word, current->domain->domid);
	return GNTST_okay;
}

static uint16_t *flags_of(struct grant_table *t, grant_ref_t ref)
{
	return t->version == 1 ? &grant_v1(t, ref)->flags : &grant_v2(t, ref)->hdr.flags;
}

/* f is nobody's. On failure it still is. */
static int give(struct domain *to, grant_ref_t ref, struct frame *f)
{
	struct grant_table *t = to->grant;
	mfn_t m = frame_to_mfn(f);
	int rc;

	if (t->version == 1 && m.n > UINT32_MAX)
		return GNTST_address_too_big;
	rc = accept(t, ref);
	if (rc != GNTST_okay)
		return rc;
	if (assign_page(to, f, 0, 0)) {
		__atomic_fetch_and(flags_of(t, ref), (uint16_t)~GTF_transfer_committed, __ATOMIC_SEQ_CST);
		return (int)hypercall_error(GNTST_general_error, "transfer: domain %u is full or dying", to->domid);
	}
	if (t->version == 1)
		WRITE_ONCE(grant_v1(t, ref)->frame, (uint32_t)m.n);
	else
		WRITE_ONCE(grant_v2(t, ref)->full_page.frame, m.n);
	__atomic_fetch_or(flags_of(t, ref), GTF_transfer_completed, __ATOMIC_SEQ_CST);
	return GNTST_okay;
}

void grant_transfer_one(struct gnttab_transfer *op)
{
	struct domain *d = current->domain, *to;
	struct frame *f;
	int rc;

	if (!mfn_valid(mfn(op->mfn))) {
		op->status = (int16_t)hypercall_error(GNTST_bad_page, "transfer: frame %lx is no memory", op->mfn);
		return;
	}
	f = mfn_to_frame(mfn(op->mfn));
	to = domain_find_get(op->domid);
	if (!to || to == d) {
		op->status = (int16_t)hypercall_error(GNTST_bad_domain, "transfer: no other domain %u", op->domid);
		if (to)
			domain_put(to);
		return;
	}
	if (!steal_page(d, f)) {
		op->status = (int16_t)hypercall_error(GNTST_bad_page, "transfer: frame %lx is not the domain's alone",
						      op->mfn);
		domain_put(to);
		return;
	}
	spin_lock(&to->grant->lock);
	rc = give(to, op->ref, f);
	spin_unlock(&to->grant->lock);
	if (rc == GNTST_okay)
		stolen_page_left(d);
	else if (assign_page(d, f, 0, MEMF_NO_REFCOUNT))        /* back to whom it was, who dies */
		free_stolen_page(f);
	op->status = (int16_t)rc;
	domain_put(to);
}
