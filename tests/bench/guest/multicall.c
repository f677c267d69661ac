/* SPDX-License-Identifier: MIT
 *
 * Multicalls: what an entry costs once the way in is paid.
 */
#include "bench.h"

static struct multicall_entry calls[16];
static unsigned int count, turn;

static void nulls(unsigned int n)
{
	count = n;
	for (unsigned int i = 0; i < n; i++)
		calls[i] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version, .args = { XENVER_version, 0 } };
}

static void nulls_1(void) { nulls(1); }
static void nulls_16(void) { nulls(16); }

static long run(void)
{
	return HYPERVISOR_multicall(calls, count);
}

static const char *nulls_after(long rc)
{
	if (rc)
		return rc_is_zero(rc);
	for (unsigned int i = 0; i < count; i++)
		if (calls[i].result >> 16 != 4)
			return wrong("call %u returned %#lx, a version 4 expected", i, calls[i].result);
	return NULL;
}

/* Sixteen pages in a row show others in turn. */
#define FIRST (POOL_PAGES - 16)

static void mappings(void)
{
	turn ^= 1;
	count = 16;
	for (unsigned int i = 0; i < 16; i++)
		calls[i] = (struct multicall_entry){ .op = __HYPERVISOR_update_va_mapping, .result = 77,
			.args = { (unsigned long)pool[FIRST + i], PTE_RW_TO(pool[i + 16 * turn]), UVMF_NONE } };
}

static const char *mappings_after(long rc)
{
	if (rc)
		return rc_is_zero(rc);
	for (unsigned int i = 0; i < 16; i++) {
		if (calls[i].result)
			return wrong("call %u returned %ld", i, (long)calls[i].result);
		if (PTE_MFN(*pte_of((unsigned long)pool[FIRST + i])) != virt_to_mfn(pool[i + 16 * turn]))
			return wrong("entry %u was not changed", i);
	}
	return NULL;
}

static const char *mappings_teardown(void)
{
	for (unsigned int i = FIRST; i < POOL_PAGES; i++)
		if (!make_writable(pool[i]))
			return "a page could not be mapped back";
	return NULL;
}

const struct op multicall_ops[] = {
	{ .name = "multicall-null-1", .units = 1, .before = nulls_1, .run = run, .after = nulls_after },
	{ .name = "multicall-null-16", .units = 16, .before = nulls_16, .run = run, .after = nulls_after },
	{ .name = "multicall-va-mapping-16", .units = 16, .before = mappings, .run = run, .after = mappings_after,
	  .teardown = mappings_teardown },
	{ 0 }
};
