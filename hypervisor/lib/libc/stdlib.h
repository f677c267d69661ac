/* SPDX-License-Identifier: MIT */
#ifndef HYPERVISOR_LIB_LIBC_STDLIB_H
#define HYPERVISOR_LIB_LIBC_STDLIB_H
#include "lib/string.h"
#endif
