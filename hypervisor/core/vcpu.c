/* SPDX-License-Identifier: MIT
 *
 * vCPUs: created and freed, paused and woken.
 *
 * A vCPU runs only when nothing keeps it: no pause flag (blocked, down, parked), no
 * pause of its own and none of its domain's. The counts and flags change by
 * atomic operations; after each change sched_sleep() or sched_wake()
 * looks at the whole condition again under the run queue's lock, so that of two
 * changes that cross the later look decides.
 *
 * Next: core/sched.c.
 */
#include "core/domain.h"
#include "arch/context.h"
#include "core/hypercall.h"
#include "core/vcpu_timer.h"
#include "lib/bitops.h"
#include "lib/errno.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/frame.h"

struct vcpu *domain_vcpu(const struct domain *d, unsigned int id)
{
	return id < d->max_vcpus ? __atomic_load_n(&d->vcpu[id], __ATOMIC_ACQUIRE) : NULL;
}

static struct vcpu *vcpu_alloc(struct domain *d, unsigned int id)
{
	struct vcpu *v = kzalloc_pages(sizeof(*v));

	if (!v)
		return NULL;
	v->domain = d;
	v->vcpu_id = id;
	v->poll_evtchn = POLL_ANY;
	v->pin_override = -1;
	v->vcpu_info = &dummy_vcpu_info;
	v->vcpu_info_mfn = INVALID_MFN;
	v->mm.guest_table = v->mm.guest_table_user = INVALID_MFN;
	list_init(&v->sched.link);
	v->runstate.state_entry_time = (uint64_t)now();
	return v;
}

int vcpu_create(struct domain *d, unsigned int id, struct vcpu **out)
{
	struct vcpu *v;
	int rc;

	if (id >= d->max_vcpus)
		return -EINVAL;
	if (d->vcpu[id])
		return -EEXIST;
	v = vcpu_alloc(d, id);
	if (!v)
		return -ENOMEM;
	v->pause_flags = 1UL << VPF_DOWN;
	v->runstate.state = RUNSTATE_offline;
	if (id < XEN_LEGACY_MAX_VCPUS)
		v->vcpu_info = &d->shared_info->vcpu_info[id];

	rc = sched_vcpu_init(v);        /* chooses v->processor */
	if (rc == 0) {
		vcpu_timers_init(v);
		rc = mm_vcpu_init(v);
	}
	if (rc == 0)
		rc = pv_vcpu_init(v);
	if (rc == 0)
		rc = fpu_vcpu_init(v);
	if (rc == 0 && is_hvm_domain(d))
		rc = hvm_vcpu_init(v);
	if (rc) {
		vcpu_free(v);
		return rc;
	}
	__atomic_store_n(&d->vcpu[id], v, __ATOMIC_RELEASE);
	if (out)
		*out = v;
	return 0;
}

struct vcpu *idle_vcpu_create(unsigned int cpu)
{
	struct vcpu *v = vcpu_alloc(dom_idle, cpu);

	if (!v)
		panic("no memory for the idle vCPU of CPU %u", cpu);
	v->processor = cpu;
	v->kind = VCPU_IDLE;
	v->initialised = true;
	v->is_running = true;
	v->runstate.state = RUNSTATE_running;
	sched_idle_init(v);
	dom_idle->vcpu[cpu] = v;
	return v;
}

/* Also of a vCPU that vcpu_create() gave up half-way: each part copes with its own not being there. */
void vcpu_free(struct vcpu *v)
{
	vcpu_timers_kill(v);
	vcpu_put_info_area(v);
	sched_vcpu_destroy(v);
	if (is_hvm_domain(v->domain))
		hvm_vcpu_destroy(v);
	fpu_vcpu_destroy(v);
	pv_vcpu_destroy(v);
	mm_vcpu_destroy(v);
	kfree_pages(v, sizeof(*v));
}

void vcpu_set_info_area(struct vcpu *v, struct vcpu_info *vi, mfn_t m)
{
	if (v->vcpu_info == &dummy_vcpu_info) {
		memset(vi, 0, sizeof(*vi));
		vi->evtchn_upcall_mask = 1;
	} else {
		memcpy(vi, v->vcpu_info, sizeof(*vi));
	}
	v->vcpu_info_mfn = m;
	__atomic_store_n(&v->vcpu_info, vi, __ATOMIC_SEQ_CST);
	/* An event that was marked in the old place meanwhile must not be lost: mark all. */
	evtchn_vcpu_info_moved(v);
}

void vcpu_put_info_area(struct vcpu *v)
{
	mfn_t m = v->vcpu_info_mfn;

	if (mfn_eq(m, INVALID_MFN))
		return;
	v->vcpu_info = &dummy_vcpu_info;
	v->vcpu_info_mfn = INVALID_MFN;
	frame_put_and_type(mfn_to_frame(m));
}

/* --- running and not running --- */

void vcpu_wake(struct vcpu *v)
{
	sched_wake(v);
}

void vcpu_sleep_nosync(struct vcpu *v)
{
	sched_sleep(v);
}

void vcpu_sleep_sync(struct vcpu *v)
{
	sched_sleep(v);
	/* The current vCPU's registers are in its structure already: nothing to wait for. */
	if (v == current)
		return;
	while (__atomic_load_n(&v->is_running, __ATOMIC_ACQUIRE))
		smp_poll();
}

void vcpu_pause_nosync(struct vcpu *v)
{
	__atomic_fetch_add(&v->pause_count, 1, __ATOMIC_SEQ_CST);
	vcpu_sleep_nosync(v);
}

void vcpu_pause(struct vcpu *v)
{
	__atomic_fetch_add(&v->pause_count, 1, __ATOMIC_SEQ_CST);
	vcpu_sleep_sync(v);
}

void vcpu_unpause(struct vcpu *v)
{
	if (__atomic_sub_fetch(&v->pause_count, 1, __ATOMIC_SEQ_CST) == 0)
		vcpu_wake(v);
}

void domain_pause_nosync(struct domain *d)
{
	struct vcpu *v;

	__atomic_fetch_add(&d->pause_count, 1, __ATOMIC_SEQ_CST);
	for_each_vcpu(d, v)
		vcpu_sleep_nosync(v);
}

void domain_pause(struct domain *d)
{
	struct vcpu *v;

	domain_pause_nosync(d);
	for_each_vcpu(d, v)
		vcpu_sleep_sync(v);
}

void domain_unpause(struct domain *d)
{
	struct vcpu *v;

	if (__atomic_sub_fetch(&d->pause_count, 1, __ATOMIC_SEQ_CST) != 0)
		return;
	for_each_vcpu(d, v)
		vcpu_wake(v);
}

#define CONTROLLER_PAUSES_MAX 255

int domain_pause_by_controller(struct domain *d)
{
	int rc = 0;

	spin_lock(&d->lock);
	if (d->controller_pause_count >= CONTROLLER_PAUSES_MAX)
		rc = (int)hypercall_error(-EOVERFLOW, "domain %u is paused %d times over",
					  d->domid, CONTROLLER_PAUSES_MAX);
	else
		d->controller_pause_count++;
	spin_unlock(&d->lock);
	if (rc == 0)
		domain_pause(d);
	return rc;
}

int domain_unpause_by_controller(struct domain *d)
{
	int rc = 0;

	spin_lock(&d->lock);
	if (d->controller_pause_count == 0)
		rc = (int)hypercall_error(-EINVAL, "domain %u is not paused", d->domid);
	else if (--d->controller_pause_count == 0)
		d->creation_finished = true;
	spin_unlock(&d->lock);
	if (rc == 0)
		domain_unpause(d);
	return rc;
}

/* --- events --- */

/*
 * Flag first, then look for events: a sender sets the event first and then
 * clears the flag, so one of the two sees the other.
 */
void vcpu_block(void)
{
	struct vcpu *v = current;

	set_bit(VPF_BLOCKED, &v->pause_flags);
	if (vcpu_event_pending(v->vcpu_info) || v->pv.bounce.nmi_pending)
		clear_bit(VPF_BLOCKED, &v->pause_flags);
	else
		raise_softirq(SOFTIRQ_SCHEDULE);
}

void vcpu_unblock(struct vcpu *v)
{
	if (!test_bit(VPF_BLOCKED, &v->pause_flags) ||
	    !test_and_clear_bit(VPF_BLOCKED, &v->pause_flags))
		return;
	sched_vcpu_poll_stop(v);
	vcpu_wake(v);
}

/* A vCPU that runs looks for events whenever it returns to the guest: an interrupt makes it do so. */
void vcpu_kick(struct vcpu *v)
{
	bool running = READ_ONCE(v->is_running);

	vcpu_unblock(v);
	if (running && v != current)
		smp_send_event_check(READ_ONCE(v->processor));
}
