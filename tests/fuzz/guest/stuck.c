/* SPDX-License-Identifier: MIT
 *
 * What became of an actor that makes no progress. Most of them have themselves to blame: they sleep with every event
 * masked, have taken their vCPU down, or run in a circle of traps. The control domain then does what gets them going: an
 * NMI ends any sleep, a context brings a vCPU up or back to its loop; so a seed is worked to its end. Two cases
 * are the hypervisor's fault, and the seed's failure:
 *
 * - the vCPU may run and gets no time, although the control domain sleeps most of the time;
 * - it uses time, but whenever one looks it is before the same instruction with the same registers: a hypercall that is
 *   continued for ever, a fault that is mended for ever. A loop of the guest around a hypercall is seen behind its SYSCALL,
 *   one that is continued before it.
 *
 * Both need seconds of the machine's own time and many looks, so a busy host does not make them up. A vCPU that never comes
 * out of the hypervisor cannot be looked at: the machine falls silent, and the host's side asks the debug keys.
 */
#include "fuzz.h"

#define QUIET_ROUNDS    10              /* rounds of watch() without progress before anybody looks */
#define LOOP_NS         300000000UL     /* of its own time: it will not come back by itself */
#define HANG_NS         3000000000UL
#define STARVED_NS      10000000000UL
#define STARVED_ROUNDS  1000
#define LOOKS           24
#define MAX_TRIES       2000            /* of them, while others run */
#define HELPS           40              /* of one actor, */
#define HELPS_HERE      3               /* and in one operation; then it is left as it is */

bool tell;
static struct xen_domctl op;
static struct vcpu_guest_context context;

extern char data_start[], event_entry[], failsafe_entry[];
extern const unsigned long trap_entries[32];

static char rescue_stack[2][PAGE_SIZE] __attribute__((aligned(16)));

void nap(uint64_t ns)
{
	struct sched_poll p = { .timeout = system_time() + ns };

	HYPERVISOR_sched_op(SCHEDOP_poll, &p);
}

static bool get_context(const struct watched *w)
{
	op.u.vcpucontext.vcpu = w->vcpu;
	set_xen_guest_handle(op.u.vcpucontext.ctxt, &context);
	return !domu_domctl(&op, XEN_DOMCTL_getvcpucontext, w->u->domid);
}

static bool set_context(const struct watched *w)
{
	context.flags |= VGCF_online | VGCF_in_kernel;
	op.u.vcpucontext.vcpu = w->vcpu;
	set_xen_guest_handle(op.u.vcpucontext.ctxt, &context);
	return !domu_domctl(&op, XEN_DOMCTL_setvcpucontext, w->u->domid);
}

static void wake(const struct watched *w)
{
	op.u.sendtrigger.trigger = XEN_DOMCTL_SENDTRIGGER_NMI;
	op.u.sendtrigger.vcpu = w->vcpu;
	domu_domctl(&op, XEN_DOMCTL_sendtrigger, w->u->domid);
}

/* Out of whatever it does, back to its loop, with the entries it was born with. */
static void rescue(const struct watched *w)
{
	if (!get_context(w))
		return;
	for (unsigned int i = 0; i < 32; i++)
		context.trap_ctxt[i] = (struct trap_info){ .vector = (uint8_t)i, .flags = i == 3 || i == 4 ? 3 : 0,
							   .cs = FLAT_KERNEL_CS, .address = i == 2 ? 0 : trap_entries[i] };
	context.event_callback_eip = (unsigned long)event_entry;
	context.failsafe_callback_eip = (unsigned long)failsafe_entry;
	context.user_regs = (struct cpu_user_regs){ .rip = (unsigned long)run_again, .rdi = w->vcpu, .cs = FLAT_KERNEL_CS,
						    .ss = FLAT_KERNEL_SS, .rflags = 0x200,
						    .rsp = (unsigned long)rescue_stack[w->vcpu] + PAGE_SIZE - 8 };
	context.debugreg[7] = 0;
	set_context(w);
}

static bool at_an_entry(unsigned long rip)
{
	bool found = rip == context.event_callback_eip || rip == context.failsafe_callback_eip ||
		     rip == context.syscall_callback_eip;

	for (unsigned int i = 0; i < 256; i++)
		found |= rip == context.trap_ctxt[i].address;
	return found;
}

/* Both domains are copies of this image. */
static bool syscall_at(unsigned long rip)
{
	const unsigned char *p = (const unsigned char *)rip;

	return rip >= VIRT_BASE + 0x100000 && rip < (unsigned long)data_start && p[0] == 0x0f && p[1] == 5;
}

/* Where a guest that is interrupted is mostly seen: called again and again, or with a loop around a hypercall of its own. */
static bool own_circle(unsigned long rip)
{
	return at_an_entry(rip) || syscall_at(rip - 2);
}

static uint64_t time_used(const struct watched *w)
{
	op.u.getvcpuinfo.vcpu = w->vcpu;
	return domu_domctl(&op, XEN_DOMCTL_getvcpuinfo, w->u->domid) ? 0 : op.u.getvcpuinfo.cpu_time;
}

/* True: the same instruction and registers, look after look. A look counts when the vCPU has run since the one before. */
static bool stands_still(const struct watched *w, struct cpu_user_regs *r)
{
	uint64_t seen = 0, used;
	unsigned int looks = 0;

	for (unsigned int tries = 0; looks < LOOKS && tries < MAX_TRIES; tries++, nap(1700000)) {
		used = time_used(w);
		if (used == seen)
			continue;
		seen = used;
		if (!get_context(w))
			return false;
		if (looks++ == 0)
			*r = context.user_regs;
		if (own_circle(r->rip) || r->rip != context.user_regs.rip || r->rsp != context.user_regs.rsp ||
		    memcmp(r, &context.user_regs, offsetof(struct cpu_user_regs, error_code)) != 0)
			return false;
	}
	return looks == LOOKS;
}

static const char *what_instruction(unsigned long rip)
{
	return syscall_at(rip) ? "a hypercall that does not end" : "an instruction that does not end";
}

static void help(struct watched *w, const char *what, unsigned long *counter, void (*how)(const struct watched *))
{
	(*counter)++;
	if (tell)
		note("fuzz: seed %lu: d%u v%u, operation %lu: %s, at %#lx", w->u->channel->word[W_SEED], w->u->domid, w->vcpu,
		     w->last, what, get_context(w) ? context.user_regs.rip : 0);
	w->helps = ++w->here > HELPS_HERE ? HELPS : w->helps + 1;
	how(w);
	w->rounds = 0;
}

static void bring_up(const struct watched *w)
{
	if (get_context(w))
		set_context(w);
}

/* In the hypervisor's words: is it asleep, down, waiting, running? */
static void diagnose(struct watched *w, struct helped *h)
{
	struct xen_domctl_getvcpuinfo *i = &op.u.getvcpuinfo;
	static char why[160];
	struct cpu_user_regs r;
	uint64_t used;

	i->vcpu = w->vcpu;
	if (domu_domctl(&op, XEN_DOMCTL_getvcpuinfo, w->u->domid))
		return;
	/* Not started yet; or taken down by its sibling before its first operation. */
	if (!i->online && w->last == 0 && w->rounds < STARVED_ROUNDS)
		return;
	used = i->cpu_time - w->cpu_time;
	if (!i->online) {
		help(w, "is down", &h->down, bring_up);
	} else if (i->blocked) {
		help(w, "sleeps", &h->asleep, wake);
	} else if (used == 0 && w->rounds > STARVED_ROUNDS && system_time() - w->since > STARVED_NS) {
		snprintf(why, sizeof(why), "d%u v%u may run and gets no time, in operation %lu", w->u->domid, w->vcpu, w->last);
		fail(why);
	} else if (used > LOOP_NS && !stands_still(w, &r)) {
		help(w, "runs in a circle", &h->circling, rescue);
	} else if (used > HANG_NS) {
		snprintf(why, sizeof(why), "d%u v%u hangs in operation %lu: %s, at %#lx, rax %#lx rdi %#lx rsi %#lx", w->u->domid,
			 w->vcpu, w->last, what_instruction(r.rip), r.rip, r.rax, r.rdi, r.rsi);
		fail(why);
	}
}

void watch_actor(struct watched *w, struct helped *h)
{
	const volatile unsigned long *words = w->u->channel->word;
	unsigned long now = words[W_PROGRESS + w->id];

	if (words[W_ENDED + w->id])
		return;
	if (now != w->last || w->rounds == 0) {
		if (now != w->last)
			w->here = 0;
		w->last = now;
		w->rounds = 1;
		w->since = system_time();
		w->cpu_time = time_used(w);
		return;
	}
	if (++w->rounds > QUIET_ROUNDS && w->helps < HELPS)
		diagnose(w, h);
}

/* Ended, dead with its domain, or past all help. */
bool actor_over(const struct watched *w)
{
	return w->u->channel->word[W_ENDED + w->id] || w->helps >= HELPS || domu_state(w->u) != DOMU_RUNS;
}
