/* SPDX-License-Identifier: MIT
 *
 * Power off, reset, stop. [ACPI 6.4, 4.8.3.2]
 */
#include "arch/machine.h"
#include <pv-abi/sched.h>
#include "arch/acpi.h"
#include "arch/apic.h"
#include "arch/panic.h"
#include "arch/x86.h"
#include "boot/boot.h"
#include "core/console.h"
#include "core/trace.h"
#include "lib/string.h"

void machine_halt(void)
{
	local_irq_disable();
	panic_stop_others();
	panic_stop_this_cpu();
}

void machine_reboot(void)
{
	local_irq_disable();
	outb(0x06, 0xcf9);              /* reset control register */
	for (int i = 0; i < 100; i++)
		outb(0xfe, 0x64);       /* keyboard controller pulses reset */
	__asm__ volatile("lidt %0; int3" :: "m"((struct { uint16_t l; uint64_t b; } __packed){ 0, 0 }));
	machine_halt();
}

static void machine_poweroff(void)
{
	if (acpi_info.pm1a_cnt) {
		outw((uint16_t)(1U << 13 | acpi_info.slp_typ_a << 10), acpi_info.pm1a_cnt);
		if (acpi_info.pm1b_cnt)
			outw((uint16_t)(1U << 13 | acpi_info.slp_typ_b << 10), acpi_info.pm1b_cnt);
	}
	machine_halt();
}

void machine_shutdown(unsigned int code)
{
	static const char *const what[] = { "power off", "reboot", "suspend", "crash", "watchdog", "soft reset" };

	printk("Control domain shut down: %s\n", code < ARRAY_SIZE(what) ? what[code] : "unknown code");
	local_irq_disable();
	console_force_sync();
	if (code == SHUTDOWN_crash)
		for (unsigned int i = 0; i < nr_cpus; i++)
			trace_dump(i, 16);
	if (cmdline_flag("debug-exit"))
		outb((uint8_t)(16 + code), 0xf4);
	if (cmdline_flag("noreboot") && code != SHUTDOWN_poweroff) {
		printk("noreboot: stopped\n");
		machine_halt();
	}
	if (code == SHUTDOWN_poweroff)
		machine_poweroff();
	machine_reboot();
}
