/* SPDX-License-Identifier: MIT
 *
 * Start, traps, events, time, user mode and a second vCPU of a test guest.
 */
#include "domu.h"

struct start_info *si;
struct shared_info *shared;
bool (*trap_hook)(struct regs *regs);
bool (*upcall_hook)(struct regs *regs);
unsigned long soft_interrupts, user_syscalls, user_last_rax;
void (*event_handler)(unsigned int port);
volatile unsigned long upcalls, port_count[MAX_PORTS];

extern const unsigned long trap_entries[32];
extern char trap_soft[], event_entry[], failsafe_entry[], syscall_entry[], start_secondary[];
extern char data_start[], data_end[], data_copy[];
long lib_setjmp(void *buf[8]) __attribute__((returns_twice));
void lib_longjmp(void *buf[8], long value) __attribute__((noreturn));
void lib_enter_user(void *ip, void *sp, unsigned long arg) __attribute__((noreturn));
void lib_memory_init(void);
void lib_start(struct start_info *info) __attribute__((noreturn));
void lib_start_domu(struct start_info *info, struct domu_channel *c) __attribute__((noreturn));
void lib_trap(struct regs *regs);
void lib_event(struct regs *regs);

static char shared_page[PAGE_SIZE] __attribute__((aligned(4096)));
static void *recover[8];
static bool recovering;
static struct fault last_fault;

/* ---- start ---- */

static void set_traps(void)
{
	static struct trap_info table[34];
	unsigned int n = 0;

	for (unsigned int i = 0; i < 32; i++) {
		if (i == 2 || i == 9 || i == 15)
			continue;
		table[n++] = (struct trap_info){ .vector = (uint8_t)i, .flags = i == 3 || i == 4 ? 3 : 0,
						 .cs = FLAT_KERNEL_CS, .address = trap_entries[i] };
	}
	table[n++] = (struct trap_info){ .vector = 0x40, .flags = 3, .cs = FLAT_KERNEL_CS,
					 .address = (unsigned long)trap_soft };
	table[n] = (struct trap_info){ 0 };
	if (HYPERVISOR_set_trap_table(table))
		die("set_trap_table failed");
}

static void set_callback(uint16_t type, void *entry)
{
	struct callback_register r = { .type = type, .address = (unsigned long)entry };

	if (HYPERVISOR_callback_op(CALLBACKOP_register, &r))
		die("callback_op(register, %u) failed", type);
}

static void prepare(struct start_info *info)
{
	/* Before any variable changes. */
	memcpy(data_copy, data_start, (size_t)(data_end - data_start));
	si = info;
	shared = (struct shared_info *)shared_page;
	if (HYPERVISOR_update_va_mapping((unsigned long)shared_page, si->shared_info | PTE_FLAGS_RW, UVMF_INVLPG))
		die("shared_info at %#lx could not be mapped", si->shared_info);
	lib_memory_init();
	set_traps();
	set_callback(CALLBACKTYPE_event, event_entry);
	set_callback(CALLBACKTYPE_failsafe, failsafe_entry);
	set_callback(CALLBACKTYPE_syscall, syscall_entry);
}

void lib_start(struct start_info *info)
{
	prepare(info);
	test_main();
	finish();
}

void lib_start_domu(struct start_info *info, struct domu_channel *c)
{
	prepare(info);
	domu_channel = c;
	c->main((void *)c->arg);
	c->done = 1;
	finish();
}

bool is_control_domain(void)
{
	return si->flags & SIF_INITDOMAIN;
}

/* ---- traps ---- */

bool try_call(void (*fn)(void *), void *arg, struct fault *f)
{
	recovering = true;
	last_fault = (struct fault){ 0 };
	if (!lib_setjmp(recover))
		fn(arg);
	recovering = false;
	*f = last_fault;
	return !f->happened;
}

void lib_trap(struct regs *regs)
{
	if (regs->vector == 0x102 && regs->rax) {
		user_syscalls++;
		user_last_rax = regs->rax;
		regs->rax = 42;
		return;
	}
	if (trap_hook && trap_hook(regs))
		return;
	if (regs->vector == 0x40) {
		soft_interrupts++;
		return;
	}
	if (!recovering)
		die("unexpected trap %lu, error %#lx, at %#lx, cr2 %#lx", regs->vector, regs->error, regs->rip,
		    vcpu_info(0)->arch.cr2);
	last_fault = (struct fault){ .happened = regs->vector != 0x102, .vector = (unsigned int)regs->vector,
				     .error = regs->error, .cr2 = vcpu_info(0)->arch.cr2, .rip = regs->rip,
				     .cs = regs->cs };
	lib_longjmp(recover, 1);
}

/* ---- events ---- */

void lib_event(struct regs *regs)
{
	struct vcpu_info *vi = vcpu_info(0);

	if (upcall_hook && upcall_hook(regs))
		return;
	upcalls++;
	vi->evtchn_upcall_pending = 0;
	for (;;) {
		unsigned long sel = __atomic_exchange_n(&vi->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);

		if (!sel)
			break;
		for (; sel; sel &= sel - 1) {
			unsigned int w = (unsigned int)__builtin_ctzl(sel);
			unsigned long bits = shared->evtchn_pending[w] & ~shared->evtchn_mask[w];

			for (; bits; bits &= bits - 1) {
				unsigned int port = w * 64 + (unsigned int)__builtin_ctzl(bits);

				__atomic_fetch_and(&shared->evtchn_pending[w], ~(1UL << (port % 64)),
						   __ATOMIC_SEQ_CST);
				port_count[port]++;
				if (event_handler)
					event_handler(port);
			}
		}
	}
}

void events_unmask(void)
{
	struct vcpu_info *vi = vcpu_info(0);

	vi->evtchn_upcall_mask = 0;
	barrier();
	if (vi->evtchn_upcall_pending)
		HYPERVISOR_xen_version(0, NULL);        /* any hypercall delivers */
}

void unmask_port(unsigned int port)
{
	struct evtchn_unmask u = { .port = port };

	HYPERVISOR_event_channel_op(EVTCHNOP_unmask, &u);
}

long evtchn_bind_virq(unsigned int virq, unsigned int vcpu)
{
	struct evtchn_bind_virq b = { .virq = virq, .vcpu = vcpu };
	long rc = HYPERVISOR_event_channel_op(EVTCHNOP_bind_virq, &b);

	return rc ? rc : (long)b.port;
}

long evtchn_bind_ipi(unsigned int vcpu)
{
	struct evtchn_bind_ipi b = { .vcpu = vcpu };
	long rc = HYPERVISOR_event_channel_op(EVTCHNOP_bind_ipi, &b);

	return rc ? rc : (long)b.port;
}

long evtchn_alloc_unbound(domid_t dom, domid_t remote)
{
	struct evtchn_alloc_unbound a = { .dom = dom, .remote_dom = remote };
	long rc = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &a);

	return rc ? rc : (long)a.port;
}

long evtchn_bind_interdomain(domid_t remote, unsigned int port)
{
	struct evtchn_bind_interdomain b = { .remote_dom = remote, .remote_port = port };
	long rc = HYPERVISOR_event_channel_op(EVTCHNOP_bind_interdomain, &b);

	return rc ? rc : (long)b.local_port;
}

long evtchn_send(unsigned int port)
{
	struct evtchn_send s = { .port = port };

	return HYPERVISOR_event_channel_op(EVTCHNOP_send, &s);
}

long evtchn_close(unsigned int port)
{
	struct evtchn_close c = { .port = port };

	return HYPERVISOR_event_channel_op(EVTCHNOP_close, &c);
}

/* ---- time ---- */

uint64_t system_time(void)
{
	const volatile struct vcpu_time_info *t = &vcpu_info(0)->time;
	uint64_t delta, ns;
	uint32_t version;

	do {
		version = t->version;
		barrier();
		delta = rdtsc() - t->tsc_timestamp;
		delta = t->tsc_shift < 0 ? delta >> -t->tsc_shift : delta << t->tsc_shift;
		ns = t->system_time + (uint64_t)(((unsigned __int128)delta * t->tsc_to_system_mul) >> 32);
		barrier();
	} while ((version & 1) || version != t->version);
	return ns;
}

void delay_ns(uint64_t ns)
{
	uint64_t end = system_time() + ns;

	while (system_time() < end)
		;
}

/* ---- user mode ---- */

static char user_stack[8192] __attribute__((aligned(16)));
static char kernel_stack[16384] __attribute__((aligned(16)));

static void user_table_init(void)
{
	static bool done;
	struct mmuext_op op[2];
	uint64_t *l4;

	if (done)
		return;
	l4 = alloc_page();
	memcpy(l4, (void *)si->pt_base, 256 * 8);
	memcpy(l4 + 272, (char *)si->pt_base + 272 * 8, 240 * 8);
	if (!make_readonly(l4))
		die("user L4 could not be made read-only");
	op[0] = (struct mmuext_op){ .cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = virt_to_mfn(l4) };
	op[1] = (struct mmuext_op){ .cmd = MMUEXT_NEW_USER_BASEPTR, .arg1.mfn = virt_to_mfn(l4) };
	if (HYPERVISOR_mmuext_op(op, 2, NULL, DOMID_SELF))
		die("user L4 was refused");
	done = true;
}

/* Returning from fn() lands on address 0 and faults: end with user_exit's SYSCALL instead. */
void run_user(void (*fn)(unsigned long), unsigned long arg, struct fault *f)
{
	unsigned long *sp = (unsigned long *)(user_stack + sizeof(user_stack));

	user_table_init();
	HYPERVISOR_stack_switch(FLAT_KERNEL_SS, (unsigned long)(kernel_stack + sizeof(kernel_stack)));
	*--sp = 0;
	recovering = true;
	last_fault = (struct fault){ 0 };
	if (!lib_setjmp(recover))
		lib_enter_user((void *)fn, sp, arg);
	recovering = false;
	*f = last_fault;
}

/* ---- another vCPU ---- */

struct cpu_start {
	void (*fn)(void *);
	void *arg;
};

void lib_start_secondary(struct cpu_start *s) __attribute__((noreturn));
void lib_start_secondary(struct cpu_start *s)
{
	s->fn(s->arg);
	for (;;)
		HYPERVISOR_vcpu_op(VCPUOP_down, (int)0 + 1, NULL);
}

unsigned int max_vcpus(void)
{
	unsigned int n = 0;

	while (HYPERVISOR_vcpu_op(VCPUOP_is_up, n, NULL) >= 0)
		n++;
	return n;
}

long start_vcpu(unsigned int id, void (*fn)(void *), void *arg)
{
	static struct vcpu_guest_context c;
	static struct cpu_start start[8];
	static char stack[8][16384] __attribute__((aligned(16)));
	long rc;

	start[id] = (struct cpu_start){ fn, arg };
	memset(&c, 0, sizeof(c));
	c.flags = VGCF_in_kernel;
	c.user_regs.rip = (unsigned long)start_secondary;
	c.user_regs.rsp = (unsigned long)(stack[id] + sizeof(stack[id]));
	c.user_regs.rsi = (unsigned long)&start[id];
	c.user_regs.cs = FLAT_KERNEL_CS;
	c.user_regs.ss = FLAT_KERNEL_SS;
	c.user_regs.rflags = 0x200;
	c.kernel_ss = FLAT_KERNEL_SS;
	c.kernel_sp = c.user_regs.rsp;
	for (unsigned int i = 0; i < 32; i++)
		c.trap_ctxt[i] = (struct trap_info){ .vector = (uint8_t)i, .cs = FLAT_KERNEL_CS, .address = trap_entries[i] };
	c.event_callback_eip = (unsigned long)event_entry;
	c.failsafe_callback_eip = (unsigned long)failsafe_entry;
	c.ctrlreg[3] = xen_pfn_to_cr3(virt_to_mfn((void *)si->pt_base));
	rc = HYPERVISOR_vcpu_op(VCPUOP_initialise, (int)id, &c);
	return rc ? rc : HYPERVISOR_vcpu_op(VCPUOP_up, (int)id, NULL);
}
