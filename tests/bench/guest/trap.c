/* SPDX-License-Identifier: MIT
 *
 * Exceptions and page faults of the guest kernel, by the handlers of entry.S.
 */
#include "bench.h"

extern const unsigned long trap_entries[32];

static unsigned long hits_before;

long set_vector(unsigned int vector, const void *entry, uint8_t flags)
{
	struct trap_info t[2] = { { .vector = (uint8_t)vector, .flags = flags, .cs = FLAT_KERNEL_CS,
				    .address = (unsigned long)entry } };

	return HYPERVISOR_set_trap_table(t);
}

long set_callback_entry(uint16_t type, const void *entry)
{
	struct callback_register r = { .type = type, .address = (unsigned long)entry };

	return HYPERVISOR_callback_op(CALLBACKOP_register, &r);
}

void restore_vectors(void)
{
	static const uint8_t used[] = { 3, 6, 13, 14 };

	for (unsigned int i = 0; i < sizeof(used); i++)
		set_vector(used[i], (const void *)trap_entries[used[i]], used[i] == 3 ? 3 : 0);
}

static const char *back(void)
{
	restore_vectors();
	return NULL;
}

static void count(void)
{
	hits_before = hits_trap;
}

static const char *one_trap(long rc)
{
	return hits_trap == hits_before + 1 ? NULL : wrong("%lu traps came, 1 expected", hits_trap - hits_before);
}

static const char *ud_setup(void) { return rc_is_zero(set_vector(6, skip2_entry, 0)); }
static const char *bp_setup(void) { return rc_is_zero(set_vector(3, skip1_entry, 3)); }
static const char *gp_setup(void) { return rc_is_zero(set_vector(13, skip2_error_entry, 0)); }

static long ud_run(void)
{
	__asm__ volatile("ud2" : : : "memory");
	return 0;
}

static long bp_run(void)
{
	__asm__ volatile("int3" : : : "memory");
	return 0;
}

/* A non-canonical address: #GP(0) of an instruction of two bytes, which nobody emulates. */
static long gp_run(void)
{
	unsigned long v = 0x8000000000000000UL;

	__asm__ volatile(".byte 0x8b, 0x00" : "+a"(v) : : "memory");
	return 0;
}

/* ---- page fault, map, return ---- */

#define WINDOW pool[POOL_PAGES - 1]

static const char *pf_setup(void)
{
	fault_va = (unsigned long)WINDOW;
	fault_pte = PTE_RW_TO(WINDOW);
	*(volatile unsigned long *)WINDOW = 0x1234567;
	return rc_is_zero(set_vector(14, fault_entry, 0));
}

static void pf_before(void)
{
	hits_before = hits_fault;
	set_pte((unsigned long)WINDOW, 0);
}

static long pf_run(void)
{
	return (long)*(volatile unsigned long *)WINDOW;
}

static const char *pf_after(long rc)
{
	if (hits_fault != hits_before + 1)
		return wrong("%lu page faults came, 1 expected", hits_fault - hits_before);
	return rc == 0x1234567 ? NULL : wrong("the mapped page shows %#lx", (unsigned long)rc);
}

static const char *pf_teardown(void)
{
	set_pte((unsigned long)WINDOW, PTE_RW_TO(WINDOW));
	return back();
}

#define TRAP_OP(n, s, r) { .name = n, .setup = s, .before = count, .run = r, .after = one_trap, .teardown = back }

const struct op trap_ops[] = {
	TRAP_OP("exception-ud2", ud_setup, ud_run),
	TRAP_OP("exception-int3", bp_setup, bp_run),
	TRAP_OP("exception-gp", gp_setup, gp_run),
	{ .name = "page-fault", .setup = pf_setup, .before = pf_before, .run = pf_run, .after = pf_after,
	  .teardown = pf_teardown },
	{ 0 }
};
