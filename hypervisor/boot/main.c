/* SPDX-License-Identifier: MIT
 *
 * The order in which the hypervisor comes up. Each step needs those above it.
 *
 * Next: pv/builder.c makes the boot domains; arch/traps.c's exit_to_guest() then
 * finds their vCPUs on the run queue.
 */
#include "boot/main.h"
#include "arch/acpi.h"
#include "arch/apic.h"
#include "arch/clock.h"
#include "arch/desc.h"
#include "arch/features.h"
#include "arch/init.h"
#include "arch/smp.h"
#include "arch/traps.h"
#include "arch/uart.h"
#include "arch/x86.h"
#include "boot/boot.h"
#include "core/console.h"
#include "core/domain.h"
#include "core/trace.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/domain_mm.h"

static struct cpu boot_cpu;
extern char boot_stack_top[];

void __init boot_early_percpu(void)
{
	boot_cpu.self = &boot_cpu;
	boot_cpu.stack_top = (unsigned long)boot_stack_top;
	boot_cpu.online = true;
	cpus[0] = &boot_cpu;
	wrmsr(MSR_GS_BASE, (uint64_t)&boot_cpu);
	console_early_init();
}

static void __init boot_say_hello(void)
{
	unsigned long ram = total_frames();

	printk("Paravane, a PV hypervisor for x86-64, Xen ABI 4.17\n");
	printk("Arguments: %s\n", boot_info.cmdline);
	printk("%lu MB of RAM, %u module%s\n", ram >> 8, boot_info.nr_modules,
	       boot_info.nr_modules == 1 ? "" : "s");
}

/* Give back start-up code and data; called on the boot CPU's way into its idle loop. */
static void boot_finish(void)
{
	printk("Start-up took %lu ms; %lu MB free\n", (unsigned long)(now() / 1000000),
	       free_frames() >> 8);
	idle_stack_reset();
}

/* TOUR 1.3: the order of everything that follows. */
void __init boot_main(void)
{
	console_init();
	mm_early_init(&boot_info);
	boot_say_hello();
	features_init();
	idt_init();
	acpi_init();
	apic_init();
	domain_subsystem_init();
	timer_subsystem_init();
	sched_init();
	cpu_prepare(&boot_cpu);
	cpu_init_this(&boot_cpu);
	clock_init();
	irq_init();
	uart_init_irq(console_input);
	smp_start();
	pv_build_boot_domains(&boot_info);
	boot_finish();
	__builtin_unreachable();
}
