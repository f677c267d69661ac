/* SPDX-License-Identifier: MIT
 *
 * Descriptor tables of a CPU: the reserved GDT page, the TSS, the shared IDT.
 */
#ifndef HYPERVISOR_ARCH_DESC_H
#define HYPERVISOR_ARCH_DESC_H

#include "arch/cpu.h"

struct tss64 {                  /* [SDM 3A 8.7] */
	uint32_t reserved0;
	uint64_t rsp0, rsp1, rsp2;
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3, iomap_base;
} __packed;

struct desc_ptr {
	uint16_t limit;
	uint64_t base;
} __packed;

void idt_init(void);                    /* boot CPU */
void desc_init_cpu(struct cpu *c);      /* allocate: GDT page, TSS, stacks for NMI, #DF, #MC */
void desc_load_cpu(struct cpu *c);      /* on that CPU */
void gdt_load(unsigned long base);      /* base of entry 0 of a 16-page window */
unsigned long gdt_cpu_base(const struct cpu *c);        /* window base such that the reserved page is c's */

#endif
