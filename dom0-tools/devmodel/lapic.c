/* SPDX-License-Identifier: MIT */
/* Local APICs: see lapic.h. */
#include <string.h>

#include "machine.h"

/* Registers. [SDM 3A, table 10-1] */
enum {
	REG_ID = 0x20, REG_VERSION = 0x30, REG_TPR = 0x80, REG_PPR = 0xa0, REG_EOI = 0xb0, REG_LDR = 0xd0, REG_DFR = 0xe0,
	REG_SVR = 0xf0, REG_ISR = 0x100, REG_TMR = 0x180, REG_IRR = 0x200, REG_ESR = 0x280, REG_ICR = 0x300,
	REG_ICR_HIGH = 0x310, REG_LVT = 0x320, REG_INITIAL = 0x380, REG_CURRENT = 0x390, REG_DIVIDE = 0x3e0,
};

#define VERSION 0x00050014u		/* an integrated APIC with six local vectors */
#define SVR_ENABLED 0x100u
#define LVT_MASKED 0x10000u
#define LVT_MODE 0x60000u
#define LVT_PERIODIC 0x20000u
#define ICR_LOGICAL 0x800u
#define ICR_ASSERT 0x4000u
#define ICR_LEVEL 0x8000u

enum { ERROR_SENT_VECTOR = 0x20, ERROR_RECEIVED_VECTOR = 0x40, ERROR_REGISTER = 0x80 };

static bool enabled(const struct lapic *l)
{
	return l->svr & SVR_ENABLED;
}

/* Both sides change these words. */
static uint32_t word(uint32_t *w)
{
	return __atomic_load_n(w, __ATOMIC_ACQUIRE);
}

/* The highest vector in a set of 256 bits, or -1. */
static int highest(uint32_t *set)
{
	for (int i = 7; i >= 0; i--) {
		uint32_t w = word(&set[i]);

		if (w)
			return i * 32 + 31 - __builtin_clz(w);
	}
	return -1;
}

void lapic_reset(struct machine *m, unsigned int vcpu)
{
	struct paravane_vcpu_page *p = m->page[vcpu];
	struct lapic *l = &m->lapic[vcpu];

	memset(l, 0, sizeof(*l));
	l->dfr = 0xffffffff;
	l->svr = 0xff;
	l->deadline = NEVER;
	for (int i = 0; i < NR_LVT; i++)
		l->lvt[i] = LVT_MASKED;
	for (int i = 0; i < 8; i++) {
		__atomic_store_n(&p->irr[i], 0, __ATOMIC_RELEASE);
		__atomic_store_n(&p->isr[i], 0, __ATOMIC_RELEASE);
	}
	__atomic_store_n(&p->tpr, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&p->nmi, 0, __ATOMIC_RELEASE);
}

static void accept(struct machine *m, unsigned int vcpu, uint8_t vector, bool level);

static void error(struct machine *m, unsigned int vcpu, uint32_t bit)
{
	struct lapic *l = &m->lapic[vcpu];
	uint32_t lvt = l->lvt[LVT_ERROR];
	bool first = !(l->errors & bit);

	l->errors |= bit;
	/* A bad vector in this very entry must not lead back here for ever. */
	if (first && !(lvt & LVT_MASKED) && (lvt & 0xff) >= 16)
		accept(m, vcpu, lvt & 0xff, false);
}

/* An interrupt has arrived. */
static void accept(struct machine *m, unsigned int vcpu, uint8_t vector, bool level)
{
	struct lapic *l = &m->lapic[vcpu];
	uint32_t bit = 1u << vector % 32;

	if (vector < 16) {
		error(m, vcpu, ERROR_RECEIVED_VECTOR);
		return;
	}
	if (!enabled(l))
		return;
	if (level)
		l->level[vector / 32] |= bit;
	else
		l->level[vector / 32] &= ~bit;
	__atomic_fetch_or(&m->page[vcpu]->irr[vector / 32], bit, __ATOMIC_SEQ_CST);
	m->host->kick(m->host->ctx, vcpu);
}

static void deliver(struct machine *m, unsigned int vcpu, unsigned int mode, uint8_t vector, bool level)
{
	struct lapic *l = &m->lapic[vcpu];

	switch (mode) {
	case DELIVER_FIXED:
	case DELIVER_LOWEST:
		accept(m, vcpu, vector, level);
		break;
	case DELIVER_NMI:
		__atomic_store_n(&m->page[vcpu]->nmi, 1, __ATOMIC_SEQ_CST);
		m->host->kick(m->host->ctx, vcpu);
		break;
	case DELIVER_INIT:
		m->host->init(m->host->ctx, vcpu);
		lapic_reset(m, vcpu);
		l->waits_for_startup = true;
		break;
	case DELIVER_STARTUP:
		if (!l->waits_for_startup)
			break;
		l->waits_for_startup = false;
		m->host->startup(m->host->ctx, vcpu, vector);
		break;
	default:
		break;		/* there is no system management mode, and no 8259 behind LINT0 */
	}
}

/* The class that an interrupt must be above. */
static uint32_t processor_priority(struct machine *m, unsigned int vcpu)
{
	int serviced = highest(m->page[vcpu]->isr);
	uint32_t tpr = word(&m->page[vcpu]->tpr) & 0xff, isrv = serviced < 0 ? 0 : (uint32_t)serviced & 0xf0;

	return tpr >= isrv ? tpr : isrv;
}

static bool is_meant(const struct machine *m, unsigned int vcpu, uint8_t dest, bool logical)
{
	uint8_t id = (uint8_t)(m->lapic[vcpu].ldr >> 24);

	if (dest == 0xff)
		return true;
	if (!logical)
		return dest == vcpu;
	if (m->lapic[vcpu].dfr >> 28 == 0xf)
		return id & dest;
	return id >> 4 == dest >> 4 && id & dest & 0xf;
}

/* Of those that are meant, the one that has least to do. */
static void deliver_lowest(struct machine *m, uint64_t targets, uint8_t vector, bool level)
{
	unsigned int best = 0;
	uint32_t least = 0x100;

	for (unsigned int i = 0; i < m->nr_vcpus; i++) {
		uint32_t priority = targets >> i & 1 && enabled(&m->lapic[i]) ? processor_priority(m, i) : 0x100;

		if (priority < least) {
			least = priority;
			best = i;
		}
	}
	if (least < 0x100)
		accept(m, best, vector, level);
}

static void deliver_all(struct machine *m, uint64_t targets, unsigned int mode, uint8_t vector, bool level)
{
	if (mode == DELIVER_LOWEST) {
		deliver_lowest(m, targets, vector, level);
		return;
	}
	for (unsigned int i = 0; i < m->nr_vcpus; i++)
		if (targets >> i & 1)
			deliver(m, i, mode, vector, level);
}

static uint64_t meant(const struct machine *m, uint8_t dest, bool logical)
{
	uint64_t targets = 0;

	for (unsigned int i = 0; i < m->nr_vcpus; i++)
		targets |= (uint64_t)is_meant(m, i, dest, logical) << i;
	return targets;
}

void lapic_message(struct machine *m, uint8_t dest, bool logical, unsigned int mode, uint8_t vector, bool level)
{
	deliver_all(m, meant(m, dest, logical), mode, vector, level);
}

/* A write to the interrupt command register. */
static void command(struct machine *m, unsigned int vcpu, uint32_t low)
{
	struct lapic *l = &m->lapic[vcpu];
	unsigned int mode = low >> 8 & 7, shorthand = low >> 18 & 3;
	uint64_t self = 1ull << vcpu, all = (1ull << m->nr_vcpus) - 1;
	const uint64_t targets[4] = { meant(m, (uint8_t)(l->icr_high >> 24), low & ICR_LOGICAL), self, all, all & ~self };

	l->icr_low = low & 0x000ccfff;		/* sent at once: the delivery status is always idle */
	if ((mode == DELIVER_FIXED || mode == DELIVER_LOWEST) && (low & 0xff) < 16) {
		error(m, vcpu, ERROR_SENT_VECTOR);
		return;
	}
	/* The other half of an INIT, which only old APICs wait for. */
	if (mode == DELIVER_INIT && low & ICR_LEVEL && !(low & ICR_ASSERT))
		return;
	deliver_all(m, targets[shorthand], mode, low & 0xff, false);
}

static void end_of_interrupt(struct machine *m, unsigned int vcpu)
{
	struct lapic *l = &m->lapic[vcpu];
	int vector = highest(m->page[vcpu]->isr);
	uint32_t bit;

	if (vector < 0)
		return;
	bit = 1u << vector % 32;
	__atomic_fetch_and(&m->page[vcpu]->isr[vector / 32], ~bit, __ATOMIC_SEQ_CST);
	if (l->level[vector / 32] & bit) {
		l->level[vector / 32] &= ~bit;
		ioapic_end_of_interrupt(m, (uint8_t)vector);
	}
	m->host->kick(m->host->ctx, vcpu);
}

/* ---- the timer ---- */

static unsigned int divide_shift(const struct lapic *l)
{
	return ((l->divide & 3) + (l->divide >> 1 & 4) + 1) & 7;
}

static uint32_t current_count(const struct machine *m, const struct lapic *l)
{
	uint64_t ticks = (m->now - l->start) >> divide_shift(l);

	if (!l->initial)
		return 0;
	if (l->lvt[LVT_TIMER] & LVT_PERIODIC)
		return l->initial - (uint32_t)(ticks % l->initial);
	return ticks < l->initial ? l->initial - (uint32_t)ticks : 0;
}

/* When the next interrupt of the timer is due, after what it is set to has changed or it has fired. */
static void arm(struct machine *m, struct lapic *l)
{
	uint64_t period = (uint64_t)l->initial << divide_shift(l);
	uint32_t lvt = l->lvt[LVT_TIMER];

	l->deadline = NEVER;
	if (!period || lvt & LVT_MASKED)
		return;
	if ((lvt & LVT_MODE) == LVT_PERIODIC) {
		l->deadline = l->start + ((m->now - l->start) / period + 1) * period;
		if (l->deadline < m->now + MACHINE_MIN_PERIOD && period < MACHINE_MIN_PERIOD)
			l->deadline = m->now + MACHINE_MIN_PERIOD;
	} else if (!(lvt & LVT_MODE) && l->start + period > m->now) {
		l->deadline = l->start + period;
	}
}

void lapic_timer(struct machine *m, unsigned int vcpu)
{
	struct lapic *l = &m->lapic[vcpu];

	arm(m, l);
	accept(m, vcpu, l->lvt[LVT_TIMER] & 0xff, false);
}

/* ---- registers ---- */

uint32_t lapic_read(struct machine *m, unsigned int vcpu, uint32_t reg)
{
	struct paravane_vcpu_page *p = m->page[vcpu];
	struct lapic *l = &m->lapic[vcpu];

	/* Three sets of 256 bits, and the local vectors. */
	if (reg % 16 == 0 && reg >= REG_ISR && reg < REG_ISR + 0x80)
		return word(&p->isr[(reg - REG_ISR) / 16]);
	if (reg % 16 == 0 && reg >= REG_TMR && reg < REG_TMR + 0x80)
		return l->level[(reg - REG_TMR) / 16];
	if (reg % 16 == 0 && reg >= REG_IRR && reg < REG_IRR + 0x80)
		return word(&p->irr[(reg - REG_IRR) / 16]);
	if (reg % 16 == 0 && reg >= REG_LVT && reg < REG_LVT + 16 * NR_LVT)
		return l->lvt[(reg - REG_LVT) / 16];
	switch (reg) {
	case REG_ID: return vcpu << 24;
	case REG_VERSION: return VERSION;
	case REG_TPR: return word(&p->tpr) & 0xff;
	case REG_PPR: return processor_priority(m, vcpu);
	case REG_LDR: return l->ldr;
	case REG_DFR: return l->dfr;
	case REG_SVR: return l->svr;
	case REG_ESR: return l->esr;
	case REG_ICR: return l->icr_low;
	case REG_ICR_HIGH: return l->icr_high;
	case REG_INITIAL: return l->initial;
	case REG_CURRENT: return current_count(m, l);
	case REG_DIVIDE: return l->divide;
	case REG_EOI: return 0;
	}
	error(m, vcpu, ERROR_REGISTER);
	return 0;
}

static void write_lvt(struct machine *m, struct lapic *l, int i, uint32_t v)
{
	static const uint32_t writable[NR_LVT] = { 0x700ff, 0x107ff, 0x107ff, 0x1a7ff, 0x1a7ff, 0x100ff };

	l->lvt[i] = (v & writable[i]) | (enabled(l) ? 0 : LVT_MASKED);
	if (i == LVT_TIMER)
		arm(m, l);
}

static void write_svr(struct machine *m, struct lapic *l, uint32_t v)
{
	l->svr = v & 0x3ff;
	for (int i = 0; !enabled(l) && i < NR_LVT; i++)
		l->lvt[i] |= LVT_MASKED;
	arm(m, l);
}

static void set_timer(struct machine *m, struct lapic *l, uint32_t initial, uint32_t divide)
{
	l->initial = initial;
	l->divide = divide & 0xb;
	l->start = m->now;
	arm(m, l);
}

void lapic_write(struct machine *m, unsigned int vcpu, uint32_t reg, uint32_t v)
{
	struct paravane_vcpu_page *p = m->page[vcpu];
	struct lapic *l = &m->lapic[vcpu];

	if (reg % 16 == 0 && reg >= REG_LVT && reg < REG_LVT + 16 * NR_LVT) {
		write_lvt(m, l, (int)(reg - REG_LVT) / 16, v);
		return;
	}
	switch (reg) {
	case REG_TPR:
		__atomic_store_n(&p->tpr, v & 0xff, __ATOMIC_SEQ_CST);
		m->host->kick(m->host->ctx, vcpu);
		break;
	case REG_EOI: end_of_interrupt(m, vcpu); break;
	case REG_LDR: l->ldr = v & 0xff000000; break;
	case REG_DFR: l->dfr = v | 0x0fffffff; break;
	case REG_SVR: write_svr(m, l, v); break;
	case REG_ICR: command(m, vcpu, v); break;
	case REG_ICR_HIGH: l->icr_high = v & 0xff000000; break;
	case REG_INITIAL: set_timer(m, l, v, l->divide); break;
	case REG_DIVIDE: set_timer(m, l, l->initial, v); break;
	case REG_ESR:
		l->esr = l->errors;
		l->errors = 0;
		break;
	case REG_ID: case REG_VERSION: case REG_PPR: case REG_CURRENT:
		break;			/* read only */
	default:
		error(m, vcpu, ERROR_REGISTER);
	}
}
