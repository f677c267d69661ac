/* SPDX-License-Identifier: MIT
 *
 * What an unprivileged domain may not ask for: control operations (each of them, from two vCPUs at once, while the
 * control domain must get its own done in time), interrupts and devices of the machine, others' channels and tables, and
 * more of the hypervisor than the version tells. [XSA-13 16 21 46 83 87 122 237 492 499]
 *
 * RUN: cpus=1,2
 */
#include <pv-abi/platform.h>
#include "domu.h"

enum { W_STORM = 2, W_CALLS };

static long phys(int cmd, void *arg)
{
	return HYPERVISOR_physdev_op(cmd, arg);
}

static long evt(int cmd, void *arg)
{
	return HYPERVISOR_event_channel_op(cmd, arg);
}

/* ---- XSA-13, 16, 21, 46, 83, 87, 237 ---- */

static void interrupts(void)
{
	static const int32_t odd[] = { 0, 1, 9, 23, 24, 255, 256, 1023, 1024, 65535, 0x7fffffff, -1, -2, -24, -1024, (int)0x80000000 };
	static const int devices[] = { PHYSDEVOP_apic_read, PHYSDEVOP_apic_write, PHYSDEVOP_alloc_irq_vector, PHYSDEVOP_setup_gsi,
		PHYSDEVOP_manage_pci_add, PHYSDEVOP_manage_pci_remove, PHYSDEVOP_pci_device_add, PHYSDEVOP_prepare_msix, PHYSDEVOP_release_msix,
		PHYSDEVOP_restore_msi, PHYSDEVOP_dbgp_op };
	static char zero[256];
	unsigned int got = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(odd); i++) {
		for (int type = 0; type < 8; type++) {
			struct physdev_map_pirq m = { .domid = DOMID_SELF, .type = type, .index = odd[i], .pirq = odd[(i + 3) % ARRAY_SIZE(odd)] };

			if (phys(PHYSDEVOP_map_pirq, &m) >= 0)
				got++;
			m.domid = 0;
			if (phys(PHYSDEVOP_map_pirq, &m) >= 0)
				got++;
		}
		struct evtchn_bind_pirq b = { .pirq = (uint32_t)odd[i] };
		struct physdev_unmap_pirq u = { .domid = DOMID_SELF, .pirq = odd[i] };
		struct physdev_eoi e = { .irq = (uint32_t)odd[i] };
		struct physdev_irq_status_query q = { .irq = (uint32_t)odd[i] };

		got += evt(EVTCHNOP_bind_pirq, &b) >= 0;
		got += phys(PHYSDEVOP_unmap_pirq, &u) >= 0;
		got += phys(PHYSDEVOP_eoi, &e) >= 0;
		phys(PHYSDEVOP_irq_status_query, &q);
	}
	ok(got == 0, "XSA-16, 46, 83, 237: no interrupt of the machine is to be had (%u were)", got);
	for (unsigned int i = 0; i < ARRAY_SIZE(devices); i++)
		ok(phys(devices[i], zero) == -XEN_EPERM, "XSA-87: physdev_op %d is not for us: %ld", devices[i], phys(devices[i], zero));
	for (unsigned int i = 0; i < 3000; i++) {
		struct physdev_get_free_pirq f = { .type = (int)(i % 5), .pirq = ~0U };

		if (phys(PHYSDEVOP_get_free_pirq, &f) == 0 && f.pirq > 1 << 20)
			ok(false, "XSA-13: free pirq %u", f.pirq);
	}
	ok(true, "XSA-13: get_free_pirq until there is none: survived");
	for (unsigned int i = 0; i < ARRAY_SIZE(odd); i++) {
		struct physdev_pirq_eoi_gmfn g = { .gmfn = (xen_pfn_t)(long)odd[i] };

		/* A small number may be a frame of ours. */
		if (g.gmfn < 0x1000 && M2P[g.gmfn] < si->nr_pages && pfn_to_mfn(M2P[g.gmfn]) == g.gmfn)
			continue;
		ok(phys(PHYSDEVOP_pirq_eoi_gmfn_v2, &g) < 0, "XSA-21: EOI page at frame %#lx is refused", (unsigned long)g.gmfn);
	}
}

/* ---- XSA-122: texts end in zeros ---- */

static void versions(void)
{
	static uint8_t buf[4096];
	static const struct { int cmd; unsigned int size; } text[] = {
		{ XENVER_extraversion, 16 }, { XENVER_capabilities, 1024 }, { XENVER_changeset, 64 }, { XENVER_commandline, 1024 }, { XENVER_compile_info, 144 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(text); i++) {
		unsigned int end = 0, bad = 0;

		memset(buf, 0xaa, sizeof(buf));
		if (HYPERVISOR_xen_version(text[i].cmd, buf) < 0)
			continue;
		if (text[i].cmd != XENVER_compile_info) {
			while (end < text[i].size && buf[end])
				end++;
			for (unsigned int j = end; j < text[i].size; j++)
				bad += buf[j] != 0;
		}
		for (unsigned int j = text[i].size; j < sizeof(buf); j++)
			bad += buf[j] != 0xaa;
		for (unsigned int j = 0; j + 8 <= text[i].size; j++) {
			uint64_t w;

			memcpy(&w, buf + j, 8);
			bad += w >> 43 == 0xffff800000000000UL >> 43;
		}
		ok(bad == 0, "XSA-122: version text %d: nothing behind its end (%u bytes)", text[i].cmd, bad);
	}
	memset(buf, 0, sizeof(buf));
	HYPERVISOR_xen_version(XENVER_commandline, buf);
	ok(!memcmp(buf, "<denied>", 9), "the hypervisor's command line is not for guests");
	EXPECT_EQ(HYPERVISOR_xen_version(XENVER_build_id, NULL), -XEN_EPERM);
}

static void others(void)
{
	struct evtchn_status st = { .dom = 0, .port = 1 };
	struct evtchn_alloc_unbound au = { .dom = 0, .remote_dom = DOMID_SELF };
	struct evtchn_reset rs = { .dom = 0 };
	struct gnttab_query_size qs = { .dom = 0 };
	struct gnttab_get_version gv = { .dom = 0 };
	struct xen_memory_domain md = { .domid = 0 };
	struct sched_remote_shutdown sd = { .domain_id = 0, .reason = SHUTDOWN_crash };
	struct sched_pin_override pin = { .pcpu = 0 };
	char c;

	ok(evt(EVTCHNOP_status, &st) == -XEN_EPERM, "another's channel");
	ok(evt(EVTCHNOP_alloc_unbound, &au) == -XEN_EPERM, "a port in another's name");
	ok(evt(EVTCHNOP_reset, &rs) == -XEN_EPERM, "another's reset");
	HYPERVISOR_grant_table_op(GNTTABOP_query_size, &qs, 1);
	ok(qs.status < 0, "another's grant table");
	ok(HYPERVISOR_grant_table_op(GNTTABOP_get_version, &gv, 1) == -XEN_EPERM, "and its version");
	ok(HYPERVISOR_memory_op(XENMEM_current_reservation, &md) == -XEN_EPERM, "another's memory");
	ok(HYPERVISOR_memory_op(XENMEM_machine_memory_map, &md) == -XEN_EPERM, "the machine's memory map");
	ok(HYPERVISOR_sched_op(SCHEDOP_remote_shutdown, &sd) == -XEN_EPERM, "another's end");
	ok(HYPERVISOR_sched_op(SCHEDOP_pin_override, &pin) == -XEN_EPERM, "a CPU of one's own");
	ok(HYPERVISOR_console_io(CONSOLEIO_read, 1, &c) == -XEN_EPERM, "the serial line's input");
	ok(HYPERVISOR_console_io(CONSOLEIO_write, 0x7fffffff, (char *)0xffff830000000000) < 0, "the hypervisor's memory on the console");
}

/* ---- XSA-492, 499 ---- */

static volatile unsigned long wrong;

static void control_operations(void *unused)
{
	static struct xen_domctl d[2];
	static struct xen_sysctl s[2];
	static struct xen_platform_op p[2];
	unsigned int me = unused != NULL, cmd = 0;

	while (domu_channel->word[W_STORM]) {
		memset(&d[me], 0, sizeof(d[me]));
		memset(&s[me], 0, sizeof(s[me]));
		memset(&p[me], 0, sizeof(p[me]));
		d[me].cmd = s[me].cmd = p[me].cmd = ++cmd % 100;
		d[me].interface_version = XEN_DOMCTL_INTERFACE_VERSION;
		s[me].interface_version = XEN_SYSCTL_INTERFACE_VERSION;
		p[me].interface_version = XENPF_INTERFACE_VERSION;
		wrong += HYPERVISOR_domctl(&d[me]) != -XEN_EPERM;
		wrong += HYPERVISOR_sysctl(&s[me]) != -XEN_EPERM;
		wrong += HYPERVISOR_platform_op(&p[me]) != -XEN_EPERM;
		domu_channel->word[W_CALLS + me]++;
	}
	domu_channel->word[W_CALLS + 2] += me;
}

static void attack(void *unused)
{
	interrupts();
	versions();
	others();
	domu_channel->word[W_STORM] = 1;
	if (max_vcpus() > 1)
		EXPECT_EQ(start_vcpu(1, control_operations, (void *)1), 0);
	control_operations(NULL);
	while (max_vcpus() > 1 && !domu_channel->word[W_CALLS + 2])
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	ok(wrong == 0, "XSA-492, 499: %lu control operations, and all refused (%lu not)", domu_channel->word[W_CALLS], wrong);
}

static void round(unsigned int vcpus, const char *name)
{
	struct domu u;
	uint64_t start, longest = 0;
	unsigned int n = 0;

	domu_create(&u, &(struct domu_config){ .main = attack, .vcpus = vcpus });
	domu_start(&u);
	start = system_time();
	while (!u.channel->word[W_STORM] && system_time() < start + 20000000000UL && domu_state(&u) == DOMU_RUNS)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	for (start = system_time(); system_time() < start + 1000000000UL; n++) {
		uint64_t t = system_time();

		domu_state(&u);
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
		t = system_time() - t;
		longest = t > longest ? t : longest;
	}
	ok(n > 3, "XSA-492, 499: the control domain gets %u operations done meanwhile (the longest %lu us)", n, longest / 1000);
	u.channel->word[W_STORM] = 0;
	domu_wait(&u, 10000000000UL);
	domu_report(&u, name);
	ok(domu_destroy(&u), "%s: the domain is gone", name);
}

void test_main(void)
{
	struct books before;

	round(1, "one vCPU");
	books_read(&before);
	round(2, "two vCPUs");
	books_compare(&before, "the attack");
}
