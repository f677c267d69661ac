/* SPDX-License-Identifier: MIT
 *
 * Time as guests read it: in the vCPU's vcpu_info, a TSC value, the system time
 * at that TSC, and the scale between them. version is odd while we write.
 * Wall clock: seconds at system time zero, in shared_info.
 *
 * A vCPU's page is written only by the CPU it is on, so writers do not meet.
 * [Xen public/xen.h: vcpu_time_info]
 */
#include "pv/internal.h"

static void write_time(struct vcpu_time_info *to, const struct vcpu_time_info *from)
{
	uint32_t version = to->version | 1;

	WRITE_ONCE(to->version, version);
	barrier();
	to->tsc_timestamp = from->tsc_timestamp;
	to->system_time = from->system_time;
	to->tsc_to_system_mul = from->tsc_to_system_mul;
	to->tsc_shift = from->tsc_shift;
	to->flags = from->flags;
	barrier();
	WRITE_ONCE(to->version, version + 1);
}

void pv_update_time(struct vcpu *v)
{
	struct vcpu_time_info t = {
		.tsc_to_system_mul = tsc_to_ns_mul,
		.tsc_shift = tsc_to_ns_shift,
		.flags = XEN_PVCLOCK_TSC_STABLE_BIT,
	};

	t.tsc_timestamp = rdtsc();
	t.system_time = (uint64_t)tsc_to_s_time(t.tsc_timestamp);
	write_time(&v->vcpu_info->time, &t);
	if (unlikely(v->time_guest) && v == current) {
		uint32_t version = v->vcpu_info->time.version;

		/* Odd first, then the body, then even: the guest may read on another vCPU. */
		t.version = version | 1;
		if (!copy_to_guest_va(&v->time_guest->version, &t.version, sizeof(t.version)) &&
		    !copy_to_guest_va(v->time_guest, &t, sizeof(t))) {
			t.version = (version | 1) + 1;
			if (copy_to_guest_va(&v->time_guest->version, &t.version, sizeof(t.version)))
				v->time_guest = NULL;
		}
	}
}

void pv_update_wallclock(struct domain *d)
{
	struct shared_info *s = d->shared_info;
	uint64_t ns = wallclock_base_ns() + (uint64_t)d->time_offset, sec = ns / 1000000000;
	uint32_t version = s->wc_version | 1;

	WRITE_ONCE(s->wc_version, version);
	barrier();
	s->wc_sec = (uint32_t)sec;
	s->wc_sec_hi = (uint32_t)(sec >> 32);
	s->wc_nsec = (uint32_t)(ns % 1000000000);
	barrier();
	WRITE_ONCE(s->wc_version, version + 1);
}
