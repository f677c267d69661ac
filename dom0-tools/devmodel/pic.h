/* SPDX-License-Identifier: MIT */
/*
 * The pair of 8259 interrupt controllers, as far as a kernel that has an IOAPIC uses them: they take their initialization
 * and their masks, and never interrupt anybody. [Intel 8259A]
 */
#ifndef DEVMODEL_PIC_H
#define DEVMODEL_PIC_H

#include <stdint.h>

struct pic {
	struct pic_chip {
		uint8_t mask, icw_left;
	} chip[2];
	uint8_t elcr[2];		/* which lines are levels, at 0x4d0 */
};

struct machine;

void pic_reset(struct machine *m);
uint32_t pic_read(struct machine *m, uint16_t port, unsigned int size);
void pic_write(struct machine *m, uint16_t port, unsigned int size, uint32_t v);

#endif
