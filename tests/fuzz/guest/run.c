/* SPDX-License-Identifier: MIT
 *
 * In the unprivileged domains: what an actor is, and its loop. Every trap of an operation ends that operation; every
 * upcall is taken. Whatever an operation broke that the next ones need is mended, as far as that goes: a domain that has
 * lost its stack or its tables crashes, and the control domain goes on with the next seed.
 */
#include "fuzz.h"

struct world world;
static struct actor actors[2];
static unsigned int nr_actors;

extern const unsigned long trap_entries[32];
extern char trap_soft[], event_entry[], failsafe_entry[], syscall_entry[], boot_stack_top[];
#define BOOT_STACK 32768

void say(struct actor *a, const char *fmt, ...)
{
	char line[200];
	va_list ap;
	int n;

	if (!domu_channel->word[W_VERBOSE])
		return;
	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	if (n < 0 || n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	pv_hypercall3(__HYPERVISOR_console_io, CONSOLEIO_write, (unsigned long)n, (unsigned long)line);
}

/* ---- mending ---- */

void restore_entries(void)
{
	static const struct { uint16_t type; void *entry; } callbacks[] = {
		{ CALLBACKTYPE_event, event_entry }, { CALLBACKTYPE_failsafe, failsafe_entry },
		{ CALLBACKTYPE_syscall, syscall_entry },
	};
	struct trap_info t[32];
	unsigned int n = 0;

	for (unsigned int i = 0; i < 32; i++)
		if (i != 2 && i != 9 && i != 15)
			t[n++] = (struct trap_info){ .vector = (uint8_t)i, .flags = i == 3 || i == 4 ? 3 : 0,
						     .cs = FLAT_KERNEL_CS, .address = trap_entries[i] };
	t[n++] = (struct trap_info){ .vector = 0x40, .flags = 3, .cs = FLAT_KERNEL_CS, .address = (unsigned long)trap_soft };
	t[n] = (struct trap_info){ 0 };
	HYPERVISOR_set_trap_table(t);
	for (unsigned int i = 0; i < ARRAY_SIZE(callbacks); i++) {
		struct callback_register r = { .type = callbacks[i].type, .address = (unsigned long)callbacks[i].entry };

		HYPERVISOR_callback_op(CALLBACKOP_register, &r);
	}
	HYPERVISOR_callback_op(CALLBACKOP_register, &(struct callback_register){ .type = CALLBACKTYPE_nmi,
								      .address = trap_entries[2] });
	HYPERVISOR_set_debugreg(7, 0);
}

static void map_everywhere(void *at, unsigned long frame)
{
	HYPERVISOR_update_va_mapping((unsigned long)at, frame << 12 | PTE_FLAGS_RW, UVMF_TLB_FLUSH | UVMF_ALL);
}

/* Some operation may have mapped something else there, and then no upcall would ever be taken for done. */
void restore_shared(void)
{
	map_everywhere(shared, si->shared_info >> 12);
	for (unsigned int i = 0; i < nr_actors; i++)
		if (actors[i].moved_to)
			map_everywhere(actors[i].moved, actors[i].moved_to);
}

/* Whose trap it is, by the stack it came on: vCPU 1's stack is the library's. */
static struct actor *whose(struct regs *r)
{
	unsigned long sp = (unsigned long)r, top = (unsigned long)boot_stack_top, own = (unsigned long)actors[0].stack;

	return nr_actors == 1 || (sp <= top && sp > top - BOOT_STACK) || (sp > own && sp <= own + PAGE_SIZE) ? &actors[0] : &actors[1];
}

static bool take_trap(struct regs *r)
{
	struct actor *a = whose(r);

	if (r->vector == 1) {
		HYPERVISOR_set_debugreg(7, 0);
		r->rflags &= ~0x100UL;
		return true;
	}
	if (r->vector == 2 || r->vector == 3 || r->vector == 4 || r->vector == 0x40)
		return true;
	if (a->recovering)
		lib_longjmp(a->recover, 1);
	return false;
}

/* The library's would only know vCPU 0. Who leaves the pending flag set is called again for ever. */
static bool take_upcall(struct regs *r)
{
	struct actor *a = whose(r);
	struct vcpu_info *vi = a->info;

	if (++a->upcalls % 512 == 0)
		restore_shared();
	vi->evtchn_upcall_pending = 0;
	vi->evtchn_pending_sel = 0;
	for (unsigned int w = 0; w < ARRAY_SIZE(shared->evtchn_pending); w++)
		__atomic_fetch_and(&shared->evtchn_pending[w], shared->evtchn_mask[w], __ATOMIC_SEQ_CST);
	return true;
}

struct actor *actor_of(unsigned int vcpu)
{
	return &actors[vcpu < nr_actors ? vcpu : 0];
}

void run_again(unsigned long vcpu)
{
	lib_longjmp(actors[vcpu].again, 1);
}

/* ---- the loop ---- */

static const unsigned int calls[] = {
	__HYPERVISOR_mmu_update, __HYPERVISOR_mmu_update, __HYPERVISOR_mmuext_op, __HYPERVISOR_mmuext_op,
	__HYPERVISOR_update_va_mapping, __HYPERVISOR_update_va_mapping, __HYPERVISOR_event_channel_op,
	__HYPERVISOR_event_channel_op, __HYPERVISOR_grant_table_op, __HYPERVISOR_grant_table_op, __HYPERVISOR_memory_op,
	__HYPERVISOR_vcpu_op, __HYPERVISOR_multicall, __HYPERVISOR_set_gdt,
};

static const struct op *choose(struct actor *a)
{
	unsigned int from = (unsigned int)(rnd(a) % nr_ops);

	if (rnd(a) % 5 == 0)
		return &ops[from];
	for (unsigned int number = calls[rnd(a) % ARRAY_SIZE(calls)];; from = (from + 1) % nr_ops)
		if (ops[from].number == number)
			return &ops[from];
}

static bool wanted(unsigned long number)
{
	const volatile unsigned long *w = domu_channel->word;

	for (unsigned long i = 0; i < w[W_NR_RANGES]; i++)
		if (number >= w[W_RANGES + 2 * i] && number < w[W_RANGES + 2 * i + 1])
			return true;
	return w[W_NR_RANGES] == 0;
}

static void one(struct actor *a, unsigned long number)
{
	a->random = domu_channel->word[W_SEED] * 0x9e3779b97f4a7c15 + number * 0xd1342543de82ef95;
	a->arg_used = 0;
	a->upcalls = 0;
	a->recovering = true;
	say(a, "#%lu:", number);
	if (lib_setjmp(a->recover))
		say(a, "  ! trap");
	else if (rnd(a) % 3 == 0)
		do_special(a);
	else
		do_call(a, choose(a));
	a->recovering = false;
	__asm__ volatile("cld\n\tpushq $0x202\n\tpopfq" : : : "cc", "memory");
	a->info->evtchn_upcall_mask = 0;
}

static void loop(void *arg)
{
	struct actor *a = arg;
	volatile unsigned long *w = domu_channel->word;
	unsigned long count = w[W_COUNT];
	struct vcpu_set_periodic_timer timer = { .period_ns = 2000000 };

	/* Who sleeps wakes up again. */
	HYPERVISOR_vcpu_op(VCPUOP_set_periodic_timer, (int)a->vcpu, &timer);
	a->alarm = (unsigned int)evtchn_bind_virq(VIRQ_TIMER, a->vcpu);
	unmask_port(a->alarm);
	restore_entries();
	lib_setjmp(a->again);
	while (a->next < count) {
		unsigned long i = a->next++;

		w[W_PROGRESS + a->id] = i + 1;
		if (wanted(a->id * count + i))
			one(a, a->id * count + i);
	}
	w[W_ENDED + a->id] = 1;
}

static void map_grants(void)
{
	xen_pfn_t frame = 0;
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 1 };

	set_xen_guest_handle(s.frame_list, &frame);
	world.grants = alloc_page();
	if (HYPERVISOR_grant_table_op(GNTTABOP_setup_table, &s, 1) || s.status != GNTST_okay ||
	    set_pte((unsigned long)world.grants, frame << 12 | PTE_FLAGS_RW))
		die("no grant table: %d", s.status);
	HYPERVISOR_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);
}

static void begin(unsigned int vcpus)
{
	for (unsigned int i = 0; i < POOL; i++) {
		world.va[i] = alloc_page();
		world.frame[i] = virt_to_mfn(world.va[i]);
	}
	for (unsigned int i = 0; i < vcpus; i++) {
		actors[i] = (struct actor){ .id = (unsigned int)domu_channel->word[W_FIRST_ACTOR] + i, .vcpu = i };
		actors[i].arg = alloc_page();
		alloc_page();
		actors[i].stack = alloc_page();
		actors[i].info = vcpu_info(i);
		actors[i].moved = alloc_page();
	}
	nr_actors = vcpus;
	map_grants();
	trap_hook = take_trap;
	upcall_hook = take_upcall;
	for (unsigned int i = 1; i < vcpus; i++)
		if (start_vcpu(i, loop, &actors[i]))
			die("vCPU %u does not start", i);
	loop(&actors[0]);
	/* The others' end is the control domain's to wait for. */
	while (vcpus > 1 && !domu_channel->word[W_ENDED + actors[1].id])
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
}

void run_attacker(void *unused)
{
	begin(2);
}

void run_partner(void *unused)
{
	begin(1);
}
