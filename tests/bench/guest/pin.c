/* SPDX-License-Identifier: MIT
 *
 * Pin and unpin: validating whole tables and giving them back. That a table is pinned shows in that its frame
 * cannot be mapped writable, that it is not in that it can.
 */
#include "bench.h"

static struct mmuext_op pin, unpin;

static long call(struct mmuext_op *op)
{
	return HYPERVISOR_mmuext_op(op, 1, NULL, DOMID_SELF);
}

static long pin_run(void) { return call(&pin); }
static long unpin_run(void) { return call(&unpin); }

static long both_run(void)
{
	long rc = call(&pin);

	return rc ? rc : call(&unpin);
}

/* A page whose mapping is free to try another one in. */
#define TRIAL ((unsigned long)pool[POOL_PAGES - 1])

static bool writable_is_refused(const void *page)
{
	bool refused = set_pte(TRIAL, PTE_RW_TO(page)) != 0;

	set_pte(TRIAL, PTE_RW_TO((void *)TRIAL));
	return refused;
}

static const char *l1_setup(bool full)
{
	uint64_t *l1 = (uint64_t *)tables[0];

	for (unsigned int i = 0; i < 512; i++)
		l1[i] = full ? PTE_RW_TO(pool[i]) : 0;
	pin = (struct mmuext_op){ .cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = virt_to_mfn(l1) };
	unpin = (struct mmuext_op){ .cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = virt_to_mfn(l1) };
	return make_readonly(l1) ? NULL : "the table could not be made read-only";
}

static const char *l1_empty(void) { return l1_setup(false); }
static const char *l1_full(void) { return l1_setup(true); }

static const char *l1_teardown(void)
{
	if (!make_writable(tables[0]))
		return "the table is still one";
	memset(tables[0], 0, PAGE_SIZE);
	return NULL;
}

static const char *pin_after(long rc)
{
	if (rc)
		return rc_is_zero(rc);
	if (!writable_is_refused(tables[0]))
		return "the pinned table could be mapped writable";
	rc = call(&unpin);
	return rc ? wrong("unpin returned %ld", rc) : NULL;
}

static void unpin_before(void)
{
	call(&pin);
}

static const char *unpin_after(long rc)
{
	if (rc)
		return rc_is_zero(rc);
	return writable_is_refused(tables[0]) ? "the unpinned table could not be mapped writable" : NULL;
}

/* ---- a whole tree: one L4, L3 and L2 over eight full L1 ---- */

#define TREE_L1 8

static void tree_link(uint64_t *table, unsigned int slot, const void *lower)
{
	table[slot] = PTE_RW_TO(lower);
}

static const char *tree_setup(void)
{
	uint64_t *l4 = (uint64_t *)tables[0], *l3 = (uint64_t *)tables[1], *l2 = (uint64_t *)tables[2];

	for (unsigned int i = 0; i < 3; i++)
		memset(tables[i], 0, PAGE_SIZE);
	tree_link(l4, 1, l3);
	tree_link(l3, 1, l2);
	for (unsigned int t = 0; t < TREE_L1; t++) {
		uint64_t *l1 = (uint64_t *)tables[3 + t];

		tree_link(l2, t, l1);
		for (unsigned int i = 0; i < 512; i++)
			l1[i] = PTE_RW_TO(pool[i]);
	}
	pin = (struct mmuext_op){ .cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = virt_to_mfn(l4) };
	unpin = (struct mmuext_op){ .cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = virt_to_mfn(l4) };
	for (unsigned int i = 0; i < 3 + TREE_L1; i++)
		if (!make_readonly(tables[i]))
			return wrong("table %u could not be made read-only", i);
	return NULL;
}

static const char *tree_teardown(void)
{
	for (unsigned int i = 0; i < 3 + TREE_L1; i++) {
		if (!make_writable(tables[i]))
			return wrong("table %u is still one", i);
		memset(tables[i], 0, PAGE_SIZE);
	}
	return NULL;
}

/* That the L4 is pinned says pin_after(); the last L1 must be a table then, too. */
static const char *tree_pin_after(long rc)
{
	if (!rc && !writable_is_refused(tables[2 + TREE_L1]))
		return "an L1 of the pinned tree could be mapped writable";
	return pin_after(rc);
}

static const char *tree_unpin_after(long rc)
{
	if (!rc && writable_is_refused(tables[2 + TREE_L1]))
		return "an L1 of the unpinned tree could not be mapped writable";
	return unpin_after(rc);
}

const struct op pin_ops[] = {
	{ .name = "pin-l1-empty", .units = 512, .setup = l1_empty, .run = pin_run, .after = pin_after, .teardown = l1_teardown },
	{ .name = "unpin-l1-empty", .units = 512, .setup = l1_empty, .before = unpin_before, .run = unpin_run,
	  .after = unpin_after, .teardown = l1_teardown },
	{ .name = "pin-unpin-l1-empty", .units = 512, .setup = l1_empty, .run = both_run, .after = unpin_after,
	  .teardown = l1_teardown },
	{ .name = "pin-l1-full", .units = 512, .setup = l1_full, .run = pin_run, .after = pin_after, .teardown = l1_teardown },
	{ .name = "unpin-l1-full", .units = 512, .setup = l1_full, .before = unpin_before, .run = unpin_run,
	  .after = unpin_after, .teardown = l1_teardown },
	{ .name = "pin-unpin-l1-full", .units = 512, .setup = l1_full, .run = both_run, .after = unpin_after,
	  .teardown = l1_teardown },
	{ .name = "pin-tree", .units = TREE_L1 * 512, .samples = 16, .setup = tree_setup, .run = pin_run,
	  .after = tree_pin_after, .teardown = tree_teardown },
	{ .name = "unpin-tree", .units = TREE_L1 * 512, .samples = 16, .setup = tree_setup, .before = unpin_before,
	  .run = unpin_run, .after = tree_unpin_after, .teardown = tree_teardown },
	{ 0 }
};
