/* SPDX-License-Identifier: MIT
 *
 * What guests are told of memory: a domain's own map, the machine's, and where the
 * machine-to-physical table is.
 *
 * Locks: a domain's map under its page_alloc_lock. [Xen public/memory.h]
 */
#include "arch/guest_access.h"
#include "boot/boot.h"
#include "core/hypercall.h"
#include "lib/string.h"
#include "mm/hv_map.h"
#include "mm/memory_op.h"
#include "mm/mm_internal.h"

#define MAX_E820 1024
#define E820_RESERVED 2

/* Some entries of d's map from *at on, at most n. */
static unsigned int e820_read(struct domain *d, struct boot_e820 *to, unsigned int at,
			      unsigned int n)
{
	unsigned int got = 0;

	spin_lock(&d->mm.page_alloc_lock);
	if (at < d->mm.nr_e820) {
		got = MIN(n, d->mm.nr_e820 - at);
		memcpy(to, d->mm.e820 + at, got * sizeof(*to));
	}
	spin_unlock(&d->mm.page_alloc_lock);
	return got;
}

long memop_memory_map(unsigned long arg)
{
	struct boot_e820 buf[16], *to;
	struct xen_memory_map map;
	unsigned int n = 0, got;

	if (!current->domain->mm.nr_e820)
		return hypercall_error(-ENOSYS, "nobody has given this domain a memory map");
	if (copy_from_guest_va(&map, (const void *)arg, sizeof(map)))
		return -EFAULT;
	to = map.buffer.p;
	while (n < map.nr_entries &&
	       (got = e820_read(current->domain, buf, n, MIN((unsigned int)ARRAY_SIZE(buf),
							     map.nr_entries - n)))) {
		if (copy_to_guest_va(to + n, buf, got * sizeof(buf[0])))
			return -EFAULT;
		n += got;
	}
	map.nr_entries = n;
	return copy_to_guest_va((void *)arg, &map, sizeof(map)) ? -EFAULT : 0;
}

long memop_set_memory_map(unsigned long arg)
{
	struct xen_foreign_memory_map a;
	struct boot_e820 *e820 = NULL, *old;
	struct domain *d;
	int rc;

	if (copy_from_guest_va(&a, (const void *)arg, sizeof(a)))
		return -EFAULT;
	if (a.map.nr_entries > MAX_E820)
		return hypercall_error(-EINVAL, "memory map of %u entries: at most %u",
				       a.map.nr_entries, MAX_E820);
	d = memop_domain(a.domid, &rc);
	if (!d)
		return rc;
	rc = 0;
	if (a.map.nr_entries) {
		e820 = kmalloc(a.map.nr_entries * sizeof(*e820));
		if (!e820)
			rc = -ENOMEM;
		else if (copy_from_guest_va(e820, a.map.buffer.p, a.map.nr_entries * sizeof(*e820)))
			rc = -EFAULT;
	}
	if (!rc) {
		spin_lock(&d->mm.page_alloc_lock);
		old = d->mm.e820;
		d->mm.e820 = e820;
		d->mm.nr_e820 = a.map.nr_entries;
		spin_unlock(&d->mm.page_alloc_lock);
		e820 = old;
	}
	kfree(e820);
	domain_put(d);
	return rc;
}

/*
 * The boot loader's map, and our own device registers as reserved, so that the control domain puts
 * nothing there.
 */
static unsigned int machine_map(struct boot_e820 *to, unsigned int room)
{
	unsigned long first, last;
	unsigned int n = 0;

	for (unsigned int i = 0; i < boot_info.nr_ram && n < room; i++) {
		const struct boot_range *r = &boot_info.ram[i];

		to[n++] = (struct boot_e820){ r->start, r->end - r->start, r->type };
	}
	for (unsigned int i = 0; n < room && mm_own_io_range(i, &first, &last); i++)
		to[n++] = (struct boot_e820){ first << PAGE_SHIFT, (last - first + 1) << PAGE_SHIFT,
			E820_RESERVED };
	return n;
}

long memop_machine_memory_map(unsigned long arg)
{
	struct boot_e820 *buf;
	struct xen_memory_map map;
	unsigned int n;
	long rc = 0;

	if (!current->domain->privileged)
		return -EPERM;
	if (copy_from_guest_va(&map, (const void *)arg, sizeof(map)))
		return -EFAULT;
	n = MIN(map.nr_entries, (unsigned int)BOOT_MAX_RAM + 32);
	buf = kmalloc(MAX(n, 1U) * sizeof(*buf));
	if (!buf)
		return -ENOMEM;
	map.nr_entries = machine_map(buf, n);
	if (copy_to_guest_va(map.buffer.p, buf, map.nr_entries * sizeof(*buf)) ||
	    copy_to_guest_va((void *)arg, &map, sizeof(map)))
		rc = -EFAULT;
	kfree(buf);
	return rc;
}

/*
 * The table's frames become DOMID_XEN's, to be mapped read-only by whoever may map its frames. The
 * type count of one keeps them from being anything else.
 */
static void m2p_share(mfn_t first)
{
	static DEFINE_SPINLOCK(share_lock, LOCK_PAGING);

	spin_lock(&share_lock);
	for (unsigned long i = 0; i < ENTRIES_PER_TABLE; i++) {
		struct frame *f = mfn_to_frame(mfn_add(first, i));

		if (f->owner)
			break;
		list_init(&f->list);
		f->type = ((uint64_t)FRAME_NONE << FT_SHIFT) | FT_VALIDATED | 1;
		WRITE_ONCE(f->owner, dom_xen);
		__atomic_store_n(&f->count, FC_XEN | FC_IN_USE | FC_ALLOCATED | 1,
				 __ATOMIC_RELEASE);
	}
	spin_unlock(&share_lock);
}

long memop_machphys_mfn_list(unsigned long arg)
{
	struct xen_machphys_mfn_list a;
	xen_pfn_t last = 0;
	unsigned int i = 0;

	if (copy_from_guest_va(&a, (const void *)arg, sizeof(a)))
		return -EFAULT;
	for (unsigned long m = 0; m < max_mfn && i < a.max_extents; m += (2UL << 20) / 8, i++) {
		unsigned long va = M2P_RW_START + m * 8;

		if (hv_is_mapped(va)) {
			last = hv_mapped_mfn(va).n;
			m2p_share(mfn(last));
		}
		if (copy_to_guest_offset(a.extent_start, i, &last, 1))
			return -EFAULT;
	}
	a.nr_extents = i;
	return copy_to_guest_va((void *)arg, &a, sizeof(a)) ? -EFAULT : 0;
}

long memop_machphys_mapping(unsigned long arg)
{
	const struct xen_machphys_mapping m = {
		.v_start = M2P_RO_START,
		.v_end = M2P_RO_START + M2P_SIZE,
		.max_mfn = M2P_SIZE / sizeof(unsigned long) - 1,
	};

	return copy_to_guest_va((void *)arg, &m, sizeof(m)) ? -EFAULT : 0;
}
