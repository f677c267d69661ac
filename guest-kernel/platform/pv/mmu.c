/* SPDX-License-Identifier: MIT */
/*
 * Page tables under PV: entries hold machine addresses, tables in use are read-only to us, and each
 * change is a request that the hypervisor checks. Compare native/mmu.c function by function.
 *
 * A table is prepared in ordinary memory. It becomes a table by being mapped read-only and then
 * linked into a live tree, or pinned; from then on only mmu_update changes it. Retiring runs backwards:
 * unpin, map writable, free. Requests are queued per CPU, in order, and go out together; nobody sleeps
 * between plat_pte_set() and plat_pte_flush().
 */
#include "../../kernel/lib.h"
#include "../../kernel/lock.h"
#include "../../kernel/mm.h"
#include "../../kernel/page.h"
#include "../../kernel/task.h"
#include "pv.h"

#define QUEUE 64
#define TABLE_FLAGS (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)
#define KERNEL_FLAGS (PTE_P | PTE_W | PTE_A | PTE_D)
#define MACHINE_ADDR 0x000ffffffffff000ul

unsigned long *p2m;
u64 p2m_size;
pa_t init_root;

struct queue {
	unsigned count;
	unsigned flushes;		/* present entries that changed */
	u64 address;			/* of the last queued entry */
	bool user_entry;		/* the last one maps a user address of the current mm, at the lowest level */
	struct mmu_update req[QUEUE];
};
static struct queue queues[MAX_CPUS];

static void send_queue(struct queue *q)
{
	unsigned done = 0;
	long ret = 0;

	if (q->count == 1 && q->user_entry)
		ret = HYPERVISOR_update_va_mapping(q->address, q->req[0].val, q->flushes ? UVMF_INVLPG : UVMF_NONE);
	else if (q->count)
		ret = HYPERVISOR_mmu_update(q->req, q->count, &done, DOMID_SELF);
	if (ret)
		panic("page-table update refused: error %ld, request %u of %u: %lx := %lx", ret, done, q->count,
		      q->req[done].ptr, q->req[done].val);
	if (q->flushes && !(q->count == 1 && q->user_entry)) {
		struct mmuext_op op = { .cmd = q->flushes == 1 ? MMUEXT_INVLPG_LOCAL : MMUEXT_TLB_FLUSH_LOCAL,
					.arg1.linear_addr = q->address };

		HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
	}
	q->count = q->flushes = 0;
}

static void enqueue(u64 *slot, u64 pte, u64 address, bool user_entry)
{
	struct queue *q = &queues[this_cpu()->id];

	if (q->count == QUEUE)
		send_queue(q);
	if ((*slot & PTE_P) && address)
		q->flushes++;
	q->req[q->count++] = (struct mmu_update){ pa_to_machine(pa(slot)) | MMU_NORMAL_PT_UPDATE, pte };
	q->address = address;
	q->user_entry = user_entry;
}

/* The lowest-level entry of the kernel's own mapping of a page. */
static u64 *kernel_slot(pa_t page)
{
	u64 addr = (u64)va(page), *t = va(init_root);

	for (int shift = 39; shift > 12; shift -= 9) {
		t = &t[addr >> shift & 511];
		if (!(*t & PTE_P))
			return NULL;
		t = mfn_to_virt((*t & MACHINE_ADDR) >> PAGE_SHIFT);
	}
	return &t[addr >> 12 & 511];
}

static void queue_kernel_access(pa_t page, u64 flags)
{
	/* No flush: a stale writable translation is the hypervisor's to prevent, a stale read-only one
	 * causes a fault that plat_fault_spurious() recognizes. */
	enqueue(kernel_slot(page), pa_to_machine(page) | flags, 0, false);
}

/*
 * Extends the builder's mapping, which ends somewhere behind its page tables, to all frames. Each new
 * table maps 512 frames and takes one of those mapped already.
 */
void mmu_init(u64 *next, u64 frames)
{
	u64 *root = (u64 *)start_info->pt_base;

	init_root = pa(root);
	for (u64 pfn = *next; pfn < frames; pfn++) {
		u64 addr = (u64)va(pfn << PAGE_SHIFT), *t = root, *slot;

		if (kernel_slot(pfn << PAGE_SHIFT) && (*kernel_slot(pfn << PAGE_SHIFT) & PTE_P)) {
			pfn |= 511;	/* the builder fills whole tables */
			continue;
		}
		for (int shift = 39; shift >= 21; shift -= 9) {
			slot = &t[addr >> shift & 511];
			if (!(*slot & PTE_P)) {
				pa_t table = (*next)++ << PAGE_SHIFT;
				u64 *n = va(table);

				memset(n, 0, PAGE_SIZE);
				for (u64 i = 0; shift == 21 && i < 512 && (pfn & ~511ul) + i < frames; i++)
					n[i] = pa_to_machine(((pfn & ~511ul) + i) << PAGE_SHIFT) | KERNEL_FLAGS;
				queue_kernel_access(table, PTE_P | PTE_A);
				enqueue(slot, pa_to_machine(table) | TABLE_FLAGS, 0, false);
				send_queue(&queues[0]);
			}
			t = mfn_to_virt((*slot & MACHINE_ADDR) >> PAGE_SHIFT);
		}
		pfn |= 511;
	}
}

u64 plat_pte_make(pa_t pa, u64 flags)
{
	return pa_to_machine(pa) | flags;
}

pa_t plat_pte_pa(u64 pte)
{
	return mfn_to_pfn((pte & MACHINE_ADDR) >> PAGE_SHIFT) << PAGE_SHIFT;
}

/*
 * Two roots: in kernel mode both halves are there, in user mode only the user's (kernel and user mode
 * run in the same ring, so that nothing but its absence protects the kernel). They share the table below
 * entry 0, made here once and for all.
 */
int plat_mm_init(struct mm *mm)
{
	pa_t l3 = page_alloc_zero();
	u64 *root, *user;

	mm->root = page_alloc_zero();
	mm->user_root = page_alloc_zero();
	if (!l3 || !mm->root || !mm->user_root)
		return -1;
	root = va(mm->root);
	user = va(mm->user_root);
	root[0] = user[0] = plat_pte_make(l3, TABLE_FLAGS);
	root[511] = ((u64 *)va(init_root))[511];
	return 0;
}

static void each_table(pa_t table, int level, void (*fn)(pa_t))
{
	u64 *t = va(table);

	for (int i = 0; level > 1 && i < (level == 4 ? 1 : 512); i++)
		if (t[i] & PTE_P)
			each_table(plat_pte_pa(t[i]), level - 1, fn);
	fn(table);
}

static void make_read_only(pa_t table)
{
	queue_kernel_access(table, PTE_P | PTE_A);
}

void plat_mm_enliven(struct mm *mm)
{
	struct mmuext_op op[2] = { { .cmd = MMUEXT_PIN_L4_TABLE }, { .cmd = MMUEXT_PIN_L4_TABLE } };
	int ret;

	each_table(mm->root, 4, make_read_only);
	make_read_only(mm->user_root);
	plat_pte_flush(mm);
	op[0].arg1.mfn = pfn_to_mfn(mm->root >> PAGE_SHIFT);
	op[1].arg1.mfn = pfn_to_mfn(mm->user_root >> PAGE_SHIFT);
	ret = HYPERVISOR_mmuext_op(op, 2, NULL, DOMID_SELF);
	if (ret)
		panic("pin refused: error %d", ret);
	mm->live = true;
}

void plat_mm_retire(struct mm *mm)
{
	struct mmuext_op op[2] = { { .cmd = MMUEXT_UNPIN_TABLE }, { .cmd = MMUEXT_UNPIN_TABLE } };

	if (!mm->live)
		return;
	op[0].arg1.mfn = pfn_to_mfn(mm->root >> PAGE_SHIFT);
	op[1].arg1.mfn = pfn_to_mfn(mm->user_root >> PAGE_SHIFT);
	if (HYPERVISOR_mmuext_op(op, 2, NULL, DOMID_SELF))
		panic("unpin refused");
	mm->live = false;
}

void plat_mm_free(struct mm *mm)
{
	plat_table_detach(mm->root);
	plat_table_detach(mm->user_root);
	plat_pte_flush(mm);
	page_put(mm->root);
	page_put(mm->user_root);
}

void plat_pte_set(struct mm *mm, u64 addr, u64 *slot, u64 pte)
{
	if (!mm->live)
		*slot = pte;
	else
		enqueue(slot, pte, addr, current->mm == mm && !(pte & PTE_PSE));
}

void plat_pte_flush(struct mm *mm)
{
	struct queue *q = &queues[this_cpu()->id];

	if (q->count)
		send_queue(q);
}

void plat_table_attach(struct mm *mm, pa_t table)
{
	/* With an empty queue the two requests that follow, this and the link, go out together. */
	plat_pte_flush(mm);
	make_read_only(table);
}

/* Takes effect with the next flush. */
void plat_table_detach(pa_t table)
{
	queue_kernel_access(table, KERNEL_FLAGS);
}

u64 plat_fault_address(void)
{
	return shared_info.vcpu_info[this_cpu()->id].arch.cr2;
}

bool plat_fault_spurious(u64 addr, u64 error)
{
	u64 *slot = addr >= KERNEL_BASE && addr < KERNEL_BASE + (p2m_size << PAGE_SHIFT) ?
		    kernel_slot(pa(page_down(addr))) : NULL;
	struct mmuext_op op = { .cmd = MMUEXT_INVLPG_LOCAL, .arg1.linear_addr = addr };

	if (!slot || !(*slot & PTE_P) || ((error & 2) && !(*slot & PTE_W)))
		return false;
	HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
	return true;
}

/* Swaps the frames behind 2^order pages for contiguous ones. */
int mmu_make_contiguous(pa_t pa, unsigned order)
{
	xen_pfn_t in[16], out = pa >> PAGE_SHIFT;
	struct xen_memory_exchange x = {
		.in = { .nr_extents = 1ul << order, .extent_order = 0, .domid = DOMID_SELF },
		.out = { .nr_extents = 1, .extent_order = order, .domid = DOMID_SELF },
	};
	int ret;

	if (order > 4)
		return -1;
	for (unsigned i = 0; i < 1u << order; i++) {
		in[i] = p2m[(pa >> PAGE_SHIFT) + i];
		enqueue(kernel_slot(pa + i * PAGE_SIZE), 0, (u64)va(pa + i * PAGE_SIZE), false);
	}
	plat_pte_flush(NULL);
	set_xen_guest_handle(x.in.extent_start, in);
	set_xen_guest_handle(x.out.extent_start, &out);
	ret = HYPERVISOR_memory_op(XENMEM_exchange, &x);
	for (unsigned i = 0; i < 1u << order; i++) {
		if (!ret)
			p2m[(pa >> PAGE_SHIFT) + i] = out + i;
		queue_kernel_access(pa + i * PAGE_SIZE, KERNEL_FLAGS);
	}
	plat_pte_flush(NULL);
	return ret;
}

static bool contiguous(pa_t pa, unsigned order)
{
	u64 pfn = pa >> PAGE_SHIFT;

	for (unsigned i = 1; i < 1u << order; i++)
		if (p2m[pfn + i] != p2m[pfn] + i)
			return false;
	return true;
}

void *plat_dma_alloc(unsigned order)
{
	pa_t pa = page_alloc(order);

	if (!pa)
		return NULL;
	if (!contiguous(pa, order) && mmu_make_contiguous(pa, order)) {
		page_free(pa, order);
		return NULL;
	}
	return memset(va(pa), 0, PAGE_SIZE << order);
}

u64 plat_dma_address(const void *p)
{
	return pa_to_machine(pa(p));
}
