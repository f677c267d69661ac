/* SPDX-License-Identifier: MIT
 *
 * Giving frames away by GNTTABOP_transfer: only a frame that is one's own and that nobody uses goes, to a domain that
 * accepts it and has room; who gave it keeps no way to it, and what it was to him it is not to the new owner.
 * The unprivileged attacker gives, the control domain accepts. [XSA-214, XSA-284]
 */
#include "domu.h"

#define REF 30U

enum { W_TURN = 2, W_THEIRS, W_FRAME, W_FLAGS };
enum { ATTACKER, ACCEPT, LOOK };

static struct grant_entry_v1 *table;

static void turn(struct domu_channel *c, unsigned long whose)
{
	__atomic_store_n(&c->word[W_TURN], whose, __ATOMIC_SEQ_CST);
	if (c != domu_channel)
		return;
	while (__atomic_load_n(&c->word[W_TURN], __ATOMIC_SEQ_CST) != ATTACKER)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
}

static int transfer(domid_t to, unsigned long mfn)
{
	struct gnttab_transfer t = { .mfn = mfn, .domid = to, .ref = REF, .status = 77 };

	EXPECT_EQ(HYPERVISOR_grant_table_op(GNTTABOP_transfer, &t, 1), 0);
	return t.status;
}

static long mmuext(unsigned int cmd, unsigned long mfn)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn };

	return HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static void store(void *p)
{
	*(volatile uint64_t *)p = 0xbad;
}

static void attack(void *unused)
{
	char *mapped = alloc_page(), *pinned = alloc_page(), *stale = alloc_page();
	unsigned long stale_mfn = virt_to_mfn(stale), m;
	struct fault f;

	ok(transfer(0, virt_to_mfn(mapped)) < 0, "a frame that is mapped is not given away");
	EXPECT(make_readonly(pinned));
	EXPECT_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(pinned)), 0);
	EXPECT_EQ(set_pte((unsigned long)pinned, 0), 0);
	ok(transfer(0, virt_to_mfn(pinned)) < 0, "XSA-214: a page table is not given away");
	ok(transfer(0, PTE_MFN(si->shared_info)) < 0, "the shared_info page is not given away");
	ok(transfer(0, domu_channel->word[W_THEIRS]) < 0, "another domain's frame is not given away");
	ok(transfer(0, ~0UL) < 0 && transfer(0, 1UL << 40) < 0, "nor one that does not exist");
	ok(transfer(DOMID_SELF, stale_mfn) < 0 && transfer(7777, stale_mfn) < 0, "nor to oneself, nor to nobody");

	/* A write beforehand, so that the translation is there; no flush afterwards. */
	store(stale);
	EXPECT_EQ(HYPERVISOR_update_va_mapping((unsigned long)stale, 0, UVMF_NONE), 0);
	ok(transfer(0, stale_mfn) < 0, "to a domain that does not accept it: %d", transfer(0, stale_mfn));
	turn(domu_channel, ACCEPT);
	ok(transfer(0, stale_mfn) == GNTST_okay, "to a domain that does: given");
	try_call(store, stale, &f);
	ok(f.vector == 14, "XSA-214: no way to it through a stale translation (vector %u)", f.vector);
	ok(set_pte((unsigned long)stale, stale_mfn << 12 | PTE_FLAGS_RW) < 0, "nor by a new mapping");
	ok(set_pte((unsigned long)stale, stale_mfn << 12 | PTE_FLAGS_RO) < 0, "nor one for reading");
	ok(mmuext(MMUEXT_PIN_L1_TABLE, stale_mfn) < 0, "nor as a page table");
	ok(transfer(0, stale_mfn) < 0, "nor is it given twice");
	domu_channel->word[W_FRAME] = stale_mfn;
	turn(domu_channel, LOOK);
	m = alloc_pfn_unmapped();
	ok(transfer(0, pfn_to_mfn(m)) < 0, "the entry accepts one frame only");
	EXPECT_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(pinned)), 0);
}

/* The control domain has the frame now: it is plain memory, with no trace of what it was. */
static void look(unsigned long mfn)
{
	volatile uint64_t *page = alloc_page();
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	xen_pfn_t frame = mfn;

	EXPECT_EQ(table[REF].flags, GTF_accept_transfer | GTF_transfer_committed | GTF_transfer_completed);
	EXPECT_EQ(table[REF].frame, mfn);
	ok(set_pte((unsigned long)page, mfn << 12 | PTE_FLAGS_RW) == 0, "XSA-214: what was given can be mapped writable");
	ok(page[0] == 0xbad, "with what was in it (%#lx)", page[0]);
	EXPECT_EQ(set_pte((unsigned long)page, 0), 0);
	set_xen_guest_handle(r.extent_start, &frame);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_decrease_reservation, &r), 1);
}

static void serve(struct domu *u)
{
	volatile unsigned long *w = u->channel->word;
	uint64_t end = system_time() + 30000000000UL;

	while (system_time() < end && domu_state(u) == DOMU_RUNS) {
		if (w[W_TURN] == ACCEPT) {
			table[REF].domid = (domid_t)u->domid;
			barrier();
			table[REF].flags = GTF_accept_transfer;
		} else if (w[W_TURN] == LOOK) {
			look(w[W_FRAME]);
		} else {
			HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
			continue;
		}
		turn(u->channel, ATTACKER);
	}
}

static void round(const char *name)
{
	struct domu u;

	table[REF].flags = 0;
	domu_create(&u, &(struct domu_config){ .main = attack, .pages = 2048 });
	u.channel->word[W_THEIRS] = virt_to_mfn(alloc_page());
	domu_start(&u);
	serve(&u);
	domu_report(&u, name);
	ok(domu_destroy(&u), "%s: the domain is gone", name);
}

void test_main(void)
{
	xen_pfn_t frame = 0;
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 1 };
	struct xen_domctl op = { 0 };
	struct books before;

	set_xen_guest_handle(s.frame_list, &frame);
	table = alloc_page();
	EXPECT_EQ(HYPERVISOR_grant_table_op(GNTTABOP_setup_table, &s, 1), 0);
	EXPECT_EQ(set_pte((unsigned long)table, frame << 12 | PTE_FLAGS_RW), 0);
	/* Room for what is given. */
	op.u.max_mem.max_memkb = (si->nr_pages + 64) * 4;
	EXPECT_EQ(domu_domctl(&op, XEN_DOMCTL_max_mem, 0), 0);
	round("first");
	books_read(&before);
	round("second");
	books_compare(&before, "the transfers");
}
