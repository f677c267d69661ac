/* SPDX-License-Identifier: MIT
 *
 * What the compiler calls before each access to memory when told -fsanitize=thread. The runtime that usually
 * belongs to it is not linked: here each access is shown to the explorer, and then, for an atomic one, done.
 *
 * Accesses to an operation's own stack are nobody else's business. A block (structure assignment, memset) is
 * shown word by word. An atomic operation counts as a write even when it fails, but only one that
 * changes something makes another vCPU's waiting loop worth another turn.
 */
#include "explore.h"
#include <string.h>

#define PC __builtin_return_address(0)

/* The access itself comes behind the hook, in the same step. */
static inline void see_write(const void *p, size_t n, const void *pc)
{
	if (memory_is_shared(p)) {
		explore_access(p, n, ACCESS_WRITE, pc);
		explore_wrote();
	}
}

static inline void see(const void *p, size_t n, enum access a, const void *pc)
{
	if (memory_is_shared(p))
		explore_access(p, n, a, pc);
}

void model_access(const void *p, size_t size, bool write)
{
	if (write)
		see_write(p, size, PC);
	else
		see(p, size, ACCESS_READ, PC);
}

#define PLAIN(n) \
	void __tsan_read##n(void *p); \
	void __tsan_write##n(void *p); \
	void __tsan_unaligned_read##n(void *p); \
	void __tsan_unaligned_write##n(void *p); \
	void __tsan_volatile_read##n(void *p); \
	void __tsan_volatile_write##n(void *p); \
	void __tsan_read##n(void *p) { see(p, n, ACCESS_READ, PC); } \
	void __tsan_write##n(void *p) { see_write(p, n, PC); } \
	void __tsan_unaligned_read##n(void *p) { see(p, n, ACCESS_READ, PC); } \
	void __tsan_unaligned_write##n(void *p) { see_write(p, n, PC); } \
	void __tsan_volatile_read##n(void *p) { see(p, n, ACCESS_READ, PC); } \
	void __tsan_volatile_write##n(void *p) { see_write(p, n, PC); }
PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)

void __tsan_read_range(void *p, unsigned long n);
void __tsan_write_range(void *p, unsigned long n);
void __tsan_init(void);

void __tsan_read_range(void *p, unsigned long n) { see(p, n, ACCESS_READ, PC); }
void __tsan_write_range(void *p, unsigned long n) { see_write(p, n, PC); }
void __tsan_init(void) { }

/* @expr computes the new value from *p, @old. */
#define RMW(bits, name, expr) \
	uint##bits##_t __tsan_atomic##bits##_##name(volatile uint##bits##_t *p, uint##bits##_t v, int order); \
	uint##bits##_t __tsan_atomic##bits##_##name(volatile uint##bits##_t *p, uint##bits##_t v, int order) \
	{ \
		uint##bits##_t old; \
		see((const void *)p, bits / 8, ACCESS_WRITE, PC); \
		old = *p; \
		*p = (uint##bits##_t)(expr); \
		if (*p != old) \
			explore_wrote(); \
		return old; \
	}

#define ATOMIC(bits) \
	RMW(bits, exchange, v) \
	RMW(bits, fetch_add, old + v) \
	RMW(bits, fetch_sub, old - v) \
	RMW(bits, fetch_and, old & v) \
	RMW(bits, fetch_or, old | v) \
	RMW(bits, fetch_xor, old ^ v) \
	uint##bits##_t __tsan_atomic##bits##_load(const volatile uint##bits##_t *p, int order); \
	void __tsan_atomic##bits##_store(volatile uint##bits##_t *p, uint##bits##_t v, int order); \
	int __tsan_atomic##bits##_compare_exchange_strong(volatile uint##bits##_t *p, uint##bits##_t *seen, \
							  uint##bits##_t v, int order, int fail); \
	int __tsan_atomic##bits##_compare_exchange_weak(volatile uint##bits##_t *p, uint##bits##_t *seen, \
							uint##bits##_t v, int order, int fail); \
	uint##bits##_t __tsan_atomic##bits##_load(const volatile uint##bits##_t *p, int order) \
	{ \
		see((const void *)p, bits / 8, ACCESS_READ, PC); \
		return *p; \
	} \
	void __tsan_atomic##bits##_store(volatile uint##bits##_t *p, uint##bits##_t v, int order) \
	{ \
		see((const void *)p, bits / 8, ACCESS_WRITE, PC); \
		*p = v; \
		explore_wrote(); \
	} \
	int __tsan_atomic##bits##_compare_exchange_strong(volatile uint##bits##_t *p, uint##bits##_t *seen, \
							  uint##bits##_t v, int order, int fail) \
	{ \
		uint##bits##_t old; \
		see((const void *)p, bits / 8, ACCESS_WRITE, PC); \
		old = *p; \
		if (old != *seen) { \
			*seen = old; \
			return 0; \
		} \
		*p = v; \
		explore_wrote(); \
		return 1; \
	} \
	int __tsan_atomic##bits##_compare_exchange_weak(volatile uint##bits##_t *p, uint##bits##_t *seen, \
							uint##bits##_t v, int order, int fail) \
	{ \
		return __tsan_atomic##bits##_compare_exchange_strong(p, seen, v, order, fail); \
	}
ATOMIC(8)
ATOMIC(16)
ATOMIC(32)
ATOMIC(64)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order) { }

/* What lib/string.h declares; prelude.h gives the calls these names, so that they are seen. */
void *model_memset(void *to, int c, size_t n);
void *model_memmove(void *to, const void *from, size_t n);
void *model_memcpy(void *to, const void *from, size_t n);

/*
 * @n bytes within one word. What changes nothing is shown as reading: a page that is clear already
 * stays out of the state.
 */
static void put(char *to, const char *from, size_t n, const void *pc)
{
	if (memcmp(to, from, n) == 0) {
		see(to, n, ACCESS_READ, pc);
		if (memcmp(to, from, n) == 0)
			return;
	}
	see_write(to, n, pc);
	memcpy(to, from, n);
}

static void put_all(char *to, const char *from, size_t n, const void *pc)
{
	for (size_t i = 0, part; i < n; i += part) {
		part = 8 - ((unsigned long)to + i) % 8;
		part = part < n - i ? part : n - i;
		put(to + i, from + i, part, pc);
	}
}

void *model_memset(void *to, int c, size_t n)
{
	char bytes[8];

	memset(bytes, c, sizeof(bytes));
	if (!memory_is_shared(to))
		return memset(to, c, n);
	for (size_t i = 0, part; i < n; i += part) {
		part = 8 - ((unsigned long)to + i) % 8;
		part = part < n - i ? part : n - i;
		put((char *)to + i, bytes, part, PC);
	}
	return to;
}

void *model_memmove(void *to, const void *from, size_t n)
{
	char copy[n + 1];

	for (size_t i = 0; i < n; i += 8)
		see((const char *)from + i, 1, ACCESS_READ, PC);
	memcpy(copy, from, n);
	if (memory_is_shared(to))
		put_all(to, copy, n, PC);
	else
		memcpy(to, copy, n);
	return to;
}

void *model_memcpy(void *to, const void *from, size_t n)
{
	return model_memmove(to, from, n);
}
