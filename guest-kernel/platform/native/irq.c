/* SPDX-License-Identifier: MIT */
/* Interrupts: local APIC, IOAPIC, the flag. [SDM 3A 10; Intel 82093AA] */
#include "../../kernel/lib.h"
#include "../../kernel/lock.h"
#include "../../kernel/page.h"
#include "../../kernel/trapframe.h"
#include "native.h"

#define LINES 24

struct action {
	struct action *next;
	void (*handler)(void *arg);
	void *arg;
};

static struct action *actions[LINES];
static struct spinlock irq_lock = SPINLOCK_INIT(LOCK_IRQ);

bool plat_irqs_on(void)
{
	u64 f;

	__asm__ volatile("pushfq; pop %0" : "=r"(f));
	return f & FLAG_IF;
}

u64 plat_irq_save(void)
{
	u64 f;

	__asm__ volatile("pushfq; pop %0; cli" : "=r"(f) :: "memory");
	return f & FLAG_IF;
}

void plat_irq_restore(u64 flags)
{
	if (flags)
		__asm__ volatile("sti" ::: "memory");
}

void plat_irq_enable(void)
{
	__asm__ volatile("sti" ::: "memory");
}

void plat_irq_disable(void)
{
	__asm__ volatile("cli" ::: "memory");
}

static void ioapic_write(u32 reg, u32 v)
{
	*(volatile u32 *)IOAPIC_BASE = reg;
	*(volatile u32 *)(IOAPIC_BASE + 0x10) = v;
}

int plat_irq_bind(unsigned line, void (*handler)(void *), void *arg)
{
	struct action *a = kmalloc(sizeof(*a));
	bool level = line >= 5 && line != 8 && line != 12 && line != 14 && line != 15;	/* PCI's on this machine */

	if (!a || line >= LINES) {
		kfree(a);
		return -1;
	}
	spin_lock(&irq_lock);
	*a = (struct action){ actions[line], handler, arg };
	actions[line] = a;
	ioapic_write(0x10 + line * 2 + 1, lapic_read(LAPIC_ID));
	ioapic_write(0x10 + line * 2, (VECTOR_IRQ + line) | (level ? 0x8000 : 0));
	spin_unlock(&irq_lock);
	return 0;
}

/* The two 8259s are silenced; the IOAPIC's lines stay masked until somebody binds them. */
void irq_init(void)
{
	outb(0x21, 0xff);
	outb(0xa1, 0xff);
	for (int i = 0; i < LINES; i++)
		ioapic_write(0x10 + i * 2, 0x10000);
}

void lapic_enable(void)
{
	lapic_write(LAPIC_SVR, 0x100 | VECTOR_SPURIOUS);
	lapic_write(LAPIC_LVT_LINT0, 0x10000);
}

void irq_dispatch(unsigned vector)
{
	if (vector == VECTOR_SPURIOUS)
		return;
	lapic_write(LAPIC_EOI, 0);
	if (vector == VECTOR_TIMER) {
		timer_interrupt();
	} else if (vector == VECTOR_RESCHED) {
		resched_interrupt();
	} else if (vector - VECTOR_IRQ < LINES) {
		for (struct action *a = actions[vector - VECTOR_IRQ]; a; a = a->next)
			a->handler(a->arg);
	}
}
