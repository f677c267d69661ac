/* SPDX-License-Identifier: MIT
 *
 * Page types: a frame is a page table or writable, never both; a table's entries are checked when
 * it becomes one; pins count once; linear tables, superpages and the hypervisor's slots are
 * refused.
 */
#include "testlib.h"

static long mmuext(unsigned int cmd, unsigned long mfn)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn };

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

static uint64_t *table(void)
{
	uint64_t *t = alloc_page();

	EXPECT(make_readonly(t));
	return t;
}

/* An entry of a table that is not pinned yet. */
static void put(uint64_t *t, unsigned int i, uint64_t e)
{
	if (!make_writable(t))
		die("table not writable");
	t[i] = e;
	if (!make_readonly(t))
		die("table not made read-only");
}

static long update(const uint64_t *entry, uint64_t val)
{
	struct mmu_update u = { .ptr = entry_maddr(entry), .val = val };

	return HYPERVISOR_mmu_update(&u, 1, NULL, DOMID_SELF);
}

static void writable_or_table(void)
{
	uint64_t *t = alloc_page();

	EXPECT_EQ(pin(1, t), -XEN_EINVAL);
	EXPECT(make_readonly(t));
	EXPECT_EQ(pin(1, t), 0);
	EXPECT_EQ(pin(1, t), -XEN_EINVAL);
	EXPECT_EQ(pin(2, t), -XEN_EINVAL);
	EXPECT(!make_writable(t));
	EXPECT_EQ(mmuext(MMUEXT_CLEAR_PAGE, virt_to_mfn(t)), -XEN_EINVAL);
	EXPECT_EQ(unpin(t), 0);
	EXPECT_EQ(unpin(t), -XEN_EINVAL);
	EXPECT(make_writable(t));
	t[0] = 0;
}

static void what_an_l1_may_hold(void)
{
	uint64_t *t = table(), *data = alloc_page();
	unsigned long m = virt_to_mfn(data);

	put(t, 7, m << 12 | PTE_P | PTE_RW);
	EXPECT_EQ(pin(1, t), 0);
	/* Usable from ring 3, where the kernel lives. */
	EXPECT_EQ(t[7] & (PTE_P | PTE_RW | PTE_US), PTE_P | PTE_RW | PTE_US);
	EXPECT_EQ(unpin(t), 0);
	/* A writable mapping of a page table. */
	put(t, 8, virt_to_mfn((void *)si->pt_base) << 12 | PTE_FLAGS_RW);
	EXPECT_EQ(pin(1, t), -XEN_EINVAL);
	put(t, 8, virt_to_mfn((void *)si->pt_base) << 12 | PTE_FLAGS_RO);
	EXPECT_EQ(pin(1, t), 0);
	EXPECT_EQ(unpin(t), 0);
	/* The hypervisor's image, and a frame that does not exist. */
	put(t, 8, 0x200UL << 12 | PTE_FLAGS_RO);
	EXPECT_EQ(pin(1, t), -XEN_EINVAL);
	put(t, 8, 0x000ffffffffff000UL | PTE_FLAGS_RO);
	EXPECT_EQ(pin(1, t), -XEN_EINVAL);
	put(t, 8, 0);
	EXPECT_EQ(pin(1, t), 0);
	EXPECT_EQ(update(&t[9], 0x200UL << 12 | PTE_FLAGS_RW), -XEN_EINVAL);
	EXPECT_EQ(update(&t[9], m << 12 | PTE_FLAGS_RW), 0);
	EXPECT_EQ(update(&t[9], 0), 0);
	EXPECT_EQ(unpin(t), 0);
	/* References came back: the data page can become a table. */
	EXPECT(make_writable(t));
	memset(t, 0, PAGE_SIZE);
	EXPECT(make_readonly(data));
	EXPECT_EQ(pin(1, data), 0);
	EXPECT_EQ(unpin(data), 0);
}

static void upper_levels(void)
{
	uint64_t *l4 = table(), *l3 = table(), *l2 = table(), *l1 = table();

	put(l2, 3, virt_to_mfn(l1) << 12 | PTE_FLAGS_RW);
	put(l3, 3, virt_to_mfn(l2) << 12 | PTE_FLAGS_RW);
	put(l4, 3, virt_to_mfn(l3) << 12 | PTE_FLAGS_RW);
	EXPECT_EQ(pin(4, l4), 0);
	EXPECT(!make_writable(l1));
	EXPECT(!make_writable(l2));
	EXPECT(!make_writable(l3));
	/* The hypervisor's slots are there, and stay. */
	EXPECT(l4[256] & PTE_P);
	EXPECT_EQ(update(&l4[256], 0), -XEN_EINVAL);
	EXPECT_EQ(update(&l4[271], virt_to_mfn(l3) << 12 | PTE_FLAGS_RW), -XEN_EINVAL);
	EXPECT_EQ(update(&l4[272], virt_to_mfn(l3) << 12 | PTE_FLAGS_RW), 0);
	/* Wrong levels, a table of its own level, a superpage. */
	EXPECT_EQ(update(&l4[4], virt_to_mfn(l2) << 12 | PTE_FLAGS_RW), -XEN_EINVAL);
	EXPECT_EQ(update(&l4[4], virt_to_mfn(l4) << 12 | PTE_FLAGS_RW), -XEN_EINVAL);
	EXPECT_EQ(update(&l2[4], virt_to_mfn(l2) << 12 | PTE_FLAGS_RO), -XEN_EINVAL);
	EXPECT_EQ(update(&l2[4], (virt_to_mfn(l1) << 12 & ~0x1fffffUL) | PTE_FLAGS_RW | 0x80),
		  -XEN_EINVAL);
	EXPECT_EQ(update(&l3[4], PTE_FLAGS_RW | 0x80), -XEN_EINVAL);
	EXPECT_EQ(unpin(l4), 0);
	EXPECT(make_writable(l1));
	EXPECT(make_writable(l2));
	EXPECT(make_writable(l3));
	EXPECT(make_writable(l4));
}

static void pin_linear(void)
{
	uint64_t *l2 = table();

	put(l2, 5, virt_to_mfn(l2) << 12 | PTE_FLAGS_RW);
	EXPECT_EQ(pin(2, l2), -XEN_EINVAL);
	EXPECT(make_writable(l2));
}

static void other_operations(void)
{
	uint64_t *a = alloc_page(), *b = alloc_page();
	struct mmuext_op op = { .cmd = MMUEXT_COPY_PAGE };

	a[5] = 0x1234;
	op.arg1.mfn = virt_to_mfn(b);
	op.arg2.src_mfn = virt_to_mfn(a);
	EXPECT_EQ(HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF), 0);
	EXPECT_EQ(b[5], 0x1234);
	EXPECT_EQ(mmuext(MMUEXT_CLEAR_PAGE, virt_to_mfn(b)), 0);
	EXPECT_EQ(b[5], 0);
	EXPECT_EQ(mmuext(MMUEXT_MARK_SUPER, 0), -XEN_EOPNOTSUPP);
	EXPECT_EQ(mmuext(99, 0), -XEN_ENOSYS);
	EXPECT_EQ(mmuext(MMUEXT_NEW_BASEPTR, virt_to_mfn(a)), -XEN_EINVAL);
	EXPECT_EQ(mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0), 0);
	EXPECT_EQ(mmuext(MMUEXT_TLB_FLUSH_ALL, 0), 0);
	op = (struct mmuext_op){ .cmd = MMUEXT_SET_LDT, .arg1.linear_addr = 1, .arg2.nr_ents = 1 };
	EXPECT_EQ(HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF), -XEN_EINVAL);
	EXPECT_EQ(HYPERVISOR_mmuext_op(&op, 0, NULL, 77), -XEN_ESRCH);
}

void test_main(void)
{
	writable_or_table();
	what_an_l1_may_hold();
	upper_levels();
	pin_linear();
	other_operations();
}
