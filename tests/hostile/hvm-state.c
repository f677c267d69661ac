/* SPDX-License-Identifier: MIT
 *
 * States that a processor refuses are refused by set_state, field by field; thousands of random ones are either refused or
 * run until the guest crashes or is destroyed, and the hypervisor stands. vCPUs that are not there, domains that are
 * no fully virtualized ones, and pointers to nothing are errors.
 */
#include "hvm.h"

static uint64_t rnd(void)
{
	static uint64_t s = 88172645463325252ULL;

	s ^= s << 13;
	s ^= s >> 7;
	s ^= s << 17;
	return s;
}

static struct hvm g;
static struct paravane_hvm_state s;

#define REFUSED(change) do { hvm_long_mode(&s, 0, HVM_CODE64); change; EXPECT_EQ(hvm_set_state(&g, 0, &s), -XEN_EINVAL); } while (0)

static void fields(void)
{
	struct paravane_domctl_hvm_state a = { .vcpu = 0, .state = 0xdead0000 };

	hvm_create(&g, 1, 256);
	REFUSED(s.cr0 |= 1UL << 32);
	REFUSED(s.cr0 |= 1UL << 29);
	REFUSED(s.cr0 &= ~1UL);
	REFUSED(s.cr3 |= 1UL << 60);
	REFUSED(s.cr4 |= 1UL << 40);
	REFUSED(s.cr4 |= 1UL << 13);
	REFUSED(s.cr4 &= ~0x20UL);
	REFUSED(s.efer |= 1UL << 12);
	REFUSED(s.efer |= 1UL << 20);
	REFUSED(s.efer &= ~0x400UL);
	REFUSED(s.cs.attr |= 0x400);
	REFUSED(s.cs.attr |= 0x8000);
	REFUSED(s.fs.base = 1UL << 48);
	REFUSED(s.idtr.base = 1UL << 50);
	REFUSED(s.ss.base = 1UL << 33);
	REFUSED(s.dr6 |= 1UL << 32);
	REFUSED(s.dr7 |= 1UL << 63);
	REFUSED(s.rflags = 0);
	REFUSED(s.rflags |= 1UL << 15);
	REFUSED(s.rflags |= 1UL << 32);
	REFUSED(s.pat = 2);
	REFUSED(s.rip = 1UL << 47);
	REFUSED(s.lstar = 1UL << 63);
	hvm_long_mode(&s, 0, HVM_CODE64);
	EXPECT_EQ(hvm_set_state(&g, 1, &s), -XEN_ESRCH);
	EXPECT_EQ(hvm_set_state(&g, ~0U, &s), -XEN_ESRCH);
	EXPECT_EQ(hvm_get_state(&g, 7, &s), -XEN_ESRCH);
	EXPECT_EQ(hvm_down(&g, 1), -XEN_ESRCH);
	EXPECT_EQ(hvm_domctl(g.domid, PARAVANE_DOMCTL_hvm_set_state, &a, sizeof(a)), -XEN_EFAULT);
	EXPECT_EQ(hvm_domctl(g.domid, PARAVANE_DOMCTL_hvm_get_state, &a, sizeof(a)), -XEN_EFAULT);
	a.state = 0xffff830000000000;
	EXPECT_EQ(hvm_domctl(g.domid, PARAVANE_DOMCTL_hvm_get_state, &a, sizeof(a)), -XEN_EFAULT);
	EXPECT_EQ(hvm_domctl(DOMID_SELF, PARAVANE_DOMCTL_hvm_get_state, &a, sizeof(a)), -XEN_EINVAL);
	hvm_destroy(&g);
}

/* A state of random bits in a few fields; the guest's memory is random bytes. */
static void random_state(void)
{
	uint64_t *words = (uint64_t *)&s;

	if (rnd() & 1)
		hvm_long_mode(&s, 0, HVM_CODE64 + (rnd() & 0x7fff));
	else
		hvm_real_mode(&s, HVM_CODE + (rnd() & 0xffff));
	for (unsigned int n = rnd() % 6; n; n--) {
		unsigned int i = (unsigned int)(rnd() % (sizeof(s) / 8));

		words[i] = rnd() & 1 ? words[i] ^ (1UL << (rnd() % 64)) : rnd();
	}
}

static bool step(bool *up)
{
	uint64_t end = system_time() + 300000;

	if (*up && hvm_down(&g, 0))
		return false;
	do
		random_state();
	while (hvm_set_state(&g, 0, &s));
	*up = true;
	while (system_time() < end) {
		if (g.page[0]->request.state == PARAVANE_REQ_READY)
			hvm_answer(&g, 0, rnd());
		if (!(rnd() % 16))
			hvm_interrupt(&g, 0, (unsigned int)rnd() & 0xff);
		if (!(rnd() % 64))
			g.page[0]->nmi = 1;
		g.page[0]->tpr = (uint32_t)rnd();
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	}
	return !hvm_has_crashed(&g);
}

static void random_states(unsigned int steps)
{
	static uint64_t noise[512];
	unsigned int done = 0, domains = 0;

	while (done < steps) {
		bool up = false;

		hvm_create(&g, 1, 256);
		hvm_write_tables(&g);
		for (unsigned long gfn = 8; gfn < 256; gfn += 1 + rnd() % 4) {
			for (unsigned int i = 0; i < 512; i++)
				noise[i] = rnd();
			hvm_write(&g, gfn << 12, noise, sizeof(noise));
		}
		hvm_start(&g);
		do
			done++;
		while (step(&up) && done < steps);
		domains++;
		hvm_destroy(&g);
	}
	ok(done >= steps, "%u random states in %u domains", done, domains);
}

void test_main(void)
{
	struct books before;

	hvm_needed();
	random_states(4);
	books_read(&before);
	fields();
	random_states(300);
	books_compare(&before, "after all");
}
