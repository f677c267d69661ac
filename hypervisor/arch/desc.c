/* SPDX-License-Identifier: MIT
 *
 * Descriptor tables.
 *
 * A guest's GDT has 14 frames of the guest's; the page behind them is the CPU's
 * own, with the flat segments that the ABI promises, our code segment, and the
 * TSS. While a vCPU runs, GDTR points at its window in the per-domain area and
 * page 14 of it shows the reserved page of the CPU it runs on; an idle CPU uses
 * the same page at the same offset through the direct map.
 *
 * [SDM 3A 3.4.5, 8.7] [Xen public/arch-x86/xen-x86_64.h]
 */
#include "arch/desc.h"
#include "arch/traps.h"
#include "arch/x86.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/domain_mm.h"

struct idt_entry {
	uint16_t offset_low, selector;
	uint8_t ist, attr;
	uint16_t offset_mid;
	uint32_t offset_high, reserved;
} __packed;

static struct idt_entry idt[256] __aligned(16);

extern const char vector_stubs[];
void nmi_entry(void);
void double_fault_entry(void);
void debug_entry(void);
void machine_check_entry(void);

static void idt_set(unsigned int vec, const void *handler, unsigned int dpl, unsigned int ist)
{
	unsigned long a = (unsigned long)handler;

	idt[vec] = (struct idt_entry){
		.offset_low = a & 0xffff,
		.offset_mid = (a >> 16) & 0xffff,
		.offset_high = (uint32_t)(a >> 32),
		.selector = HV_CS64,
		.ist = (uint8_t)ist,
		.attr = (uint8_t)(0x8e | dpl << 5),
	};
}

void __init idt_init(void)
{
	for (unsigned int i = 0; i < 256; i++)
		idt_set(i, vector_stubs + 16 * i, 0, 0);
	/* INT3 and INTO come from ring 3 directly; every other INT n is a #GP that pv/ decodes. */
	idt_set(TRAP_BP, vector_stubs + 16 * TRAP_BP, 3, 0);
	idt_set(TRAP_OF, vector_stubs + 16 * TRAP_OF, 3, 0);
	idt_set(TRAP_NMI, nmi_entry, 0, IST_NMI);
	idt_set(TRAP_DB, debug_entry, 0, IST_DB);
	idt_set(TRAP_DF, double_fault_entry, 0, IST_DF);
	idt_set(TRAP_MC, machine_check_entry, 0, IST_MCE);
}

static void gdt_fill(struct cpu *c)
{
	uint64_t *g = c->gdt, base = (uint64_t)c->tss, limit = sizeof(struct tss64) - 1;

#define SLOT(sel) g[((sel) - FIRST_RESERVED_GDT_BYTE) >> 3]
	SLOT(HV_CS64) = 0x00af9b000000ffff;
	SLOT(HV_DS) = 0x00cf93000000ffff;
	SLOT(SEL_RING1_CS32) = 0x00cfbb000000ffff;
	SLOT(SEL_RING3_CS32) = 0x00cffb000000ffff;
	SLOT(SEL_RING3_DS) = 0x00cff3000000ffff;
	SLOT(SEL_RING3_CS64) = 0x00affb000000ffff;
	SLOT(HV_TSS) = limit | (base & 0xffffff) << 16 | 0x89ULL << 40 | (base >> 24 & 0xff) << 56;
	SLOT(HV_TSS + 8) = base >> 32;
#undef SLOT
}

/* A stack whose last 16 bytes begin with the CPU's pointer, for PARANOID entries. */
static uint64_t ist_stack(struct cpu *c)
{
	char *s = alloc_hv_page();

	BUG_ON(!s);
	*(struct cpu **)(s + IST_STACK_SIZE - 16) = c;
	return (uint64_t)(s + IST_STACK_SIZE - 16);
}

void desc_init_cpu(struct cpu *c)
{
	c->tss = kzalloc(sizeof(*c->tss));
	c->gdt = alloc_hv_page();
	BUG_ON(!c->tss || !c->gdt);
	clear_page(c->gdt);
	c->gdt_mfn = virt_to_mfn(c->gdt);
	c->tss->iomap_base = sizeof(*c->tss);
	c->tss->ist[IST_NMI - 1] = ist_stack(c);
	c->tss->ist[IST_DF - 1] = ist_stack(c);
	c->tss->ist[IST_MCE - 1] = ist_stack(c);
	c->tss->ist[IST_DB - 1] = ist_stack(c);
	gdt_fill(c);
}

unsigned long gdt_cpu_base(const struct cpu *c)
{
	return (unsigned long)c->gdt - FIRST_RESERVED_GDT_BYTE;
}

void gdt_load(unsigned long base)
{
	struct desc_ptr p = { .limit = GDT_WINDOW_PAGES * PAGE_SIZE - 1, .base = base };

	__asm__ volatile("lgdt %0" :: "m"(p));
}

/* A loaded TSS is marked busy, and LTR refuses a busy one. */
void desc_load_cpu(struct cpu *c)
{
	struct desc_ptr p = { .limit = sizeof(idt) - 1, .base = (unsigned long)idt };

	gdt_load(gdt_cpu_base(c));
	__asm__ volatile(
		"pushq %0\n\t"
		"leaq 1f(%%rip), %%rax\n\t"
		"pushq %%rax\n\t"
		"lretq\n"
		"1:\n\t"
		"movl %1, %%ss\n\t"
		"movl %2, %%ds\n\t"
		"movl %2, %%es\n\t"
		:: "i"(HV_CS64), "r"(0), "r"(0) : "rax", "memory");
	__asm__ volatile("lidt %0" :: "m"(p));
	c->gdt[(HV_TSS - FIRST_RESERVED_GDT_BYTE) >> 3] &= ~(2ULL << 40);
	__asm__ volatile("ltr %w0" :: "r"(HV_TSS));
	__asm__ volatile("lldt %w0" :: "r"(0));
}
