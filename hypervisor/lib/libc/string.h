/* SPDX-License-Identifier: MIT
 * The C library's names for what third-party sources in ring 0 include. */
#ifndef HYPERVISOR_LIB_LIBC_STRING_H
#define HYPERVISOR_LIB_LIBC_STRING_H
#include "lib/string.h"
#endif
