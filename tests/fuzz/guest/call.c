/* SPDX-License-Identifier: MIT
 *
 * One hypercall: its registers by the convention of its kind, its argument by the layout, and what its answer
 * teaches.
 */
#include "fuzz.h"

static long call6(unsigned int number, const uint64_t *r)
{
	return pv_hypercall6(number, r[0], r[1], r[2], r[3], r[4], r[5]);
}

/* The argument of a command: described, or sixteen words of anything; seldom a pointer that is no good. */
static uint64_t argument(struct actor *a, const struct op *o, unsigned int copies, char **real)
{
	const char *layout = op_layout(o);
	unsigned long size = layout ? layout_size(layout) : 128;
	char *p = arg_room(a, size * copies);

	*real = p;
	for (unsigned int i = 0; i < copies; i++)
		fill(a, layout ? layout : "RRRRRRRRRRRRRRRR", p + i * size);
	return rnd(a) % 24 ? (unsigned long)p : value(a, 'a');
}

static uint64_t trap_table(struct actor *a)
{
	struct trap_info *t = arg_room(a, 5 * sizeof(*t));

	for (unsigned int i = 0; i < 5; i++)
		t[i] = (struct trap_info){ .vector = (uint8_t)rnd(a), .flags = (uint8_t)rnd(a), .cs = (uint16_t)rnd(a),
					   .address = i == 4 ? 0 : value(a, 'a') };
	return (unsigned long)t;
}

/* Hypercalls without commands, and those whose commands are not in a register. True: r is complete. */
static bool special_registers(struct actor *a, const struct op *o, uint64_t *r, char **arg)
{
	unsigned int n = 1 + (unsigned int)(rnd(a) % 4);
	uint64_t *p;

	switch (o->number) {
	case __HYPERVISOR_set_trap_table:
		r[0] = rnd(a) % 8 ? trap_table(a) : value(a, 'a');
		return true;
	case __HYPERVISOR_mmu_update:
		p = arg_room(a, 64);
		for (unsigned int i = 0; i < n; i++) {
			p[2 * i] = value(a, 'P');
			p[2 * i + 1] = value(a, 'e');
			if (i == 0)
				p[0] = (p[0] & ~3UL) | o->cmd;
		}
		r[0] = (unsigned long)p;
		break;
	case __HYPERVISOR_mmuext_op:
		p = arg_room(a, 96);
		for (unsigned int i = 0; i < n; i++) {
			p[3 * i] = i ? rnd(a) % 22 : o->cmd;
			p[3 * i + 1] = value(a, rnd(a) % 4 ? p[3 * i] == MMUEXT_SET_LDT || p[3 * i] == MMUEXT_INVLPG_LOCAL ||
					     p[3 * i] == MMUEXT_INVLPG_ALL || p[3 * i] == MMUEXT_INVLPG_MULTI ? 'a' : 'm' : 'R');
			p[3 * i + 2] = value(a, p[3 * i] == MMUEXT_COPY_PAGE ? 'm' : p[3 * i] == MMUEXT_SET_LDT ? 'u' : 'a');
		}
		r[0] = (unsigned long)p;
		break;
	case __HYPERVISOR_update_va_mapping:
	case __HYPERVISOR_update_va_mapping_otherdomain:
		r[0] = rnd(a) % 8 ? value(a, 'M') : value(a, 'a');
		r[1] = value(a, 'e');
		r[2] = rnd(a) % 16 ? rnd(a) % 8 : value(a, 'a');
		r[3] = value(a, 'd');
		return true;
	case __HYPERVISOR_set_gdt:
		r[0] = value(a, 'L');
		r[1] = rnd(a) % 4 ? n * 512 : value(a, 'u');
		return true;
	case __HYPERVISOR_update_descriptor:
		r[0] = value(a, 'P') & ~7UL;
		r[1] = rnd(a) % 2 ? 0x00cff3000000ffff ^ (1UL << rnd(a) % 64) : rnd(a);
		return true;
	case __HYPERVISOR_set_timer_op:
		r[0] = value(a, 't');
		return true;
	default:
		r[0] = value(a, 'R');
		r[1] = value(a, 'R');
		if (o->cmd == 0 && o->call == o->name)
			return true;
		*arg = NULL;
		return false;
	}
	r[1] = rnd(a) % 32 ? n : value(a, 'u');
	r[2] = rnd(a) % 4 ? 0 : value(a, 'a');
	r[3] = rnd(a) % 4 ? DOMID_SELF : value(a, 'd') | (rnd(a) % 4 ? 0 : value(a, 'd') << 16);
	return true;
}

static void registers(struct actor *a, const struct op *o, uint64_t *r, char **arg)
{
	unsigned int copies = rnd(a) % 4 ? 1 : 1 + (unsigned int)(rnd(a) % 3);

	for (unsigned int i = 0; i < 6; i++)
		r[i] = 0;
	*arg = NULL;
	if (special_registers(a, o, r, arg))
		return;
	switch (o->number) {
	case __HYPERVISOR_platform_op:
	case __HYPERVISOR_domctl:
	case __HYPERVISOR_sysctl:
	case __HYPERVISOR_mca:
	case __HYPERVISOR_event_channel_op_compat:
	case __HYPERVISOR_physdev_op_compat:
		r[0] = argument(a, o, 1, arg);
		((uint32_t *)(void *)*arg)[0] = (uint32_t)o->cmd;
		((uint32_t *)(void *)*arg)[1] = rnd(a) % 4 ? 0x15 : 3;
		break;
	case __HYPERVISOR_grant_table_op:
		r[0] = o->cmd;
		r[1] = argument(a, o, copies, arg);
		r[2] = rnd(a) % 32 ? copies : value(a, 'u');
		break;
	case __HYPERVISOR_vcpu_op:
		r[0] = o->cmd;
		r[1] = value(a, 'v');
		r[2] = argument(a, o, 1, arg);
		break;
	case __HYPERVISOR_console_io:
		r[0] = o->cmd;
		r[1] = rnd(a) % 16 ? rnd(a) % 8 : value(a, 'u');
		r[2] = value(a, 'a');
		break;
	case __HYPERVISOR_vm_assist:
		r[0] = o->cmd;
		r[1] = rnd(a) % 64;
		break;
	default:
		r[0] = o->cmd;
		r[1] = argument(a, o, 1, arg);
		r[2] = value(a, 'R');
	}
}

/* What could not be gone on from, or is over at once: ends the domain by design. Tried now and then. */
static bool too_final(struct actor *a, const struct op *o)
{
	if (o->number == __HYPERVISOR_console_io && o->cmd == CONSOLEIO_write)
		return rnd(a) % 64;
	if (o->number == __HYPERVISOR_sched_op || o->number == __HYPERVISOR_sched_op_compat)
		return (o->cmd == SCHEDOP_shutdown || o->cmd == SCHEDOP_watchdog || o->call == o->name) && rnd(a) % 256;
	if (o->number == __HYPERVISOR_vcpu_op)
		return (o->cmd == VCPUOP_down || o->cmd == VCPUOP_register_vcpu_info || o->cmd == VCPUOP_send_nmi) &&
		       rnd(a) % 16;
	return false;
}

static void learn(uint64_t number, uint32_t cmd, const void *arg)
{
	uint32_t v;

	if (number == __HYPERVISOR_event_channel_op) {
		unsigned int at = cmd == EVTCHNOP_alloc_unbound ? 4 : cmd == EVTCHNOP_bind_ipi ? 4 : 8;

		if (cmd != EVTCHNOP_alloc_unbound && cmd != EVTCHNOP_bind_interdomain && cmd != EVTCHNOP_bind_virq &&
		    cmd != EVTCHNOP_bind_ipi)
			return;
		memcpy(&v, (const char *)arg + at, 4);
		world.port[world.nr_ports++ % REMEMBERED] = v;
	} else if (number == __HYPERVISOR_grant_table_op && cmd == GNTTABOP_map_grant_ref) {
		const struct gnttab_map_grant_ref *m = arg;

		if (m->status == GNTST_okay)
			world.handle[world.nr_handles++ % REMEMBERED] = m->handle;
	}
}

/* The upcall must find it. */
static void info_moved(unsigned int vcpu, const void *arg)
{
	struct vcpu_register_vcpu_info i;
	struct actor *b = actor_of(vcpu);

	memcpy(&i, arg, sizeof(i));
	b->moved_to = i.mfn;
	b->info = (struct vcpu_info *)((char *)b->moved + i.offset);
	restore_shared();
}

static void count(const struct op *o, bool good)
{
	unsigned long i = (unsigned long)(o - ops);
	volatile unsigned long *w = domu_channel->word;

	w[W_TRIED + i / 64] |= 1UL << (i % 64);
	if (good)
		w[W_WORKED + i / 64] |= 1UL << (i % 64);
	w[W_CALLS]++;
	w[W_GOOD] += good;
}

/* Several at once. */
static void multicall(struct actor *a)
{
	unsigned int n = 1 + (unsigned int)(rnd(a) % 6);
	struct multicall_entry *e = arg_room(a, n * sizeof(*e));
	char *arg;

	for (unsigned int i = 0; i < n; i++) {
		const struct op *o;

		do
			o = &ops[rnd(a) % nr_ops];
		while (too_final(a, o));
		memset(&e[i], 0, sizeof(e[i]));
		registers(a, o, (uint64_t *)e[i].args, &arg);
		e[i].op = rnd(a) % 32 ? o->number : value(a, 'u');
		say(a, "  multicall %u: %s", i, o->name);
	}
	pv_hypercall2(__HYPERVISOR_multicall, rnd(a) % 16 ? (unsigned long)e : value(a, 'a'),
		      rnd(a) % 16 ? n : value(a, 'u'));
	for (unsigned int i = 0; i < n; i++)
		if (e[i].op == __HYPERVISOR_vcpu_op && e[i].args[0] == VCPUOP_register_vcpu_info && e[i].result == 0)
			info_moved((unsigned int)e[i].args[1], (const void *)e[i].args[2]);
}

/* Who may be about to sleep is woken soon, whatever became of the timer before. */
static void set_alarm(struct actor *a)
{
	struct vcpu_set_singleshot_timer t = { .timeout_abs_ns = system_time() + 500000 };
	long port = evtchn_bind_virq(VIRQ_TIMER, a->vcpu);

	if (port > 0)
		a->alarm = (unsigned int)port;
	unmask_port(a->alarm);
	HYPERVISOR_vcpu_op(VCPUOP_set_singleshot_timer, (int)a->vcpu, &t);
}

void do_call(struct actor *a, const struct op *o)
{
	uint64_t r[6];
	char *arg;
	long rc;

	if (o->number == __HYPERVISOR_sched_op || o->number == __HYPERVISOR_sched_op_compat ||
	    o->number == __HYPERVISOR_multicall)
		set_alarm(a);
	if (o->number == __HYPERVISOR_multicall) {
		multicall(a);
		count(o, true);
		restore_entries();
		return;
	}
	if (o->number == __HYPERVISOR_iret || too_final(a, o))
		return;
	registers(a, o, r, &arg);
	say(a, "%s %s (%#lx, %#lx, %#lx, %#lx)", o->call, o->name, r[0], r[1], r[2], r[3]);
	for (unsigned int i = 0; arg && i < 6; i++)
		say(a, "  +%u: %#lx", i * 8, ((uint64_t *)(void *)arg)[i]);
	rc = call6(o->number, r);
	say(a, "  = %ld", rc);
	count(o, rc >= 0);
	if (rc == 0 && o->number == __HYPERVISOR_vcpu_op && o->cmd == VCPUOP_register_vcpu_info)
		info_moved((unsigned int)r[1], (const void *)r[2]);
	if (rc >= 0 && arg)
		learn(o->number, (uint32_t)o->cmd, arg);
	if (o->number == __HYPERVISOR_set_trap_table || o->number == __HYPERVISOR_callback_op ||
	    o->number == __HYPERVISOR_set_callbacks || o->number == __HYPERVISOR_set_debugreg)
		restore_entries();
}
