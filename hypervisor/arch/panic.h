/* SPDX-License-Identifier: MIT
 *
 * Dying well: see also lib/panic.h.
 */
#ifndef HYPERVISOR_ARCH_PANIC_H
#define HYPERVISOR_ARCH_PANIC_H

#include <pv-abi/xen.h>
#include "lib/types.h"

void panic_regs(const struct cpu_user_regs *regs, const char *fmt, ...) __printf(2, 3) __noreturn;
bool panic_in_progress(void);         /* an NMI means: stop */
void panic_stop_others(void);
void panic_stop_this_cpu(void) __noreturn;
void print_regs(const struct cpu_user_regs *regs);
/* Return addresses on the stack from frame pointer @bp on; resolve with addr2line on build/paravane.elf. */
void print_backtrace(unsigned long ip, unsigned long bp);

#endif
