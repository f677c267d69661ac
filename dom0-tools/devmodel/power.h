/* SPDX-License-Identifier: MIT */
/*
 * The ways out, at the ports where a PC under QEMU has them, and the debug port.
 *
 *	0x604, 0xb004	power management control of QEMU's two chipsets: sleep enable is power-off
 *	0x64		the keyboard controller's command fe pulses the reset line; there is no keyboard
 *	0xcf9		the chipset's reset register
 *	0x92		bit 0 resets, too
 *	0xe9		what is written comes out at the serial line
 */
#ifndef DEVMODEL_POWER_H
#define DEVMODEL_POWER_H

#include <stdint.h>

struct power {
	uint8_t reset_control;
};

struct machine;

uint32_t power_read(struct machine *m, uint16_t port, unsigned int size);
void power_write(struct machine *m, uint16_t port, unsigned int size, uint32_t v);

#endif
