/* SPDX-License-Identifier: MIT
 *
 * Models of page types: mm/type.c, table.c, entry.c, mmu_update.c, mmuext.c, domain_pages.c, relinquish.c,
 * segdesc.c and tlb.c as they are.
 *
 * One domain, two vCPUs. Frames are plain memory at first; the guest makes tables of them, changes
 * their entries, maps them, writes to them wherever its TLBs let it, pins and unpins. Frame n is called
 * A, B, C. What is checked is in books.c.
 */
#include "shim.h"
#include "core/hypercall.h"

#define BOTH 3U
#define A 1U
#define B 2U
#define C 3U
#define RW(m) pte_make(mfn(m), PTE_P | PTE_RW | PTE_US)
#define RO(m) pte_make(mfn(m), PTE_P | PTE_US)

static char letter(unsigned long m) { return (char)('A' + m - 1); }

/* --- operations --- */

static void do_update(unsigned long m, unsigned long slot, unsigned long value)
{
	struct mmu_update u = { .ptr = m << PAGE_SHIFT | slot * 8 | MMU_NORMAL_PT_UPDATE, .val = value };

	shim_hypercall(__HYPERVISOR_mmu_update, (unsigned long)&u, 1, 0, DOMID_SELF);
}

static void do_ext(unsigned long m, unsigned long cmd, unsigned long unused)
{
	struct mmuext_op op = { .cmd = (unsigned int)cmd, .arg1.mfn = m };

	shim_hypercall(__HYPERVISOR_mmuext_op, (unsigned long)&op, 1, 0, DOMID_SELF);
}

static void do_store(unsigned long m, unsigned long slot, unsigned long value)
{
	tlb_store((unsigned int)m, (unsigned int)slot, value);
}

static void do_gdt(unsigned long m, unsigned long unused, unsigned long unused2)
{
	mm_set_gdt(current, &m, m ? 512 : 0);
}

static void do_free(unsigned long m, unsigned long unused, unsigned long unused2)
{
	struct frame *f = frame_get_from_mfn(mfn(m), current->domain);

	if (!f)
		return;
	frame_drop_allocated(f);
	frame_put(f);
}

static void do_populate(unsigned long unused, unsigned long unused2, unsigned long unused3)
{
	(void)alloc_domain_pages(current->domain, 0, 0);
}

/* --- registering them --- */

static void entry_ops(unsigned int m, unsigned int slot, uint64_t value)
{
	if (!value)
		model_op(BOTH, do_update, m, slot, 0, "update %c[%u] := 0", letter(m), slot);
	else
		model_op(BOTH, do_update, m, slot, value, "update %c[%u] := %s %c", letter(m), slot,
			 value & PTE_RW ? "rw" : "ro", letter(pte_mfn(value).n));
}

static void store_op(unsigned int m, unsigned int slot, uint64_t value)
{
	model_op(BOTH, do_store, m, slot, value, "store %c[%u] := %s %c", letter(m), slot, value & PTE_RW ? "rw" : "ro",
		 letter(pte_mfn(value).n));
}

static void pin_ops(unsigned int m, unsigned int levels)
{
	for (unsigned int level = 1; level <= 4; level++)
		if (levels & (1U << level))
			model_op(BOTH, do_ext, m, MMUEXT_PIN_L1_TABLE + level - 1, 0, "pin L%u %c", level, letter(m));
	model_op(BOTH, do_ext, m, MMUEXT_UNPIN_TABLE, 0, "unpin %c", letter(m));
}

static void give_frames(unsigned int n)
{
	static const unsigned int both_in[NR_CPUS] = { 0, 0 };

	shim_init(both_in);
	dom0->privileged = false;
	for (unsigned int m = 1; m <= n; m++)
		shim_give_frame(dom0, m);
}

/* Two frames of any type, mapping each other or themselves. */
static void setup_two(void)
{
	give_frames(2);
	entry_ops(A, 0, 0);
	entry_ops(A, 0, RW(B));
	entry_ops(A, 0, RO(B));
	entry_ops(A, 0, RW(A));
	entry_ops(B, 0, RW(A));
	entry_ops(B, 0, 0);
	store_op(B, 0, RW(A));
	pin_ops(A, 1U << 1 | 1U << 2);
	pin_ops(B, 1U << 1 | 1U << 2);
}

/* An L1 that two L2s, or one twice, may name, and a data page; every long operation may be preempted. */
static void setup_tables(void)
{
	give_frames(3);
	entry_ops(A, 0, 0);
	entry_ops(A, 0, RW(B));
	entry_ops(A, 1, RW(B));
	entry_ops(B, 0, 0);
	entry_ops(B, 0, RW(C));
	entry_ops(C, 0, RW(B));
	store_op(C, 0, RW(B));
	pin_ops(A, 1U << 2 | 1U << 3);
	pin_ops(C, 1U << 2);
	model_op(BOTH, do_ext, B, MMUEXT_PIN_L1_TABLE, 0, "pin L1 B");
}

/* A frame is given back and another taken, while it is mapped or a table. */
static void setup_free(void)
{
	give_frames(2);
	entry_ops(A, 0, 0);
	entry_ops(A, 0, RW(B));
	entry_ops(A, 0, RO(B));
	pin_ops(A, 1U << 1);
	model_op(BOTH, do_free, B, 0, 0, "free B");
	model_op(BOTH, do_free, A, 0, 0, "free A");
	model_op(BOTH, do_populate, 0, 0, 0, "populate");
}

/* A descriptor page that is mapped, writable or not. */
static void setup_segdesc(void)
{
	give_frames(2);
	for (unsigned int i = 0; i < NR_CPUS; i++)
		model_vcpu[i]->mm.perdomain_l1 = model_alloc((GDT_WINDOW_PAGES + LDT_WINDOW_PAGES) * 8, 64);
	entry_ops(A, 0, 0);
	entry_ops(A, 0, RW(B));
	entry_ops(A, 0, RO(B));
	pin_ops(A, 1U << 1);
	model_op(BOTH, do_gdt, B, 0, 0, "GDT in B");
	model_op(BOTH, do_gdt, A, 0, 0, "GDT in A");
	model_op(BOTH, do_gdt, 0, 0, 0, "no GDT");
	store_op(B, 0, RW(A));
}

/* --- checks --- */

static void check_idle(void)
{
	struct books more = { 0 };

	for (unsigned int c = 0; c < NR_CPUS; c++)
		if (model_vcpu[c]->pv.gdt_ents) {
			more.refs[model_vcpu[c]->pv.gdt_frames[0].n]++;
			more.types[model_vcpu[c]->pv.gdt_frames[0].n]++;
		}
	books_idle(&more);
}

static void teardown(void)
{
	WRITE_ONCE(dom0->dying, 1);
	domain_put(dom0);
	while (mm_relinquish(dom0))
		;
	books_zero(dom0);
	domain_put(dom0);
	MODEL_CHECK(shim_domain_freed(dom0), "the end: domain 0 still has %u references", dom0->refcount);
}

#define COMMON .settle = tlb_fill, .check_step = books_step, .check_idle = check_idle, .canonical = tlb_canonical, \
	.teardown = teardown, .nr_invariants = BOOKS_INVARIANTS, .invariants = "books 1-7"

static const struct model two = { .name = "pages-any", .sizes = "2 frames, 1 entry each", .depth = 2, .quick = 1, .setup = setup_two, COMMON };
static const struct model tables = { .name = "pages-tables", .sizes = "3 frames, 2 entries, preemption", .depth = 2, .quick = 1,
				     .setup = setup_tables, COMMON };
static const struct model freed = { .name = "pages-free", .sizes = "2 frames, 1 entry", .depth = 2, .quick = 1, .setup = setup_free, COMMON };
static const struct model segdesc = { .name = "pages-segdesc", .sizes = "2 frames, 1 entry, 2 GDTs", .depth = 2, .quick = 1,
				      .setup = setup_segdesc, COMMON };
const struct model *const models[] = { &two, &tables, &freed, &segdesc, NULL };
