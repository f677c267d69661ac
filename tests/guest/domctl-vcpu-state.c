/* SPDX-License-Identifier: MIT
 *
 * The state of another domain's vCPU: its context is taken once its page table is good, reads back as it was written (but for
 * what is not a guest's to choose), extended state and 32-bit entry points likewise, and a reset makes it new.
 * A context with one bad field is refused and leaves the vCPU as it was. The frames of a page table are seen by type.
 */
#include "testlib.h"
#include <pv-abi/domctl.h>

static struct xen_domctl op;
static struct vcpu_guest_context context, back;
static unsigned int other;
static xen_pfn_t l4;            /* machine frame of the other domain's page table */
static char area[16384], *window;

static long domctl(uint32_t cmd)
{
	op.cmd = cmd;
	op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op.domain = (domid_t)other;
	return HYPERVISOR_domctl(&op);
}

static long map_l4(void)
{
	return HYPERVISOR_update_va_mapping_otherdomain((unsigned long)window, l4 << 12 | PTE_FLAGS_RW, UVMF_INVLPG, other);
}

static void create(void)
{
	xen_pfn_t frame = 0;
	struct xen_memory_reservation r = { .nr_extents = 1 };

	window = alloc_page();
	memset(&op, 0, sizeof(op));
	op.u.createdomain.max_vcpus = 1;
	op.u.createdomain.max_evtchn_port = 1023;
	op.u.createdomain.max_grant_frames = 4;
	op.u.createdomain.max_maptrack_frames = 4;
	op.u.createdomain.grant_opts = 1;
	EXPECT_EQ(domctl(XEN_DOMCTL_createdomain), 0);
	other = op.domain;
	op.u.max_vcpus.max = 1;
	EXPECT_EQ(domctl(XEN_DOMCTL_max_vcpus), 0);
	op.u.max_mem.max_memkb = 1024;
	EXPECT_EQ(domctl(XEN_DOMCTL_max_mem), 0);
	r.domid = (domid_t)other;
	set_xen_guest_handle(r.extent_start, &frame);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_populate_physmap, &r), 1);
	l4 = frame;
	EXPECT_EQ(map_l4(), 0);
	memset(window, 0, PAGE_SIZE);
	EXPECT_EQ(set_pte((unsigned long)window, 0), 0);
}

static long set(void)
{
	memset(&op.u, 0, sizeof(op.u));
	set_xen_guest_handle(op.u.vcpucontext.ctxt, &context);
	return domctl(XEN_DOMCTL_setvcpucontext);
}

static long get(void)
{
	memset(&op.u, 0, sizeof(op.u));
	memset(&back, 0x5a, sizeof(back));
	set_xen_guest_handle(op.u.vcpucontext.ctxt, &back);
	return domctl(XEN_DOMCTL_getvcpucontext);
}

static void good(void)
{
	memset(&context, 0, sizeof(context));
	context.flags = VGCF_in_kernel | VGCF_I387_VALID | VGCF_online | VGCF_failsafe_disables_events | VGCF_syscall_disables_events;
	context.ctrlreg[3] = xen_pfn_to_cr3(l4);
	context.user_regs = (struct cpu_user_regs){ .rip = 0x123456, .rsp = 0x7000, .rax = 0x1122334455667788, .r15 = 15,
						    .cs = FLAT_KERNEL_CS & ~3, .ss = FLAT_KERNEL_SS, .rflags = 0x3046 };
	context.kernel_ss = FLAT_KERNEL_SS;
	context.kernel_sp = 0x8000;
	context.fs_base = 0x10000;
	context.gs_base_kernel = 0x20000;
	context.gs_base_user = 0x30000;
	context.event_callback_eip = 0x40000;
	context.failsafe_callback_eip = 0x50000;
	context.syscall_callback_eip = 0x60000;
	context.trap_ctxt[14] = (struct trap_info){ .vector = 14, .cs = FLAT_KERNEL_CS, .address = 0x70000 };
	context.debugreg[0] = 0x80000;
	*(uint16_t *)&context.fpu_ctxt = 0x27f;
	*(uint32_t *)((char *)&context.fpu_ctxt + 24) = 0x1fa0;
}

static void contexts(void)
{
	EXPECT_EQ(get(), -XEN_ENODATA);
	good();
	context.ctrlreg[3] = xen_pfn_to_cr3(virt_to_mfn(&context));     /* not that domain's */
	EXPECT_EQ(set(), -XEN_EINVAL);
	EXPECT_EQ(get(), -XEN_ENODATA);
	good();
	EXPECT_EQ(set(), 0);
	EXPECT_EQ(get(), 0);
	EXPECT_EQ(back.user_regs.rip, 0x123456);
	EXPECT_EQ(back.user_regs.rax, 0x1122334455667788);
	EXPECT_EQ(back.user_regs.r15, 15);
	EXPECT_EQ(back.user_regs.cs & 0xffff, FLAT_KERNEL_CS);          /* ring 3 */
	EXPECT_EQ(back.user_regs.rflags & 0x3200, 0x200);               /* IF, no IOPL */
	EXPECT_EQ(back.flags & (VGCF_in_kernel | VGCF_online | VGCF_failsafe_disables_events | VGCF_syscall_disables_events),
		  VGCF_in_kernel | VGCF_online | VGCF_failsafe_disables_events | VGCF_syscall_disables_events);
	EXPECT_EQ(back.ctrlreg[3], xen_pfn_to_cr3(l4));
	EXPECT_EQ(back.ctrlreg[1], 0);
	EXPECT_EQ(back.kernel_sp, 0x8000);
	EXPECT_EQ(back.fs_base, 0x10000);
	EXPECT_EQ(back.gs_base_kernel, 0x20000);
	EXPECT_EQ(back.gs_base_user, 0x30000);
	EXPECT_EQ(back.event_callback_eip, 0x40000);
	EXPECT_EQ(back.failsafe_callback_eip, 0x50000);
	EXPECT_EQ(back.syscall_callback_eip, 0x60000);
	EXPECT_EQ(back.trap_ctxt[14].address, 0x70000);
	EXPECT_EQ(back.debugreg[0], 0x80000);
	EXPECT_EQ(*(uint16_t *)&back.fpu_ctxt, 0x27f);
	EXPECT_EQ(*(uint32_t *)((char *)&back.fpu_ctxt + 24), 0x1fa0);
	set_xen_guest_handle(op.u.vcpucontext.ctxt, (void *)0x10);
	EXPECT_EQ(domctl(XEN_DOMCTL_getvcpucontext), -XEN_EFAULT);
}

/* Each has one field wrong; the vCPU keeps what it has. */
static void bad_fields(void)
{
	for (unsigned int i = 0; i < 9; i++) {
		good();
		context.user_regs.rip = 0x999;
		switch (i) {
		case 0: context.ldt_ents = 8193; break;
		case 1: context.ldt_ents = 1; context.ldt_base = 0x10; break;
		case 2: context.gdt_ents = 7169; break;
		case 3: context.user_regs.rip = 1UL << 63; break;
		case 4: context.fs_base = 1UL << 60; break;
		case 5: context.trap_ctxt[200].address = 1UL << 50; break;
		case 6: context.gdt_ents = 1; context.gdt_frames[0] = ~0UL >> 12; break;
		case 7: context.ldt_ents = 1; context.ldt_base = 0xffff830000000000; break;
		case 8: context.gs_base_user = 1UL << 63; break;
		}
		ok(set() == -XEN_EINVAL, "context %u is refused", i);
		EXPECT_EQ(get(), 0);
		EXPECT_EQ(back.user_regs.rip, 0x123456);
	}
}

static void entry_points(void)
{
	struct xen_domctl_ext_vcpucontext *e = &op.u.ext_vcpucontext;

	memset(&op.u, 0, sizeof(op.u));
	EXPECT_EQ(domctl(XEN_DOMCTL_get_ext_vcpucontext), 0);
	EXPECT_EQ(e->size, sizeof(*e));
	EXPECT_EQ(e->syscall32_callback_eip, 0);
	e->syscall32_callback_eip = 0x1000;
	e->sysenter_callback_eip = 0x2000;
	e->sysenter_callback_cs = 0x10;
	e->sysenter_disables_events = 1;
	EXPECT_EQ(domctl(XEN_DOMCTL_set_ext_vcpucontext), 0);
	memset(&op.u, 0, sizeof(op.u));
	EXPECT_EQ(domctl(XEN_DOMCTL_get_ext_vcpucontext), 0);
	EXPECT_EQ(e->syscall32_callback_eip, 0x1000);
	EXPECT_EQ(e->sysenter_callback_eip, 0x2000);
	EXPECT_EQ(e->sysenter_callback_cs, 0x13);
	EXPECT_EQ(e->sysenter_disables_events, 1);
	e->size = 8;
	EXPECT_EQ(domctl(XEN_DOMCTL_set_ext_vcpucontext), -XEN_EINVAL);
	e->size = sizeof(*e);
	e->syscall32_callback_eip = 1UL << 63;
	EXPECT_EQ(domctl(XEN_DOMCTL_set_ext_vcpucontext), -XEN_EINVAL);
	e->vcpu = 5;
	EXPECT_EQ(domctl(XEN_DOMCTL_get_ext_vcpucontext), -XEN_ESRCH);
}

static void extended_state(void)
{
	struct xen_domctl_vcpuextstate *e = &op.u.vcpuextstate;
	uint64_t *h = (uint64_t *)area, all;

	memset(&op.u, 0, sizeof(op.u));
	EXPECT_EQ(domctl(XEN_DOMCTL_getvcpuextstate), 0);
	if (!e->size) {
		note("no XSAVE");
		return;
	}
	all = e->xfeature_mask;
	ok(e->size >= 16 + 576 && e->size < sizeof(area), "size %lu", (long)e->size);
	set_xen_guest_handle(e->buffer, (uint64_t *)area);
	EXPECT_EQ(domctl(XEN_DOMCTL_getvcpuextstate), 0);
	EXPECT_EQ(h[0], 3);
	EXPECT_EQ(h[1], all);
	EXPECT_EQ(*(uint16_t *)(area + 16), 0x27f);
	*(uint16_t *)(area + 16) = 0x37f;
	h[0] = all;
	EXPECT_EQ(domctl(XEN_DOMCTL_setvcpuextstate), 0);
	memset(area, 0, sizeof(area));
	EXPECT_EQ(domctl(XEN_DOMCTL_getvcpuextstate), 0);
	EXPECT_EQ(h[0], all);
	EXPECT_EQ(*(uint16_t *)(area + 16), 0x37f);
	h[0] = 2;
	EXPECT_EQ(domctl(XEN_DOMCTL_setvcpuextstate), -XEN_EINVAL);
	h[0] = 1UL << 62 | 3;
	EXPECT_EQ(domctl(XEN_DOMCTL_setvcpuextstate), -XEN_EINVAL);
	h[0] = 3;
	e->size += 1;
	EXPECT_EQ(domctl(XEN_DOMCTL_getvcpuextstate), -XEN_EINVAL);
	EXPECT_EQ(domctl(XEN_DOMCTL_setvcpuextstate), -XEN_EINVAL);
	e->size -= 1;
	set_xen_guest_handle(e->buffer, (uint64_t *)0x10);
	EXPECT_EQ(domctl(XEN_DOMCTL_getvcpuextstate), -XEN_EFAULT);
	EXPECT_EQ(domctl(XEN_DOMCTL_setvcpuextstate), -XEN_EFAULT);
}

static uint64_t type_of(xen_pfn_t mfn)
{
	static uint64_t list[1];

	list[0] = mfn;
	memset(&op.u, 0, sizeof(op.u));
	op.u.getpageframeinfo3.num = 1;
	set_xen_guest_handle(op.u.getpageframeinfo3.array, list);
	EXPECT_EQ(domctl(XEN_DOMCTL_getpageframeinfo3), 0);
	return list[0] & XEN_DOMCTL_PFINFO_LTAB_MASK;
}

static void refused(void)
{
	memset(&op.u, 0, sizeof(op.u));
	op.u.vcpu_msrs.msr_count = 1;
	EXPECT_EQ(domctl(XEN_DOMCTL_set_vcpu_msrs), -XEN_EINVAL);
	op.u.vcpu_msrs.msr_count = 0;
	EXPECT_EQ(domctl(XEN_DOMCTL_set_vcpu_msrs), 0);
	memset(&op.u, 0, sizeof(op.u));
	EXPECT_EQ(domctl(XEN_DOMCTL_setvcpuaffinity), -XEN_EINVAL);             /* neither hard nor soft */
	op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
	op.u.vcpuaffinity.cpumap_hard.nr_bits = 8;
	set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap, (uint8_t *)0x10);
	EXPECT_EQ(domctl(XEN_DOMCTL_setvcpuaffinity), -XEN_EFAULT);
	EXPECT_EQ(domctl(XEN_DOMCTL_getvcpuaffinity), -XEN_EFAULT);
	memset(&op.u, 0, sizeof(op.u));
	op.u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT;
	op.u.scheduler_op.cmd = 77;
	EXPECT_EQ(domctl(XEN_DOMCTL_scheduler_op), -XEN_EINVAL);
}

void test_main(void)
{
	create();
	EXPECT_EQ(type_of(l4), XEN_DOMCTL_PFINFO_NOTAB);
	contexts();
	EXPECT_EQ(type_of(l4) & ~XEN_DOMCTL_PFINFO_LPINTAB, XEN_DOMCTL_PFINFO_L4TAB);
	ok(map_l4() < 0, "a page table in use is not mapped writable");
	bad_fields();
	entry_points();
	extended_state();
	refused();
	memset(&op.u, 0, sizeof(op.u));
	EXPECT_EQ(domctl(XEN_DOMCTL_setvcpucontext), 0);                        /* no context: reset */
	EXPECT_EQ(get(), -XEN_ENODATA);
	/* The page table is a page again: it may be written. */
	EXPECT_EQ(map_l4(), 0);
	EXPECT_EQ(set_pte((unsigned long)window, 0), 0);
	while (domctl(XEN_DOMCTL_destroydomain) == -XEN_ERESTART)
		;
}
