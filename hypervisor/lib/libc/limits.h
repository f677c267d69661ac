/* SPDX-License-Identifier: MIT */
#ifndef HYPERVISOR_LIB_LIBC_LIMITS_H
#define HYPERVISOR_LIB_LIBC_LIMITS_H
#define INT_MAX  __INT_MAX__
#define UINT_MAX (__INT_MAX__ * 2U + 1U)
#define LONG_MAX __LONG_MAX__
#endif
