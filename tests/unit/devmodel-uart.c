/* SPDX-License-Identifier: MIT */
/*
 * The device model's serial port: what is sent comes out, at the pace of the host; what is typed arrives whole; its interrupts
 * rise, fall and are told in their order; the loop works without the line.
 *
 * LINK: dom0-tools/devmodel/machine.c dom0-tools/devmodel/lapic.c dom0-tools/devmodel/ioapic.c dom0-tools/devmodel/pic.c
 * LINK: dom0-tools/devmodel/pit.c dom0-tools/devmodel/rtc.c dom0-tools/devmodel/uart.c dom0-tools/devmodel/fwcfg.c
 * LINK: dom0-tools/devmodel/pci.c dom0-tools/devmodel/power.c
 */
#include "devmodel.h"

#define COM1 0x3f8
#define VECTOR 0x24

/* As platform/native/console.c does it, with the line on the IOAPIC. */
static void start(uint8_t fcr)
{
	power_on(1);
	set_apic(0, 0xf0, 0x1ff);
	set_entry(4, 0, VECTOR);
	outb(COM1 + 1, 0);
	outb(COM1 + 3, 0x83);
	outb(COM1, 1);
	outb(COM1 + 1, 0);
	outb(COM1 + 3, 0x03);
	outb(COM1 + 2, fcr);
	outb(COM1 + 4, 0x0b);
}

static size_t type(const char *s)
{
	size_t n = strlen(s), room = uart_room(&m);

	n = n < room ? n : room;
	uart_receive(&m, (const uint8_t *)s, n);
	return n;
}

TEST(what_is_written_comes_out)
{
	start(0x07);
	for (const char *s = "hello\r\n"; *s; s++) {
		EXPECT_TRUE(inb(COM1 + 5) & 0x20);
		outb(COM1, (uint8_t)*s);
	}
	EXPECT_STR(line, "hello\r\n");
	EXPECT_EQ(inb(COM1 + 5), 0x60);
}

TEST(the_divisor_is_no_data)
{
	start(0x07);
	outb(COM1 + 3, 0x83);
	outb(COM1, 'x');
	outb(COM1 + 1, 0x12);
	EXPECT_EQ(inb(COM1), 'x');
	EXPECT_EQ(inb(COM1 + 1), 0x12);
	outb(COM1 + 3, 0x03);
	EXPECT_EQ(line_len, 0u);
	EXPECT_EQ(inb(COM1 + 1), 0);
}

TEST(a_line_that_takes_nothing_keeps_the_transmitter_busy)
{
	start(0x07);
	line_room = 2;
	for (int i = 0; i < 20; i++)
		outb(COM1, (uint8_t)('a' + i));
	EXPECT_STR(line, "ab");
	EXPECT_FALSE(inb(COM1 + 5) & 0x60);
	line_room = 100;
	uart_drain(&m);
	EXPECT_STR(line, "abcdefghijklmnopqr");	/* two out, sixteen kept, two lost */
	EXPECT_TRUE(inb(COM1 + 5) & 0x20);
}

TEST(typing_interrupts_and_reading_ends_it)
{
	start(0x07);
	EXPECT_EQ(type("ls\r"), 3u);
	EXPECT_FALSE(requested(0, VECTOR));	/* not asked for */
	outb(COM1 + 1, 1);
	EXPECT_EQ(take(0), VECTOR);
	EXPECT_EQ(inb(COM1 + 2), 0xc4);
	EXPECT_TRUE(inb(COM1 + 5) & 1);
	EXPECT_EQ(inb(COM1), 'l');
	EXPECT_EQ(inb(COM1), 's');
	EXPECT_EQ(inb(COM1), '\r');
	EXPECT_FALSE(inb(COM1 + 5) & 1);
	EXPECT_EQ(inb(COM1 + 2), 0xc1);
	EXPECT_EQ(inb(COM1), 0);
	set_apic(0, 0xb0, 0);
	EXPECT_EQ(type("x"), 1u);
	EXPECT_EQ(take(0), VECTOR);		/* a new edge */
}

TEST(more_comes_when_all_was_read)
{
	start(0x07);
	outb(COM1 + 1, 1);
	EXPECT_EQ(type("0123456789abcdefXYZ"), 16u);
	EXPECT_EQ(take(0), VECTOR);
	for (int i = 0; i < 15; i++)
		inb(COM1);
	EXPECT_EQ(uart_room(&m), 0u);
	EXPECT_EQ(inb(COM1), 'f');
	EXPECT_EQ(type("XYZ"), 3u);
	/* Within the handler: it is told once more, whether it saw these or not. */
	EXPECT_TRUE(requested(0, VECTOR));
	EXPECT_FALSE(inb(COM1 + 5) & 2);
}

TEST(below_the_trigger_it_is_a_timeout)
{
	start(0xc7);				/* 14 */
	outb(COM1 + 1, 1);
	type("ab");
	EXPECT_EQ(inb(COM1 + 2), 0xcc);
	inb(COM1);
	inb(COM1);
	type("0123456789abcd");
	EXPECT_EQ(inb(COM1 + 2), 0xc4);
}

TEST(without_fifos_there_is_room_for_one)
{
	start(0x00);
	EXPECT_EQ(inb(COM1 + 2), 0x01);
	EXPECT_EQ(type("ab"), 1u);
	uart_receive(&m, (const uint8_t *)"c", 1);
	EXPECT_EQ(inb(COM1 + 5) & 3, 3);	/* data, and one was overrun */
	EXPECT_EQ(inb(COM1 + 5) & 3, 1);
	EXPECT_EQ(inb(COM1), 'a');
}

TEST(the_transmitters_interrupt)
{
	start(0x07);
	outb(COM1 + 1, 2);
	EXPECT_EQ(take(0), VECTOR);		/* it is empty */
	EXPECT_EQ(inb(COM1 + 2), 0xc2);
	EXPECT_EQ(inb(COM1 + 2), 0xc1);		/* told */
	set_apic(0, 0xb0, 0);
	outb(COM1, 'a');
	EXPECT_EQ(take(0), VECTOR);		/* empty again */
	outb(COM1 + 1, 3);
	type("x");
	EXPECT_EQ(inb(COM1 + 2), 0xc4);		/* receiving is told first */
	inb(COM1);
	EXPECT_EQ(inb(COM1 + 2), 0xc2);
}

TEST(out2_connects_the_line)
{
	start(0x07);
	outb(COM1 + 4, 0x03);
	outb(COM1 + 1, 1);
	type("a");
	EXPECT_FALSE(requested(0, VECTOR));
	outb(COM1 + 4, 0x0b);
	EXPECT_TRUE(requested(0, VECTOR));
}

TEST(loop)
{
	start(0x07);
	outb(COM1 + 4, 0x1a);
	EXPECT_EQ(inb(COM1 + 6) & 0xf0, 0x90);	/* as drivers probe for it */
	outb(COM1, 'q');
	EXPECT_EQ(inb(COM1), 'q');
	EXPECT_EQ(line_len, 0u);
	EXPECT_EQ(uart_room(&m), 0u);
	outb(COM1 + 7, 0xa5);
	EXPECT_EQ(inb(COM1 + 7), 0xa5);
}

TEST(wide_accesses_are_bytes_side_by_side)
{
	start(0x07);
	outb(COM1 + 7, 0x5a);
	EXPECT_EQ(inw(COM1 + 6), 0x5ab0);
	outw(COM1, 0x0041);			/* data, and interrupts off */
	EXPECT_STR(line, "A");
}

TAP_MAIN
