/* SPDX-License-Identifier: MIT
 *
 * The grant table mistakes of Xen's that one vCPU can provoke, tried by an unprivileged domain against the control
 * domain, which grants, revokes and changes its entries on the attacker's order. Each check says which advisory.
 * At the end the granter's entries must be free, and all frames be back.
 */
#include "domu.h"

#define FIRST_REF 20U           /* beyond the reserved ones */

enum order { NONE, SET, SET_V2_PART, SET_TRANSITIVE, VERSION, IN_USE, PEEK };
enum word { W_ORDER = 2, W_A, W_B, W_C, W_RESULT, W_PTE, W_FRAME, W_ME };

static union { struct grant_entry_v1 v1; union grant_entry_v2 v2; } *table;
static volatile uint64_t *page[3], *window, *window2;

static long gop(unsigned int cmd, void *arg)
{
	return HYPERVISOR_grant_table_op(cmd, arg, 1);
}

/* Both sides: the first frame of one's own table, mapped. */
static void table_map(void)
{
	xen_pfn_t frame = 0;
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 1 };

	set_xen_guest_handle(s.frame_list, &frame);
	table = alloc_page();
	if (gop(GNTTABOP_setup_table, &s) || s.status || set_pte((unsigned long)table, frame << 12 | PTE_FLAGS_RW))
		die("the grant table could not be mapped");
}

static int set_version(unsigned int v)
{
	struct gnttab_set_version op = { .version = v };
	long rc = gop(GNTTABOP_set_version, &op);

	return rc ? (int)rc : (int)op.version == (int)v ? 0 : -1;
}

/* ---- the granter ---- */

static unsigned int version = 1;
static grant_status_t *status;

static void to_version(unsigned int v)
{
	struct gnttab_get_status_frames f = { .dom = DOMID_SELF, .nr_frames = 1 };
	uint64_t frame = 0;

	if (version == v)
		return;
	EXPECT_EQ(set_version(v), 0);
	version = v;
	if (v == 1 || status)
		return;
	set_xen_guest_handle(f.frame_list, &frame);
	status = alloc_page();
	EXPECT_EQ(gop(GNTTABOP_get_status_frames, &f), 0);
	EXPECT_EQ(set_pte((unsigned long)status, frame << 12 | PTE_FLAGS_RW), 0);
}

static void grant(unsigned int ref, domid_t to, unsigned long frame, unsigned int flags)
{
	if (version == 1) {
		struct grant_entry_v1 *e = &((struct grant_entry_v1 *)table)[ref];

		e->domid = to;
		e->frame = (uint32_t)frame;
		barrier();
		e->flags = (uint16_t)flags;
	} else {
		union grant_entry_v2 *e = &((union grant_entry_v2 *)table)[ref];

		e->hdr.domid = to;
		if (!(flags & GTF_sub_page) && (flags & GTF_type_mask) != GTF_transitive)
			e->full_page.frame = frame;
		barrier();
		e->hdr.flags = (uint16_t)flags;
	}
}

static unsigned int in_use(unsigned int ref)
{
	uint16_t f = version == 1 ? ((volatile struct grant_entry_v1 *)table)[ref].flags : ((volatile grant_status_t *)status)[ref];

	return f & (GTF_reading | GTF_writing);
}

static unsigned long obey(domid_t to, enum order what, unsigned long a, unsigned long b, unsigned long c)
{
	union grant_entry_v2 *v2 = &((union grant_entry_v2 *)table)[a];

	switch (what) {
	case SET:
		grant((unsigned int)a, to, virt_to_mfn((void *)page[c]), (unsigned int)b);
		return 0;
	case SET_V2_PART:
		v2->sub_page.page_off = 64;
		v2->sub_page.length = 64;
		v2->sub_page.frame = virt_to_mfn((void *)page[c]);
		grant((unsigned int)a, to, 0, (unsigned int)b | GTF_permit_access | GTF_sub_page);
		return 0;
	case SET_TRANSITIVE:
		v2->transitive.trans_domid = to;
		v2->transitive.gref = (grant_ref_t)c;
		grant((unsigned int)a, to, 0, (unsigned int)b | GTF_transitive);
		return 0;
	case VERSION:
		to_version((unsigned int)a);
		return 0;
	case IN_USE:
		return in_use((unsigned int)a);
	case PEEK:
		return page[a][b];
	default:
		return ~0UL;
	}
}

static void serve(struct domu *u)
{
	volatile unsigned long *w = u->channel->word;
	uint64_t end = system_time() + 60000000000UL;

	while (system_time() < end && domu_state(u) == DOMU_RUNS) {
		if (w[W_ORDER] == NONE) {
			HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
			continue;
		}
		w[W_RESULT] = obey((domid_t)u->domid, (enum order)w[W_ORDER], w[W_A], w[W_B], w[W_C]);
		__atomic_store_n(&w[W_ORDER], NONE, __ATOMIC_SEQ_CST);
	}
}

/* ---- the attacker ---- */

static unsigned long order(enum order what, unsigned long a, unsigned long b, unsigned long c)
{
	volatile unsigned long *w = domu_channel->word;

	w[W_A] = a;
	w[W_B] = b;
	w[W_C] = c;
	__atomic_store_n(&w[W_ORDER], what, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&w[W_ORDER], __ATOMIC_SEQ_CST) != NONE)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	return w[W_RESULT];
}

static int map(unsigned int ref, uint64_t at, unsigned int flags, grant_handle_t *handle)
{
	struct gnttab_map_grant_ref m = { .host_addr = at, .flags = flags, .ref = ref, .dom = 0, .status = 77 };

	EXPECT_EQ(gop(GNTTABOP_map_grant_ref, &m), 0);
	*handle = m.handle;
	return m.status;
}

static int unmap_dev(uint64_t at, uint64_t dev, grant_handle_t handle)
{
	struct gnttab_unmap_grant_ref u = { .host_addr = at, .dev_bus_addr = dev, .handle = handle, .status = 77 };

	EXPECT_EQ(gop(GNTTABOP_unmap_grant_ref, &u), 0);
	return u.status;
}

static int unmap(uint64_t at, grant_handle_t handle)
{
	return unmap_dev(at, 0, handle);
}

static void places(void)
{
	uint64_t at = (uint64_t)window, pte = entry_maddr(pte_of((unsigned long)window)), theirs = domu_channel->word[W_PTE];
	grant_handle_t h;

	order(SET, FIRST_REF, GTF_permit_access, 0);
	for (unsigned int i = 1; i < 8; i++)
		ok(map(FIRST_REF, pte + i, GNTMAP_host_map | GNTMAP_contains_pte, &h) < 0, "XSA-227: an entry %u bytes off is refused", i);
	ok(map(FIRST_REF, theirs, GNTMAP_host_map | GNTMAP_contains_pte, &h) < 0, "XSA-227: an entry of another domain's table is refused");
	ok(map(FIRST_REF, ~7UL, GNTMAP_host_map | GNTMAP_contains_pte, &h) < 0, "an entry beyond all memory is refused");
	ok(map(FIRST_REF, 0xffff830000000000UL, GNTMAP_host_map, &h) < 0, "XSA-316: the hypervisor's address is refused");
	ok(map(FIRST_REF, 0x123456789000UL, GNTMAP_host_map, &h) < 0, "XSA-316: an address without a table is refused, as an error");
	ok(map(FIRST_REF + 1, at, GNTMAP_host_map, &h) < 0, "XSA-50: an entry that permits nothing");
	ok(map(~0U, at, GNTMAP_host_map, &h) < 0, "XSA-50: the last reference number");
	ok(order(IN_USE, FIRST_REF, 0, 0) == 0, "XSA-50, 316: nothing of it is left in use (%#lx)", domu_channel->word[W_RESULT]);
}

static void permissions(void)
{
	grant_handle_t rw, ro, again;

	order(SET, FIRST_REF, GTF_permit_access, 0);
	EXPECT_EQ(map(FIRST_REF, (uint64_t)window, GNTMAP_host_map, &rw), 0);
	EXPECT_EQ(map(FIRST_REF, (uint64_t)window2, GNTMAP_host_map | GNTMAP_readonly, &ro), 0);
	ok(unmap((uint64_t)window2, rw) < 0, "XSA-234: a writable mapping is not undone by a read-only entry");
	ok(unmap((uint64_t)window, ro) < 0, "XSA-234: nor the other way round");
	window[0] = 0x77;
	ok(window2[0] == 0x77 && order(PEEK, 0, 0, 0) == 0x77, "both still work");
	EXPECT_EQ(unmap((uint64_t)window, rw), 0);
	ok(unmap((uint64_t)window, rw) == GNTST_bad_handle, "XSA-218: a second time: no such handle");
	ok(order(IN_USE, FIRST_REF, 0, 0) == GTF_reading, "XSA-230: only reading is left (%#lx)", domu_channel->word[W_RESULT]);
	EXPECT_EQ(unmap((uint64_t)window2, ro), 0);
	EXPECT_EQ(order(IN_USE, FIRST_REF, 0, 0), 0);

	/* Read-only to begin with, revoked while mapped: that gives no right to write. */
	order(SET, FIRST_REF, GTF_permit_access | GTF_readonly, 0);
	EXPECT_EQ(map(FIRST_REF, (uint64_t)window, GNTMAP_host_map | GNTMAP_readonly, &ro), 0);
	ok(map(FIRST_REF, (uint64_t)window2, GNTMAP_host_map, &again) < 0, "a read-only grant is not mapped writable");
	order(SET, FIRST_REF, 0, 0);
	ok(map(FIRST_REF, (uint64_t)window2, GNTMAP_host_map, &again) < 0,
	   "XSA-500: a grant that is being revoked is not mapped writable, though it is in use for reading");
	EXPECT_EQ(unmap((uint64_t)window, ro), 0);
}

static void device_mappings(void)
{
	uint64_t bus = domu_channel->word[W_FRAME] << 12;
	grant_handle_t h;

	order(SET, FIRST_REF, GTF_permit_access, 0);
	EXPECT_EQ(map(FIRST_REF, (uint64_t)window, GNTMAP_host_map | GNTMAP_device_map, &h), 0);
	ok(unmap_dev(0, bus + PAGE_SIZE, h) == GNTST_bad_dev_addr, "XSA-224: another bus address is refused");
	ok(order(IN_USE, FIRST_REF, 0, 0) != 0, "and the entry stays in use");
	EXPECT_EQ(unmap_dev(0, bus, h), 0);
	ok(unmap_dev(0, bus, h) < 0, "XSA-394: the device's half is not taken away twice");
	ok(order(IN_USE, FIRST_REF, 0, 0) == (GTF_reading | GTF_writing), "XSA-224: the other half holds the entry");
	window[1] = 0x99;
	EXPECT_EQ(order(PEEK, 0, 1, 0), 0x99);
	EXPECT_EQ(unmap((uint64_t)window, h), 0);
	ok(unmap((uint64_t)window, h) < 0 && unmap_dev(0, bus, h) < 0, "XSA-394: and then there is no handle");
	EXPECT_EQ(order(IN_USE, FIRST_REF, 0, 0), 0);
}

static struct gnttab_copy copy_by_ref(unsigned int ref, volatile void *to)
{
	struct gnttab_copy c = { .len = 64, .flags = GNTCOPY_source_gref, .status = 77 };

	c.source.u.ref = ref;
	c.source.domid = 0;
	c.dest.domid = DOMID_SELF;
	c.dest.u.gmfn = virt_to_mfn((void *)to);
	return c;
}

/* Operands that a cache of looked-up frames might mix up: equal numbers of another kind or of another domain. */
static void mixed_copies(volatile uint64_t *to)
{
	struct gnttab_copy c[6];
	unsigned long theirs = domu_channel->word[W_FRAME];

	order(SET, FIRST_REF, GTF_permit_access | GTF_readonly, 0);
	for (unsigned int i = 0; i < 6; i++)
		c[i] = copy_by_ref(FIRST_REF, to);
	c[1].flags = 0;                         /* frame FIRST_REF, of domain 0 */
	c[1].source.u.gmfn = FIRST_REF;
	c[2].flags = 0;                         /* the granted frame's own number */
	c[2].source.u.gmfn = theirs;
	c[3].flags = 0;
	c[3].source.u.gmfn = theirs;
	c[3].source.domid = DOMID_SELF;
	c[4].source.domid = (domid_t)domu_channel->word[W_ME];  /* the reference, of our own table */
	c[5].dest.domid = 0;                    /* to a frame of theirs by number */
	c[5].dest.u.gmfn = theirs;
	EXPECT_EQ(HYPERVISOR_grant_table_op(GNTTABOP_copy, c, 6), 0);
	ok(c[0].status == 0, "XSA-523: a copy by reference: %d", c[0].status);
	ok(c[1].status == GNTST_permission_denied, "XSA-523: a frame with the reference's number: %d", c[1].status);
	ok(c[2].status == GNTST_permission_denied, "XSA-523: the granted frame by number: %d", c[2].status);
	ok(c[3].status == GNTST_bad_page, "XSA-523: the same, called one's own: %d", c[3].status);
	ok(c[4].status < 0, "XSA-523: the same reference of another domain: %d", c[4].status);
	ok(c[5].status == GNTST_permission_denied, "XSA-523: to a frame of theirs: %d", c[5].status);
	/* Write to a grant that only permits reading, after having read from it. */
	c[0] = copy_by_ref(FIRST_REF, to);
	c[1] = (struct gnttab_copy){ .len = 8, .flags = GNTCOPY_dest_gref };
	c[1].dest.u.ref = FIRST_REF;
	c[1].source.domid = DOMID_SELF;
	c[1].source.u.gmfn = virt_to_mfn((void *)to);
	EXPECT_EQ(HYPERVISOR_grant_table_op(GNTTABOP_copy, c, 2), 0);
	ok(c[0].status == 0 && c[1].status < 0, "XSA-523: reading from it gives no right to write: %d", c[1].status);
	ok(order(IN_USE, FIRST_REF, 0, 0) == 0, "XSA-230: no mark is left");
}

static void many_copies(volatile uint64_t *to)
{
	static struct gnttab_copy c[700];
	unsigned int good = 0;
	long rc;

	for (unsigned int i = 0; i < ARRAY_SIZE(c); i++)
		c[i] = copy_by_ref(FIRST_REF, to);
	HYPERVISOR_set_timer_op((long)(system_time() + 200000));        /* something to be preempted for */
	rc = HYPERVISOR_grant_table_op(GNTTABOP_copy, c, ARRAY_SIZE(c));
	for (unsigned int i = 0; i < ARRAY_SIZE(c); i++)
		good += c[i].status == 0;
	ok(rc == 0 && good == ARRAY_SIZE(c), "XSA-318: %u of %u copies of a long batch are done, result %ld", good,
	   (unsigned int)ARRAY_SIZE(c), rc);
}

static void copies_of_entries_in_use(volatile uint64_t *to)
{
	struct gnttab_copy c;
	grant_handle_t h;

	order(VERSION, 2, 0, 0);
	order(SET, FIRST_REF, GTF_permit_access | GTF_readonly, 1);
	EXPECT_EQ(map(FIRST_REF, (uint64_t)window, GNTMAP_host_map | GNTMAP_readonly, &h), 0);
	order(SET_V2_PART, FIRST_REF, GTF_readonly, 2);
	c = copy_by_ref(FIRST_REF, to);
	to[0] = 0;
	gop(GNTTABOP_copy, &c);
	ok(c.status < 0 || to[0] == 0x2000, "XSA-500: of an entry in use, changed since: the page that is mapped, or none (%d, %#lx)",
	   c.status, to[0]);
	EXPECT_EQ(unmap((uint64_t)window, h), 0);
	c = copy_by_ref(FIRST_REF, to);
	gop(GNTTABOP_copy, &c);
	ok(c.status < 0, "XSA-500: beyond the granted part: %d", c.status);
	c.source.offset = 64;
	gop(GNTTABOP_copy, &c);
	ok(c.status == 0 && to[0] == 0x3008, "the part: %d, %#lx", c.status, to[0]);
	ok(map(FIRST_REF, (uint64_t)window, GNTMAP_host_map | GNTMAP_readonly, &h) < 0, "a part of a page is not mapped");
	/* Read-only, mapped, revoked as version 2 has it, and asked for once more. */
	order(SET, FIRST_REF, GTF_permit_access | GTF_readonly, 1);
	EXPECT_EQ(map(FIRST_REF, (uint64_t)window, GNTMAP_host_map | GNTMAP_readonly, &h), 0);
	order(SET, FIRST_REF, 0, 1);
	c = (struct gnttab_copy){ .len = 8, .flags = GNTCOPY_dest_gref };
	c.dest.u.ref = FIRST_REF;
	c.source.domid = DOMID_SELF;
	c.source.u.gmfn = virt_to_mfn((void *)to);
	gop(GNTTABOP_copy, &c);
	ok(c.status < 0 && order(PEEK, 1, 0, 0) == 0x2000, "XSA-500: nor written by a copy while it is being revoked: %d", c.status);
	EXPECT_EQ(unmap((uint64_t)window, h), 0);
	EXPECT_EQ(order(IN_USE, FIRST_REF, 0, 0), 0);
}

/* Their entry stands for one of ours, and ours for theirs: no more than one link is followed. */
static void transitive(volatile uint64_t *to)
{
	union grant_entry_v2 *mine = (union grant_entry_v2 *)table;
	struct gnttab_copy c = copy_by_ref(FIRST_REF + 1, to);
	unsigned int bad = 0;

	EXPECT_EQ(set_version(2), 0);
	order(SET_TRANSITIVE, FIRST_REF + 1, GTF_readonly, FIRST_REF);
	mine[FIRST_REF].hdr.domid = 0;
	mine[FIRST_REF].transitive.trans_domid = 0;
	mine[FIRST_REF].transitive.gref = FIRST_REF + 1;
	barrier();
	mine[FIRST_REF].hdr.flags = GTF_transitive;
	for (unsigned int i = 0; i < 100; i++) {
		gop(GNTTABOP_copy, &c);
		bad += c.status < 0;
	}
	ok(bad == 100, "XSA-226, 411: a circle of transitive grants is an error, %u times of 100", bad);
	mine[FIRST_REF].hdr.flags = 0;
	mine[FIRST_REF].full_page.frame = virt_to_mfn((void *)window2);
	barrier();
	mine[FIRST_REF].hdr.flags = GTF_permit_access;
	for (unsigned int i = 0; i < 100; i++)
		gop(GNTTABOP_copy, &c);
	ok(c.status == 0, "XSA-411: then one link works: %d", c.status);
	mine[FIRST_REF].hdr.flags = 0;
	gop(GNTTABOP_copy, &c);
	ok(c.status < 0, "XSA-226: and no more when the inner one is gone: %d", c.status);
	EXPECT_EQ(order(IN_USE, FIRST_REF + 1, 0, 0), 0);
	order(SET, FIRST_REF + 1, 0, 0);
}

static void versions(void)
{
	struct gnttab_get_status_frames f = { .dom = DOMID_SELF, .nr_frames = 1 };
	struct gnttab_swap_grant_ref swap = { .ref_a = 1, .ref_b = ~0U };
	uint64_t frame[4] = { 0 };
	volatile uint64_t *st = alloc_page();

	set_xen_guest_handle(f.frame_list, frame);
	for (unsigned int v = 1; v <= 2; v++) {
		set_version(v);
		swap.ref_b = ~0U;
		gop(GNTTABOP_swap_grant_ref, &swap);
		ok(swap.status == GNTST_bad_gntref, "XSA-18: version %u: swap with the last number", v);
		swap.ref_b = v == 1 ? 512 : 256;
		gop(GNTTABOP_swap_grant_ref, &swap);
		ok(swap.status == GNTST_bad_gntref, "XSA-134: version %u: swap with the first beyond the frame", v);
	}
	EXPECT_EQ(gop(GNTTABOP_get_status_frames, &f), 0);
	EXPECT_EQ(f.status, 0);
	EXPECT_EQ(set_pte((unsigned long)st, frame[0] << 12 | PTE_FLAGS_RW), 0);
	f.nr_frames = ~0U;
	gop(GNTTABOP_get_status_frames, &f);
	ok(f.status < 0, "XSA-382: more status frames than there are: %d", f.status);
	f.nr_frames = 4;
	gop(GNTTABOP_get_status_frames, &f);
	ok(f.status < 0, "XSA-382: four: %d", f.status);
	for (unsigned int i = 0; i < 200; i++) {
		set_version(1);
		st[0] = i;                      /* it is ours until we let go of it */
		set_version(2);
	}
	ok(set_version(1) == 0, "XSA-26, 255, 379, 387: 400 changes of the version with a status page mapped");
	f.nr_frames = 1;
	gop(GNTTABOP_get_status_frames, &f);
	ok(f.status < 0, "XSA-379: version 1 has no status frames: %d", f.status);
	st[0] = 1;
	EXPECT_EQ(set_pte((unsigned long)st, 0), 0);
}

static void cache_flushes(void)
{
	struct gnttab_cache_flush f = { .a.dev_bus_addr = domu_channel->word[W_FRAME] << 12, .length = 64, .op = GNTTAB_CACHE_CLEAN };

	ok(gop(GNTTABOP_cache_flush, &f) < 0, "XSA-232: another domain's frame is not flushed");
	f.a.dev_bus_addr = ~0UL << 12;
	ok(gop(GNTTABOP_cache_flush, &f) < 0, "XSA-232: nor one beyond all memory");
	f.a.dev_bus_addr = virt_to_maddr((void *)window2);
	f.offset = 4095;
	ok(gop(GNTTABOP_cache_flush, &f) == -XEN_EINVAL, "nor beyond the page");
	f.offset = 0;
	f.op = GNTTAB_CACHE_INVAL;
	for (unsigned int i = 0; i < 100; i++)
		gop(GNTTABOP_cache_flush, &f);
	f.op = GNTTAB_CACHE_CLEAN;
	ok(gop(GNTTABOP_cache_flush, &f) == 0, "XSA-520: one's own is, after a hundred refusals");
}

static void attack(void *unused)
{
	volatile uint64_t *to = alloc_page();

	table_map();
	window = alloc_page();
	window2 = alloc_page();
	places();
	permissions();
	window = alloc_page();
	window2 = alloc_page();
	device_mappings();
	window = alloc_page();
	mixed_copies(to);
	many_copies(to);
	copies_of_entries_in_use(to);
	transitive(to);
	versions();
	cache_flushes();
	order(VERSION, 1, 0, 0);
}

static void round(const char *name)
{
	struct domu u;

	domu_create(&u, &(struct domu_config){ .main = attack });
	u.channel->word[W_PTE] = entry_maddr(pte_of((unsigned long)page[0]));
	u.channel->word[W_FRAME] = virt_to_mfn((void *)page[0]);
	u.channel->word[W_ME] = u.domid;
	for (unsigned int i = 0; i < 3; i++)
		for (unsigned int j = 0; j < 512; j++)
			page[i][j] = (i + 1) * 0x1000 + j;
	domu_start(&u);
	serve(&u);
	domu_report(&u, name);
	ok(domu_destroy(&u), "%s: the domain is gone", name);
}

void test_main(void)
{
	struct books before;

	table_map();
	for (unsigned int i = 0; i < 3; i++)
		page[i] = alloc_page();
	round("first");
	books_read(&before);
	round("second");
	books_compare(&before, "the attack");
	for (unsigned int r = FIRST_REF; r < FIRST_REF + 4; r++)
		EXPECT_EQ(in_use(r), 0);
}
