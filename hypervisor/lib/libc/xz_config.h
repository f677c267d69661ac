/* SPDX-License-Identifier: MIT
 *
 * XZ Embedded's view of its surroundings: memory, strings, little-endian words.
 */
#ifndef HYPERVISOR_LIB_LIBC_XZ_CONFIG_H
#define HYPERVISOR_LIB_LIBC_XZ_CONFIG_H

#include <xz.h>
#include "lib/string.h"
#include "mm/frame.h"

#define XZ_DEC_SINGLE
#define XZ_DEC_X86

#define fallthrough __attribute__((__fallthrough__))
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#undef min
#undef min_t
#define min(a, b) MIN(a, b)
#define min_t(type, a, b) MIN((type)(a), (type)(b))
#define memeq(a, b, n) (memcmp(a, b, n) == 0)
#define memzero(p, n) memset(p, 0, n)

/* Its state is larger than kmalloc()'s objects may be: whole pages, the size kept in front. */
static inline void *xz_alloc(size_t n)
{
	size_t *p = kzalloc_pages(n + 64);

	if (!p)
		return NULL;
	*p = n + 64;
	return (char *)p + 64;
}

static inline void xz_free(const void *q)
{
	size_t *p = (size_t *)((uintptr_t)q - 64);

	if (q)
		kfree_pages(p, *p);
}
#define kmalloc(size, flags) xz_alloc(size)
#define kfree(p) xz_free(p)
#define vmalloc(size) xz_alloc(size)
#define vfree(p) xz_free(p)

static inline uint32_t get_unaligned_le32(const void *p) { uint32_t v; memcpy(&v, p, 4); return v; }
static inline void put_unaligned_le32(uint32_t v, void *p) { memcpy(p, &v, 4); }
#define get_le32 get_unaligned_le32

#endif
