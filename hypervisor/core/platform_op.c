/* SPDX-License-Identifier: MIT
 *
 * platform_op: the machine's clock, power and processors, for the control domain.
 */
#include <pv-abi/platform.h>
#include "arch/acpi.h"
#include "arch/clock.h"
#include "arch/guest_access.h"
#include "arch/machine.h"
#include "arch/x86.h"
#include "core/console.h"
#include "core/domctl.h"
#include "core/hypercall.h"
#include "lib/errno.h"
#include "lib/string.h"

static DEFINE_SPINLOCK(platform_lock, LOCK_DOMCTL);

static void wallclock_domain(struct domain *d, void *unused)
{
	if (!d->system)
		pv_update_wallclock(d);
}

static long set_time(uint64_t secs, uint64_t nsecs, uint64_t system_time)
{
	uint64_t at = secs * 1000000000 + nsecs;

	if (secs > UINT64_MAX / 1000000000 || at < system_time)
		return hypercall_error(-EINVAL, "settime: %lu s is before the machine started",
				       (unsigned long)secs);
	wallclock_set(at - system_time);
	domain_for_each(wallclock_domain, NULL);
	return 0;
}

/* The control domain has worked out from ACPI what to write. */
static long acpi_sleep(const struct xenpf_enter_acpi_sleep *s)
{
	if (s->sleep_state != 5 || (s->flags & XENPF_ACPI_SLEEP_EXTENDED))
		return hypercall_error(-EINVAL, "ACPI sleep state S%u: only S5 (off)", s->sleep_state);
	if (!acpi_info.pm1a_cnt)
		return -ENODEV;
	printk("Power off by the control domain\n");
	console_force_sync();
	outw(s->val_a, acpi_info.pm1a_cnt);
	if (acpi_info.pm1b_cnt)
		outw(s->val_b, acpi_info.pm1b_cnt);
	machine_halt();
}

/* A machine without EDD, EDID and EFI tables of ours, as after a boot by Multiboot. */
static long firmware_info(struct xenpf_firmware_info *f)
{
	switch (f->type) {
	case XEN_FW_DISK_INFO:
	case XEN_FW_DISK_MBR_SIGNATURE:
	case XEN_FW_VBEDDC_INFO:
		return -ESRCH;
	case XEN_FW_EFI_INFO:
		return -ENOSYS;
	case XEN_FW_KBD_SHIFT_FLAGS:
		if (f->index)
			return -ESRCH;
		f->u.kbd_shift_flags = 0;
		return 0;
	default:
		return -EINVAL;
	}
}

static long idle_times(struct xenpf_getidletime *g)
{
	unsigned int bytes = DIV_ROUND_UP(MIN(g->cpumap_nr_cpus, 64U), 8);
	uint64_t mask = 0, idle;

	if (bytes && copy_from_guest_va(&mask, g->cpumap_bitmap.p, bytes))
		return -EFAULT;
	for (unsigned int cpu = 0; cpu < MIN(g->cpumap_nr_cpus, nr_cpus); cpu++) {
		if (!((mask >> cpu) & 1))
			continue;
		idle = cpu_idle_time(cpu);
		if (copy_to_guest_offset(g->idletime, cpu, &idle, 1))
			return -EFAULT;
	}
	g->now = (uint64_t)now();
	mask &= cpumask_online().bits;
	return bytes && copy_to_guest_va(g->cpumap_bitmap.p, &mask, bytes) ? -EFAULT : 0;
}

static long cpu_info(struct xenpf_pcpuinfo *p)
{
	uint32_t cpu = p->xen_cpuid;

	p->max_present = nr_cpus - 1;
	if (cpu >= nr_cpus) {
		p->flags = XEN_PCPU_FLAGS_INVALID;
		return 0;
	}
	p->apic_id = cpus[cpu]->apic_id;
	p->acpi_id = cpu;
	p->flags = XEN_PCPU_FLAGS_ONLINE;
	return 0;
}

static long cpu_version(struct xenpf_pcpu_version *p)
{
	struct cpuid_regs name = cpuid(0), r = cpuid(1);

	p->max_present = nr_cpus - 1;
	if (p->xen_cpuid >= nr_cpus) {
		memset(p->vendor_id, 0, sizeof(p->vendor_id));
		p->family = p->model = p->stepping = 0;
		return 0;
	}
	memcpy(&p->vendor_id[0], &name.b, 4);
	memcpy(&p->vendor_id[4], &name.d, 4);
	memcpy(&p->vendor_id[8], &name.c, 4);
	p->family = (r.a >> 8) & 0xf;
	p->model = (r.a >> 4) & 0xf;
	if (p->family == 0xf || p->family == 6)
		p->model |= (r.a >> 12) & 0xf0;
	if (p->family == 0xf)
		p->family += (r.a >> 20) & 0xff;
	p->stepping = r.a & 0xf;
	return 0;
}

static long run(struct xen_platform_op *op)
{
	switch (op->cmd) {
	case XENPF_settime32:
		return set_time(op->u.settime32.secs, op->u.settime32.nsecs, op->u.settime32.system_time);
	case XENPF_settime64:
		if (op->u.settime64.mbz)
			return hypercall_error(-EINVAL, "settime64: mbz is not 0");
		return set_time(op->u.settime64.secs, op->u.settime64.nsecs, op->u.settime64.system_time);
	case XENPF_firmware_info:
		return firmware_info(&op->u.firmware_info);
	case XENPF_enter_acpi_sleep:
		return acpi_sleep(&op->u.enter_acpi_sleep);
	case XENPF_getidletime:
		return idle_times(&op->u.getidletime);
	case XENPF_get_cpuinfo:
		return cpu_info(&op->u.pcpu_info);
	case XENPF_get_cpu_version:
		return cpu_version(&op->u.pcpu_version);
	case XENPF_add_memtype:         /* memory types are the page tables' (PAT) here */
	case XENPF_del_memtype:
		return -ENXIO;
	case XENPF_read_memtype:
	case XENPF_microcode_update:
	case XENPF_platform_quirk:
	case XENPF_set_processor_pminfo:
	case XENPF_get_symbol:
		return -EINVAL;
	case XENPF_cpu_online:
	case XENPF_cpu_offline:
	case XENPF_core_parking:
		return -EOPNOTSUPP;
	default:
		return -ENOSYS;
	}
}

long do_platform_op(unsigned long arg)
{
	XEN_GUEST_HANDLE(xen_platform_op_t) guest = { (xen_platform_op_t *)arg };
	struct xen_platform_op op;
	long rc;

	if (copy_from_guest(&op, guest, 1))
		return -EFAULT;
	if (op.interface_version != XENPF_INTERFACE_VERSION)
		return hypercall_error(-EACCES, "platform_op interface version %#x: expected %#x",
				       op.interface_version, XENPF_INTERFACE_VERSION);
	if (!current->domain->privileged)
		return -EPERM;
	if (!spin_trylock(&platform_lock))
		return hypercall_continue(__HYPERVISOR_platform_op, 1, arg);
	rc = run(&op);
	spin_unlock(&platform_lock);
	if (rc == 0 && copy_to_guest(guest, &op, 1))
		rc = -EFAULT;
	return rc;
}
