/* SPDX-License-Identifier: MIT
 *
 * Small hypercalls, and those that a PV guest may make and that are answered with
 * a refusal, each as Xen answers it.
 */
#include <pv-abi/arch-x86/xen-mca.h>
#include <pv-abi/nmi.h>
#include "arch/guest_access.h"
#include "arch/x86.h"
#include "core/hypercall.h"
#include "lib/bitops.h"
#include "lib/errno.h"
#include "lib/string.h"

#define VM_ASSISTS (1UL << VMASST_TYPE_4gb_segments | 1UL << VMASST_TYPE_4gb_segments_notify | \
		    1UL << VMASST_TYPE_writable_pagetables | 1UL << VMASST_TYPE_pae_extended_cr3 | \
		    1UL << VMASST_TYPE_architectural_iopl | 1UL << VMASST_TYPE_runstate_update_flag)

uint64_t vm_assist_mask(void)
{
	return VM_ASSISTS;
}

long do_vm_assist(unsigned long a1, unsigned long a2)
{
	unsigned int cmd = (unsigned int)a1, type = (unsigned int)a2;
	struct domain *d = current->domain;

	if (type >= 64 || !(VM_ASSISTS & (1UL << type)))
		return hypercall_error(-EINVAL, "vm_assist type %u is not offered", type);
	switch (cmd) {
	case VMASST_CMD_enable:
		set_bit(type, &d->vm_assist);
		return 0;
	case VMASST_CMD_disable:
		clear_bit(type, &d->vm_assist);
		return 0;
	default:
		return -ENOSYS;
	}
}

static long nmi_register(unsigned long address)
{
	struct trap_info *t = &current->pv.trap[TRAP_NMI];

	if (!is_canonical(address))
		return hypercall_error(-EINVAL, "NMI callback %#lx is not canonical", address);
	*t = (struct trap_info){ .vector = TRAP_NMI, .cs = FLAT_KERNEL_CS, .address = address };
	TI_SET_IF(t, 1);
	return 0;
}

long do_nmi_op(unsigned long cmd, unsigned long arg)
{
	struct xennmi_callback cb;

	switch ((unsigned int)cmd) {
	case XENNMI_register_callback:
		if (copy_from_guest_va(&cb, (const void *)arg, sizeof(cb)))
			return -EFAULT;
		return nmi_register(cb.handler_address);
	case XENNMI_unregister_callback:
		memset(&current->pv.trap[TRAP_NMI], 0, sizeof(struct trap_info));
		return 0;
	default:
		return -ENOSYS;
	}
}

/* Operations on fully virtualized domains: there is none to name. [Xen public/hvm/hvm_op.h] */
long do_hvm_op(unsigned long op, unsigned long arg)
{
	enum { SET_PARAM = 0, GET_PARAM = 1, FLUSH_TLBS = 5, GET_MEM_TYPE = 15, UPCALL_VECTOR = 23 };

	switch (op) {
	case SET_PARAM:
	case GET_PARAM:
	case FLUSH_TLBS:
	case GET_MEM_TYPE:
	case UPCALL_VECTOR:
		return hypercall_error(-EINVAL, "hvm_op %lu: not a fully virtualized domain", op);
	default:
		return -ENOSYS;
	}
}

/* As Xen without vpmu=: the counters are the host's. */
long do_xenpmu_op(unsigned long op, unsigned long arg)
{
	return -EOPNOTSUPP;
}

static long mca_cpus(xen_mc_t *mc)
{
	struct xen_mc_physcpuinfo *p = &mc->u.mc_physcpuinfo;

	for (unsigned int i = 0; p->info.p && i < MIN(p->ncpus, nr_cpus); i++) {
		xen_mc_logical_cpu_t c;

		memset(&c, 0, sizeof(c));
		c.mc_cpunr = c.mc_coreid = i;
		c.mc_apicid = cpus[i]->apic_id;
		c.mc_ncores = c.mc_nthreads = 1;
		if (copy_to_guest_offset(p->info, i, &c, 1))
			return -EFAULT;
	}
	p->ncpus = nr_cpus;
	return 0;
}

/* Machine checks stop the machine, so there is never a record to fetch. */
long do_mca(unsigned long guest_arg)
{
	xen_mc_t mc, *guest = (xen_mc_t *)guest_arg;
	long rc;

	if (!current->domain->privileged)
		return -EPERM;
	if (copy_from_guest_va(&mc, guest, sizeof(mc)))
		return -EFAULT;
	if (mc.interface_version != XEN_MCA_INTERFACE_VERSION)
		return -EACCES;
	switch (mc.cmd) {
	case XEN_MC_fetch:
		mc.u.mc_fetch.flags = XEN_MC_NODATA;
		mc.u.mc_fetch.fetch_id = 0;
		break;
	case XEN_MC_physcpuinfo:
		rc = mca_cpus(&mc);
		if (rc)
			return rc;
		break;
	case XEN_MC_msrinject:
	case XEN_MC_mceinject:
	case XEN_MC_inject_v2:
		return -ENOSYS;
	default:
		return -EINVAL;
	}
	return copy_to_guest_va(guest, &mc, sizeof(mc)) ? -EFAULT : 0;
}
