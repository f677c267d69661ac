/* SPDX-License-Identifier: MIT */
/*
 * Local APICs, one a vCPU. Requested and in-service vectors live in the page that is shared with the hypervisor, which
 * moves them from one to the other; all else is here. [SDM 3A 10; APM2 16]
 *
 * The timer counts at 1 GHz before its divider. The APIC's number is the vCPU's and cannot be changed.
 */
#ifndef DEVMODEL_LAPIC_H
#define DEVMODEL_LAPIC_H

#include <stdbool.h>
#include <stdint.h>

#define LAPIC_BASE 0xfee00000u
#define LAPIC_SIZE 0x1000u

/* In the order of their registers. */
enum { LVT_TIMER, LVT_THERMAL, LVT_PERFORMANCE, LVT_LINT0, LVT_LINT1, LVT_ERROR, NR_LVT };

/* Delivery modes, in an interrupt command as in a redirection entry. */
enum { DELIVER_FIXED, DELIVER_LOWEST, DELIVER_SMI, DELIVER_NMI = 4, DELIVER_INIT, DELIVER_STARTUP, DELIVER_EXTINT };

struct lapic {
	uint32_t ldr, dfr, svr;
	uint32_t esr, errors;		/* what reads show, and what happened since the last write */
	uint32_t icr_low, icr_high;
	uint32_t lvt[NR_LVT];
	uint32_t divide, initial;
	uint64_t start;			/* when the timer was set */
	uint64_t deadline;		/* its next interrupt, or NEVER */
	uint32_t level[8];		/* vectors whose end of interrupt an IOAPIC wants to hear of */
	bool waits_for_startup;		/* had an INIT, or never ran */
};

struct machine;

void lapic_reset(struct machine *m, unsigned int vcpu);
/* @reg is the offset of a register, a multiple of 4. */
uint32_t lapic_read(struct machine *m, unsigned int vcpu, uint32_t reg);
void lapic_write(struct machine *m, unsigned int vcpu, uint32_t reg, uint32_t v);

/* The timer's deadline has come. */
void lapic_timer(struct machine *m, unsigned int vcpu);

/* A message on the APIC bus, from an IOAPIC. @level: its trigger mode. */
void lapic_message(struct machine *m, uint8_t dest, bool logical, unsigned int mode, uint8_t vector, bool level);

#endif
