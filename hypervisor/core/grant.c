/* SPDX-License-Identifier: MIT
 *
 * Grant tables: the frames that a domain shares with us, their growth and versions.
 *
 * A table begins with one frame and grows to max_frames when the guest asks (setup_table) or the toolstack does
 * (acquire_resource). It never shrinks before the domain dies. Version 2 has status words in frames of their own.
 *
 * Locks: the table's lock (LOCK_GRANT_TABLE) for everything but the mappings that the domain itself has made of others'
 * frames, see core/grant_mapping.c. Next: core/grant_op.c for the hypercall, core/grant_entry.c.
 */
#include "arch/context.h"
#include "core/grant_internal.h"
#include "lib/panic.h"
#include "lib/string.h"

#define MAX_FRAMES_EVER 4096U           /* of a table; sizes our arrays */
#define MAX_MAPTRACK_EVER 16384U

static unsigned int status_frames_for(unsigned int frames)
{
	return DIV_ROUND_UP(frames * (unsigned int)V2_PER_FRAME, (unsigned int)STATUS_PER_FRAME);
}

static unsigned int active_pages(const struct grant_table *t)
{
	return t->max_frames * (unsigned int)(V1_PER_FRAME / ACTIVE_PER_PAGE);
}

/* --- size --- */

/* Status words for @frames frames of entries. */
static int grow_status(struct domain *d, unsigned int frames)
{
	struct grant_table *t = d->grant;

	for (; t->nr_status < status_frames_for(frames); t->nr_status++) {
		t->status[t->nr_status] = alloc_shared_page(d, true);
		if (!t->status[t->nr_status])
			return -ENOMEM;
	}
	return 0;
}

int grant_grow(struct domain *d, unsigned int frames)
{
	struct grant_table *t = d->grant;

	if (t->gone || READ_ONCE(d->dying))
		return -EINVAL;
	if (frames > t->max_frames)
		return (int)hypercall_error(-EINVAL, "%u grant frames: at most %u", frames, t->max_frames);
	/* Status first: entries without status words must not be in range. */
	if (t->version == 2 && grow_status(d, frames))
		return -ENOMEM;
	for (; t->nr_frames < frames; t->nr_frames++) {
		t->shared[t->nr_frames] = alloc_shared_page(d, true);
		if (!t->shared[t->nr_frames])
			return (int)hypercall_error(-ENOMEM, "no memory for a grant frame");
	}
	return 0;
}

int grant_domain_init(struct domain *d, unsigned int max_frames, unsigned int max_maptrack)
{
	struct grant_table *t = kzalloc(sizeof(*t));
	int rc = -ENOMEM;

	if (!t)
		return rc;
	spin_lock_init(&t->lock, LOCK_GRANT_TABLE);
	spin_lock_init(&t->maptrack_lock, LOCK_MAPTRACK);
	t->version = 1;
	t->max_frames = MIN(max_frames, MAX_FRAMES_EVER);
	t->max_maptrack = MIN(max_maptrack, MAX_MAPTRACK_EVER) * MAPTRACK_PER_FRAME;
	t->free_maptrack = MAPTRACK_NONE;
	d->grant = t;
	if (t->max_frames == 0)
		return 0;
	t->shared = kzalloc(t->max_frames * sizeof(t->shared[0]));
	t->status = kzalloc(status_frames_for(t->max_frames) * sizeof(t->status[0]));
	t->active = kzalloc(active_pages(t) * sizeof(t->active[0]));
	if (!t->shared || !t->status || !t->active)
		return rc;
	spin_lock(&t->lock);
	rc = grant_grow(d, 1);
	spin_unlock(&t->lock);
	return rc;
}

void grant_give_back_frames(struct domain *d)
{
	struct grant_table *t = d->grant;

	spin_lock(&t->lock);
	t->gone = true;
	while (t->nr_frames)
		free_shared_page(t->shared[--t->nr_frames]);
	while (t->nr_status)
		free_shared_page(t->status[--t->nr_status]);
	spin_unlock(&t->lock);
}

/* Nobody has a reference to the domain: no mapping of its frames and none by it is left. */
void grant_domain_free(struct domain *d)
{
	struct grant_table *t = d->grant;

	grant_give_back_frames(d);
	for (unsigned int i = 0; t->active && i < active_pages(t); i++)
		kfree_pages(t->active[i], PAGE_SIZE);
	for (unsigned int i = 0; i < t->nr_maptrack / MAPTRACK_PER_PAGE; i++)
		kfree_pages(t->maptrack[i], PAGE_SIZE);
	kfree(t->maptrack);
	kfree(t->active);
	kfree(t->status);
	kfree(t->shared);
	kfree(t);
	d->grant = NULL;
}

/* --- for the toolstack and the builder --- */

unsigned int grant_max_frames(struct domain *d, bool status)
{
	return status ? status_frames_for(d->grant->max_frames) : d->grant->max_frames;
}

int grant_get_frame(struct domain *d, unsigned long idx, bool status, mfn_t *out)
{
	struct grant_table *t = d->grant;
	int rc = 0;

	spin_lock(&t->lock);
	if (status) {
		if (t->version != 2)
			rc = (int)hypercall_error(-EINVAL, "status frames: the table is of version 1");
		else if (idx >= t->nr_status && idx < status_frames_for(t->max_frames))
			rc = grant_grow(d, MIN(t->max_frames, (unsigned int)(idx + 1) *
					       (unsigned int)(STATUS_PER_FRAME / V2_PER_FRAME)));
		if (rc == 0 && idx >= t->nr_status)
			rc = -EINVAL;
		if (rc == 0)
			*out = virt_to_mfn(t->status[idx]);
	} else {
		if (idx >= t->nr_frames)
			rc = idx < t->max_frames ? grant_grow(d, (unsigned int)idx + 1) : -EINVAL;
		if (rc == 0)
			*out = virt_to_mfn(t->shared[idx]);
	}
	spin_unlock(&t->lock);
	return rc;
}

/* --- versions --- */

/* Only the toolstack's entries may be in use: xenstored and the console's daemon keep those mapped. */
static bool others_in_use(const struct grant_table *t)
{
	for (grant_ref_t ref = GNTTAB_NR_RESERVED_ENTRIES; ref < grant_nr_entries(t); ref++) {
		struct grant_active *act = grant_active_find(t, ref);

		if (!act)
			ref |= ACTIVE_PER_PAGE - 1;     /* nor any other of its page */
		else if (act->pins.any)
			return true;
	}
	return false;
}

static unsigned int reserved_flags(unsigned int flags)
{
	return (flags & GTF_type_mask) == GTF_permit_access ? flags & ~(GTF_reading | GTF_writing) : GTF_invalid;
}

/* The toolstack's entries in the form of the other version; what does not fit there is dropped. */
static void read_reserved(const struct grant_table *t, struct grant_entry_v1 *out)
{
	memset(out, 0, GNTTAB_NR_RESERVED_ENTRIES * sizeof(*out));
	for (grant_ref_t ref = 0; ref < GNTTAB_NR_RESERVED_ENTRIES; ref++) {
		struct grant_entry_v1 e;

		if (t->version == 1) {
			e = *(volatile struct grant_entry_v1 *)grant_v1(t, ref);
		} else {
			union grant_entry_v2 *v2 = grant_v2(t, ref);

			e.flags = READ_ONCE(v2->hdr.flags);
			e.domid = READ_ONCE(v2->hdr.domid);
			e.frame = (uint32_t)READ_ONCE(v2->full_page.frame);
			if (e.flags & GTF_sub_page)
				e.flags = GTF_invalid;
		}
		e.flags = (uint16_t)reserved_flags(e.flags);
		if (e.flags)
			out[ref] = e;
	}
}

static void write_reserved(const struct grant_table *t, const struct grant_entry_v1 *e)
{
	for (grant_ref_t ref = 0; ref < GNTTAB_NR_RESERVED_ENTRIES; ref++, e++) {
		struct grant_active *act = grant_active_find(t, ref);
		uint16_t use = 0;

		if (act && act->pins.any)
			use = GTF_reading | (act->pins.host_write || act->pins.dev_write ? GTF_writing : 0);
		if (t->version == 1) {
			*grant_v1(t, ref) = *e;
			grant_v1(t, ref)->flags |= use;
		} else {
			grant_v2(t, ref)->full_page.frame = e->frame;
			grant_v2(t, ref)->hdr.domid = e->domid;
			grant_v2(t, ref)->hdr.flags = e->flags;
			*grant_status(t, ref) = use;
		}
	}
}

/* Status frames stay when version 1 comes back: another domain may have them mapped. They are cleared. */
static int change_version(struct domain *d, unsigned int version)
{
	struct grant_entry_v1 reserved[GNTTAB_NR_RESERVED_ENTRIES];
	struct grant_table *t = d->grant;

	if (t->gone)
		return -EINVAL;
	if (others_in_use(t))
		return (int)hypercall_error(-EBUSY, "set_version: grants beyond the first %u are in use",
					    GNTTAB_NR_RESERVED_ENTRIES);
	if (version == 2 && grow_status(d, t->nr_frames))
		return (int)hypercall_error(-ENOMEM, "no memory for status frames");
	if (t->nr_frames == 0) {        /* a domain that may not have any */
		t->version = version;
		return 0;
	}
	read_reserved(t, reserved);
	for (unsigned int i = 0; i < t->nr_frames; i++)
		clear_page(t->shared[i]);
	for (unsigned int i = 0; i < t->nr_status; i++)
		clear_page(t->status[i]);
	t->version = version;
	write_reserved(t, reserved);
	return 0;
}

long grant_set_version(unsigned long arg)
{
	struct domain *d = current->domain;
	struct gnttab_set_version op;
	int rc = 0;

	if (copy_from_guest_va(&op, (void *)arg, sizeof(op)))
		return -EFAULT;
	if (op.version != 1 && op.version != 2)
		return hypercall_error(-EINVAL, "set_version: %u: expected 1 or 2", op.version);
	spin_lock(&d->grant->lock);
	if (op.version != d->grant->version)
		rc = change_version(d, op.version);
	op.version = d->grant->version;
	spin_unlock(&d->grant->lock);
	if (copy_to_guest_va((void *)arg, &op, sizeof(op)))
		return -EFAULT;
	return rc;
}

/* --- swapping --- */

static int swap_locked(struct grant_table *t, grant_ref_t a, grant_ref_t b)
{
	struct grant_active *x, *y;

	if (a >= grant_nr_entries(t) || b >= grant_nr_entries(t))
		return (int)hypercall_error(GNTST_bad_gntref, "swap: grants %u and %u: at most %u", a, b,
					    grant_nr_entries(t));
	if (a == b)
		return GNTST_okay;
	x = grant_active_find(t, a);
	y = grant_active_find(t, b);
	if ((x && x->pins.any) || (y && y->pins.any))
		return (int)hypercall_error(GNTST_eagain, "swap: grant %u or %u is in use", a, b);
	if (t->version == 1) {
		struct grant_entry_v1 e = *grant_v1(t, a);

		*grant_v1(t, a) = *grant_v1(t, b);
		*grant_v1(t, b) = e;
	} else {
		union grant_entry_v2 e = *grant_v2(t, a);
		grant_status_t s = *grant_status(t, a);

		*grant_v2(t, a) = *grant_v2(t, b);
		*grant_v2(t, b) = e;
		*grant_status(t, a) = *grant_status(t, b);
		*grant_status(t, b) = s;
	}
	return GNTST_okay;
}

void grant_swap_one(struct gnttab_swap_grant_ref *op)
{
	struct grant_table *t = current->domain->grant;

	spin_lock(&t->lock);
	op->status = (int16_t)swap_locked(t, op->ref_a, op->ref_b);
	spin_unlock(&t->lock);
}
