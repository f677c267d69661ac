/* SPDX-License-Identifier: MIT
 *
 * The only way to guest memory by guest virtual address. The range must lie
 * outside the hypervisor's slots; a fault inside is an error return. The
 * address space is the current vCPU's.
 *
 * copy_from_guest_va() and copy_to_guest_va() return the number of bytes NOT copied: 0 is success. Every byte is read once: copy
 * to a local first, then look.
 */
#ifndef HYPERVISOR_ARCH_GUEST_ACCESS_H
#define HYPERVISOR_ARCH_GUEST_ACCESS_H

#include "arch/layout.h"
#include "lib/types.h"

unsigned long guest_copy_from(void *to, const void *guest, unsigned long n) __must_check;
unsigned long guest_copy_to(void *guest, const void *from, unsigned long n) __must_check;
unsigned long clear_guest_va(void *guest, unsigned long n) __must_check;

/* Does [p, p+n) lie wholly outside the hypervisor's part of the address space? */
static inline bool guest_range_ok(const void *p, unsigned long n)
{
	unsigned long a = (unsigned long)p;

	if (a + n < a)
		return false;
	return a + n <= (1UL << 47) || a >= HV_VIRT_END;
}

/*
 * The same for an access of a constant few bytes that is made right away, in one comparison: an address
 * that is not canonical faults there, and that is an error return as well. No such address is in both halves.
 */
static __always_inline bool guest_span_ok(const void *p, unsigned long n)
{
	return (unsigned long)p - (HV_VIRT_START - n + 1) >= HV_VIRT_END - HV_VIRT_START + n - 1;
}

/*
 * STAC and CLAC around each access, where SMAP is on: the build leaves a NOP of their length, and
 * features_init() replaces all of them. Calls between the two are forbidden.
 */
#define SMAP_SITE(kind) \
	__asm__ volatile("771: .byte 0x0f, 0x1f, 0x00\n\t.pushsection .smap_sites, \"a\"\n\t" \
			 ".balign 8\n\t.quad 771b, " #kind "\n\t.popsection" ::: "memory")
static inline void guest_access_open(void) { SMAP_SITE(0xcb); }         /* the last byte of STAC */
static inline void guest_access_close(void) { SMAP_SITE(0xca); }        /* of CLAC */

/* The instruction at label insn may fault; then execution goes on at fixup. */
#define EXTABLE_C(insn, fixup) \
	".pushsection .extable, \"a\"\n\t.balign 8\n\t.quad " insn ", " fixup "\n\t.popsection\n\t"

/* Whole words, for sizes that are known and small: what a call would cost is saved. False: fault. */
static inline bool guest_copy_words(void *to, const void *from, unsigned long words)
{
	guest_access_open();
	__asm__ volatile goto("1: rep movsq\n\t" EXTABLE_C("1b", "%l[fault]")
		     : "+D"(to), "+S"(from), "+c"(words) : : "memory" : fault);
	guest_access_close();
	return true;
fault:
	guest_access_close();
	return false;
}

/* clang 14 does not take what an asm goto puts out for assigned. */
#ifdef __clang__
#pragma clang diagnostic ignored "-Wconditional-uninitialized"
#endif

/* 4 or 8 bytes in one access. False: fault. */
static inline bool guest_load(void *to, const void *from, unsigned long n)
{
	uint64_t v = 0;

	guest_access_open();
	if (n == 4)
		__asm__ volatile goto("1: movl (%[p]), %k[v]\n\t" EXTABLE_C("1b", "%l[fault]")
				      : [v] "=r"(v) : [p] "r"(from) : "memory" : fault);
	else
		__asm__ volatile goto("1: movq (%[p]), %[v]\n\t" EXTABLE_C("1b", "%l[fault]")
				      : [v] "=r"(v) : [p] "r"(from) : "memory" : fault);
	guest_access_close();
	__builtin_memcpy(to, &v, n);
	return true;
fault:
	guest_access_close();
	return false;
}

static inline bool guest_store(void *to, const void *from, unsigned long n)
{
	uint64_t v = 0;

	__builtin_memcpy(&v, from, n);
	guest_access_open();
	if (n == 4)
		__asm__ volatile goto("1: movl %k[v], (%[p])\n\t" EXTABLE_C("1b", "%l[fault]")
			     : : [v] "r"(v), [p] "r"(to) : "memory" : fault);
	else
		__asm__ volatile goto("1: movq %[v], (%[p])\n\t" EXTABLE_C("1b", "%l[fault]")
			     : : [v] "r"(v), [p] "r"(to) : "memory" : fault);
	guest_access_close();
	return true;
fault:
	guest_access_close();
	return false;
}

/*
 * A word at p + off, for sequences between guest_access_open() and guest_access_close(), after
 * guest_range_ok(). A fault goes to the label fault, where access is still open.
 */
#define guest_put_word(p, off, value) do { \
		uint64_t v__ = (value); \
		__asm__ volatile goto("1: movq %[v], %c[o](%[b])\n\t" EXTABLE_C("1b", "%l[fault]") \
				      : : [v] "r"(v__), [b] "r"(p), [o] "i"(off) : "memory" : fault); \
	} while (0)
/* After a fault the variable's value is not defined. */
#define guest_get_word(var, p, off) \
	__asm__ volatile goto("1: movq %c[o](%[b]), %[v]\n\t" EXTABLE_C("1b", "%l[fault]") \
			      : [v] "=r"(var) : [b] "r"(p), [o] "i"(off) : : fault)

#define GUEST_FEW_WORDS(n) (__builtin_constant_p(n) && (n) > 8 && (n) <= 256 && (n) % 8 == 0)
#define GUEST_ONE_WORD(n)  (__builtin_constant_p(n) && ((n) == 4 || (n) == 8))

/* The two functions by their usual names. A fault in a short copy counts as nothing copied. */
static inline __must_check unsigned long copy_from_guest_va(void *to, const void *guest, unsigned long n)
{
	if (GUEST_ONE_WORD(n))
		return likely(guest_span_ok(guest, n)) && likely(guest_load(to, guest, n)) ? 0 : n;
	if (GUEST_FEW_WORDS(n))
		return likely(guest_span_ok(guest, n)) && likely(guest_copy_words(to, guest, n / 8)) ? 0 : n;
	return guest_copy_from(to, guest, n);
}

static inline __must_check unsigned long copy_to_guest_va(void *guest, const void *from, unsigned long n)
{
	if (GUEST_ONE_WORD(n))
		return likely(guest_span_ok(guest, n)) && likely(guest_store(guest, from, n)) ? 0 : n;
	if (GUEST_FEW_WORDS(n))
		return likely(guest_span_ok(guest, n)) && likely(guest_copy_words(guest, from, n / 8)) ? 0 : n;
	return guest_copy_to(guest, from, n);
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
