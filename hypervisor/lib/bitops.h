/* SPDX-License-Identifier: MIT
 *
 * Bit operations. The plain names are atomic (guests and other CPUs share the
 * words); those with two leading underscores are not.
 */
#ifndef HYPERVISOR_LIB_BITOPS_H
#define HYPERVISOR_LIB_BITOPS_H

#include "lib/types.h"

#define BITS_PER_LONG 64
#define BITS_TO_LONGS(n) DIV_ROUND_UP(n, BITS_PER_LONG)
#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]

static inline bool test_bit(unsigned int n, const volatile void *p)
{
	return (((const volatile uint32_t *)p)[n / 32] >> (n % 32)) & 1;
}

static inline void set_bit(unsigned int n, volatile void *p)
{
	__atomic_fetch_or((volatile uint32_t *)p + n / 32, 1U << (n % 32), __ATOMIC_SEQ_CST);
}

static inline void clear_bit(unsigned int n, volatile void *p)
{
	__atomic_fetch_and((volatile uint32_t *)p + n / 32, ~(1U << (n % 32)), __ATOMIC_SEQ_CST);
}

static inline bool test_and_set_bit(unsigned int n, volatile void *p)
{
	uint32_t m = 1U << (n % 32);

	return __atomic_fetch_or((volatile uint32_t *)p + n / 32, m, __ATOMIC_SEQ_CST) & m;
}

static inline bool test_and_clear_bit(unsigned int n, volatile void *p)
{
	uint32_t m = 1U << (n % 32);

	return __atomic_fetch_and((volatile uint32_t *)p + n / 32, ~m, __ATOMIC_SEQ_CST) & m;
}

static inline void __set_bit(unsigned int n, void *p)
{
	((uint32_t *)p)[n / 32] |= 1U << (n % 32);
}

static inline void __clear_bit(unsigned int n, void *p)
{
	((uint32_t *)p)[n / 32] &= ~(1U << (n % 32));
}

/* Index of the lowest / highest set bit; x must not be 0. */
static inline unsigned int first_bit(uint64_t x)
{
	return (unsigned int)__builtin_ctzll(x);
}

static inline unsigned int last_bit(uint64_t x)
{
	return 63U - (unsigned int)__builtin_clzll(x);
}

#endif
