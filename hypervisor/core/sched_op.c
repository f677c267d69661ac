/* SPDX-License-Identifier: MIT
 *
 * The sched_op hypercall: giving the CPU away, sleeping, polling, ending.
 *
 * A vCPU that polls is blocked like any other and has its bit set in the domain's
 * poll_mask; whoever makes a port pending looks there. The poller sets its bits first and
 * looks at the ports then, the sender sets the port first and looks at the bits
 * then, so no wake-up is lost.
 */
#include "arch/context.h"
#include "arch/guest_access.h"
#include "core/hypercall.h"
#include "core/shutdown.h"
#include "lib/bitops.h"
#include "lib/errno.h"

#define POLL_PORTS_MAX 128

static void block(void)
{
	current->vcpu_info->evtchn_upcall_mask = 0;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	vcpu_block();
}

bool sched_vcpu_poll_stop(struct vcpu *v)
{
	uint64_t bit = 1UL << v->vcpu_id;

	if (!(__atomic_load_n(&v->domain->poll_mask, __ATOMIC_SEQ_CST) & bit))
		return false;
	v->poll_evtchn = POLL_ANY;
	return __atomic_fetch_and(&v->domain->poll_mask, ~bit, __ATOMIC_SEQ_CST) & bit;
}

void sched_check_pollers(struct domain *d, unsigned int port)
{
	for (uint64_t m = __atomic_load_n(&d->poll_mask, __ATOMIC_SEQ_CST); m; m &= m - 1) {
		struct vcpu *v = domain_vcpu(d, first_bit(m));

		if (v && (v->poll_evtchn == POLL_ANY || v->poll_evtchn == port) &&
		    sched_vcpu_poll_stop(v))
			vcpu_unblock(v);
	}
}

/* 1: one of the ports is pending; 0: none is; or -errno. *single is the port if there is only one. */
static long poll_look(const struct sched_poll *poll, unsigned int *single)
{
	evtchn_port_t port;

	for (unsigned int i = 0; i < poll->nr_ports; i++) {
		if (copy_from_guest_offset(&port, poll->ports, i, 1))
			return hypercall_error(-EFAULT, "poll: port list is not readable");
		if (!evtchn_port_valid(current->domain, port))
			return hypercall_error(-EINVAL, "poll: port %u does not exist", port);
		if (evtchn_port_pending(current->domain, port))
			return 1;
		if (poll->nr_ports == 1)
			*single = port;
	}
	return 0;
}

static long poll(XEN_GUEST_HANDLE(sched_poll_t) arg)
{
	struct vcpu *v = current;
	unsigned int single = POLL_ANY;
	struct sched_poll p;
	long rc;

	if (copy_from_guest(&p, arg, 1))
		return -EFAULT;
	if (p.nr_ports > POLL_PORTS_MAX)
		return hypercall_error(-EINVAL, "poll: %u ports: at most %u", p.nr_ports,
				       POLL_PORTS_MAX);
	set_bit(VPF_BLOCKED, &v->pause_flags);
	v->poll_evtchn = POLL_ANY;
	__atomic_fetch_or(&v->domain->poll_mask, 1UL << v->vcpu_id, __ATOMIC_SEQ_CST);

	rc = vcpu_event_pending(v->vcpu_info) ? 1 : poll_look(&p, &single);
	if (rc) {
		sched_vcpu_poll_stop(v);
		clear_bit(VPF_BLOCKED, &v->pause_flags);
		return rc < 0 ? rc : 0;
	}
	if (single != POLL_ANY)
		v->poll_evtchn = single;
	if (p.timeout) {
		timer_migrate(&v->poll_timer, cpu_id());
		timer_set(&v->poll_timer, (s_time_t)p.timeout);
	}
	raise_softirq(SOFTIRQ_SCHEDULE);
	return 0;
}

static long remote_shutdown(const struct sched_remote_shutdown *r)
{
	struct domain *d;
	int err = 0;

	if (!current->domain->privileged)
		return -EPERM;
	d = domain_find_get_remote(r->domain_id, &err);
	if (!d)
		return err;
	domain_shutdown(d, (uint8_t)r->reason);
	domain_put(d);
	return 0;
}

/* TOUR 2.4: an operation: its argument is copied once, checked, and only then acted upon. */
long do_sched_op(unsigned long cmd, unsigned long arg)
{
	struct domain *d = current->domain;
	union {
		struct sched_shutdown shutdown;
		struct sched_remote_shutdown remote;
		struct sched_watchdog watchdog;
		struct sched_pin_override pin;
	} u;
	const void *from = (const void *)arg;

	switch ((int)cmd) {
	case SCHEDOP_yield:
		sched_yield();
		return 0;
	case SCHEDOP_block:
		block();
		return 0;
	case SCHEDOP_shutdown:
		if (copy_from_guest_va(&u.shutdown, from, sizeof(u.shutdown)))
			return -EFAULT;
		domain_shutdown(d, (uint8_t)u.shutdown.reason);
		return 0;
	case SCHEDOP_shutdown_code:
		if (copy_from_guest_va(&u.shutdown, from, sizeof(u.shutdown)))
			return -EFAULT;
		domain_set_shutdown_code(d, (uint8_t)u.shutdown.reason);
		return 0;
	case SCHEDOP_poll:
		return poll((XEN_GUEST_HANDLE(sched_poll_t)){ (sched_poll_t *)arg });
	case SCHEDOP_remote_shutdown:
		if (copy_from_guest_va(&u.remote, from, sizeof(u.remote)))
			return -EFAULT;
		return remote_shutdown(&u.remote);
	case SCHEDOP_watchdog:
		if (copy_from_guest_va(&u.watchdog, from, sizeof(u.watchdog)))
			return -EFAULT;
		return domain_watchdog(d, u.watchdog.id, u.watchdog.timeout);
	case SCHEDOP_pin_override:
		if (!d->privileged)
			return -EPERM;
		if (copy_from_guest_va(&u.pin, from, sizeof(u.pin)))
			return -EFAULT;
		return sched_pin_override(current, u.pin.pcpu);
	default:
		return hypercall_error(-ENOSYS, "sched_op %d is not known", (int)cmd);
	}
}

/* The form from before there was an argument structure. */
long do_sched_op_compat(unsigned long cmd, unsigned long arg)
{
	switch ((int)cmd) {
	case SCHEDOP_yield:
		sched_yield();
		return 0;
	case SCHEDOP_block:
		block();
		return 0;
	case SCHEDOP_shutdown:
		domain_shutdown(current->domain, (uint8_t)arg);
		return 0;
	default:
		return -ENOSYS;
	}
}
