/* SPDX-License-Identifier: MIT
 *
 * Interrupts: dispatch by vector, the IO-APIC, messages (MSI).
 *
 * A GSI has one vector, GSI_VECTOR + pin, and goes to CPU 0. A line bound to
 * a guest is masked when it fires level-triggered, and unmasked by the guest's
 * EOI, so a device that nobody serves cannot storm.
 *
 * Lock: irq_lock (LOCK_IRQ) for the tables and the IO-APIC's index register.
 * [Intel 82093AA] [SDM 3A 10.11]
 */
#include "arch/irq.h"
#include "arch/acpi.h"
#include "arch/apic.h"
#include "arch/init.h"
#include "arch/irq_vectors.h"
#include "arch/x86.h"
#include "lib/errno.h"
#include "lib/panic.h"
#include "lib/string.h"

#define RTE_MASKED  (1U << 16)
#define RTE_LEVEL   (1U << 15)
#define RTE_LOW     (1U << 13)

struct line {
	struct domain *domain;  /* guest-bound */
	unsigned int pirq;
	void (*fn)(void *);     /* ours */
	void *arg;
	bool level;
};

static DEFINE_SPINLOCK(irq_lock, LOCK_IRQ);
static struct line lines[256];          /* by vector */
static volatile uint32_t *ioapic;
static unsigned int nr_pins;

static uint32_t ioapic_read(unsigned int reg)
{
	ioapic[0] = reg;
	return ioapic[4];
}

static void ioapic_write(unsigned int reg, uint32_t v)
{
	ioapic[0] = reg;
	ioapic[4] = v;
}

static void rte_write(unsigned int pin, uint32_t low)
{
	ioapic_write(0x11 + 2 * pin, cpus[0]->apic_id << 24);
	ioapic_write(0x10 + 2 * pin, low);
}

static void pin_mask(unsigned int pin, bool masked)
{
	uint32_t v = ioapic_read(0x10 + 2 * pin);

	ioapic_write(0x10 + 2 * pin, masked ? v | RTE_MASKED : v & ~RTE_MASKED);
}

/* The GSI of an ISA interrupt, and how it is wired. PCI interrupts (10, 11 on the i440FX) come as level. */
static void gsi_wiring(unsigned int gsi, uint32_t *rte)
{
	*rte = gsi < 16 ? 0 : RTE_LEVEL | RTE_LOW;
	for (unsigned int i = 0; i < acpi_info.nr_overrides; i++) {
		uint16_t f = acpi_info.override[i].flags;

		if (acpi_info.override[i].gsi != gsi)
			continue;
		*rte = ((f & 3) == 3 ? RTE_LOW : 0) | (((f >> 2) & 3) == 3 ? RTE_LEVEL : 0);
	}
}

void __init irq_init(void)
{
	ioapic = vmap_io(maddr(acpi_info.ioapic_base), PAGE_SIZE);
	nr_pins = MIN(((ioapic_read(1) >> 16) & 0xff) + 1, (unsigned int)NR_GSIS);
	for (unsigned int i = 0; i < nr_pins; i++)
		rte_write(i, RTE_MASKED | (GSI_VECTOR + i));
}

/* EOI last, so that a masked level line does not fire again. */
static void dispatch(unsigned int vector)
{
	struct line *l = &lines[vector];

	switch (vector) {
	case VECTOR_TIMER:
		raise_softirq(SOFTIRQ_TIMER);
		break;
	case VECTOR_EVENT_CHECK:
		break;
	case VECTOR_CALL:
		smp_poll();
		break;
	case VECTOR_SPURIOUS:
		return;
	case PIC_VECTOR ... PIC_VECTOR + 15:
		return;         /* spurious from a masked 8259 */
	default:
		spin_lock(&irq_lock);
		if (l->domain) {
			struct domain *d = l->domain;
			unsigned int pirq = l->pirq;
			bool held = domain_get(d);

			if (l->level)
				pin_mask(vector - GSI_VECTOR, true);
			spin_unlock(&irq_lock);
			/* From here on another CPU may take the line away, and the domain with it. */
			if (held) {
				pirq_raise(d, pirq);
				domain_put(d);
			}
		} else {
			spin_unlock(&irq_lock);
			if (l->fn)
				l->fn(l->arg);
		}
		break;
	}
	apic_eoi();
}

/*
 * In interrupt context: interrupts off. Locks that handlers take are held with
 * interrupts off, so whatever is held here is none of theirs: no order to check.
 */
void irq_dispatch(unsigned int vector)
{
	struct cpu *c = this_cpu();
	uint8_t held = c->lock_level;

	c->lock_level = 0;
	dispatch(vector);
	c->lock_level = held;
}

int irq_request_gsi(unsigned int gsi, void (*fn)(void *), void *arg)
{
	unsigned long flags;
	uint32_t rte;

	if (gsi >= nr_pins)
		return -EINVAL;
	gsi_wiring(gsi, &rte);
	spin_lock_irqsave(&irq_lock, flags);
	lines[GSI_VECTOR + gsi] = (struct line){ .fn = fn, .arg = arg, .level = rte & RTE_LEVEL };
	rte_write(gsi, rte | (GSI_VECTOR + gsi));
	spin_unlock_irqrestore(&irq_lock, flags);
	return 0;
}

int irq_bind_gsi(unsigned int gsi, struct domain *d, unsigned int pirq)
{
	struct line *l = &lines[GSI_VECTOR + gsi];
	unsigned long flags;
	uint32_t rte;
	int rc = -EBUSY;

	if (gsi >= nr_pins)
		return -EINVAL;
	gsi_wiring(gsi, &rte);
	spin_lock_irqsave(&irq_lock, flags);
	if (!l->fn && (!l->domain || l->domain == d)) {
		*l = (struct line){ .domain = d, .pirq = pirq, .level = rte & RTE_LEVEL };
		rte_write(gsi, rte | (GSI_VECTOR + gsi));
		rc = 0;
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	return rc;
}

void irq_unbind_gsi(unsigned int gsi, struct domain *d)
{
	unsigned long flags;

	if (gsi >= nr_pins)
		return;
	spin_lock_irqsave(&irq_lock, flags);
	if (lines[GSI_VECTOR + gsi].domain == d) {
		pin_mask(gsi, true);
		lines[GSI_VECTOR + gsi] = (struct line){ 0 };
	}
	spin_unlock_irqrestore(&irq_lock, flags);
}

void irq_eoi_gsi(unsigned int gsi, const struct domain *d)
{
	unsigned long flags;

	if (gsi >= nr_pins)
		return;
	spin_lock_irqsave(&irq_lock, flags);
	if (lines[GSI_VECTOR + gsi].domain == d)
		pin_mask(gsi, false);
	spin_unlock_irqrestore(&irq_lock, flags);
}

int irq_ioapic_read(unsigned long base, unsigned int reg, uint32_t *value)
{
	unsigned long flags;

	if (base != acpi_info.ioapic_base)
		return -EINVAL;
	spin_lock_irqsave(&irq_lock, flags);
	*value = ioapic_read(reg);
	spin_unlock_irqrestore(&irq_lock, flags);
	return 0;
}

int irq_bind_msi(struct domain *d, unsigned int pirq, uint64_t *msg_addr, uint32_t *msg_data)
{
	unsigned long flags;
	int rc = -ENOSPC;

	spin_lock_irqsave(&irq_lock, flags);
	for (unsigned int v = MSI_VECTOR; v <= MSI_VECTOR_LAST; v++) {
		if (lines[v].domain)
			continue;
		lines[v] = (struct line){ .domain = d, .pirq = pirq };
		*msg_addr = 0xfee00000ULL | (uint64_t)cpus[0]->apic_id << 12;
		*msg_data = v;
		rc = 0;
		break;
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	return rc;
}

void irq_unbind_msi(struct domain *d, unsigned int pirq)
{
	unsigned long flags;

	spin_lock_irqsave(&irq_lock, flags);
	for (unsigned int v = MSI_VECTOR; v <= MSI_VECTOR_LAST; v++)
		if (lines[v].domain == d && lines[v].pirq == pirq)
			lines[v] = (struct line){ 0 };
	spin_unlock_irqrestore(&irq_lock, flags);
}
