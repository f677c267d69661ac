/* SPDX-License-Identifier: MIT */
/* The ways out: see power.h. */
#include <pv-abi/sched.h>

#include "machine.h"

#define SLEEP_ENABLE 0x2000u
#define RESET 0x04u
#define A20 0x02u

uint32_t power_read(struct machine *m, uint16_t port, unsigned int size)
{
	(void)size;
	switch (port) {
	case 0x604:
	case 0xb004:
		return 1;			/* ACPI mode is on */
	case 0x92:
		return A20;
	case 0xcf9:
		return m->power.reset_control;
	case 0xe9:
		return 0xe9;			/* there is one */
	default:
		return 0;			/* keyboard: nothing to read, ready for commands */
	}
}

void power_write(struct machine *m, uint16_t port, unsigned int size, uint32_t v)
{
	uint8_t byte = (uint8_t)v;
	bool reset = false;

	(void)size;
	switch (port) {
	case 0x604:
	case 0xb004:
		if (v & SLEEP_ENABLE)
			m->host->end(m->host->ctx, SHUTDOWN_poweroff);
		break;
	case 0x64:
		reset = byte == 0xfe;
		break;
	case 0x92:
		reset = byte & 1;
		break;
	case 0xcf9:
		m->power.reset_control = byte & 0x0a;
		reset = byte & RESET;
		break;
	case 0xe9:
		m->host->line_out(m->host->ctx, &byte, 1);      /* lost when the line is full: nothing waits here */
		break;
	}
	if (reset)
		m->host->end(m->host->ctx, SHUTDOWN_reboot);
}
