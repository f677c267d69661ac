/* SPDX-License-Identifier: MIT
 *
 * Grant tables: the frames that a domain shares with us, their growth and versions, and
 * what the hypercall does besides mapping and copying.
 *
 * A table begins with one frame and grows to max_frames when the guest asks (setup_table) or the toolstack does
 * (acquire_resource). It never shrinks before the domain dies. Version 2 has status words in frames of their own.
 *
 * Locks: the table's lock (LOCK_GRANT_TABLE) for everything but the mappings that the domain itself has made of others'
 * frames, see core/grant_mapping.c. Next: core/grant_entry.c.
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

int grant_seed(struct domain *d, grant_ref_t ref, domid_t to, unsigned long gfn)
{
	struct grant_table *t = d->grant;
	int rc = -EINVAL;

	spin_lock(&t->lock);
	if (ref < grant_nr_entries(t) && t->version == 1) {
		*grant_v1(t, ref) = (struct grant_entry_v1){
			.flags = GTF_permit_access, .domid = to, .frame = (uint32_t)gfn,
		};
		rc = 0;
	}
	spin_unlock(&t->lock);
	return rc;
}

/* --- operations on one table --- */

struct domain *grant_find_domain(domid_t id, int16_t *status)
{
	int err = 0;
	struct domain *d = domain_find_get_remote(id, &err);

	*status = d ? GNTST_okay : err == -EPERM ? GNTST_permission_denied : GNTST_bad_domain;
	return d;
}

static int16_t fill_shared_list(struct domain *d, const struct gnttab_setup_table *op)
{
	struct grant_table *t = d->grant;
	int16_t status = GNTST_okay;

	spin_lock(&t->lock);
	if (op->nr_frames > t->max_frames || grant_grow(d, MAX(op->nr_frames, t->nr_frames)))
		status = (int16_t)hypercall_error(GNTST_general_error, "setup_table: %u frames: at most %u",
						  op->nr_frames, t->max_frames);
	for (unsigned int i = 0; status == GNTST_okay && i < op->nr_frames; i++) {
		xen_pfn_t m = virt_to_mfn(t->shared[i]).n;

		if (copy_to_guest_offset(op->frame_list, i, &m, 1))
			status = GNTST_bad_virt_addr;
	}
	spin_unlock(&t->lock);
	return status;
}

static long setup_table(unsigned long arg, unsigned int count)
{
	struct gnttab_setup_table op, *guest = (struct gnttab_setup_table *)arg;
	struct domain *d;

	if (count != 1)
		return -EINVAL;
	if (copy_from_guest_va(&op, guest, sizeof(op)))
		return -EFAULT;
	d = grant_find_domain(op.dom, &op.status);
	if (d) {
		op.status = fill_shared_list(d, &op);
		domain_put(d);
	}
	return copy_to_guest_va(&guest->status, &op.status, sizeof(op.status)) ? -EFAULT : 0;
}

static int16_t fill_status_list(struct domain *d, const struct gnttab_get_status_frames *op)
{
	struct grant_table *t = d->grant;
	int16_t status = GNTST_okay;

	spin_lock(&t->lock);
	if (t->version != 2 || op->nr_frames > t->nr_status)
		status = (int16_t)hypercall_error(GNTST_general_error, "get_status_frames: version %u has %u of %u",
						  t->version, t->nr_status, op->nr_frames);
	for (unsigned int i = 0; status == GNTST_okay && i < op->nr_frames; i++) {
		uint64_t m = virt_to_mfn(t->status[i]).n;

		if (copy_to_guest_offset(op->frame_list, i, &m, 1))
			status = GNTST_bad_virt_addr;
	}
	spin_unlock(&t->lock);
	return status;
}

static long get_status_frames(unsigned long arg, unsigned int count)
{
	struct gnttab_get_status_frames op, *guest = (struct gnttab_get_status_frames *)arg;
	struct domain *d;

	if (count != 1)
		return -EINVAL;
	if (copy_from_guest_va(&op, guest, sizeof(op)))
		return -EFAULT;
	d = grant_find_domain(op.dom, &op.status);
	if (d) {
		op.status = fill_status_list(d, &op);
		domain_put(d);
	}
	return copy_to_guest_va(&guest->status, &op.status, sizeof(op.status)) ? -EFAULT : 0;
}

static long query_size(unsigned long arg, unsigned int count)
{
	struct gnttab_query_size op;
	struct domain *d;

	if (count != 1)
		return -EINVAL;
	if (copy_from_guest_va(&op, (void *)arg, sizeof(op)))
		return -EFAULT;
	d = grant_find_domain(op.dom, &op.status);
	if (d) {
		op.nr_frames = READ_ONCE(d->grant->nr_frames);
		op.max_nr_frames = d->grant->max_frames;
		domain_put(d);
	}
	return copy_to_guest_va((void *)arg, &op, sizeof(op)) ? -EFAULT : 0;
}

static long get_version(unsigned long arg, unsigned int count)
{
	struct gnttab_get_version op;
	struct domain *d;
	int err = 0;

	if (count != 1)
		return -EINVAL;
	if (copy_from_guest_va(&op, (void *)arg, sizeof(op)))
		return -EFAULT;
	d = domain_find_get_remote(op.dom, &err);
	if (!d)
		return err;
	op.version = READ_ONCE(d->grant->version);
	domain_put(d);
	return copy_to_guest_va((void *)arg, &op, sizeof(op)) ? -EFAULT : 0;
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

/* --- the hypercall --- */

#define UNMAP_BATCH 32U

/* Elements done, all of them or up to a point of preemption; or -EFAULT. */
#define EACH(type, one) \
	static long each_##one(unsigned long arg, unsigned int count) \
	{ \
		struct type op; \
		for (unsigned int i = 0; i < count; i++, arg += sizeof(op)) { \
			if (i && hypercall_preempt_check()) \
				return i; \
			if (copy_from_guest_va(&op, (void *)arg, sizeof(op))) \
				return -EFAULT; \
			grant_##one##_one(&op); \
			if (copy_to_guest_va((void *)arg, &op, sizeof(op))) \
				return -EFAULT; \
		} \
		return count; \
	}
EACH(gnttab_map_grant_ref, map)
EACH(gnttab_copy, copy)
EACH(gnttab_transfer, transfer)
EACH(gnttab_swap_grant_ref, swap)

static bool read_unmap(unsigned long arg, bool replace, struct grant_unmap *u)
{
	*u = (struct grant_unmap){ 0 };
	if (replace) {
		struct gnttab_unmap_and_replace op;

		if (copy_from_guest_va(&op, (void *)arg, sizeof(op)))
			return false;
		u->host_addr = op.host_addr;
		u->new_addr = op.new_addr;
		u->handle = op.handle;
	} else {
		struct gnttab_unmap_grant_ref op;

		if (copy_from_guest_va(&op, (void *)arg, sizeof(op)))
			return false;
		u->host_addr = op.host_addr;
		u->dev_bus_addr = op.dev_bus_addr;
		u->handle = op.handle;
	}
	return true;
}

static bool write_unmap(unsigned long arg, bool replace, const struct grant_unmap *u)
{
	int16_t *status = replace ? &((struct gnttab_unmap_and_replace *)arg)->status :
				    &((struct gnttab_unmap_grant_ref *)arg)->status;

	return !copy_to_guest_va(status, &u->status, sizeof(u->status));
}

/* A batch: take the mappings away, flush, and only then tell the owners. */
static long each_unmap(unsigned long arg, unsigned int count, bool replace)
{
	size_t size = replace ? sizeof(struct gnttab_unmap_and_replace) : sizeof(struct gnttab_unmap_grant_ref);
	struct grant_unmap batch[UNMAP_BATCH];
	bool fault = false;
	unsigned int done = 0, n;

	while (done < count && !fault) {
		if (done && hypercall_preempt_check())
			return done;
		for (n = 0; n < MIN(count - done, UNMAP_BATCH); n++) {
			fault = !read_unmap(arg + n * size, replace, &batch[n]);
			if (fault)
				break;
			grant_unmap_begin(&batch[n]);
		}
		flush_tlb_mask(current->domain->dirty_cpus);
		for (unsigned int i = 0; i < n; i++) {
			grant_unmap_complete(&batch[i]);
			fault |= !write_unmap(arg + i * size, replace, &batch[i]);
		}
		arg += n * size;
		done += n;
	}
	return fault ? -EFAULT : (long)done;
}

/* Caches are coherent here: cleaning is done, and throwing away unwritten data is not offered, as on Xen. */
static long cache_flush(unsigned long arg, unsigned int count)
{
	struct gnttab_cache_flush op;
	struct frame *f;

	for (unsigned int i = 0; i < count; i++, arg += sizeof(op)) {
		if (i && hypercall_preempt_check())
			return i;
		if (copy_from_guest_va(&op, (void *)arg, sizeof(op)))
			return -EFAULT;
		if (op.offset >= PAGE_SIZE || op.length > PAGE_SIZE || op.offset + op.length > (int)PAGE_SIZE)
			return hypercall_error(-EINVAL, "cache_flush: %u bytes at %u", op.length, op.offset);
		if (op.length == 0 || op.op == 0)
			continue;
		if (op.op & ~(GNTTAB_CACHE_INVAL | GNTTAB_CACHE_CLEAN))
			return op.op & GNTTAB_CACHE_SOURCE_GREF ? -EOPNOTSUPP : -EINVAL;
		f = frame_get_from_mfn(mfn(op.a.dev_bus_addr >> PAGE_SHIFT), current->domain);
		if (!f)
			return hypercall_error(-EPERM, "cache_flush: %lx is not the domain's", op.a.dev_bus_addr);
		frame_put(f);
		if (!(op.op & GNTTAB_CACHE_CLEAN))
			return -EOPNOTSUPP;
	}
	return count;
}

static size_t element_size(unsigned int cmd)
{
	static const uint8_t sizes[] = {
		[GNTTABOP_map_grant_ref] = sizeof(struct gnttab_map_grant_ref),
		[GNTTABOP_unmap_grant_ref] = sizeof(struct gnttab_unmap_grant_ref),
		[GNTTABOP_transfer] = sizeof(struct gnttab_transfer),
		[GNTTABOP_copy] = sizeof(struct gnttab_copy),
		[GNTTABOP_unmap_and_replace] = sizeof(struct gnttab_unmap_and_replace),
		[GNTTABOP_swap_grant_ref] = sizeof(struct gnttab_swap_grant_ref),
		[GNTTABOP_cache_flush] = sizeof(struct gnttab_cache_flush),
	};

	return cmd < ARRAY_SIZE(sizes) ? sizes[cmd] : 0;
}

static long run_array(unsigned int cmd, unsigned long arg, unsigned int count)
{
	switch (cmd) {
	case GNTTABOP_map_grant_ref:
		return each_map(arg, count);
	case GNTTABOP_unmap_grant_ref:
		return each_unmap(arg, count, false);
	case GNTTABOP_unmap_and_replace:
		return each_unmap(arg, count, true);
	case GNTTABOP_copy:
		return each_copy(arg, count);
	case GNTTABOP_transfer:
		return each_transfer(arg, count);
	case GNTTABOP_swap_grant_ref:
		return each_swap(arg, count);
	default:
		return cache_flush(arg, count);
	}
}

long do_grant_table_op(unsigned long a1, unsigned long arg, unsigned long a3)
{
	unsigned int cmd = (unsigned int)a1, count = (unsigned int)a3;
	size_t size = element_size(cmd);
	long rc;

	if ((int)count < 0)
		return hypercall_error(-EINVAL, "grant_table_op: %u operations", count);
	switch (cmd) {
	case GNTTABOP_setup_table:
		return setup_table(arg, count);
	case GNTTABOP_query_size:
		return query_size(arg, count);
	case GNTTABOP_set_version:
		return grant_set_version(arg);
	case GNTTABOP_get_status_frames:
		return get_status_frames(arg, count);
	case GNTTABOP_get_version:
		return get_version(arg, count);
	default:
		break;
	}
	if (!size)
		return hypercall_error(-ENOSYS, "grant_table_op %u is not known", cmd);
	if (!guest_range_ok((void *)arg, count * size))
		return -EFAULT;
	rc = run_array(cmd, arg, count);
	if (rc < 0 || rc == (long)count)
		return rc < 0 ? rc : 0;
	return hypercall_continue(__HYPERVISOR_grant_table_op, 3, (unsigned long)cmd, arg + (unsigned long)rc * size,
				  (unsigned long)count - (unsigned long)rc);
}
