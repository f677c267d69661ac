/* SPDX-License-Identifier: MIT */
/* Basic types and macros that every file of the guest kernel uses. */
#ifndef GUEST_KERNEL_KERNEL_TYPES_H
#define GUEST_KERNEL_KERNEL_TYPES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef long ssize_t;

/* Pseudo-physical address: what this kernel calls physical. Under PV the machine address differs. */
typedef u64 pa_t;

#define PAGE_SHIFT 12
#define PAGE_SIZE 4096ul
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define page_up(x) (((u64)(x) + PAGE_SIZE - 1) & PAGE_MASK)
#define page_down(x) ((u64)(x) & PAGE_MASK)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
/* Evaluate each argument once. */
#define min(a, b) ({ __auto_type min_a = (a); __typeof__(b) min_b = (b); min_a < min_b ? min_a : min_b; })
#define max(a, b) ({ __auto_type max_a = (a); __typeof__(b) max_b = (b); max_a > max_b ? max_a : max_b; })
#define container_of(p, type, member) ((type *)((char *)(p) - offsetof(type, member)))
#define align_up(x, a) (((x) + (a) - 1) & ~((u64)(a) - 1))

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define barrier() __asm__ volatile("" ::: "memory")
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

#define __packed __attribute__((packed))
#define __aligned(n) __attribute__((aligned(n)))
#define __printf(a, b) __attribute__((format(printf, a, b)))
#define __noreturn __attribute__((noreturn))
#define __unused __attribute__((unused))
#define __section(s) __attribute__((section(s)))

/* All memory is mapped at KERNEL_BASE + pa, once and for all; the image is part of it. */
#define KERNEL_BASE 0xffffffff80000000ul
#define KERNEL_MEM_MAX 0x70000000ul
#define va(pa) ((void *)((pa_t)(pa) + KERNEL_BASE))
#define pa(va) ((pa_t)(u64)(va) - KERNEL_BASE)

/* User addresses: the first top-level slot (512 GB), without its last page. */
#define USER_TOP 0x7ffffff000ul

#endif
