/* SPDX-License-Identifier: MIT
 *
 * One entry of a grant table: from what the guest wrote to our own record.
 *
 * The guest may change its entry at any time. So each word is read once, and the entry
 * counts as what it was at one instant: in version 1 the instant of the compare-and-exchange
 * that sets GTF_reading and GTF_writing beside the flags and the domid it was checked
 * with; in version 2 the second look at the flags, after the status word was set, because
 * the guest revokes by clearing the flags first and looking at the status then.
 * While the entry has pins, our record is what counts.
 *
 * Lock: the table's. Next: core/grant_mapping.c, core/grant_copy.c.
 */
#include "core/grant_internal.h"

#define UNSTABLE_TRIES 5

static struct grant_active *active_get(struct grant_table *t, grant_ref_t ref)
{
	struct grant_active **page = &t->active[ref / ACTIVE_PER_PAGE];

	if (!*page)
		*page = kzalloc_pages(PAGE_SIZE);
	return *page ? *page + ref % ACTIVE_PER_PAGE : NULL;
}

/*
 * Flags and domid of an entry, as one word of both versions. Also of one that is in use for reading and is wanted for
 * writing: its owner may have begun to revoke it, by clearing the flags, and that takes GTF_readonly away with the rest.
 */
static __always_inline int check_word(uint32_t word, grant_ref_t ref, domid_t user, bool readonly, enum grant_use use, bool v2)
{
	unsigned int flags = word & 0xffff, type = flags & GTF_type_mask;
	domid_t domid = (domid_t)(word >> 16);

	if (type != GTF_permit_access && !(v2 && use == GRANT_COPY && type == GTF_transitive))
		return (int)hypercall_error(GNTST_general_error, "grant %u: flags %#x do not permit access", ref, flags);
	if (v2 && use == GRANT_MAP && (flags & GTF_sub_page))
		return (int)hypercall_error(GNTST_general_error, "grant %u: part of a page, not to be mapped", ref);
	if (domid != user)
		return (int)hypercall_error(GNTST_general_error, "grant %u is for domain %u, not %u", ref, domid, user);
	if (!readonly && (flags & GTF_readonly))
		return (int)hypercall_error(GNTST_general_error, "grant %u is read-only", ref);
	return GNTST_okay;
}

static __always_inline int set_status_v1(struct grant_table *t, grant_ref_t ref, domid_t user, bool readonly, enum grant_use use)
{
	uint32_t *p = (uint32_t *)grant_v1(t, ref), word = READ_ONCE(*p);
	uint32_t set = GTF_reading | (readonly ? 0 : GTF_writing);

	for (unsigned int i = 0; i < UNSTABLE_TRIES; i++) {
		int rc = check_word(word, ref, user, readonly, use, false);

		if (rc != GNTST_okay)
			return rc;
		if (__atomic_compare_exchange_n(p, &word, word | set, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return GNTST_okay;
	}
	return (int)hypercall_error(GNTST_general_error, "grant %u keeps changing", ref);
}

static int set_status_v2(struct grant_table *t, grant_ref_t ref, domid_t user, const union grant_pins *pins,
			 bool readonly, enum grant_use use, uint16_t *flags)
{
	uint32_t *p = (uint32_t *)grant_v2(t, ref), word = READ_ONCE(*p);
	grant_status_t *s = grant_status(t, ref), set = GTF_reading | (readonly ? 0 : GTF_writing), undo = 0;
	int rc = check_word(word, ref, user, readonly, use, true);

	if (rc != GNTST_okay)
		return rc;
	__atomic_fetch_or(s, set, __ATOMIC_SEQ_CST);
	word = READ_ONCE(*p);
	rc = check_word(word, ref, user, readonly, use, true);
	*flags = (uint16_t)word;
	if (rc == GNTST_okay)
		return rc;
	if (!pins->host_write && !pins->dev_write)
		undo |= GTF_writing;
	if (!pins->any)
		undo |= GTF_reading;
	__atomic_fetch_and(s, (grant_status_t)~undo, __ATOMIC_SEQ_CST);
	return rc;
}

/* The entry is marked in use: what it says is now the guest's word for good. */
static void record_v2(struct grant_table *t, grant_ref_t ref, uint16_t flags, struct grant_active *act)
{
	union grant_entry_v2 *e = grant_v2(t, ref);

	if ((flags & GTF_type_mask) == GTF_transitive) {
		act->transitive = true;
		act->trans_domid = READ_ONCE(e->transitive.trans_domid);
		act->trans_ref = READ_ONCE(e->transitive.gref);
	} else if (flags & GTF_sub_page) {
		act->part = true;
		act->start = READ_ONCE(e->sub_page.page_off);
		act->length = READ_ONCE(e->sub_page.length);
		act->mfn = mfn(READ_ONCE(e->sub_page.frame));
	} else {
		act->mfn = mfn(READ_ONCE(e->full_page.frame));
	}
}

/* Of an entry in use: does it still say what our record does? */
static bool is_as_recorded(const struct grant_table *t, grant_ref_t ref, const struct grant_active *act)
{
	const union grant_entry_v2 *e;
	unsigned int flags;

	if (t->version == 1)
		return READ_ONCE(grant_v1(t, ref)->frame) == act->mfn.n;
	e = grant_v2(t, ref);
	flags = READ_ONCE(e->hdr.flags);
	if (act->transitive || act->part)
		return act->transitive ? (flags & GTF_type_mask) == GTF_transitive : !!(flags & GTF_sub_page);
	return !(flags & GTF_sub_page) && READ_ONCE(e->full_page.frame) == act->mfn.n;
}

int grant_pin(struct domain *owner, grant_ref_t ref, domid_t user, bool readonly, enum grant_use use,
	      struct grant_active **out)
{
	struct grant_table *t = owner->grant;
	struct grant_active *act;
	uint16_t flags = 0;
	int rc;

	if (ref >= grant_nr_entries(t))
		return (int)hypercall_error(GNTST_bad_gntref, "grant %u of domain %u: at most %u", ref, owner->domid,
					    grant_nr_entries(t));
	act = active_get(t, ref);
	if (!act)
		return (int)hypercall_error(GNTST_general_error, "no memory to use grant %u", ref);
	if (act->pins.any && (act->domid != user || (act->pins.any & PINS_NEAR_OVERFLOW) ||
			      (use == GRANT_MAP && (act->part || act->transitive))))
		return (int)hypercall_error(GNTST_general_error, "grant %u is in use otherwise", ref);

	*out = act;
	if (act->pins.any && (readonly || act->pins.host_write || act->pins.dev_write))
		return GNTST_okay;
	if (act->pins.any && !is_as_recorded(t, ref, act))
		return (int)hypercall_error(GNTST_general_error, "grant %u was changed while it is in use", ref);
	rc = t->version == 1 ? set_status_v1(t, ref, user, readonly, use) :
			       set_status_v2(t, ref, user, &act->pins, readonly, use, &flags);
	if (rc != GNTST_okay || act->pins.any)
		return rc;

	*act = (struct grant_active){ .domid = user, .length = PAGE_SIZE };
	if (t->version == 1)
		act->mfn = mfn(READ_ONCE(grant_v1(t, ref)->frame));
	else
		record_v2(t, ref, flags, act);
	return GNTST_okay;
}

void grant_unpin(struct domain *owner, grant_ref_t ref, struct grant_active *act)
{
	struct grant_table *t = owner->grant;
	uint16_t clear = 0, *p;

	if (!act->pins.host_write && !act->pins.dev_write)
		clear |= GTF_writing;
	if (!act->pins.any)
		clear |= GTF_reading;
	if (!clear || ref >= grant_nr_entries(t))
		return;
	p = t->version == 1 ? &grant_v1(t, ref)->flags : grant_status(t, ref);
	__atomic_fetch_and(p, (uint16_t)~clear, __ATOMIC_SEQ_CST);
}
