/* SPDX-License-Identifier: MIT
 *
 * The grant_table_op hypercall: operations on one table, and arrays of operations on grants, each element
 * with a status of its own. [Xen public/grant_table.h]
 *
 * An array is done element by element, with a look at whether somebody else wants the CPU in between; what is
 * left is continued. Unmaps go by batches, for one flush of the TLB each.
 *
 * Locks: see core/grant.c. Next: core/grant_mapping.c, core/grant_copy.c.
 */
#include "arch/context.h"
#include "core/grant_internal.h"

/* --- operations on one table --- */

/* The domain that an operation is about, with a reference; NULL and a GNTST_* code. */
static struct domain *find_domain(domid_t id, int16_t *status)
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
	d = find_domain(op.dom, &op.status);
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
	d = find_domain(op.dom, &op.status);
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
	d = find_domain(op.dom, &op.status);
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
	u->dev_bus_addr = u->new_addr = 0;
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

static __noinline long one_table_op(unsigned int cmd, unsigned long arg, unsigned int count)
{
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
		return hypercall_error(-ENOSYS, "grant_table_op %u is not known", cmd);
	}
}

long do_grant_table_op(unsigned long a1, unsigned long arg, unsigned long a3)
{
	unsigned int cmd = (unsigned int)a1, count = (unsigned int)a3;
	size_t size = element_size(cmd);
	long rc;

	if ((int)count < 0)
		return hypercall_error(-EINVAL, "grant_table_op: %u operations", count);
	if (!size)
		return one_table_op(cmd, arg, count);
	if (!guest_range_ok((void *)arg, count * size))
		return -EFAULT;
	rc = run_array(cmd, arg, count);
	if (rc < 0 || rc == (long)count)
		return rc < 0 ? rc : 0;
	return hypercall_continue(__HYPERVISOR_grant_table_op, 3, (unsigned long)cmd, arg + (unsigned long)rc * size,
				  (unsigned long)count - (unsigned long)rc);
}
