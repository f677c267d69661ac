/* SPDX-License-Identifier: MIT
 *
 * Where the entry paths meet C.
 */
#ifndef HYPERVISOR_ARCH_TRAPS_H
#define HYPERVISOR_ARCH_TRAPS_H

#include "core/domain.h"

/* From entry.S. Interrupts off; regs is current->regs (guest) or on the stack (hypervisor). */
void trap_from_guest(struct cpu_user_regs *regs);
void trap_from_hypervisor(struct cpu_user_regs *regs);
void trap_iret_faulted(struct cpu_user_regs *frame);
void trap_nmi(struct cpu_user_regs *regs);
void trap_debug_in_hypervisor(struct cpu_user_regs *regs);
void trap_double_fault(struct cpu_user_regs *regs) __noreturn;
void trap_machine_check(struct cpu_user_regs *regs) __noreturn;
/* Everything that has to happen before a guest runs; returns the frame to leave by. */
struct cpu_user_regs *exit_to_guest(void);
void ret_to_guest(void) __noreturn;
void idle_stack_reset(void) __noreturn;

const char *trap_name(unsigned int vector);

#endif
