/* SPDX-License-Identifier: MIT
 *
 * Shutdown, resumption, crash, and the watchdogs that lead to one.
 *
 * A domain that shuts down has each vCPU paused once more (paused_for_shutdown)
 * and waits for the control domain to look at the code and destroy or resume it. A
 * crash can be found anywhere, under any lock and in interrupt handlers, so this
 * path takes only run-queue locks; telling the control domain is a tasklet's job.
 *
 * Locks: none for the way down (atomics); LOCK_DOMAIN for the watchdogs.
 */
#include "core/shutdown.h"
#include "arch/machine.h"
#include "arch/panic.h"
#include "core/console.h"
#include "core/hypercall.h"
#include "core/trace.h"
#include "lib/bitops.h"
#include "lib/errno.h"
#include "lib/panic.h"
#include "lib/string.h"

static void shutdown_tasklet(void *arg)
{
	struct domain *d = arg;

	/* Here, because a hypercall's entry leaves registers where they are: now they are saved. */
	if (d->crashed_vcpu) {
		print_regs(&d->crashed_vcpu->regs);
		d->crashed_vcpu = NULL;
	}
	if (d == dom0)
		machine_shutdown(d->shutdown_code);     /* the machine follows it */
	if (d->shutdown_code == SHUTDOWN_suspend && d->suspend_port)
		evtchn_send(d, d->suspend_port);
	else
		evtchn_send_global_virq(VIRQ_DOM_EXC);
	domain_put(d);
}

void shutdown_domain_init(struct domain *d)
{
	tasklet_init(&d->shutdown_tasklet, shutdown_tasklet, d);
}

void domain_set_shutdown_code(struct domain *d, uint8_t reason)
{
	uint8_t none = SHUTDOWN_NONE;

	__atomic_compare_exchange_n(&d->shutdown_code, &none, reason, false, __ATOMIC_SEQ_CST,
				    __ATOMIC_SEQ_CST);
}

void domain_shutdown(struct domain *d, uint8_t reason)
{
	struct vcpu *v;

	domain_set_shutdown_code(d, reason);
	if (__atomic_exchange_n(&d->shutting_down, true, __ATOMIC_SEQ_CST))
		return;
	for_each_vcpu(d, v) {
		v->paused_for_shutdown = true;
		vcpu_pause_nosync(v);
	}
	__atomic_store_n(&d->shut_down, true, __ATOMIC_RELEASE);
	/*
	 * The tasklet keeps the domain until it has told of it. It may still be waiting from the time before
	 * a resumption: then that one tells of this too.
	 */
	if (domain_get(d) && !tasklet_schedule(&d->shutdown_tasklet))
		domain_put(d);
}

/* Of a domain that has shut down (save and resume, or on_crash=preserve): back to where it was. */
void domain_resume(struct domain *d)
{
	struct vcpu *v;

	domain_pause(d);
	spin_lock(&d->lock);
	/*
	 * A shutdown that is still pausing vCPUs is not over: there is nothing to resume from yet. And the next one may
	 * begin only when none is paused for this one any more, or its pauses would be taken for this one's.
	 */
	if (__atomic_load_n(&d->shut_down, __ATOMIC_ACQUIRE)) {
		for_each_vcpu(d, v) {
			if (v->paused_for_shutdown) {
				v->paused_for_shutdown = false;
				vcpu_unpause(v);
			}
		}
		WRITE_ONCE(d->shut_down, false);
		WRITE_ONCE(d->shutdown_code, SHUTDOWN_NONE);
		__atomic_store_n(&d->shutting_down, false, __ATOMIC_SEQ_CST);
	}
	spin_unlock(&d->lock);
	domain_unpause(d);
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
	struct vcpu *v = current;
	va_list ap;

	if (d->system)
		panic("a system domain (%u) was to be crashed: %s", d->domid, fmt);
	if (__atomic_exchange_n(&d->crashed, true, __ATOMIC_SEQ_CST))
		return;
	va_start(ap, fmt);
	vsnprintf(d->crash_reason, sizeof(d->crash_reason), fmt, ap);
	va_end(ap);

	if (v->domain == d) {
		trace(TRACE_CRASH, v->vcpu_id, v->regs.rip, d->domid, v->regs.rax, v->regs.rsp);
		printk(LOG_ERR "domain %u vcpu %u crashed: %s\n", d->domid, v->vcpu_id,
		       d->crash_reason);
		d->crashed_vcpu = v;
	} else {
		trace(TRACE_CRASH, 0, 0, d->domid, 0, 0);
		printk(LOG_ERR "domain %u crashed: %s\n", d->domid, d->crash_reason);
	}
	domain_shutdown(d, SHUTDOWN_crash);
}

static void watchdog_expired(void *arg)
{
	struct domain *d = arg;

	if (d->shutting_down || d->dying)
		return;
	printk(LOG_WARN "watchdog of domain %u expired\n", d->domid);
	domain_shutdown(d, SHUTDOWN_watchdog);
}

static long watchdog_start(struct domain *d, uint32_t timeout_s)
{
	if (timeout_s == 0)
		return hypercall_error(-EINVAL, "watchdog: timeout 0 for a new one");
	for (uint32_t i = 0; i < NR_WATCHDOGS; i++) {
		if (d->watchdog_inuse & (1U << i))
			continue;
		d->watchdog_inuse |= 1U << i;
		if (!d->watchdog[i].fn)
			timer_init(&d->watchdog[i], watchdog_expired, d, cpu_id());
		timer_set(&d->watchdog[i], now() + SECONDS(timeout_s));
		return i + 1;
	}
	return hypercall_error(-ENOSPC, "watchdog: all %u are in use", NR_WATCHDOGS);
}

long domain_watchdog(struct domain *d, uint32_t id, uint32_t timeout_s)
{
	long rc = 0;

	if (id > NR_WATCHDOGS)
		return hypercall_error(-EINVAL, "watchdog id %u: expected 0 to %u", id, NR_WATCHDOGS);
	spin_lock(&d->lock);
	if (id == 0) {
		rc = watchdog_start(d, timeout_s);
	} else if (!(d->watchdog_inuse & (1U << (id - 1)))) {
		rc = hypercall_error(-EINVAL, "watchdog id %u is not in use", id);
	} else if (timeout_s == 0) {
		timer_stop(&d->watchdog[id - 1]);
		d->watchdog_inuse &= ~(1U << (id - 1));
	} else {
		timer_set(&d->watchdog[id - 1], now() + SECONDS(timeout_s));
	}
	spin_unlock(&d->lock);
	return rc;
}
