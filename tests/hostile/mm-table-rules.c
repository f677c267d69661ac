/* SPDX-License-Identifier: MIT
 *
 * What Xen's page-table code let through once, tried by an unprivileged domain: superpages, linear tables, the fast path
 * of an entry that changes only in its bits, pins that fail half way, other domains' tables, addresses of
 * nowhere to be flushed, cache attributes of RAM. Then two vCPUs: one changes the entries of a
 * table while the other makes it one and unmakes it. Each check names its advisory.
 *
 * RUN: cpus=1,2
 */
#include "domu.h"

#define STORM 400000000UL       /* ns */
#define PSE 0x80UL
#define CACHE (0x80UL | 0x10 | 8)       /* PAT PCD PWT */

static long mmuext(unsigned int cmd, unsigned long arg)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = arg };

	return HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static long pin(unsigned int level, const void *page)
{
	return mmuext(MMUEXT_PIN_L1_TABLE + level - 1, virt_to_mfn(page));
}

static long unpin(const void *page)
{
	return mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(page));
}

static long update_as(uint64_t maddr, uint64_t val, unsigned int cmd, unsigned int foreign)
{
	struct mmu_update u = { .ptr = maddr | cmd, .val = val };

	return HYPERVISOR_mmu_update(&u, 1, NULL, foreign);
}

static long update(const uint64_t *e, uint64_t val)
{
	return update_as(entry_maddr(e), val, MMU_NORMAL_PT_UPDATE, DOMID_SELF);
}

static long update_keep(const uint64_t *e, uint64_t val)
{
	return update_as(entry_maddr(e), val, MMU_PT_UPDATE_PRESERVE_AD, DOMID_SELF);
}

/* A page with one entry, read-only, ready to be pinned. */
static uint64_t *table_with(uint64_t e)
{
	uint64_t *t = alloc_page();

	t[0] = e;
	if (!make_readonly(t))
		die("a page could not be made read-only");
	return t;
}

static void superpages(void)
{
	unsigned long va = (unsigned long)alloc_page();

	for (unsigned int level = 2; level <= 4; level++) {
		uint64_t *e = table_entry(va, level), old = *e, *t = table_with(old | PSE);

		ok(update(e, old | PSE) < 0 && *e == old, "XSA-148: PSE added to an L%u entry is refused", level);
		ok(update_keep(e, old | PSE) < 0 && *e == old, "XSA-148: also with accessed and dirty kept");
		ok(update(e, (old & ~PTE_RW) | PSE) < 0 && *e == old, "XSA-148: PSE with RW taken away");
		ok(pin(level, t) < 0, "XSA-148, 176: nor does a table with such an entry become an L%u", level);
	}
	ok(mmuext(MMUEXT_MARK_SUPER, virt_to_mfn((void *)va) & ~511UL) < 0, "XSA-167: superpages are not to be had");
	ok(mmuext(MMUEXT_UNMARK_SUPER, ~0UL) < 0, "XSA-167: nor given back");
}

/* An entry whose frame stays the same. */
static void fast_path(void)
{
	uint64_t *page = alloc_page(), *e = pte_of((unsigned long)page);
	uint64_t *l1 = table_with(0), *of_l1 = pte_of((unsigned long)l1), old;

	EXPECT_EQ(pin(1, l1), 0);
	old = *of_l1;
	ok(update(of_l1, old | PTE_RW) < 0 && *of_l1 == old, "XSA-182: RW added to a page table's mapping is refused");
	ok(update_keep(of_l1, old | PTE_RW) < 0 && *of_l1 == old, "XSA-182: also with accessed and dirty kept");
	ok(update(of_l1, old | PTE_D | 0xe00) == 0, "bits that mean nothing are free");
	ok(update(of_l1, old | PTE_D | 0xe00 | PTE_RW) < 0, "XSA-182: RW together with them");
	ok(HYPERVISOR_update_va_mapping((unsigned long)l1, old | PTE_RW, UVMF_NONE) < 0, "XSA-182: by update_va_mapping");
	EXPECT_EQ(unpin(l1), 0);
	for (uint64_t bits = 8; bits <= 0x100; bits <<= 1) {
		uint64_t before = *e;

		if (!(bits & (CACHE | 0x100)))
			continue;
		update(e, before | bits);
		ok(!(*e & (CACHE | 0x100)), "XSA-402: bit %#lx does not get into an entry for RAM (%#lx)", bits, *e);
		update(e, before);
	}
	ok(update(e, *e | 1UL << 51) < 0, "a frame beyond all memory is refused");
}

static void linear(void)
{
	unsigned long va = (unsigned long)alloc_page();

	for (unsigned int level = 2; level <= 4; level++) {
		unsigned long self = PTE_MFN(level == 4 ? 0 : *table_entry(va, level + 1)), m;
		uint64_t *t, *free_slot;

		if (level == 4)
			self = virt_to_mfn((void *)si->pt_base);
		free_slot = (uint64_t *)((unsigned long)table_entry(va, level) & ~4095UL) + (level == 4 ? 300 : 7);
		ok(update(free_slot, self << 12 | PTE_FLAGS_RO) < 0, "XSA-240, 286: an L%u that names itself is refused", level);
		t = table_with(0);
		m = virt_to_mfn(t);
		EXPECT_EQ(pin(level, t), 0);
		ok(update(t, m << 12 | PTE_FLAGS_RO) < 0, "XSA-240: a fresh one too");
		ok(update(t, self << 12 | PTE_FLAGS_RO) < 0, "XSA-240: nor does it name another of its level");
		EXPECT_EQ(unpin(t), 0);
	}
}

/* A thousand pins that fail: each gives back what it took. */
static void failing_pins(void)
{
	uint64_t *l1 = alloc_page(), *l2;
	unsigned int failed = 0;

	l1[0] = virt_to_mfn(alloc_page()) << 12 | PTE_FLAGS_RO;
	l1[511] = domu_channel->word[2] << 12 | PTE_FLAGS_RO;   /* another domain's */
	make_readonly(l1);
	l2 = table_with(virt_to_mfn(l1) << 12 | PTE_FLAGS_RO);
	for (unsigned int i = 0; i < 1000; i++)
		failed += pin(2, l2) < 0;
	ok(failed == 1000, "XSA-58: an L2 above a bad L1: %u of 1000 pins fail", failed);
	ok(make_writable(l1) && make_writable(l2), "XSA-58: and both are plain memory again");
}

static void others(void)
{
	uint64_t theirs = domu_channel->word[3], m2p = (virt_to_mfn(alloc_page()) << 12);
	unsigned long va = (unsigned long)alloc_page();
	uint64_t e = domu_channel->word[2] << 12 | PTE_FLAGS_RO;
	unsigned int bad = 0;

	ok(update_as(theirs, 0, MMU_NORMAL_PT_UPDATE, 1U << 16 | DOMID_SELF) < 0, "XSA-109: domain 0's table, by its number");
	ok(update_as(theirs, 0, MMU_NORMAL_PT_UPDATE, DOMID_SELF) < 0, "XSA-109: domain 0's table, as one's own");
	ok(update_as(entry_maddr(pte_of(va)), e, MMU_NORMAL_PT_UPDATE, 0) < 0, "XSA-109: domain 0's frame in one's own table");
	ok(update_as(entry_maddr(pte_of(va)), e, MMU_NORMAL_PT_UPDATE, DOMID_XEN) < 0, "XSA-109: the hypervisor's");
	ok(update_as(entry_maddr(pte_of(va)), 0xfee00000 | PTE_FLAGS_RO, MMU_NORMAL_PT_UPDATE, DOMID_IO) < 0, "the local APIC");
	ok(HYPERVISOR_update_va_mapping_otherdomain(va, e, 0, 0) < 0, "XSA-109: by update_va_mapping_otherdomain");
	for (unsigned int i = 0; i < 1000; i++) {
		bad += update_as(m2p, M2P[m2p >> 12], MMU_MACHPHYS_UPDATE, DOMID_SELF) != 0;
		bad += update_as(domu_channel->word[2] << 12, 1, MMU_MACHPHYS_UPDATE, DOMID_SELF) == 0;
		bad += update_as(domu_channel->word[2] << 12, 1, MMU_MACHPHYS_UPDATE, 0) == 0;
	}
	ok(bad == 0, "XSA-113: machine-to-physical entries: one's own a thousand times, others' never (%u wrong)", bad);
}

static void given_back(void)
{
	unsigned long pfn = alloc_pfn_unmapped(), va = (unsigned long)alloc_page(), m = pfn_to_mfn(pfn);
	uint64_t *l1 = table_with(0);
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	xen_pfn_t frame = m;

	set_xen_guest_handle(r.extent_start, &frame);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_decrease_reservation, &r), 1);
	ok(set_pte(va, m << 12 | PTE_FLAGS_RW) < 0 && set_pte(va, m << 12 | PTE_FLAGS_RO) < 0 &&
	   mmuext(MMUEXT_PIN_L1_TABLE, m) < 0 && mmuext(MMUEXT_CLEAR_PAGE, m) < 0, "XSA-248: a frame given back is not one's own any more");
	ok(HYPERVISOR_memory_op(XENMEM_decrease_reservation, &r) == 0, "XSA-248: nor given back twice");
	EXPECT_EQ(pin(1, l1), 0);
	frame = virt_to_mfn(l1);
	HYPERVISOR_memory_op(XENMEM_decrease_reservation, &r);
	ok(unpin(l1) == 0, "XSA-252: a table given back while pinned can still be unpinned");
}

static void flushes(void)
{
	static const unsigned long odd[] = {
		1UL << 47, (1UL << 63), 0x7fff123456789abc, 0xffff000000000000, 0xffff830000000000, 0xffff87ffffffffff, ~0UL,
	};
	unsigned long all = ~0UL;

	for (unsigned int i = 0; i < ARRAY_SIZE(odd); i++) {
		struct mmuext_op multi = { .cmd = MMUEXT_INVLPG_MULTI, .arg1.linear_addr = odd[i] };

		multi.arg2.vcpumask.p = (void *)&all;
		mmuext(MMUEXT_INVLPG_LOCAL, odd[i]);
		mmuext(MMUEXT_INVLPG_ALL, odd[i]);
		HYPERVISOR_mmuext_op(&multi, 1, NULL, DOMID_SELF);
		multi.arg2.vcpumask.p = (void *)0xffff830000000000;
		EXPECT(HYPERVISOR_mmuext_op(&multi, 1, NULL, DOMID_SELF) < 0);
		ok(HYPERVISOR_update_va_mapping(odd[i], 0, UVMF_INVLPG | UVMF_ALL) < 0, "XSA-279: INVLPG of %#lx, survived", odd[i]);
	}
}

/* ---- two vCPUs ---- */

static uint64_t *raced;
static volatile bool stop, running;
static unsigned long updates, pins;

static void updater(void *unused)
{
	uint64_t e = virt_to_mfn(raced) << 12 | PTE_FLAGS_RO;

	running = true;
	while (!stop) {
		update(&raced[5], e);
		update(&raced[5], 0);
		update_keep(&raced[6], e | PTE_NX);
		updates++;
	}
	running = false;
}

static void race(void)
{
	uint64_t end = system_time() + STORM, *l2;

	raced = table_with(0);
	l2 = table_with(virt_to_mfn(raced) << 12 | PTE_FLAGS_RO);
	EXPECT_EQ(start_vcpu(1, updater, NULL), 0);
	while (!running)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	while (system_time() < end) {
		if (!pin(1, raced))
			pins += !unpin(raced);
		if (!pin(2, l2))
			pins += !unpin(l2);
	}
	stop = true;
	while (running)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	ok(pins > 10 && updates > 10, "XSA-242: %lu pins against %lu updates", pins, updates);
	ok(make_writable(l2) && make_writable(raced), "XSA-242: both tables are plain memory again");
}

static void attack(void *unused)
{
	superpages();
	fast_path();
	linear();
	failing_pins();
	others();
	given_back();
	flushes();
	if (max_vcpus() > 1)
		race();
}

static void round(unsigned int vcpus, const char *name)
{
	struct domu u;

	domu_create(&u, &(struct domu_config){ .main = attack, .vcpus = vcpus, .pages = 2048 });
	u.channel->word[2] = virt_to_mfn((void *)si->pt_base);
	u.channel->word[3] = entry_maddr(pte_of((unsigned long)si));
	domu_start(&u);
	domu_wait(&u, 20000000000UL);
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
