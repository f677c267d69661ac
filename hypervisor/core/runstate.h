/* SPDX-License-Identifier: MIT
 *
 * How long a vCPU has been running, waiting for a CPU, blocked and offline,
 * and the copy of it that the guest may ask for [Xen public/vcpu.h].
 */
#ifndef HYPERVISOR_CORE_RUNSTATE_H
#define HYPERVISOR_CORE_RUNSTATE_H

#include "arch/clock.h"

struct vcpu;
struct vcpu_runstate_info;

/* LOCK_SCHED of v's CPU held. Accounts the time since the last change to the state it leaves. */
void runstate_change(struct vcpu *v, int state, s_time_t when);
/* A consistent snapshot, up to this moment. */
void runstate_get(struct vcpu *v, struct vcpu_runstate_info *out);
/*
 * Write the guest's registered copy; v is current. In user mode, where the
 * area need not be mapped, it only notes that this is due: pv_toggle_mode()
 * calls it again when v->runstate_stale.
 */
void runstate_update_guest(struct vcpu *v);

#endif
