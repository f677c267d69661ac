/* SPDX-License-Identifier: MIT */
/*
 * The IOAPIC: 24 interrupt lines, each with a redirection entry that says which vector goes to which local APIC.
 * [Intel 82093AA] Line 0 of the timer chip arrives at pin 2, as on every PC.
 */
#ifndef DEVMODEL_IOAPIC_H
#define DEVMODEL_IOAPIC_H

#include <stdbool.h>
#include <stdint.h>

#define IOAPIC_BASE 0xfec00000u
#define IOAPIC_SIZE 0x1000u
#define IOAPIC_PINS 24

struct ioapic {
	uint32_t select, id;
	uint64_t entry[IOAPIC_PINS];
	uint32_t high;			/* lines that are asserted */
};

struct machine;

void ioapic_reset(struct machine *m);
uint32_t ioapic_read(struct machine *m, uint32_t reg);
void ioapic_write(struct machine *m, uint32_t reg, uint32_t v);
void ioapic_line(struct machine *m, unsigned int pin, bool high);
/* A local APIC's end of interrupt of a vector that came by level. */
void ioapic_end_of_interrupt(struct machine *m, uint8_t vector);

#endif
