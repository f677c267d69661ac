/* SPDX-License-Identifier: MIT
 *
 * Debug keys: what a person at the serial line, or `pvctl debug-keys`, can
 * ask a running hypervisor. They only look (but for R); they may be a moment out of date.
 */
#include "arch/clock.h"
#include "arch/machine.h"
#include "arch/panic.h"
#include "arch/smp.h"
#include <pv-abi/sched.h>
#include "core/console.h"
#include "core/trace.h"
#include "lib/bitops.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/frame.h"

static struct debug_key {
	const char *what;
	void (*fn)(void);
} table[128];

void register_debug_key(char key, const char *what, void (*fn)(void))
{
	if ((unsigned char)key < ARRAY_SIZE(table))
		table[(unsigned char)key] = (struct debug_key){ what, fn };
}

void handle_debug_key(char key)
{
	unsigned char k = (unsigned char)key;

	if (k >= ARRAY_SIZE(table) || !table[k].fn)
		return;
	printk("'%c' pressed: %s\n", key, table[k].what);
	table[k].fn();
}

static void key_help(void)
{
	for (unsigned int k = 0; k < ARRAY_SIZE(table); k++)
		if (table[k].fn)
			printk("  %c  %s\n", (char)k, table[k].what);
}

static void dump_vcpu(const struct vcpu *v)
{
	const struct vcpu_info *vi = v->vcpu_info;

	printk("    v%u CPU %u: %s, flags %lx, pauses %d, upcall pending %u masked %u, rip %lx\n",
	       v->vcpu_id, v->processor, v->is_running ? "runs" : "does not run", v->pause_flags,
	       v->pause_count, vi->evtchn_upcall_pending, vi->evtchn_upcall_mask,
	       (unsigned long)v->regs.rip);
}

static void dump_domain(struct domain *d, void *unused)
{
	const struct vcpu *v;

	printk("  domain %u: refs %u, %s%s%s, pauses %d, pages %u of %u, xen pages %u, ports %u\n",
	       d->domid, d->refcount, d->dying ? "dying " : "", d->shut_down ? "shut down " : "",
	       d->crashed ? "crashed" : "", d->pause_count, d->mm.tot_pages, d->mm.max_pages,
	       d->mm.xen_pages, d->evtchn.active);
	if (d->crash_reason[0])
		printk("    reason: %s\n", d->crash_reason);
	for_each_vcpu(d, v)
		dump_vcpu(v);
}

static void key_domains(void)
{
	domain_for_each(dump_domain, NULL);
}

static void key_time(void)
{
	printk("system time %ld us, TSC %lu at %u kHz, wall clock base %lu s\n", (long)(now() / 1000),
	       (unsigned long)rdtsc(), tsc_khz, (unsigned long)(wallclock_base_ns() / 1000000000));
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		printk("CPU %u: idle %lu us\n", cpu, (unsigned long)(cpu_idle_time(cpu) / 1000));
}

static void key_memory(void)
{
	printk("%lu frames of %lu free (%lu MB)\n", free_frames(), total_frames(),
	       free_frames() >> 8);
}

static void show_cpu(void *unused)
{
	const struct vcpu *v = current;

	printk("CPU %u runs d%uv%u\n", cpu_id(), v->domain->domid, v->vcpu_id);
	if (!is_idle_vcpu(v))
		print_regs(&v->regs);
}

static void key_registers(void)
{
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		smp_call((cpumask_t){ 1UL << cpu }, show_cpu, NULL);
}

static void key_dom0(void)
{
	const struct vcpu *v;

	if (!dom0)
		return;
	for_each_vcpu(dom0, v) {
		dump_vcpu(v);
		print_regs(&v->regs);
	}
}

static void dump_ports(struct domain *d, void *unused)
{
	const unsigned int limit = 64;
	unsigned int shown = 0;

	printk("  domain %u: %u ports\n", d->domid, d->evtchn.active);
	for (unsigned int port = 1; port < d->evtchn.valid_ports && shown < limit; port++) {
		if (!evtchn_port_valid(d, port) || !evtchn_port_pending(d, port))
			continue;
		printk("    port %u pending\n", port);
		shown++;
	}
}

static void key_events(void)
{
	domain_for_each(dump_ports, NULL);
}

static void key_trace(void)
{
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		trace_dump(cpu, 64);
}

static void key_reboot(void)
{
	machine_shutdown(SHUTDOWN_reboot);
}

void debug_keys_init(void)
{
	register_debug_key('h', "this list", key_help);
	register_debug_key('q', "domains and vCPUs", key_domains);
	register_debug_key('r', "run queues", sched_dump);
	register_debug_key('t', "time", key_time);
	register_debug_key('m', "memory", key_memory);
	register_debug_key('d', "registers of each CPU's vCPU", key_registers);
	register_debug_key('0', "registers of the control domain", key_dom0);
	register_debug_key('e', "event channels", key_events);
	register_debug_key('T', "last trace records", key_trace);
	register_debug_key('A', "page tables against what they name", mm_audit);
	register_debug_key('R', "reboot the machine", key_reboot);
}
