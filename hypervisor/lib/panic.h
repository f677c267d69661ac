/* SPDX-License-Identifier: MIT
 *
 * Broken invariants of ours. A guest's mistake never comes here: it gets a
 * negative errno, or its domain is crashed (core/domain.h).
 */
#ifndef HYPERVISOR_LIB_PANIC_H
#define HYPERVISOR_LIB_PANIC_H

#include "lib/types.h"

/* Print the message, registers, a stack and the last trace records; stop every CPU. */
void panic(const char *fmt, ...) __printf(1, 2) __noreturn;

#define BUG_ON(cond) do { \
		if (unlikely(cond)) \
			panic("%s:%d: BUG: %s", __FILE__, __LINE__, #cond); \
	} while (0)

#ifndef NDEBUG
#define ASSERT(cond) do { \
		if (unlikely(!(cond))) \
			panic("%s:%d: assertion failed: %s", __FILE__, __LINE__, #cond); \
	} while (0)
#else
#define ASSERT(cond) do { (void)sizeof(cond); } while (0)
#endif

#endif
