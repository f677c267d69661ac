/* SPDX-License-Identifier: MIT
 *
 * The timers a guest may set: one periodic and one single-shot for each vCPU,
 * both delivered as VIRQ_TIMER, and the timeout of SCHEDOP_poll.
 */
#ifndef HYPERVISOR_CORE_VCPU_TIMER_H
#define HYPERVISOR_CORE_VCPU_TIMER_H

#include "core/domain.h"

void vcpu_timers_init(struct vcpu *v);
void vcpu_timers_kill(struct vcpu *v);
void vcpu_timers_switch_in(struct vcpu *v);     /* periodic ticks that are due, next one armed on this CPU */
void vcpu_timers_switch_out(struct vcpu *v);    /* a vCPU that does not run gets no periodic ticks */
void vcpu_set_periodic(struct vcpu *v, s_time_t period);        /* 0 stops */
void vcpu_set_singleshot(struct vcpu *v, s_time_t when);        /* v is current */
void vcpu_stop_singleshot(struct vcpu *v);

#endif
