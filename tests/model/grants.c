/* SPDX-License-Identifier: MIT
 *
 * Models of grant tables, version 1: core/grant*.c and mm/grant_map.c as they are, on top of the page types.
 *
 * Domain 0 grants frame A and takes the grant back as guests do, with a compare-and-exchange; domain 1 maps it
 * in the two entries of its page table B, copies from it, and unmaps. What must hold, besides
 * books.c's:
 *  1. there are as many writable (read-only) pins as writable (read-only) entries of another domain's tables, or more
 *  2. idle: and as many as handles in use; a handle is in use or free
 *  3. idle: the guest's entry says "reading" if there is any pin, "writing" if there is a writable one
 *  4. from the instant in which the grant is taken back until it is granted anew there is no pin, no entry, and no
 *     translation in a TLB of the other domain's
 *  5. after the end of both domains nothing is left, whichever ends first
 */
#include "shim.h"
#include "core/grant_internal.h"
#include "core/hypercall.h"

#define A 1U
#define B 2U
#define COPY 3U
#define REF 1U
#define UNSEEN __attribute__((no_sanitize("thread")))

static struct domain *granter, *mapper;

/* --- the granter's operations --- */

static uint32_t *entry_word(void) { return (uint32_t *)grant_v1(granter->grant, REF); }

/* Between the instant that the entry permits access and the one in which it is taken back. */
static bool granted;

UNSEEN static void set_granted(bool is)
{
	memory_will_write(&granted, sizeof(granted));
	granted = is;
}

static void do_grant(unsigned long flags, unsigned long unused, unsigned long unused2)
{
	if (READ_ONCE(*entry_word()))
		return;
	WRITE_ONCE(grant_v1(granter->grant, REF)->frame, A);
	__atomic_store_n(entry_word(), (uint32_t)(GTF_permit_access | flags | (uint32_t)mapper->domid << 16), __ATOMIC_SEQ_CST);
	set_granted(true);
}

static unsigned int entries_naming(unsigned int m, bool writable)
{
	unsigned int n = 0;

	if (!(model_frames[B].type & FT_COUNT_MASK) || frame_type_of(model_frames[B].type) != FRAME_L1)
		return 0;
	for (unsigned int slot = 0; slot < ENTRIES_PER_TABLE; slot++) {
		uint64_t e = *shim_entry(B, slot);

		n += (e & PTE_P) && pte_mfn(e).n == m && !!(e & PTE_RW) == writable;
	}
	return n;
}

static void do_revoke(unsigned long unused, unsigned long unused2, unsigned long unused3)
{
	uint32_t word = READ_ONCE(*entry_word());

	if (word & (GTF_reading | GTF_writing))
		return;
	if (word && __atomic_compare_exchange_n(entry_word(), &word, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		set_granted(false);
}

static void do_ext(unsigned long m, unsigned long cmd, unsigned long unused)
{
	struct mmuext_op op = { .cmd = (unsigned int)cmd, .arg1.mfn = m };

	shim_hypercall(__HYPERVISOR_mmuext_op, (unsigned long)&op, 1, 0, DOMID_SELF);
}

/* --- the mapper's --- */

static unsigned long entry_address(unsigned long slot) { return B << PAGE_SHIFT | slot * 8; }

static void do_map(unsigned long slot, unsigned long flags, unsigned long unused)
{
	struct gnttab_map_grant_ref op = { .host_addr = entry_address(slot), .ref = REF, .dom = granter->domid,
					   .flags = GNTMAP_host_map | GNTMAP_contains_pte | (uint32_t)flags };

	shim_hypercall(__HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, (unsigned long)&op, 1, 0);
}

static void do_unmap(unsigned long handle, unsigned long slot, unsigned long unused)
{
	struct gnttab_unmap_grant_ref op = { .host_addr = entry_address(slot), .handle = (grant_handle_t)handle };

	shim_hypercall(__HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref, (unsigned long)&op, 1, 0);
}

static void do_copy(unsigned long unused, unsigned long unused2, unsigned long unused3)
{
	struct gnttab_copy op = { .source = { .u.ref = REF, .domid = granter->domid }, .dest = { .u.gmfn = COPY, .domid = DOMID_SELF },
				  .len = 8, .flags = GNTCOPY_source_gref };

	shim_hypercall(__HYPERVISOR_grant_table_op, GNTTABOP_copy, (unsigned long)&op, 1, 0);
}

static void do_clear(unsigned long slot, unsigned long unused, unsigned long unused2)
{
	struct mmu_update u = { .ptr = entry_address(slot) | MMU_NORMAL_PT_UPDATE };

	shim_hypercall(__HYPERVISOR_mmu_update, (unsigned long)&u, 1, 0, DOMID_SELF);
}

/* --- the models --- */

static void make(const unsigned int *domid_of)
{
	shim_init(domid_of);
	dom0->privileged = false;
	granter = model_domain[0];
	mapper = model_domain[1];
	for (unsigned int m = 8; m < 12; m++)
		shim_free_frame(m);
	shim_give_frame(granter, A);
	shim_give_frame(mapper, B);
	shim_give_frame(mapper, COPY);
	for (unsigned int i = 0; i < NR_DOMAINS; i++)
		if (grant_domain_init(model_domain[i], 1, 1))
			model_fail("no memory for grant tables");
	/* A first map and unmap, so that no memory is needed any more. */
	model_run_as(1);
	do_ext(B, MMUEXT_PIN_L1_TABLE, 0);
	do_grant(0, 0, 0);
	do_map(0, 0, 0);
	do_unmap(0, 0, 0);
	model_run_as(0);
}

static void mapper_ops(unsigned int cpus)
{
	model_op(cpus, do_map, 0, 0, 0, "map rw in entry 0");
	model_op(cpus, do_map, 1, GNTMAP_readonly, 0, "map ro in entry 1");
	model_op(cpus, do_unmap, 0, 0, 0, "unmap handle 0 in entry 0");
	model_op(cpus, do_unmap, 0, 1, 0, "unmap handle 0 in entry 1");
	model_op(cpus, do_unmap, 1, 1, 0, "unmap handle 1 in entry 1");
	model_op(cpus, do_clear, 0, 0, 0, "entry 0 := 0");
}

static void setup_two_domains(void)
{
	static const unsigned int apart[NR_CPUS] = { 0, 1 };

	make(apart);
	do_revoke(0, 0, 0);
	model_op(1, do_grant, 0, 0, 0, "grant rw");
	model_op(1, do_grant, GTF_readonly, 0, 0, "grant ro");
	model_op(1, do_revoke, 0, 0, 0, "take the grant back");
	model_op(1, do_ext, A, MMUEXT_PIN_L1_TABLE, 0, "pin L1 A");
	model_op(1, do_ext, A, MMUEXT_UNPIN_TABLE, 0, "unpin A");
	mapper_ops(2);
	model_op(2, do_copy, 0, 0, 0, "copy");
}

static void setup_one_domain(void)
{
	static const unsigned int both_in[NR_CPUS] = { 1, 1 };

	make(both_in);
	model_run_as(1);
	do_map(0, 0, 0);
	do_map(1, GNTMAP_readonly, 0);
	model_run_as(0);
	mapper_ops(3);
}

/* --- checks --- */

static void check_step(void)
{
	const struct grant_active *act = grant_active_find(granter->grant, REF);

	books_step();
	MODEL_CHECK(granted || !act->pins.any, "nothing is granted, and there are pins %#lx", act->pins.any);
	for (unsigned int c = 0; c < NR_CPUS; c++)
		MODEL_CHECK(granted || model_vcpu[c]->domain == granter || !(model_tlb[c].read & (1UL << A)),
			    "nothing is granted, and CPU %u has a translation", c);
	MODEL_CHECK(act->pins.host_write >= entries_naming(A, true), "%u writable pins, and %u writable entries",
		    act->pins.host_write, entries_naming(A, true));
	MODEL_CHECK(act->pins.host_read >= entries_naming(A, false), "%u read-only pins, and %u read-only entries",
		    act->pins.host_read, entries_naming(A, false));
}

static void check_handles(const struct grant_table *t, const struct grant_active *act)
{
	unsigned int used[2] = { 0 }, free = 0;

	for (unsigned int h = 0; h < t->nr_maptrack; h++) {
		const struct maptrack *mt = &t->maptrack[h / MAPTRACK_PER_PAGE][h % MAPTRACK_PER_PAGE];

		MODEL_CHECK(!(mt->flags & MT_BUSY), "idle: handle %u is being unmapped", h);
		if (mt->flags)
			used[!!(mt->flags & GNTMAP_readonly)]++;
	}
	for (unsigned int h = t->free_maptrack; h != MAPTRACK_NONE; free++) {
		const struct maptrack *mt = &t->maptrack[h / MAPTRACK_PER_PAGE][h % MAPTRACK_PER_PAGE];

		MODEL_CHECK(free < t->nr_maptrack && !mt->flags, "idle: handle %u is free and has flags %#x", h, mt->flags);
		h = mt->ref;
	}
	MODEL_CHECK(used[0] + used[1] + free == t->nr_maptrack, "idle: %u + %u handles in use, %u free, of %u", used[0],
		    used[1], free, t->nr_maptrack);
	MODEL_CHECK(act->pins.host_write == used[0] && act->pins.host_read == used[1],
		    "idle: pins %#lx, and %u writable and %u read-only handles", act->pins.any, used[0], used[1]);
}

static void check_idle(void)
{
	const struct grant_active *act = grant_active_find(granter->grant, REF);
	unsigned int flags = grant_v1(granter->grant, REF)->flags;

	books_idle(NULL);
	check_handles(mapper->grant, act);
	MODEL_CHECK(!!(flags & GTF_reading) == !!act->pins.any, "idle: the entry's flags are %#x, pins %#lx", flags, act->pins.any);
	MODEL_CHECK(!!(flags & GTF_writing) == !!act->pins.host_write, "idle: the entry's flags are %#x, pins %#lx", flags,
		    act->pins.any);
}

static void end(struct domain *d)
{
	WRITE_ONCE(d->dying, 1);
	domain_put(d);
	while (grant_domain_release_mappings(d))
		;
	while (mm_relinquish(d))
		;
	domain_put(d);
}

static void teardown(void)
{
	end(granter);
	end(mapper);
	for (unsigned int i = 0; i < NR_DOMAINS; i++) {
		MODEL_CHECK(shim_domain_freed(model_domain[i]), "the end: domain %u still has %u references", i,
			    model_domain[i]->refcount);
		grant_domain_free(model_domain[i]);
		books_zero(model_domain[i]);
	}
	MODEL_CHECK(free_frames() == 7, "the end: %lu frames are free, of 7", free_frames());
}

#define COMMON .settle = tlb_fill, .check_step = check_step, .check_idle = check_idle, .canonical = tlb_canonical, \
	.teardown = teardown, .nr_invariants = BOOKS_INVARIANTS + 5, .invariants = "books 1-7, grants 1-5"
static const struct model two = { .name = "grants-domains", .sizes = "2 domains, 1 grant, 2 entries", .depth = 4, .quick = 2,
				  .setup = setup_two_domains, COMMON };
static const struct model one = { .name = "grants-handles", .sizes = "1 mapper, 1 grant, 2 entries", .depth = 1, .quick = 1,
				  .setup = setup_one_domain, COMMON };
const struct model *const models[] = { &two, &one, NULL };
