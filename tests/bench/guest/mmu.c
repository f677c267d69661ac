/* SPDX-License-Identifier: MIT
 *
 * Page-table updates: one entry by its virtual address, or batches by machine address.
 */
#include "bench.h"

/* ---- update_va_mapping: a page of the pool shows another one in turn ---- */

#define WINDOW ((unsigned long)pool[POOL_PAGES - 1])

static uint64_t target;

/* Xen makes what a guest kernel maps global. */
#define PTE_G 0x100UL

static bool shows(uint64_t entry, uint64_t want)
{
	return !((entry ^ want) & ~(PTE_A | PTE_D | PTE_G));
}

static void window_next(void)
{
	target = target == PTE_RW_TO(pool[0]) ? PTE_RW_TO(pool[1]) : PTE_RW_TO(pool[0]);
}

static const char *window_after(long rc)
{
	uint64_t entry = *pte_of(WINDOW);

	if (rc)
		return rc_is_zero(rc);
	return shows(entry, target) ? NULL : wrong("the entry is %#lx, %#lx was set", entry, target);
}

static const char *window_restore(void)
{
	return set_pte(WINDOW, PTE_RW_TO((void *)WINDOW)) ? "the window could not be restored" : NULL;
}

static long va_none(void)
{
	return HYPERVISOR_update_va_mapping(WINDOW, target, UVMF_NONE);
}

static long va_invlpg(void)
{
	return HYPERVISOR_update_va_mapping(WINDOW, target, UVMF_INVLPG | UVMF_LOCAL);
}

static long va_invlpg_all(void)
{
	return HYPERVISOR_update_va_mapping(WINDOW, target, UVMF_INVLPG | UVMF_ALL);
}

static long va_flush_all(void)
{
	return HYPERVISOR_update_va_mapping(WINDOW, target, UVMF_TLB_FLUSH | UVMF_ALL);
}

/* ---- mmu_update: entries of a pinned L1 point to the pool, in turn one way and the other ---- */

static struct mmu_update updates[512];
static unsigned int batch, done, turn;
#define BATCH_TABLE ((uint64_t *)tables[0])

static const char *table_setup(void)
{
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = virt_to_mfn(tables[0]) };
	long rc;

	for (unsigned int i = 0; i < 512; i++)
		BATCH_TABLE[i] = PTE_RW_TO(pool[i]);
	if (!make_readonly(tables[0]))
		return "the table could not be made read-only";
	rc = HYPERVISOR_mmuext_op(&pin, 1, NULL, DOMID_SELF);
	return rc ? wrong("pin returned %ld", rc) : NULL;
}

static const char *table_teardown(void)
{
	struct mmuext_op unpin = { .cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = virt_to_mfn(tables[0]) };
	long rc = HYPERVISOR_mmuext_op(&unpin, 1, NULL, DOMID_SELF);

	if (rc || !make_writable(tables[0]))
		return wrong("the table was not released: unpin %ld", rc);
	memset(tables[0], 0, PAGE_SIZE);
	return NULL;
}

static void batch_prepare(void)
{
	turn = (turn + 1) % 7;
	done = 0;
	for (unsigned int i = 0; i < batch; i++)
		updates[i] = (struct mmu_update){ .ptr = virt_to_maddr(&BATCH_TABLE[i]) | MMU_NORMAL_PT_UPDATE,
						  .val = PTE_RW_TO(pool[(i + turn + 1) % 512]) };
}

static long batch_run(void)
{
	return HYPERVISOR_mmu_update(updates, batch, &done, DOMID_SELF);
}

static const char *batch_after(long rc)
{
	if (rc)
		return rc_is_zero(rc);
	if (done != batch)
		return wrong("%u entries were done, %u asked for", done, batch);
	for (unsigned int i = 0; i < batch; i++)
		if (!shows(BATCH_TABLE[i], updates[i].val))
			return wrong("entry %u is %#lx, %#lx was set", i, BATCH_TABLE[i], updates[i].val);
	return NULL;
}

static const char *setup_1(void) { batch = 1; return table_setup(); }
static const char *setup_8(void) { batch = 8; return table_setup(); }
static const char *setup_64(void) { batch = 64; return table_setup(); }
static const char *setup_512(void) { batch = 512; return table_setup(); }

#define VA_OP(n, fn) { .name = n, .before = window_next, .run = fn, .after = window_after, .teardown = window_restore }
#define BATCH_OP(n, count) { .name = n, .units = count, .setup = setup_##count, .before = batch_prepare, .run = batch_run, \
			     .after = batch_after, .teardown = table_teardown }

const struct op mmu_ops[] = {
	VA_OP("va-mapping", va_none),
	VA_OP("va-mapping-invlpg", va_invlpg),
	VA_OP("va-mapping-invlpg-all", va_invlpg_all),
	VA_OP("va-mapping-flush-all", va_flush_all),
	BATCH_OP("mmu-update-1", 1),
	BATCH_OP("mmu-update-8", 8),
	BATCH_OP("mmu-update-64", 64),
	BATCH_OP("mmu-update-512", 512),
	{ 0 }
};
