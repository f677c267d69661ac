/* SPDX-License-Identifier: MIT
 *
 * Control operations by who may: even the control domain shall not lock itself up with them, and what comes back holds
 * nothing of the hypervisor's own memory. Each domctl and sysctl is called with a structure full of a pattern; what
 * it answers is searched for addresses of the hypervisor. [XSA-127, XSA-132]
 */
#include "domu.h"

#define PATTERN 0x5a

static void idle(void *unused)
{
	for (;;)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
}

/* Words, at any byte, that are addresses above the machine-to-physical table. */
static unsigned int addresses(const void *p, size_t n)
{
	unsigned int found = 0;

	for (size_t i = 0; i + 8 <= n; i++) {
		uint64_t w;

		memcpy(&w, (const char *)p + i, 8);
		found += w >= 0xffff808000000000UL && w < 0xffff880000000000UL;
	}
	return found;
}

static bool is_harmless(uint32_t cmd)
{
	/* Those that would end, stop or change the victim or the machine; the others only answer. */
	switch (cmd) {
	case XEN_DOMCTL_createdomain:
	case XEN_DOMCTL_destroydomain:
	case XEN_DOMCTL_pausedomain:
	case XEN_DOMCTL_max_vcpus:
	case XEN_DOMCTL_max_mem:
	case XEN_DOMCTL_setvcpucontext:
		return false;
	default:
		return true;
	}
}

static void answers(unsigned int domid)
{
	static char buffer[8192];
	unsigned int found = 0, done = 0;

	for (uint32_t cmd = 1; cmd < 100; cmd++) {
		struct xen_domctl d;
		struct xen_sysctl s;

		if (is_harmless(cmd)) {
			/* Zeros, so that lengths are none and pointers null; then the pattern behind them. */
			memset(&d, 0, sizeof(d));
			done += domu_domctl(&d, cmd, domid) == 0;
			found += addresses(&d.u, sizeof(d.u));
			memset(&d, PATTERN, sizeof(d));
			domu_domctl(&d, cmd, domid);
			found += addresses(&d.u, sizeof(d.u));
		}
		memset(&s, 0, sizeof(s));
		done += domu_sysctl(&s, cmd) == 0;
		found += addresses(&s.u, sizeof(s.u));
	}
	ok(found == 0 && done > 10, "XSA-132: %u operations answered, %u addresses of the hypervisor in it", done, found);

	found = 0;
	for (unsigned int i = 0; i < 3; i++) {
		struct xen_domctl d = { 0 };
		static struct vcpu_guest_context c;

		memset(&c, PATTERN, sizeof(c));
		d.u.vcpucontext.vcpu = 0;
		set_xen_guest_handle(d.u.vcpucontext.ctxt, &c);
		EXPECT_EQ(domu_domctl(&d, XEN_DOMCTL_getvcpucontext, domid), 0);
		found += addresses(&c, sizeof(c));
		memset(buffer, PATTERN, sizeof(buffer));
		memset(&d, 0, sizeof(d));
		d.u.vcpuextstate.size = 0;
		domu_domctl(&d, XEN_DOMCTL_getvcpuextstate, domid);
		set_xen_guest_handle(d.u.vcpuextstate.buffer, (void *)buffer);
		if (d.u.vcpuextstate.size <= sizeof(buffer))
			domu_domctl(&d, XEN_DOMCTL_getvcpuextstate, domid);
		found += addresses(buffer, sizeof(buffer));
	}
	ok(found == 0, "XSA-132: nor in a vCPU's context and extended state (%u)", found);
}

static void oneself(void)
{
	struct xen_domctl d = { 0 };
	static struct vcpu_guest_context c;

	ok(domu_domctl(&d, XEN_DOMCTL_pausedomain, 0) < 0, "XSA-127: the control domain does not pause itself");
	ok(domu_domctl(&d, XEN_DOMCTL_destroydomain, 0) < 0, "nor destroy itself");
	set_xen_guest_handle(d.u.vcpucontext.ctxt, &c);
	ok(domu_domctl(&d, XEN_DOMCTL_getvcpucontext, 0) < 0, "XSA-127: nor read the context of the vCPU that asks");
	ok(domu_domctl(&d, XEN_DOMCTL_setvcpucontext, 0) < 0, "XSA-127: nor set it");
	memset(&d, 0, sizeof(d));
	ok(domu_domctl(&d, XEN_DOMCTL_setvcpuextstate, 0) < 0, "nor its extended state");
	memset(&d, 0, sizeof(d));
	ok(domu_domctl(&d, XEN_DOMCTL_max_vcpus, 0) < 0, "nor its number of vCPUs");
	d.u.max_vcpus.max = 10000;
	ok(domu_domctl(&d, XEN_DOMCTL_max_vcpus, 0) < 0, "to ten thousand either");
	for (unsigned int id = DOMID_FIRST_RESERVED; id <= 0xffff; id++)
		if (domu_domctl(&d, XEN_DOMCTL_pausedomain, id) == 0 || domu_domctl(&d, XEN_DOMCTL_destroydomain, id) == 0)
			ok(false, "domain %#x was paused or destroyed", id);
	ok(true, "the reserved domain numbers name nobody");
}

void test_main(void)
{
	struct books before;
	struct domu u;

	domu_create(&u, &(struct domu_config){ .main = idle });
	EXPECT(domu_destroy(&u));
	books_read(&before);
	domu_create(&u, &(struct domu_config){ .main = idle });
	oneself();
	answers(u.domid);
	EXPECT(domu_destroy(&u));
	books_compare(&before, "all of it");
}
