/* SPDX-License-Identifier: MIT */
/* The pair of 8259s: see pic.h. */
#include <string.h>

#include "machine.h"

#define ICW1 0x10		/* at the even port: the initialization begins */
#define ICW1_NEEDS_ICW4 0x01
#define ICW1_SINGLE 0x02

void pic_reset(struct machine *m)
{
	memset(&m->pic, 0, sizeof(m->pic));
	m->pic.chip[0].mask = m->pic.chip[1].mask = 0xff;
}

uint32_t pic_read(struct machine *m, uint16_t port, unsigned int size)
{
	(void)size;
	if (port >= 0x4d0)
		return m->pic.elcr[port & 1];
	/* Nothing is ever requested or in service. */
	return port & 1 ? m->pic.chip[port >= 0xa0].mask : 0;
}

static void write_even(struct pic_chip *c, uint8_t v)
{
	if (v & ICW1) {
		c->mask = 0;
		c->icw_left = (uint8_t)(1 + !(v & ICW1_SINGLE) + (v & ICW1_NEEDS_ICW4));
	}
	/* OCW2 ends interrupts, of which there are none; OCW3 chooses which zero is read. */
}

void pic_write(struct machine *m, uint16_t port, unsigned int size, uint32_t v)
{
	struct pic_chip *c = &m->pic.chip[port >= 0xa0];

	(void)size;
	if (port >= 0x4d0)
		m->pic.elcr[port & 1] = (uint8_t)v;
	else if (!(port & 1))
		write_even(c, (uint8_t)v);
	else if (c->icw_left)
		c->icw_left--;
	else
		c->mask = (uint8_t)v;
}
