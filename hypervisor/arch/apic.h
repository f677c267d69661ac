/* SPDX-License-Identifier: MIT
 *
 * The local APIC of this CPU. [SDM 3A 10]
 */
#ifndef HYPERVISOR_ARCH_APIC_H
#define HYPERVISOR_ARCH_APIC_H

#include "lib/types.h"

void apic_init(void);           /* boot CPU: map the registers, silence the 8259s */
void apic_init_cpu(void);
uint32_t apic_id(void);
void apic_eoi(void);
void apic_send_ipi(uint32_t to, unsigned int vector);
void apic_send_nmi_others(void);        /* safe before apic_init: does nothing then */
void apic_send_init(uint32_t to);
void apic_send_startup(uint32_t to, unsigned int page);
void apic_timer_set(uint32_t count);    /* one shot; 0 stops */
uint32_t apic_timer_count(void);
void apic_timer_calibrate_start(void);  /* free-running, for arch/clock.c */
void apic_timer_calibrate_end(void);

#endif
