/* SPDX-License-Identifier: MIT
 *
 * What only the control domain may ask for is refused to any other, and changes nothing: every domctl, sysctl and
 * platform_op by number, the privileged forms of the others, each operation that can name another
 * domain, ports, MSRs, device memory, frames of others and of the hypervisor. Asked from an ordinary domain, about itself, the control domain and a
 * neighbour. Afterwards both are as they were.
 */
#include <pv-abi/platform.h>
#include "domu.h"

enum { W_NEIGHBOUR, W_MFN_NEIGHBOUR, W_MFN_CONTROL, W_MFN_SHARED, W_PORT };

static domid_t me(void)
{
	return (domid_t)domu_channel->arg;
}

static domid_t victim(unsigned int i)
{
	return i ? (domid_t)domu_channel->word[W_NEIGHBOUR] : 0;
}

/* ---- by number ---- */

static long call_domctl(void *op) { return HYPERVISOR_domctl(op); }
static long call_sysctl(void *op) { return HYPERVISOR_sysctl(op); }
static long call_platform(void *op) { return HYPERVISOR_platform_op(op); }

/* One command; the argument comes back as it went. */
static void refused(long (*call)(void *), void *op, size_t size, const char *what, uint32_t cmd)
{
	static char copy[512];
	long rc;

	memcpy(copy, op, size);
	rc = call(op);
	if (rc != -XEN_EPERM || memcmp(copy, op, size))
		ok(false, "%s %u: %ld, should be %d and leave its argument alone", what, cmd, rc, -XEN_EPERM);
}

static void control_operations(void)
{
	static union {
		struct xen_domctl d;
		struct xen_sysctl s;
		struct xen_platform_op p;
	} op;
	const domid_t about[] = { DOMID_SELF, me(), 0, victim(1), 0x7000 };

	for (unsigned int fill = 0; fill < 2; fill++) {
		for (uint32_t n = 0; n < 120; n++) {
			/* Those of debuggers and our own have numbers apart. */
			uint32_t cmd = n < 100 ? n : n < 110 ? 1000 + n - 100 : 0x5000 + n - 110;

			for (unsigned int i = 0; i < ARRAY_SIZE(about); i++) {
				memset(&op, fill ? 0xff : 0, sizeof(op));
				op.d.cmd = cmd;
				op.d.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
				op.d.domain = about[i];
				refused(call_domctl, &op, sizeof(op.d), "domctl", cmd);
			}
			memset(&op, fill ? 0xff : 0, sizeof(op));
			op.s.cmd = cmd;
			op.s.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
			refused(call_sysctl, &op, sizeof(op.s), "sysctl", cmd);
			op.p.cmd = cmd;
			op.p.interface_version = XENPF_INTERFACE_VERSION;
			refused(call_platform, &op, sizeof(op.p), "platform_op", cmd);
		}
	}
	EXPECT_EQ(HYPERVISOR_domctl(NULL), -XEN_EPERM);
	EXPECT_EQ(HYPERVISOR_sysctl(NULL), -XEN_EPERM);
	EXPECT_EQ(HYPERVISOR_mca(NULL), -XEN_EPERM);
}

/* ---- memory ---- */

static void others_reservations(domid_t v)
{
	static xen_pfn_t list[4], out[4];
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = v };
	struct xen_memory_domain d = { .domid = v };
	struct xen_memory_exchange x = { 0 };
	struct xen_foreign_memory_map map = { .domid = v };
	struct xen_mem_acquire_resource res = { .domid = v, .type = XENMEM_resource_grant_table, .nr_frames = 1 };

	list[0] = domu_channel->word[v ? W_MFN_NEIGHBOUR : W_MFN_CONTROL];
	set_xen_guest_handle(r.extent_start, list);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_increase_reservation, &r), 0);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_decrease_reservation, &r), 0);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_populate_physmap, &r), 0);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_current_reservation, &d), -XEN_EPERM);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_maximum_reservation, &d), -XEN_EPERM);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_maximum_gpfn, &d), -XEN_EPERM);
	x.in = x.out = r;
	set_xen_guest_handle(x.out.extent_start, out);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_exchange, &x), -XEN_EPERM);
	r = (struct xen_memory_reservation){ .nr_extents = 1000, .domid = v };
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_claim_pages, &r), -XEN_EPERM);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_set_memory_map, &map), -XEN_EPERM);
	EXPECT(HYPERVISOR_memory_op(XENMEM_acquire_resource, &res) < 0);
	/* Its own, in its own name: that frame is not there. */
	r = (struct xen_memory_reservation){ .nr_extents = 1, .domid = DOMID_SELF };
	set_xen_guest_handle(r.extent_start, list);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_decrease_reservation, &r), 0);
	x.in = x.out = r;
	set_xen_guest_handle(x.out.extent_start, out);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_exchange, &x), -XEN_EINVAL);
}

static void machine_memory(void)
{
	static struct { struct xen_memory_map m; char buf[4096]; } a;
	struct xen_memory_reservation r = { .nr_extents = 1000, .domid = DOMID_SELF };

	a.m.nr_entries = 100;
	set_xen_guest_handle(a.m.buffer, a.buf);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_machine_memory_map, &a), -XEN_EPERM);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_claim_pages, &r), -XEN_EPERM);
	/* Larger extents than an ordinary domain may have. */
	r = (struct xen_memory_reservation){ .nr_extents = 1, .extent_order = 10, .domid = DOMID_SELF };
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_populate_physmap, &r), 0);
}

/* ---- page tables ---- */

static void *window;

static void table_of_others(domid_t v)
{
	uint64_t theirs = domu_channel->word[v ? W_MFN_NEIGHBOUR : W_MFN_CONTROL];
	struct mmu_update u = { .ptr = entry_maddr(pte_of((unsigned long)window)),
				.val = theirs << 12 | PTE_FLAGS_RO };
	static const unsigned int cmds[] = {
		MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L4_TABLE, MMUEXT_UNPIN_TABLE, MMUEXT_CLEAR_PAGE, MMUEXT_COPY_PAGE,
		MMUEXT_NEW_BASEPTR, MMUEXT_NEW_USER_BASEPTR,
	};

	/* In its own table. */
	EXPECT_EQ(HYPERVISOR_mmu_update(&u, 1, NULL, DOMID_SELF), -XEN_EINVAL);
	EXPECT_EQ(HYPERVISOR_mmu_update(&u, 1, NULL, v), -XEN_EPERM);
	EXPECT_EQ(HYPERVISOR_update_va_mapping((unsigned long)window, u.val, UVMF_INVLPG), -XEN_EINVAL);
	EXPECT_EQ(HYPERVISOR_update_va_mapping_otherdomain((unsigned long)window, u.val, UVMF_INVLPG, v), -XEN_EPERM);
	/* In theirs, and their M2P. */
	u.ptr = theirs << 12;
	u.val = 0;
	EXPECT_EQ(HYPERVISOR_mmu_update(&u, 1, NULL, DOMID_SELF), -XEN_EINVAL);
	EXPECT_EQ(HYPERVISOR_mmu_update(&u, 1, NULL, (unsigned int)(v + 1) << 16 | DOMID_SELF), -XEN_EPERM);
	u.ptr |= MMU_MACHPHYS_UPDATE;
	EXPECT_EQ(HYPERVISOR_mmu_update(&u, 1, NULL, DOMID_SELF), -XEN_EINVAL);
	EXPECT_EQ(HYPERVISOR_mmu_update(&u, 1, NULL, v), -XEN_EPERM);
	for (unsigned int i = 0; i < ARRAY_SIZE(cmds); i++) {
		struct mmuext_op op = { .cmd = cmds[i], .arg1.mfn = theirs, .arg2.src_mfn = theirs };

		EXPECT_EQ(HYPERVISOR_mmuext_op(&op, 1, NULL, v), -XEN_EPERM);
		EXPECT_EQ(HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF), -XEN_EINVAL);
		/* Theirs as the source of a copy. */
		op = (struct mmuext_op){ .cmd = MMUEXT_COPY_PAGE, .arg1.mfn = virt_to_mfn(window), .arg2.src_mfn = theirs };
		EXPECT_EQ(HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF), -XEN_EINVAL);
	}
	/* As descriptor table. */
	EXPECT(HYPERVISOR_set_gdt(&theirs, 512) < 0);
}

/* By chance a frame may be this domain's: whatever it calls the owner, that it may map. */
static bool is_own(uint64_t frame)
{
	for (unsigned long n = 0; n < si->nr_pages; n++)
		if (pfn_to_mfn(n) == frame)
			return true;
	return false;
}

/* Device memory, the hypervisor's image, its frame table, M2P, an ordinary domain's shared page of another. */
static void hidden_frames(void)
{
	const uint64_t frames[] = { 0xb8, 0xfee00, 0xfec00, 0xfed00, 0xe0000, 0x100, 0x101, 0x1000000, 1UL << 39,
				    domu_channel->word[W_MFN_SHARED], PTE_MFN(~0UL) };
	static const domid_t as[] = { DOMID_SELF, DOMID_IO, DOMID_XEN };

	for (unsigned int i = 0; i < ARRAY_SIZE(frames); i++)
		for (unsigned int j = 0; j < ARRAY_SIZE(as) && !is_own(frames[i]); j++) {
			long rc = HYPERVISOR_update_va_mapping_otherdomain((unsigned long)window,
				frames[i] << 12 | PTE_FLAGS_RW, UVMF_INVLPG, as[j]);

			ok(rc < 0, "frame %#lx of domain %#x, writable: %ld", frames[i], as[j], rc);
		}
	for (unsigned long i = 0; i < 0x2000; i++)
		if (HYPERVISOR_update_va_mapping_otherdomain((unsigned long)window, i << 12 | PTE_FLAGS_RO, UVMF_INVLPG,
							     DOMID_XEN) == 0)
			ok(false, "frame %#lx of DOMID_XEN can be mapped", i);
	set_pte((unsigned long)window, 0);
}

/* ---- interrupts, console, scheduling, events, grants ---- */

static void devices(void)
{
	static char arg[256];
	static const int cmds[] = {
		PHYSDEVOP_apic_read, PHYSDEVOP_apic_write, PHYSDEVOP_alloc_irq_vector, PHYSDEVOP_setup_gsi,
		PHYSDEVOP_manage_pci_add, PHYSDEVOP_manage_pci_remove, PHYSDEVOP_manage_pci_add_ext,
		PHYSDEVOP_pci_device_add, PHYSDEVOP_pci_device_remove, PHYSDEVOP_prepare_msix, PHYSDEVOP_release_msix,
		PHYSDEVOP_restore_msi, PHYSDEVOP_restore_msi_ext, PHYSDEVOP_pci_mmcfg_reserved, PHYSDEVOP_dbgp_op,
	};
	const domid_t about[] = { DOMID_SELF, 0, victim(1) };

	for (unsigned int i = 0; i < ARRAY_SIZE(cmds); i++)
		EXPECT_EQ(HYPERVISOR_physdev_op(cmds[i], arg), -XEN_EPERM);
	for (unsigned int i = 0; i < ARRAY_SIZE(about); i++) {
		for (int gsi = 0; gsi < 24; gsi++) {
			struct physdev_map_pirq m = { .domid = about[i], .type = MAP_PIRQ_TYPE_GSI, .index = gsi, .pirq = gsi };
			struct physdev_unmap_pirq un = { .domid = about[i], .pirq = gsi };

			EXPECT_EQ(HYPERVISOR_physdev_op(PHYSDEVOP_map_pirq, &m), -XEN_EPERM);
			EXPECT_EQ(HYPERVISOR_physdev_op(PHYSDEVOP_unmap_pirq, &un), i ? -XEN_EPERM : -XEN_EINVAL);
		}
		for (int devfn = 0; devfn < 32; devfn++) {
			struct physdev_map_pirq m = { .domid = about[i], .type = MAP_PIRQ_TYPE_MSI, .index = -1, .pirq = -1,
						      .devfn = devfn };

			EXPECT_EQ(HYPERVISOR_physdev_op(PHYSDEVOP_map_pirq, &m), -XEN_EPERM);
		}
	}
	for (unsigned int irq = 0; irq < 256; irq++) {
		struct evtchn_bind_pirq b = { .pirq = irq };
		struct physdev_eoi e = { .irq = irq };

		ok(HYPERVISOR_event_channel_op(EVTCHNOP_bind_pirq, &b) < 0, "pirq %u is bound", irq);
		EXPECT(HYPERVISOR_physdev_op(PHYSDEVOP_eoi, &e) < 0);
	}
}

static void channels(void)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct evtchn_status s = { .dom = victim(i), .port = 1 };
		struct evtchn_reset r = { .dom = victim(i) };

		EXPECT_EQ(evtchn_alloc_unbound(victim(i), DOMID_SELF), -XEN_EPERM);
		EXPECT_EQ(HYPERVISOR_event_channel_op(EVTCHNOP_status, &s), -XEN_EPERM);
		EXPECT_EQ(HYPERVISOR_event_channel_op(EVTCHNOP_reset, &r), -XEN_EPERM);
		for (unsigned int port = 0; port < 200; port++)
			ok(evtchn_bind_interdomain(victim(i), port) < 0, "port %u of domain %u", port, victim(i));
	}
	/* One that waits for the neighbour. */
	EXPECT_EQ(evtchn_bind_interdomain(0, (unsigned int)domu_channel->word[W_PORT]), -XEN_EINVAL);
}

static void grants(void)
{
	static xen_pfn_t frames[4];

	for (unsigned int i = 0; i < 2; i++) {
		struct gnttab_setup_table t = { .dom = victim(i), .nr_frames = 1 };
		struct gnttab_query_size q = { .dom = victim(i) };
		struct gnttab_get_version v = { .dom = victim(i) };
		struct gnttab_get_status_frames f = { .dom = victim(i) };
		struct gnttab_map_grant_ref m = { .dom = victim(i), .flags = GNTMAP_host_map, .host_addr = (unsigned long)window };

		set_xen_guest_handle(t.frame_list, frames);
		EXPECT_EQ(HYPERVISOR_grant_table_op(GNTTABOP_setup_table, &t, 1), 0);
		EXPECT_EQ(t.status, GNTST_permission_denied);
		EXPECT_EQ(HYPERVISOR_grant_table_op(GNTTABOP_query_size, &q, 1), 0);
		EXPECT_EQ(q.status, GNTST_permission_denied);
		EXPECT_EQ(HYPERVISOR_grant_table_op(GNTTABOP_get_version, &v, 1), -XEN_EPERM);
		EXPECT_EQ(HYPERVISOR_grant_table_op(GNTTABOP_get_status_frames, &f, 1), 0);
		EXPECT_EQ(f.status, GNTST_permission_denied);
		for (m.ref = 0; m.ref < 64; m.ref++) {
			EXPECT_EQ(HYPERVISOR_grant_table_op(GNTTABOP_map_grant_ref, &m, 1), 0);
			ok(m.status < 0, "grant %u of domain %u: %d", m.ref, m.dom, m.status);
		}
	}
	EXPECT_EQ(frames[0], 0);
}

static void scheduling(void)
{
	char buf[8];
	struct sched_pin_override pin = { .pcpu = 0 };

	for (unsigned int i = 0; i < 2; i++) {
		struct sched_remote_shutdown r = { .domain_id = victim(i), .reason = SHUTDOWN_crash };

		EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_remote_shutdown, &r), -XEN_EPERM);
	}
	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_pin_override, &pin), -XEN_EPERM);
	EXPECT_EQ(HYPERVISOR_console_io(CONSOLEIO_read, sizeof(buf), buf), -XEN_EPERM);
	EXPECT_EQ(HYPERVISOR_xen_version(XENVER_build_id, NULL), -XEN_EPERM);
	EXPECT(HYPERVISOR_vcpu_op(VCPUOP_get_physid, 0, buf) < 0);
}

static void says_denied(void)
{
	static char line[1024];

	EXPECT_EQ(HYPERVISOR_xen_version(XENVER_commandline, line), 0);
	EXPECT(strstr(line, "denied") != NULL && strstr(line, "dom0_mem") == NULL);
}

/* ---- instructions ---- */

static void out_port(void *port)
{
	__asm__ volatile("outb %0, %w1" : : "a"((uint8_t)0xfe), "d"((unsigned int)(unsigned long)port));
}

static uint8_t input;

static void in_port(void *port)
{
	__asm__ volatile("inb %w1, %0" : "=a"(input) : "d"((unsigned int)(unsigned long)port));
}

static void write_msr(void *msr)
{
	__asm__ volatile("wrmsr" : : "c"((unsigned int)(unsigned long)msr), "a"(0), "d"(0));
}

static void instructions(void)
{
	/* The exit of the emulator, reset, keyboard controller, UART, PIC, PIT, CMOS, PM1a control. */
	static const unsigned long ports[] = { 0xf4, 0xcf9, 0x64, 0x3f8, 0x20, 0x21, 0x43, 0x604, 0x92 };
	/* SYSCALL's entry, APIC base, page attributes, debug control, secure virtual machine: no value of ours gets there. */
	static const unsigned long msrs[] = { 0xc0000082, 0x1b, 0x277, 0x1d9, 0xc0010117, 0x174, 0xc0000080 };
	struct physdev_set_iopl iopl = { .iopl = 3 };
	struct fault f;

	/* Without I/O privilege a fault; with it (a domain may give itself that), as if nothing were there. */
	for (unsigned int i = 0; i < ARRAY_SIZE(ports); i++) {
		try_call(out_port, (void *)ports[i], &f);
		ok(f.happened && f.vector == 13, "out to port %#lx: fault %d, vector %u", ports[i], f.happened, f.vector);
	}
	EXPECT_EQ(HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(ports); i++) {
		try_call(out_port, (void *)ports[i], &f);
		EXPECT_EQ(f.happened, false);
		try_call(in_port, (void *)ports[i], &f);
		ok(!f.happened && input == 0xff, "port %#lx reads %x, should be ff", ports[i], input);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(msrs); i++)
		try_call(write_msr, (void *)msrs[i], &f);
	/* Were SYSCALL's entry changed, this would not return. */
	EXPECT_EQ(HYPERVISOR_xen_version(XENVER_version, NULL), 4 << 16 | 17);
}

static void attack(void *unused)
{
	window = alloc_page();
	control_operations();
	for (unsigned int i = 0; i < 2; i++) {
		others_reservations(victim(i));
		table_of_others(victim(i));
	}
	machine_memory();
	hidden_frames();
	devices();
	channels();
	grants();
	scheduling();
	says_denied();
	instructions();
}

/* ---- the control domain ---- */

static struct xen_domctl_getdomaininfo info_of(unsigned int domid)
{
	static struct xen_domctl op;
	struct xen_domctl_getdomaininfo *i = &op.u.getdomaininfo;

	EXPECT_EQ(domu_domctl(&op, XEN_DOMCTL_getdomaininfo, domid), 0);
	EXPECT_EQ(op.domain, domid);
	/* What changes by itself. */
	i->cpu_time = 0;
	i->flags &= ~(XEN_DOMINF_running | XEN_DOMINF_blocked);
	return *i;
}

static bool same(const struct xen_domctl_getdomaininfo *a, const struct xen_domctl_getdomaininfo *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static void round_of(struct domu *n, unsigned char *bait, unsigned int port)
{
	struct xen_domctl_getdomaininfo control, neighbour, now;
	uint32_t wall = shared->wc_sec;
	unsigned int changed = 0;
	struct domu u;

	domu_create(&u, &(struct domu_config){ .main = attack });
	u.channel->arg = u.domid;
	u.channel->word[W_NEIGHBOUR] = n->domid;
	u.channel->word[W_MFN_NEIGHBOUR] = n->p2m[DOMU_PAGES - 1];
	u.channel->word[W_MFN_CONTROL] = virt_to_mfn(bait);
	u.channel->word[W_MFN_SHARED] = si->shared_info >> 12;
	u.channel->word[W_PORT] = port;
	control = info_of(0);
	neighbour = info_of(n->domid);
	domu_start(&u);
	EXPECT_EQ(domu_wait(&u, 60000000000UL), DOMU_DONE);
	now = info_of(0);
	ok(same(&now, &control), "the control domain is as it was");
	now = info_of(n->domid);
	ok(same(&now, &neighbour), "the neighbour is as it was");
	EXPECT_EQ(shared->wc_sec, wall);
	for (unsigned int i = 0; i < PAGE_SIZE; i++)
		changed += bait[i] != 0x5a;
	EXPECT_EQ(changed, 0);
	domu_report(&u, "the attack");
	domu_neighbour_lives(n, "after the attack");
	EXPECT(domu_destroy(&u));
}

void test_main(void)
{
	unsigned char *bait = alloc_page();
	struct books before;
	struct domu n;
	long port;

	if (!is_control_domain())
		skip_all("not the control domain");
	domu_create(&n, &(struct domu_config){ .main = domu_neighbour });
	domu_start(&n);
	memset(bait, 0x5a, PAGE_SIZE);
	port = evtchn_alloc_unbound(DOMID_SELF, (domid_t)n.domid);
	EXPECT(port > 0);
	/* The first time pays for what the hypervisor keeps. */
	round_of(&n, bait, (unsigned int)port);
	books_read(&before);
	round_of(&n, bait, (unsigned int)port);
	books_compare(&before, "after the attack");
	EXPECT(domu_destroy(&n));
}
