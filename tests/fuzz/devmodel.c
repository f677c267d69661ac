/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: the whole device model under any sequence of accesses from up to four vCPUs, with the hypervisor's part
 * played by a loop that takes interrupts, a host whose line is sometimes full, and time that passes in small and in
 * large steps. What must hold: no read outside of the machine, nothing in service that is not a vector, and the host is
 * not asked to look after something that is due in the past.
 *
 * LINK: dom0-tools/devmodel/machine.c dom0-tools/devmodel/lapic.c dom0-tools/devmodel/ioapic.c dom0-tools/devmodel/pic.c
 * LINK: dom0-tools/devmodel/pit.c dom0-tools/devmodel/rtc.c dom0-tools/devmodel/uart.c dom0-tools/devmodel/fwcfg.c
 * LINK: dom0-tools/devmodel/pci.c dom0-tools/devmodel/power.c
 */
#include <string.h>

#include "fuzz.h"
#include "dom0-tools/devmodel/machine.h"

static struct paravane_vcpu_page pages[4];
static struct machine m;
static size_t room;

static void kick(void *ctx, unsigned int vcpu) { MUST(vcpu < *(unsigned int *)ctx); }
static void init(void *ctx, unsigned int vcpu) { MUST(vcpu < *(unsigned int *)ctx); }
static void startup(void *ctx, unsigned int vcpu, uint8_t vector) { (void)vector; MUST(vcpu < *(unsigned int *)ctx); }
static void end(void *ctx, unsigned int reason) { (void)ctx; MUST(reason < 2); }
static int64_t date(void *ctx) { (void)ctx; return (int64_t)(room * 0x123456789abcdull); }

static size_t line_out(void *ctx, const uint8_t *data, size_t len)
{
	volatile uint8_t sum = 0;

	(void)ctx;
	for (size_t i = 0; i < len; i++)
		sum += data[i];
	len = len < room ? len : room;
	room -= len;
	return len;
}

static const uint16_t ports[] = {
	0x20, 0x40, 0x42, 0x43, 0x60, 0x61, 0x64, 0x70, 0x71, 0x92, 0xa1, 0xe9, 0x3f8, 0x3f9, 0x3fa, 0x3fc, 0x3fd, 0x4d0, 0x510,
	0x511, 0x604, 0xcf8, 0xcf9, 0xcfc, 0xb004,
};

static uint64_t memory_address(uint8_t a, uint8_t b)
{
	switch (a >> 6) {
	case 0: return 0xfec00000 + (b & 1) * 0x10;
	case 1: return 0xfee00000 + b * 16;
	case 2: return 0xfee00000 + b * 16 + (a & 15);
	default: return (uint64_t)a << 56 | (uint64_t)b << 16;
	}
}

/* As the hypervisor does: the highest request above what is in service. */
static void take(unsigned int vcpu)
{
	for (int v = 255; v >= 0; v--) {
		if (!(pages[vcpu].irr[v / 32] >> v % 32 & 1))
			continue;
		MUST(v >= 16);
		if (v / 16 > (int)(lapic_read(&m, vcpu, 0xa0) >> 4)) {
			pages[vcpu].irr[v / 32] &= ~(1u << v % 32);
			pages[vcpu].isr[v / 32] |= 1u << v % 32;
		}
		return;
	}
}

static void timers(uint64_t now)
{
	uint64_t due = machine_deadline(&m);

	if (due > now)
		return;
	machine_run_timers(&m, now);
	MUST(machine_deadline(&m) > now);
}

/* Eight bytes each: what, who and how wide, where (2), data (4). */
static void step(const uint8_t *b, uint64_t *now)
{
	unsigned int vcpu = b[1] & 7, size = 1u << (b[1] >> 3 & 3);
	uint32_t data;

	memcpy(&data, b + 4, 4);
	switch (b[0] & 7) {
	case 0:
		machine_port(&m, vcpu, (uint16_t)(b[2] | b[3] << 8), size, b[1] & 0x80, data, *now);
		break;
	case 1:
	case 2:
		machine_port(&m, vcpu, ports[b[2] % (sizeof(ports) / sizeof(ports[0]))], size, b[1] & 0x80, data, *now);
		break;
	case 3:
	case 4:
		machine_memory(&m, vcpu, memory_address(b[2], b[3]), size, b[1] & 0x80, data, *now);
		break;
	case 5:
		*now += b[0] & 8 ? (uint64_t)data << (b[2] & 31) : data & 0xffff;
		timers(*now);
		break;
	case 6:
		take(vcpu % m.nr_vcpus);
		break;
	case 7:
		m.now = *now;
		room = b[2];
		uart_drain(&m);
		MUST(uart_room(&m) <= UART_FIFO);
		uart_receive(&m, b + 3, b[3] & 4 ? uart_room(&m) / 4 : 0);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int vcpus = size ? data[0] % 4 + 1 : 1;
	const struct machine_host host = { &vcpus, kick, init, startup, line_out, end, date };
	uint64_t now = 1000;

	memset(pages, 0, sizeof(pages));
	memset(&m, 0, sizeof(m));
	for (int i = 0; i < 4; i++)
		m.page[i] = &pages[i];
	machine_init(&m, &host, vcpus, 16 << 20, now);
	for (size_t at = 1; at + 8 <= size && now < 1ull << 62; at += 8)
		step(data + at, &now);
	return 0;
}
