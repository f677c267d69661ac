/* SPDX-License-Identifier: MIT
 *
 * Starting CPUs, in the order boot/main.c wants it.
 */
#ifndef HYPERVISOR_ARCH_INIT_H
#define HYPERVISOR_ARCH_INIT_H

#include "arch/cpu.h"

struct cpu *cpu_alloc(unsigned int id, uint32_t apic);  /* with a stack; NULL */
void cpu_prepare(struct cpu *c);        /* on the boot CPU: tables, idle vCPU, run queue, timers, trace */
void cpu_init_this(struct cpu *c);      /* on that CPU, GS base set: descriptors, MSRs, APIC, FPU */
void smp_start(void);                   /* boot CPU: bring the others into their idle loops */
void clock_init(void);                  /* boot CPU: calibrate TSC and APIC timer, read the CMOS clock */
void clock_init_cpu(void);
void irq_init(void);                    /* IO-APIC */

#endif
