/* SPDX-License-Identifier: MIT */
/*
 * Trap table and callbacks where native/ has an IDT and MSRs, other vCPUs, the way out.
 * No GDT: the hypervisor's flat segments do for kernel and user mode.
 */
#include "../../kernel/lib.h"
#include "../../kernel/mm.h"
#include "../../kernel/page.h"
#include "../../kernel/process.h"
#include "../../kernel/task.h"
#include "pv.h"

static struct trap_info traps[ARRAY_SIZE(trap_entries) + 1];

static void load_traps(void)
{
	for (unsigned v = 0; v < ARRAY_SIZE(trap_entries); v++) {
		traps[v] = (struct trap_info){ .vector = v, .cs = SEL_KCODE, .address = trap_entries[v] };
		TI_SET_DPL(&traps[v], v == 3 || v == 4 ? 3 : 0);
		TI_SET_IF(&traps[v], 1);
	}
	if (HYPERVISOR_set_trap_table(traps))
		panic("set_trap_table refused");
}

static void load_callbacks(void)
{
	struct callback_register cb[] = {
		{ CALLBACKTYPE_event, CALLBACKF_mask_events, (u64)pv_event_callback },
		{ CALLBACKTYPE_failsafe, CALLBACKF_mask_events, (u64)pv_failsafe_callback },
		{ CALLBACKTYPE_syscall, CALLBACKF_mask_events, (u64)pv_syscall_callback },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cb); i++)
		if (HYPERVISOR_callback_op(CALLBACKOP_register, &cb[i]))
			panic("callback %u refused", cb[i].type);
}

/* For another vCPU, VCPUOP_initialise has done what the calls here do for the first. */
void plat_cpu_init(unsigned cpu)
{
	if (!cpu) {
		load_traps();
		load_callbacks();
	}
	if (boot_info.control_domain) {		/* I/O ports for kernel mode; each vCPU asks for itself */
		struct physdev_set_iopl iopl = { .iopl = 1 };

		HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, &iopl);
	}
	irq_init_cpu(cpu);
}

unsigned plat_cpu_possible(void)
{
	unsigned n = 1;

	while (n < MAX_CPUS && HYPERVISOR_vcpu_op(VCPUOP_is_up, n, NULL) >= 0)
		n++;
	return n;
}

static int start_cpu(unsigned cpu, struct vcpu_guest_context *c)
{
	memset(c, 0, sizeof(*c));
	c->flags = VGCF_in_kernel;
	c->user_regs.rip = (u64)pv_ap_start;
	c->user_regs.rsp = (u64)ap_stacks[cpu];
	c->user_regs.rdi = cpu;
	c->user_regs.cs = SEL_KCODE;
	c->user_regs.ss = SEL_KDATA;
	c->user_regs.rflags = FLAG_IF;
	memcpy(c->trap_ctxt, traps, sizeof(traps));
	c->kernel_ss = SEL_KDATA;
	c->kernel_sp = (u64)ap_stacks[cpu];
	c->ctrlreg[3] = xen_pfn_to_cr3(pfn_to_mfn(init_root >> PAGE_SHIFT));
	c->event_callback_eip = (u64)pv_event_callback;
	c->failsafe_callback_eip = (u64)pv_failsafe_callback;
	c->syscall_callback_eip = (u64)pv_syscall_callback;
	c->flags |= VGCF_failsafe_disables_events | VGCF_syscall_disables_events;
	c->gs_base_kernel = (u64)&cpus[cpu];
	cpus[cpu].self = &cpus[cpu];
	cpus[cpu].id = cpu;
	shared_info.vcpu_info[cpu].evtchn_upcall_mask = 1;
	return HYPERVISOR_vcpu_op(VCPUOP_initialise, cpu, c) ?: HYPERVISOR_vcpu_op(VCPUOP_up, cpu, NULL);
}

void plat_start_cpus(unsigned n)
{
	struct vcpu_guest_context *c = n > 1 ? kmalloc(sizeof(*c)) : NULL;

	for (unsigned i = 1; c && i < n; i++) {
		int ret = start_cpu(i, c);

		if (ret)
			printk("vCPU %u does not start: error %d\n", i, -ret);
	}
	kfree(c);
}

static evtchn_port_t resched_port[MAX_CPUS];

static void resched_event(void *arg)
{
	resched_interrupt();
}

void cpu_init_ipi(unsigned cpu);
void cpu_init_ipi(unsigned cpu)
{
	struct evtchn_bind_ipi b = { .vcpu = cpu };

	if (HYPERVISOR_event_channel_op(EVTCHNOP_bind_ipi, &b))
		panic("no event channel for IPIs");
	evtchn_bind(b.port, cpu, resched_event, NULL);
	resched_port[cpu] = b.port;
}

void plat_send_resched(unsigned cpu)
{
	evtchn_send(resched_port[cpu]);
}

void plat_idle(void)
{
	/* Unmasks events and sleeps, in one step; the event's upcall has run when it returns. */
	HYPERVISOR_sched_op(SCHEDOP_block, NULL);
	plat_irq_disable();
}

void plat_relax(void)
{
	HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
}

static pa_t loaded_root[MAX_CPUS];

/* One trip to the hypervisor for what natively are a store and two or three instructions. */
void plat_set_thread(const struct task *t)
{
	unsigned cpu = this_cpu()->id, n = 0;
	struct mmuext_op op[2];
	struct multicall_entry mc[3];
	pa_t root = t->mm ? t->mm->root : init_root;

	mc[n++] = (struct multicall_entry){ .op = __HYPERVISOR_stack_switch,
					    .args = { SEL_KDATA, (u64)t->kstack + KSTACK_SIZE } };
	if (root != loaded_root[cpu]) {
		op[0].cmd = MMUEXT_NEW_BASEPTR;
		op[0].arg1.mfn = pfn_to_mfn(root >> PAGE_SHIFT);
		op[1].cmd = MMUEXT_NEW_USER_BASEPTR;
		op[1].arg1.mfn = t->mm ? pfn_to_mfn(t->mm->user_root >> PAGE_SHIFT) : 0;
		mc[n++] = (struct multicall_entry){ .op = __HYPERVISOR_mmuext_op,
						    .args = { (u64)op, 2, 0, DOMID_SELF } };
		loaded_root[cpu] = root;
	}
	if (t->mm)
		mc[n++] = (struct multicall_entry){ .op = __HYPERVISOR_set_segment_base,
						    .args = { SEGBASE_FS, t->fsbase } };
	if (HYPERVISOR_multicall(mc, n))
		panic("context switch: multicall failed");
	for (unsigned i = 0; i < n; i++)
		if ((long)mc[i].result)
			panic("context switch: call %lu failed with %ld", mc[i].op, (long)mc[i].result);
}

void plat_set_fsbase(u64 base)
{
	HYPERVISOR_set_segment_base(SEGBASE_FS, base);
}

void plat_user_segments(u64 *cs, u64 *ss)
{
	*cs = FLAT_USER_CS;
	*ss = FLAT_USER_SS;
}

/* CR4 and XCR0 belong to the hypervisor, which emulates the instructions that change them. */
void plat_fpu_enable(void)
{
	u64 cr4;
	u32 a = 1, b, c = 0, d;

	/* The prefix asks the hypervisor for the CPUID that this domain may see. */
	__asm__ volatile("ud2a; .ascii \"xen\"; cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	if (c & 1u << 26) {
		u32 mask = 3 | (c & 1u << 28 ? 4 : 0);

		__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
		__asm__ volatile("mov %0, %%cr4" :: "r"(cr4 | 0x40000));
		__asm__ volatile("xsetbv" :: "c"(0), "a"(mask), "d"(0));
	}
}

static void __noreturn shut_down(unsigned reason)
{
	struct sched_shutdown s = { .reason = reason };

	HYPERVISOR_sched_op(SCHEDOP_shutdown, &s);
	for (;;)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
}

void plat_power_off(void)
{
	shut_down(SHUTDOWN_poweroff);
}

void plat_reboot(void)
{
	shut_down(SHUTDOWN_reboot);
}

void plat_crash(void)
{
	shut_down(SHUTDOWN_crash);
}

void pv_trap(struct trapframe *tf)
{
	trap_handle(tf);
	if (from_user(tf))
		user_return(tf);
}

void pv_syscall(struct trapframe *tf)
{
	syscall_handle(tf);
	user_return(tf);
}
