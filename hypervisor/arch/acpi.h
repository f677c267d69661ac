/* SPDX-License-Identifier: MIT
 *
 * The few ACPI tables we read: MADT (CPUs, IO-APIC, overrides), FADT (power off).
 */
#ifndef HYPERVISOR_ARCH_ACPI_H
#define HYPERVISOR_ARCH_ACPI_H

#include "arch/cpu.h"
#include "lib/types.h"

struct acpi_info {
	unsigned int nr_cpus;
	uint32_t cpu_apic_id[MAX_CPUS];         /* [0] is whoever comes first in the MADT */
	uint64_t lapic_base;
	uint64_t ioapic_base;
	uint32_t ioapic_gsi_base;
	struct {
		uint8_t irq;                    /* ISA interrupt */
		uint32_t gsi;
		uint16_t flags;                 /* MPS INTI flags: polarity, trigger */
	} override[16];
	unsigned int nr_overrides;
	uint16_t pm1a_cnt, pm1b_cnt;            /* 0: cannot power off by ACPI */
	uint8_t slp_typ_a, slp_typ_b;
	uint64_t rsdp;                          /* machine address; for the control domain's start_info */
};
extern struct acpi_info acpi_info;

void acpi_init(void);   /* after mm_early_init; without tables: one CPU, usual addresses */

#endif
