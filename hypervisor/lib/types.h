/* SPDX-License-Identifier: MIT
 *
 * Basic types of the hypervisor.
 *
 * A machine frame number, a guest's pseudo-physical frame number and a machine
 * address are one-member structures, in every build: mixing them up does not
 * compile. mfn_x() takes the number out where arithmetic needs it.
 *
 * Next: core/domain.h for what the numbers are used on.
 */
#ifndef HYPERVISOR_LIB_TYPES_H
#define HYPERVISOR_LIB_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct { unsigned long n; } mfn_t;    /* machine frame number */
typedef struct { unsigned long n; } pfn_t;    /* a guest's pseudo-physical frame number */
typedef struct { uint64_t a; } maddr_t;       /* machine address in bytes */

typedef int64_t s_time_t;                     /* system time: ns since boot */

#define PAGE_SHIFT 12
#define PAGE_SIZE  (1UL << PAGE_SHIFT)
#define PAGE_MASK  (~(PAGE_SIZE - 1))

#define INVALID_MFN ((mfn_t){ ~0UL })

static inline mfn_t mfn(unsigned long n) { return (mfn_t){ n }; }
static inline unsigned long mfn_x(mfn_t m) { return m.n; }
static inline mfn_t mfn_add(mfn_t m, unsigned long i) { return (mfn_t){ m.n + i }; }
static inline bool mfn_eq(mfn_t a, mfn_t b) { return a.n == b.n; }
static inline pfn_t pfn(unsigned long n) { return (pfn_t){ n }; }
static inline unsigned long pfn_x(pfn_t p) { return p.n; }
static inline maddr_t maddr(uint64_t a) { return (maddr_t){ a }; }
static inline maddr_t mfn_to_maddr(mfn_t m) { return (maddr_t){ (uint64_t)m.n << PAGE_SHIFT }; }
static inline mfn_t maddr_to_mfn(maddr_t m) { return (mfn_t){ m.a >> PAGE_SHIFT }; }

#define ARRAY_SIZE(a)     (sizeof(a) / sizeof((a)[0]))
#define ALIGN_UP(x, a)    (((x) + (a) - 1) & ~((typeof(x))(a) - 1))
#define ALIGN_DOWN(x, a)  ((x) & ~((typeof(x))(a) - 1))
#define MIN(a, b)         ((a) < (b) ? (a) : (b))
#define MAX(a, b)         ((a) > (b) ? (a) : (b))
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define container_of(p, type, member) ((type *)((char *)(p) - offsetof(type, member)))
#define likely(x)         __builtin_expect(!!(x), 1)
#define unlikely(x)       __builtin_expect(!!(x), 0)

#define __init     __attribute__((section(".init.text"), cold))
#define __initdata __attribute__((section(".init.data")))
#define __initconst __attribute__((section(".init.rodata")))
#define __aligned(n) __attribute__((aligned(n)))
#define __packed   __attribute__((packed))
#define __printf(f, a) __attribute__((format(printf, f, a)))
#define __noreturn __attribute__((noreturn))
#undef __always_inline          /* the host's C library, in unit tests, has one too */
#define __always_inline inline __attribute__((always_inline))
#define __noinline __attribute__((noinline))
#define __must_check __attribute__((warn_unused_result))

#define barrier() __asm__ volatile("" ::: "memory")
/* One load or store, neither torn nor repeated by the compiler. */
#define READ_ONCE(x)     (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile typeof(x) *)&(x) = (v))

#endif
