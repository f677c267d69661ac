/* SPDX-License-Identifier: MIT */
/*
 * Interface version. Xen's headers shape some structures after the version their user asks for;
 * these headers describe one version only, that of Xen 4.17, whose latest is 0x00040e00.
 */
#ifndef PV_ABI_XEN_COMPAT_H
#define PV_ABI_XEN_COMPAT_H

#define __XEN_LATEST_INTERFACE_VERSION__ 0x00040e00

#ifndef __XEN_INTERFACE_VERSION__
#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__
#elif __XEN_INTERFACE_VERSION__ != __XEN_LATEST_INTERFACE_VERSION__
#error "pv-abi describes interface version 0x00040e00 only"
#endif

/* The GNU assembler driver defines __ASSEMBLER__; Xen's headers, and so ours, test __ASSEMBLY__. */
#if defined(__ASSEMBLER__) && !defined(__ASSEMBLY__)
#define __ASSEMBLY__
#endif

#ifndef __ASSEMBLY__

#include <stddef.h>
#include <stdint.h>

/* PV_ABI_ASSERT(condition): a compile-time check that also works before C11. */
#if defined(__cplusplus)
#define PV_ABI_ASSERT(cond) static_assert(cond, #cond)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define PV_ABI_ASSERT(cond) _Static_assert(cond, #cond)
#else
#define PV_ABI_ASSERT_NAME2(line) pv_abi_assert_##line
#define PV_ABI_ASSERT_NAME(line) PV_ABI_ASSERT_NAME2(line)
#define PV_ABI_ASSERT(cond) extern char PV_ABI_ASSERT_NAME(__LINE__)[(cond) ? 1 : -1]
#endif

#define PV_ABI_SIZE(type, bytes) PV_ABI_ASSERT(sizeof(type) == (bytes))
#define PV_ABI_OFFSET(type, field, bytes) PV_ABI_ASSERT(offsetof(type, field) == (bytes))

/* Length to write in the brackets of a trailing array of variable length. */
#define XEN_FLEX_ARRAY_DIM
#define COMPAT_FLEX_ARRAY_DIM XEN_FLEX_ARRAY_DIM

#endif /* !__ASSEMBLY__ */

#endif /* PV_ABI_XEN_COMPAT_H */
