/* SPDX-License-Identifier: MIT
 *
 * Two vCPUs make random memory-management requests about the same few pages at once: entries that
 * name one another at every level, pins, base pointers, LDTs, frames given back and taken, writes
 * to whatever is mapped, with events that interrupt long operations. Most fail; none may break the
 * books. In the end, when everything is undone, each page must be mappable writable (no type
 * reference was lost or left) and must go when given back (no general one).
 *
 * RUN: cpus=1,2 timeout=120
 */
#include "testlib.h"

#define PAGES 40
#define ROUNDS 40000

static uint64_t *va[PAGES];
static volatile unsigned long frame[PAGES];
static volatile bool stop, running;
static volatile unsigned long skipped;
static long ipi_port = -1;
static volatile unsigned long succeeded[16], tried[16];

static bool skip_insn(struct regs *r)
{
	const uint8_t *insn = (const uint8_t *)r->rip;

	if (r->vector == 14 && !memcmp(insn, "\x48\x89\x07", 3))
		r->rip += 3;            /* movq %rax, (%rdi) */
	else if ((r->vector == 14 || r->vector == 13 || r->vector == 11) && !memcmp(insn,
										    "\x8e\xc0", 2))
		/* movl %eax, %es: an LDT that is not there is a page fault */
		r->rip += 2;
	else
		return false;
	skipped++;
	return true;
}

static uint64_t rnd(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s >> 11;
}

static uint64_t entry(uint64_t *s)
{
	static const uint64_t flags[8] = {
		PTE_FLAGS_RW, PTE_FLAGS_RW, PTE_FLAGS_RO, PTE_P | PTE_RW, PTE_FLAGS_RO | PTE_NX, 0,
		PTE_FLAGS_RW | 0x80, PTE_FLAGS_RW | 0x100,
	};

	return frame[rnd(s) % PAGES] << 12 | flags[rnd(s) % 8];
}

static unsigned int slot(uint64_t *s)
{
	unsigned int i = (unsigned int)(rnd(s) % 12);

	return i < 10 ? i : i == 10 ? 255 + (unsigned int)(rnd(s) % 18) : 511;
}

static long mmuext(unsigned int cmd, unsigned long mfn, unsigned long arg2)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn, .arg2.src_mfn = arg2 };

	return HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static long reserve(unsigned int op, xen_pfn_t *list)
{
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

	set_xen_guest_handle(r.extent_start, list);
	return HYPERVISOR_memory_op(op, &r);
}

/* Frames given back may still be pinned, and then stay: to be unpinned in the end. */
static unsigned long given[1 << 17];
static unsigned int nr_given;

/* Give a frame back, whatever uses it, and take another in its place. */
static long replace(unsigned int i)
{
	static bool busy;
	long rc = -1;
	xen_pfn_t m;

	/* Two who give the same frame back both succeed, as on Xen, but only one frame has gone. */
	if (__atomic_exchange_n(&busy, true, __ATOMIC_SEQ_CST))
		return -1;
	m = frame[i];
	if (nr_given < ARRAY_SIZE(given) && reserve(XENMEM_decrease_reservation, &m) == 1) {
		given[nr_given++] = m;
		m = virt_to_pfn(va[i]);
		if (reserve(XENMEM_populate_physmap, &m) != 1)
			die("no frame for the one given back");
		frame[i] = m;
		rc = 0;
	}
	__atomic_store_n(&busy, false, __ATOMIC_SEQ_CST);
	return rc;
}

static long batch(uint64_t *s)
{
	struct mmu_update u[4];
	unsigned long m = frame[rnd(s) % PAGES];

	for (unsigned int i = 0; i < 4; i++)
		u[i] = (struct mmu_update){ .ptr = (m << 12) + slot(s) * 8 + rnd(s) % 3,
			.val = entry(s) };
	return HYPERVISOR_mmu_update(u, 4, NULL, DOMID_SELF);
}

static long one(uint64_t *s, unsigned int *what)
{
	unsigned int i = (unsigned int)(rnd(s) % PAGES);

	*what = (unsigned int)(rnd(s) % 14);
	switch (*what) {
	case 0:
	case 1:
		return HYPERVISOR_update_va_mapping((unsigned long)va[i], entry(s), rnd(s) % 3);
	case 2:
		return HYPERVISOR_update_va_mapping((unsigned long)va[i],
						    frame[i] << 12 | PTE_FLAGS_RO, UVMF_NONE);
	case 3:
	case 4:
		return mmuext(MMUEXT_PIN_L1_TABLE + rnd(s) % 4, frame[i], 0);
	case 5:
		return mmuext(MMUEXT_UNPIN_TABLE, frame[i], 0);
	case 6:
	case 7:
		return batch(s);
	case 8:
	case 9:
		__asm__ volatile("movq %%rax, (%%rdi)" : : "a"(entry(s)),
				 "D"(va[i] + slot(s)) : "memory");
		return 0;
	case 10:
		return mmuext(rnd(s) % 2 ? MMUEXT_CLEAR_PAGE : MMUEXT_COPY_PAGE, frame[i],
			      frame[rnd(s) % PAGES]);
	case 11:
		return rnd(s) % 4 ? mmuext(MMUEXT_NEW_USER_BASEPTR, frame[i], 0) : replace(i);
	case 12:
		return mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0);
	default:
		if (rnd(s) % 2)
			return mmuext(MMUEXT_SET_LDT, (unsigned long)va[i], rnd(s) % 513);
		__asm__ volatile("movl %%eax, %%es" : : "a"(rnd(s) % 512 * 8 + 7));
		__asm__ volatile("movl %%eax, %%es" : : "a"(0));
		return 0;
	}
}

static void many(uint64_t seed, unsigned long rounds)
{
	unsigned int what;

	while (rounds-- && !stop) {
		if (one(&seed, &what) >= 0)
			succeeded[what]++;
		tried[what]++;
		if (ipi_port > 0 && !(rounds & 7))
			evtchn_send((unsigned int)ipi_port);
	}
}

static void undo_own(void)
{
	mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0);
	mmuext(MMUEXT_SET_LDT, 0, 0);
}

static void second(void *unused)
{
	running = true;
	many(0x9e3779b97f4a7c15, ~0UL);
	/* And nothing is left half done: each of these calls ends only when its tables are taken apart. */
	undo_own();
	running = false;
}

static long reservation(void)
{
	struct xen_memory_domain d = { .domid = DOMID_SELF };

	return HYPERVISOR_memory_op(XENMEM_current_reservation, &d);
}

void test_main(void)
{
	long before = reservation();

	for (unsigned int i = 0; i < PAGES; i++) {
		va[i] = alloc_page();
		frame[i] = virt_to_mfn(va[i]);
	}
	/* The table in which they are mapped must not be one of them, nor go away. */
	trap_hook = skip_insn;
	HYPERVISOR_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);
	ipi_port = evtchn_bind_ipi(0);
	unmask_port((unsigned int)ipi_port);
	events_unmask();
	if (max_vcpus() > 1) {
		EXPECT_EQ(start_vcpu(1, second, NULL), 0);
		while (!running)
			;
	}
	many(88172645463325252ULL, ROUNDS);
	stop = true;
	while (running)
		;
	undo_own();
	for (unsigned int i = 0; i < 14; i++)
		note("operation %u: %lu of %lu", i, succeeded[i], tried[i]);
	note("%lu faults, %lu events", skipped, upcalls);
	for (unsigned int i = 0; i < nr_given; i++)
		mmuext(MMUEXT_UNPIN_TABLE, given[i], 0);
	for (unsigned int i = 0; i < PAGES; i++)
		mmuext(MMUEXT_UNPIN_TABLE, frame[i], 0);
	for (unsigned int i = 0; i < PAGES; i++)
		EXPECT_EQ(HYPERVISOR_update_va_mapping((unsigned long)va[i], 0,
						       UVMF_TLB_FLUSH | UVMF_ALL), 0);
	EXPECT_EQ(reservation(), before);
	for (unsigned int i = 0; i < PAGES; i++) {
		EXPECT_EQ(HYPERVISOR_update_va_mapping((unsigned long)va[i], frame[i] << 12 | PTE_FLAGS_RW, UVMF_INVLPG), 0);
		EXPECT_EQ(HYPERVISOR_update_va_mapping((unsigned long)va[i], 0, UVMF_INVLPG), 0);
	}
	for (unsigned int i = 0; i < PAGES; i++) {
		xen_pfn_t m = frame[i];

		EXPECT_EQ(reserve(XENMEM_decrease_reservation, &m), 1);
	}
	EXPECT_EQ(reservation(), before - PAGES);
	for (unsigned int i = 0; i < 14; i++)
		ok(i == 1 || succeeded[i] > 0, "operation %u succeeded sometimes", i);
}
