/* SPDX-License-Identifier: MIT
 *
 * The only way to guest memory by guest virtual address. The range must lie
 * outside the hypervisor's slots; a fault inside is an error return. The
 * address space is the current vCPU's.
 *
 * Each returns the number of bytes NOT copied: 0 is success. Every byte is read once: copy
 * to a local first, then look.
 */
#ifndef HYPERVISOR_ARCH_GUEST_ACCESS_H
#define HYPERVISOR_ARCH_GUEST_ACCESS_H

#include "arch/layout.h"
#include "lib/types.h"

unsigned long copy_from_guest_va(void *to, const void *guest, unsigned long n) __must_check;
unsigned long copy_to_guest_va(void *guest, const void *from, unsigned long n) __must_check;
unsigned long clear_guest_va(void *guest, unsigned long n) __must_check;
/* Atomic 8-byte compare and exchange: 0 done (*old holds what was there), -EFAULT. */
int cmpxchg_guest_va(uint64_t *guest, uint64_t *old, uint64_t new) __must_check;

/* Does [p, p+n) lie wholly outside the hypervisor's part of the address space? */
static inline bool guest_range_ok(const void *p, unsigned long n)
{
	unsigned long a = (unsigned long)p;

	if (a + n < a)
		return false;
	return a + n <= (1UL << 47) || a >= HV_VIRT_END;
}

/*
 * Typed forms for guest handles (struct { T *p; }).
 * copy_from_guest(&local, handle, 1) returns elements' bytes not copied, as above.
 */
#define copy_from_guest_offset(ptr, hnd, off, nr) ({ \
	typeof(*(hnd).p) *p__ = (ptr); \
	guest_array_ok((off), (nr), sizeof(*p__)) ? \
		copy_from_guest_va(p__, (hnd).p + (off), (unsigned long)(nr) * sizeof(*p__)) : 1UL; })
#define copy_to_guest_offset(hnd, off, ptr, nr) ({ \
	const typeof(*(hnd).p) *p__ = (ptr); \
	guest_array_ok((off), (nr), sizeof(*p__)) ? \
		copy_to_guest_va((hnd).p + (off), p__, (unsigned long)(nr) * sizeof(*p__)) : 1UL; })
#define copy_from_guest(ptr, hnd, nr) copy_from_guest_offset(ptr, hnd, 0, nr)
#define copy_to_guest(hnd, ptr, nr)   copy_to_guest_offset(hnd, 0, ptr, nr)
#define copy_field_to_guest(hnd, ptr, field) \
	copy_to_guest_va(&(hnd).p->field, &(ptr)->field, sizeof((ptr)->field))
#define guest_handle_is_null(h) ((h).p == NULL)
#define guest_handle_add_offset(h, n) ((h).p += (n))
#define guest_handle_cast(h, type) ((type){ (void *)(h).p })

static inline bool guest_array_ok(unsigned long off, unsigned long nr, unsigned long size)
{
	unsigned long end;

	return !__builtin_add_overflow(off, nr, &end) && end <= (1UL << 46) / size;
}

#endif
