/* SPDX-License-Identifier: MIT
 *
 * Switching address spaces: two L4 tables with the kernel's entries, in turn.
 */
#include "bench.h"

static char l4s[2][PAGE_SIZE] __attribute__((aligned(4096)));
static bool made[2];
static unsigned long mfns[2];
static unsigned int turn;
static struct mmuext_op op;

uint64_t *space_l4(unsigned int which)
{
	uint64_t *l4 = (uint64_t *)l4s[which], *kernel = (uint64_t *)si->pt_base;

	if (!made[which]) {
		memcpy(l4, kernel, 256 * 8);
		memcpy(l4 + 272, kernel + 272, 240 * 8);
		if (!make_readonly(l4))
			return NULL;
		made[which] = true;
	}
	return l4;
}

static const char *setup(void)
{
	for (unsigned int i = 0; i < 2; i++) {
		uint64_t *l4 = space_l4(i);
		struct mmuext_op pin = { .cmd = MMUEXT_PIN_L4_TABLE };
		long rc;

		if (!l4)
			return "an L4 could not be made";
		pin.arg1.mfn = mfns[i] = virt_to_mfn(l4);
		rc = HYPERVISOR_mmuext_op(&pin, 1, NULL, DOMID_SELF);
		if (rc)
			return wrong("pin returned %ld", rc);
	}
	return NULL;
}

static const char *teardown(void)
{
	struct mmuext_op home[4] = {
		{ .cmd = MMUEXT_NEW_BASEPTR, .arg1.mfn = virt_to_mfn((void *)si->pt_base) },
		{ .cmd = MMUEXT_NEW_USER_BASEPTR, .arg1.mfn = 0 },
		{ .cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = mfns[0] },
		{ .cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = mfns[1] },
	};
	long rc = HYPERVISOR_mmuext_op(home, 4, NULL, DOMID_SELF);

	return rc ? wrong("going back to the first address space returned %ld", rc) : NULL;
}

static void next(unsigned int cmd)
{
	turn ^= 1;
	op = (struct mmuext_op){ .cmd = cmd, .arg1.mfn = mfns[turn] };
}

static void kernel_before(void) { next(MMUEXT_NEW_BASEPTR); }
static void user_before(void) { next(MMUEXT_NEW_USER_BASEPTR); }

static long run(void)
{
	return HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static const char *kernel_after(long rc)
{
	unsigned long cr3;

	if (rc)
		return rc_is_zero(rc);
	__asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
	return xen_cr3_to_pfn(cr3) == mfns[turn] ? NULL : wrong("CR3 is %#lx", cr3);
}

/* The user's table holds a reference: what is in use cannot be unpinned and mapped writable. */
static const char *user_after(long rc)
{
	struct mmuext_op unpin = { .cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = mfns[turn] };
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = mfns[turn] };
	bool refused;

	if (rc)
		return rc_is_zero(rc);
	HYPERVISOR_mmuext_op(&unpin, 1, NULL, DOMID_SELF);
	refused = !make_writable(l4s[turn]);
	if (!refused && !make_readonly(l4s[turn]))
		return "the unused table could not be made read-only again";
	rc = HYPERVISOR_mmuext_op(&pin, 1, NULL, DOMID_SELF);
	if (rc)
		return wrong("pinning again returned %ld", rc);
	return refused ? NULL : "the user base pointer holds no reference";
}

/* Flushes whose effect no guest can see: that a stale translation may live is no promise. */
static struct mmuext_op flush = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };
static struct mmuext_op invlpg = { .cmd = MMUEXT_INVLPG_LOCAL };

static long flush_run(void)
{
	return HYPERVISOR_mmuext_op(&flush, 1, NULL, DOMID_SELF);
}

static void invlpg_before(void) { invlpg.arg1.linear_addr = (unsigned long)pool[1]; }

static long invlpg_run(void)
{
	return HYPERVISOR_mmuext_op(&invlpg, 1, NULL, DOMID_SELF);
}

const struct op space_ops[] = {
	{ .name = "new-baseptr", .setup = setup, .before = kernel_before, .run = run, .after = kernel_after, .teardown = teardown },
	{ .name = "new-user-baseptr", .setup = setup, .before = user_before, .run = run, .after = user_after, .teardown = teardown },
	{ .name = "tlb-flush-local", .run = flush_run, .after = rc_is_zero },
	{ .name = "invlpg-local", .before = invlpg_before, .run = invlpg_run, .after = rc_is_zero },
	{ 0 }
};
