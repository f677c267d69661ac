/* SPDX-License-Identifier: MIT
 *
 * Hypercalls that do nothing or next to nothing: what the way in and out costs.
 */
#include "bench.h"

static xen_feature_info_t features;

static long null_syscall(void)
{
	return pv_hypercall2(__HYPERVISOR_xen_version, XENVER_version, 0);
}

static long null_page(void)
{
	unsigned long a1 = XENVER_version, a2 = 0;
	long rc;

	__asm__ volatile("call hypercall_page + 17 * 32" : "=a"(rc), "+D"(a1), "+S"(a2) : : PV_HC_CLOBBERS);
	return rc;
}

static const char *is_version_4(long rc)
{
	return rc >> 16 == 4 ? NULL : wrong("xen_version(version) returned %#lx, a version 4 expected", (unsigned long)rc);
}

static void features_before(void)
{
	features = (xen_feature_info_t){ .submap_idx = 0, .submap = 0x5a5a0000 };
}

static long features_run(void)
{
	return HYPERVISOR_xen_version(XENVER_get_features, &features);
}

static const char *features_after(long rc)
{
	if (rc)
		return rc_is_zero(rc);
	if (features.submap == 0x5a5a0000)
		return "the feature bitmap was not written";
	return NULL;
}

/* ---- small ones ---- */

static long is_up_run(void) { return HYPERVISOR_vcpu_op(VCPUOP_is_up, 0, NULL); }
static long console_run(void) { return HYPERVISOR_console_io(CONSOLEIO_write, 0, (char *)&features); }
static long yield_run(void) { return HYPERVISOR_sched_op(SCHEDOP_yield, NULL); }

static const char *is_one(long rc)
{
	return rc == 1 ? NULL : wrong("the call returned %ld, 1 expected", rc);
}

/* Sends to a port that does not exist: tests/host/bench-runs.py wants to see an error and no figure. */
static long fails_run(void)
{
	return evtchn_send(MAX_PORTS - 1);
}

const struct op hypercall_ops[] = {
	{ .name = "null-syscall", .run = null_syscall, .after = is_version_4 },
	{ .name = "null-page", .run = null_page, .after = is_version_4 },
	{ .name = "get-features", .before = features_before, .run = features_run, .after = features_after },
	{ .name = "vcpu-is-up", .run = is_up_run, .after = is_one },
	{ .name = "console-write-nothing", .run = console_run, .after = rc_is_zero },
	{ .name = "yield-alone", .run = yield_run, .after = rc_is_zero },
	{ .name = "must-fail", .by_name_only = true, .run = fails_run, .after = rc_is_zero },
	{ 0 }
};
