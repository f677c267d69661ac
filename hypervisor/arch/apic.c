/* SPDX-License-Identifier: MIT
 *
 * The local APIC, in memory-mapped (xAPIC) mode. Registers belong to their CPU; an
 * IPI is two writes, which interrupts must not come between: they are off
 * here wherever the ICR is written.
 *
 * [SDM 3A 10.4, 10.5.4, 10.6]
 */
#include "arch/apic.h"
#include "arch/acpi.h"
#include "arch/irq_vectors.h"
#include "arch/x86.h"
#include "mm/domain_mm.h"

#define APIC_ID       0x020
#define APIC_TPR      0x080
#define APIC_EOI      0x0b0
#define APIC_SVR      0x0f0
#define APIC_ESR      0x280
#define APIC_ICR_LOW  0x300
#define APIC_ICR_HIGH 0x310
#define APIC_LVT_TIMER 0x320
#define APIC_LVT_LINT0 0x350
#define APIC_LVT_LINT1 0x360
#define APIC_LVT_ERROR 0x370
#define APIC_TIMER_INITIAL 0x380
#define APIC_TIMER_CURRENT 0x390
#define APIC_TIMER_DIVIDE  0x3e0

#define ICR_PENDING   (1U << 12)
#define ICR_ASSERT    (1U << 14)
#define ICR_OTHERS    (3U << 18)
#define ICR_NMI       (4U << 8)
#define ICR_INIT      (5U << 8)
#define ICR_STARTUP   (6U << 8)
#define LVT_MASKED    (1U << 16)

static volatile uint32_t *regs;

static uint32_t rd(unsigned int r)
{
	return regs[r / 4];
}

static void wr(unsigned int r, uint32_t v)
{
	regs[r / 4] = v;
}

static void __init pic_silence(void)
{
	outb(0x11, 0x20);
	outb(0x11, 0xa0);
	outb(PIC_VECTOR, 0x21);
	outb(PIC_VECTOR + 8, 0xa1);
	outb(4, 0x21);
	outb(2, 0xa1);
	outb(1, 0x21);
	outb(1, 0xa1);
	outb(0xff, 0x21);
	outb(0xff, 0xa1);
}

void __init apic_init(void)
{
	regs = vmap_io(maddr(acpi_info.lapic_base), PAGE_SIZE);
	pic_silence();
}

void apic_init_cpu(void)
{
	wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | 1U << 11);
	wr(APIC_TPR, 0);
	wr(APIC_LVT_LINT0, LVT_MASKED);
	wr(APIC_LVT_LINT1, ICR_NMI);
	wr(APIC_LVT_ERROR, VECTOR_ERROR);
	wr(APIC_TIMER_DIVIDE, 0xb);             /* by 1 */
	wr(APIC_LVT_TIMER, VECTOR_TIMER);
	wr(APIC_SVR, 0x100 | VECTOR_SPURIOUS);
}

uint32_t apic_id(void)
{
	return rd(APIC_ID) >> 24;
}

void apic_eoi(void)
{
	wr(APIC_EOI, 0);
}

static void icr_write(uint32_t to, uint32_t low)
{
	unsigned long flags = local_irq_save();

	while (rd(APIC_ICR_LOW) & ICR_PENDING)
		cpu_relax();
	wr(APIC_ICR_HIGH, to << 24);
	wr(APIC_ICR_LOW, low);
	local_irq_restore(flags);
}

void apic_send_ipi(uint32_t to, unsigned int vector)
{
	icr_write(to, ICR_ASSERT | vector);
}

void apic_send_nmi_others(void)
{
	if (regs)
		icr_write(0, ICR_OTHERS | ICR_ASSERT | ICR_NMI);
}

void apic_send_init(uint32_t to)
{
	icr_write(to, ICR_ASSERT | ICR_INIT);
}

void apic_send_startup(uint32_t to, unsigned int page)
{
	icr_write(to, ICR_ASSERT | ICR_STARTUP | page);
}

void apic_timer_set(uint32_t count)
{
	wr(APIC_TIMER_INITIAL, count);
}

uint32_t apic_timer_count(void)
{
	return rd(APIC_TIMER_CURRENT);
}

void apic_timer_calibrate_start(void)
{
	wr(APIC_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
	wr(APIC_TIMER_INITIAL, ~0U);
}

void apic_timer_calibrate_end(void)
{
	wr(APIC_TIMER_INITIAL, 0);
	wr(APIC_LVT_TIMER, VECTOR_TIMER);
}
