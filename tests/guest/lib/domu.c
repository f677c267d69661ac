/* SPDX-License-Identifier: MIT
 *
 * The control domain's side of a second domain: built, started, waited for, destroyed.
 *
 * Its memory, PFN 0 first, as the hypervisor's own builder lays it out:
 *
 *      (1 MB unused) | image | P2M list | start_info | channel | page tables | stack | spare
 */
#include "domu.h"

#define IMAGE_START     0xffffffff80100000UL
#define ALIGN_4M        (4UL << 20)
#define SPARE           (512UL << 10)
#define DOMUS           8       /* at once */

extern char data_start[], data_end[], data_copy[], image_end[], start_domu[];

/* What the frames of a domain are reached by; kept for the next domain when one is gone. */
static struct slot {
	bool used;
	struct domu_channel *channel;
	xen_pfn_t *p2m;
} slots[DOMUS];
static void *window;
uint64_t domu_patience_ns = 10000000000UL;

struct plan {
	struct domu *u;
	unsigned long list, info, channel, tables, nr_tables, end;      /* PFNs, and the first one unmapped */
};

/* ---- control operations ---- */

long domu_domctl(struct xen_domctl *op, uint32_t cmd, unsigned int domid)
{
	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = (domid_t)domid;
	return HYPERVISOR_domctl(op);
}

long domu_sysctl(struct xen_sysctl *op, uint32_t cmd)
{
	op->cmd = cmd;
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return HYPERVISOR_sysctl(op);
}

static void must(long rc, const char *what)
{
	if (rc)
		die("a second domain: %s: error %ld", what, rc);
}

static unsigned int or_default(unsigned long asked, unsigned long usual)
{
	return (unsigned int)(asked ? asked : usual);
}

/* ---- frames of the other domain, one at a time ---- */

static void *map_frame(struct domu *u, void *at, unsigned long pfn)
{
	must(HYPERVISOR_update_va_mapping_otherdomain((unsigned long)at, u->p2m[pfn] << 12 | PTE_FLAGS_RW,
						      UVMF_INVLPG, u->domid), "mapping a frame of it");
	return at;
}

static void unmap_frame(void *at)
{
	must(HYPERVISOR_update_va_mapping((unsigned long)at, virt_to_mfn(at) << 12 | PTE_FLAGS_RW, UVMF_INVLPG),
	     "unmapping a frame of it");
}

static void write_frame(struct domu *u, unsigned long pfn, const void *from, size_t n)
{
	memcpy(map_frame(u, window, pfn), from, n);
	unmap_frame(window);
}

static void write_frames(struct domu *u, unsigned long pfn, const void *from, size_t n)
{
	for (size_t at = 0; at < n; at += PAGE_SIZE)
		write_frame(u, pfn + at / PAGE_SIZE, (const char *)from + at, n - at < PAGE_SIZE ? n - at : PAGE_SIZE);
}

/* ---- what is in it ---- */

static void layout(struct plan *p)
{
	unsigned long need;

	p->list = (virt_to_pfn(image_end - 1)) + 1;
	p->info = p->list + (p->u->pages * 8 + PAGE_SIZE - 1) / PAGE_SIZE;
	p->channel = p->info + 1;
	p->tables = p->channel + DOMU_CHANNEL_PAGES;
	for (p->nr_tables = 4;; p->nr_tables++) {
		need = (p->tables + p->nr_tables + 1) * PAGE_SIZE + SPARE;
		p->end = ((need + ALIGN_4M - 1) & ~(ALIGN_4M - 1)) / PAGE_SIZE;
		if (p->nr_tables == 3 + p->end / 512)
			break;
	}
	if (p->end > p->u->pages)
		die("a second domain needs %lu pages, the test gives it %lu", p->end, p->u->pages);
}

/* The image as it was loaded: its variables from the copy that start made, the rest never changes, .bss is clear. */
static void write_image(struct plan *p)
{
	static char page[PAGE_SIZE];

	for (const char *at = (const char *)IMAGE_START; at < data_end; at += PAGE_SIZE) {
		for (unsigned int i = 0; i < PAGE_SIZE; i++) {
			const char *c = at + i;

			page[i] = c < data_start ? *c : c < data_end ? data_copy[c - data_start] : 0;
		}
		write_frame(p->u, virt_to_pfn(at), page, PAGE_SIZE);
	}
}

static void write_tables(struct plan *p)
{
	static uint64_t t[512];
	const xen_pfn_t *mfn = p->u->p2m;

	memset(t, 0, sizeof(t));
	t[511] = mfn[p->tables + 1] << 12 | PTE_FLAGS_RW;
	write_frame(p->u, p->tables, t, sizeof(t));
	memset(t, 0, sizeof(t));
	t[510] = mfn[p->tables + 2] << 12 | PTE_FLAGS_RW;
	write_frame(p->u, p->tables + 1, t, sizeof(t));
	memset(t, 0, sizeof(t));
	for (unsigned long i = 0; i < p->end / 512; i++)
		t[i] = mfn[p->tables + 3 + i] << 12 | PTE_FLAGS_RW;
	write_frame(p->u, p->tables + 2, t, sizeof(t));
	for (unsigned long pfn = 0; pfn < p->end; pfn++) {
		bool table = pfn >= p->tables && pfn < p->tables + p->nr_tables;

		t[pfn % 512] = mfn[pfn] << 12 | (table ? PTE_FLAGS_RO : PTE_FLAGS_RW);
		if (pfn % 512 == 511)
			write_frame(p->u, p->tables + 3 + pfn / 512, t, sizeof(t));
	}
}

static void write_start_info(struct plan *p)
{
	static struct start_info s;
	static struct xen_domctl op;

	memset(&s, 0, sizeof(s));
	must(domu_domctl(&op, XEN_DOMCTL_getdomaininfo, p->u->domid), "getdomaininfo");
	snprintf(s.magic, sizeof(s.magic), "xen-3.0-x86_64");
	s.nr_pages = p->u->pages;
	s.shared_info = op.u.getdomaininfo.shared_info_frame << 12;
	s.pt_base = (unsigned long)pfn_to_virt(p->tables);
	s.nr_pt_frames = p->nr_tables;
	s.mfn_list = (unsigned long)pfn_to_virt(p->list);
	write_frame(p->u, p->info, &s, sizeof(s));
}

static void open_channel(struct plan *p, const struct domu_config *c)
{
	struct domu_channel *ch = p->u->channel;

	for (unsigned long i = 0; i < DOMU_CHANNEL_PAGES; i++)
		memset(map_frame(p->u, (char *)ch + i * PAGE_SIZE, p->channel + i), 0, PAGE_SIZE);
	ch->main = c->main;
	ch->arg = c->arg;
}

static void set_vcpu(struct plan *p)
{
	static struct vcpu_guest_context c;
	static struct xen_domctl op;

	memset(&c, 0, sizeof(c));
	memset(&op, 0, sizeof(op));
	c.flags = VGCF_in_kernel | VGCF_online;
	c.user_regs.rip = (unsigned long)start_domu;
	c.user_regs.rsp = (unsigned long)pfn_to_virt(p->tables + p->nr_tables + 1);
	c.user_regs.rsi = (unsigned long)pfn_to_virt(p->info);
	c.user_regs.rdi = (unsigned long)pfn_to_virt(p->channel);
	c.user_regs.cs = FLAT_KERNEL_CS;
	c.user_regs.ss = FLAT_KERNEL_SS;
	c.user_regs.rflags = 0x200;
	c.kernel_ss = FLAT_KERNEL_SS;
	c.kernel_sp = c.user_regs.rsp;
	c.ctrlreg[3] = xen_pfn_to_cr3(p->u->p2m[p->tables]);
	op.u.vcpucontext.vcpu = 0;
	set_xen_guest_handle(op.u.vcpucontext.ctxt, &c);
	must(domu_domctl(&op, XEN_DOMCTL_setvcpucontext, p->u->domid), "setvcpucontext");
}

/* ---- making one ---- */

static void take_slot(struct domu *u)
{
	for (unsigned int i = 0; i < DOMUS; i++) {
		struct slot *s = &slots[i];

		if (s->used)
			continue;
		s->used = true;
		if (!s->channel) {
			s->channel = alloc_page();
			for (unsigned long n = 1; n < DOMU_CHANNEL_PAGES; n++)
				alloc_page();   /* they come in a row */
			s->p2m = alloc_page();
			for (unsigned long n = 1; n < DOMU_PAGES_MAX * 8 / PAGE_SIZE; n++)
				alloc_page();
		}
		u->channel = s->channel;
		u->p2m = s->p2m;
		return;
	}
	die("more than %u second domains at once", DOMUS);
}

static void create_domain(struct domu *u, const struct domu_config *c)
{
	static struct xen_domctl op;

	memset(&op, 0, sizeof(op));
	op.u.createdomain.max_vcpus = or_default(c->vcpus, 1);
	op.u.createdomain.max_evtchn_port = or_default(c->max_port, 1023);
	op.u.createdomain.max_grant_frames = (int)or_default(c->grant_frames, 4);
	op.u.createdomain.max_maptrack_frames = (int)or_default(c->maptrack_frames, 4);
	op.u.createdomain.grant_opts = 2;
	must(domu_domctl(&op, XEN_DOMCTL_createdomain, 0), "createdomain");
	u->domid = op.domain;
	memset(&op, 0, sizeof(op));
	op.u.max_vcpus.max = or_default(c->vcpus, 1);
	must(domu_domctl(&op, XEN_DOMCTL_max_vcpus, u->domid), "max_vcpus");
	op.u.max_mem.max_memkb = (c->max_pages ? c->max_pages : u->pages) * 4;
	must(domu_domctl(&op, XEN_DOMCTL_max_mem, u->domid), "max_mem");
}

static void populate(struct domu *u)
{
	struct xen_memory_reservation r = { .nr_extents = u->pages, .domid = (domid_t)u->domid };
	long got;

	for (unsigned long i = 0; i < u->pages; i++)
		u->p2m[i] = i;
	set_xen_guest_handle(r.extent_start, u->p2m);
	got = HYPERVISOR_memory_op(XENMEM_populate_physmap, &r);
	if (got != (long)u->pages)
		die("a second domain: %ld of %lu pages", got, u->pages);
}

void domu_create(struct domu *u, const struct domu_config *c)
{
	struct plan p = { .u = u };

	u->pages = c->pages ? c->pages : DOMU_PAGES;
	if (u->pages > DOMU_PAGES_MAX)
		die("a second domain has at most %lu pages", DOMU_PAGES_MAX);
	if (!window)
		window = alloc_page();
	take_slot(u);
	create_domain(u, c);
	populate(u);
	layout(&p);
	write_image(&p);
	write_frames(u, p.list, u->p2m, u->pages * 8);
	write_start_info(&p);
	open_channel(&p, c);
	write_tables(&p);
	set_vcpu(&p);
}

void domu_start(struct domu *u)
{
	static struct xen_domctl op;

	must(domu_domctl(&op, XEN_DOMCTL_unpausedomain, u->domid), "unpausedomain");
}

/* ---- its end ---- */

static uint32_t flags_of(struct domu *u, bool *there)
{
	static struct xen_domctl op;

	*there = !domu_domctl(&op, XEN_DOMCTL_getdomaininfo, u->domid) && op.domain == u->domid;
	return op.u.getdomaininfo.flags;
}

unsigned int domu_shutdown_code(struct domu *u)
{
	bool there;

	return (flags_of(u, &there) >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;
}

enum domu_end domu_state(struct domu *u)
{
	bool there;
	uint32_t flags = flags_of(u, &there);

	if (!there)
		return DOMU_GONE;
	if (!(flags & XEN_DOMINF_shutdown))
		return DOMU_RUNS;
	if (domu_shutdown_code(u) == SHUTDOWN_crash)
		return DOMU_CRASHED;
	return u->channel->done ? DOMU_DONE : DOMU_SHUT_DOWN;
}

enum domu_end domu_wait(struct domu *u, uint64_t ns)
{
	uint64_t end = system_time() + ns;
	enum domu_end e;

	while ((e = domu_state(u)) == DOMU_RUNS && system_time() < end)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	return e;
}

void domu_report(struct domu *u, const char *name)
{
	static const char *const words[] = { "still runs", "ended", "shut itself down", "crashed", "is gone" };
	static char line[256];
	const struct domu_channel *c = u->channel;
	enum domu_end e = domu_state(u);
	uint32_t size = c->text_size < DOMU_TEXT ? c->text_size : DOMU_TEXT;
	unsigned int n = 0;

	for (uint32_t i = 0; i < size; i++) {
		line[n++] = c->text[i];
		if (c->text[i] == '\n' || n == sizeof(line) - 1) {
			line[c->text[i] == '\n' ? n - 1 : n] = 0;
			note("d%u: %s", u->domid, line);
			n = 0;
		}
	}
	if (c->lost)
		note("d%u: %u more lines", u->domid, c->lost);
	ok(e == DOMU_DONE && c->failed == 0 && c->passed > 0, "%s: the domain %s, %u checks good, %u failed", name,
	   words[e], c->passed, c->failed);
}

bool domu_destroy(struct domu *u)
{
	static struct xen_domctl op;
	uint64_t end;
	long rc;

	do
		rc = domu_domctl(&op, XEN_DOMCTL_destroydomain, u->domid);
	while (rc == -XEN_EAGAIN || rc == -XEN_EBUSY);
	must(rc, "destroydomain");
	for (unsigned long i = 0; i < DOMU_CHANNEL_PAGES; i++)
		unmap_frame((char *)u->channel + i * PAGE_SIZE);
	for (unsigned int i = 0; i < DOMUS; i++)
		if (slots[i].channel == u->channel)
			slots[i].used = false;
	end = system_time() + domu_patience_ns;
	while (domu_state(u) != DOMU_GONE) {
		if (system_time() > end)
			return false;
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	}
	return true;
}

void domu_run(const struct domu_config *c, const char *name)
{
	struct domu u;

	domu_create(&u, c);
	domu_start(&u);
	domu_wait(&u, 60000000000UL);
	domu_report(&u, name);
	if (!domu_destroy(&u))
		ok(false, "%s: the domain has not gone", name);
}

void domu_neighbour_lives(struct domu *u, const char *when)
{
	uint64_t end = system_time() + 20000000000UL;
	unsigned long last = u->channel->word[0];

	/* Two more: one may have been under way. */
	while (u->channel->word[0] < last + 2 && system_time() < end && domu_state(u) == DOMU_RUNS)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	ok(u->channel->word[0] >= last + 2 && u->channel->failed == 0,
	   "%s: the neighbour lives (round %lu, before %lu; %u faults)", when, u->channel->word[0], last,
	   u->channel->failed);
}

/* ---- the books ---- */

/* A destroyed domain's structures go by and by, on whatever CPU held them last: until nothing changes for a while. */
static uint64_t settled_free_pages(void)
{
	static struct xen_sysctl op;
	uint64_t last = 0, limit = system_time() + 1000000000UL, end;

	for (unsigned int same = 0; same < 4 && system_time() < limit; same = op.u.physinfo.free_pages == last ? same + 1 : 0) {
		last = op.u.physinfo.free_pages;
		for (end = system_time() + 2000000; system_time() < end;)
			HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
		must(domu_sysctl(&op, XEN_SYSCTL_physinfo), "physinfo");
	}
	return op.u.physinfo.free_pages;
}

void books_read(struct books *b)
{
	struct xen_memory_domain d = { .domid = DOMID_SELF };

	b->free_pages = settled_free_pages();
	b->own_pages = (unsigned long)HYPERVISOR_memory_op(XENMEM_current_reservation, &d);
	b->ports = 0;
	for (evtchn_port_t port = 1; port < MAX_PORTS; port++) {
		struct evtchn_status s = { .dom = DOMID_SELF, .port = port };

		if (HYPERVISOR_event_channel_op(EVTCHNOP_status, &s))
			break;
		b->ports += s.status != EVTCHNSTAT_closed;
	}
}

void books_compare(const struct books *before, const char *what)
{
	uint64_t end = system_time() + 2000000000UL;
	struct books b;

	do {
		books_read(&b);
		if (!memcmp(&b, before, sizeof(b)))
			break;
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	} while (system_time() < end);
	ok(!memcmp(&b, before, sizeof(b)), "%s: %lu pages free, before %lu; %lu own, before %lu; %lu ports, before %lu", what,
	   b.free_pages, before->free_pages, b.own_pages, before->own_pages, b.ports, before->ports);
}
