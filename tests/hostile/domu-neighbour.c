/* SPDX-License-Identifier: MIT
 *
 * What a neighbour keeps while a domain of several vCPUs attacks: one that computes gets its fair share of the CPUs, one that
 * sleeps is woken in time. The attacks: computing, hypercalls of all sizes, events to the control domain, timers,
 * page tables pinned and unpinned, yields, waking each other up, and vCPUs that run in turn so that each comes to the CPU
 * rested. docs/scheduling.md says what is promised.
 *
 * With one CPU only: with two, QEMU's instruction clock stands still now and then until somebody stops and continues the
 * machine; then the test goes on to its end. Its figures for two CPUs are in docs/scheduling.md.
 *
 * RUN: timeout=120 cpus=1 qemu="-icount shift=2,sleep=off"
 */
#include "share.h"

#define MS      1000000UL
#define VCPUS   8U
#define PERIOD  (1500 * MS)

enum { W_ROUNDS, W_REMOTE = VCPUS, W_PORT, W_CPUS };

static void did(unsigned int vcpu)
{
	domu_channel->word[W_ROUNDS + vcpu]++;
}

/* Under -icount QEMU goes from one CPU to the other when this one pauses or halts, else after 100 ms. */
static void relax(void)
{
	__asm__ volatile("pause");
}

static void sleep_until(uint64_t t)
{
	struct sched_poll p = { .nr_ports = 0, .timeout = t };

	HYPERVISOR_sched_op(SCHEDOP_poll, &p);
}

/* ---- attacks: one round each, by each vCPU ---- */

static void compute(unsigned int vcpu)
{
	for (volatile unsigned int i = 0; i < 10000; i++)
		;
}

static void hypercalls(unsigned int vcpu)
{
	static struct multicall_entry calls[VCPUS][512];

	for (unsigned int i = 0; i < ARRAY_SIZE(calls[0]); i++)
		calls[vcpu][i] = (struct multicall_entry){ .op = i % 40, .args = { i % 7, i, 1, DOMID_SELF } };
	/* Not those that end or stop the attacker itself. */
	for (unsigned int i = 0; i < ARRAY_SIZE(calls[0]); i++)
		if (calls[vcpu][i].op == __HYPERVISOR_sched_op || calls[vcpu][i].op == __HYPERVISOR_sched_op_compat ||
		    calls[vcpu][i].op == __HYPERVISOR_iret || calls[vcpu][i].op == __HYPERVISOR_vcpu_op ||
		    calls[vcpu][i].op == __HYPERVISOR_set_trap_table || calls[vcpu][i].op == __HYPERVISOR_set_callbacks)
			calls[vcpu][i].op = __HYPERVISOR_xen_version;
	HYPERVISOR_multicall(calls[vcpu], ARRAY_SIZE(calls[0]));
	HYPERVISOR_xen_version(0, NULL);
}

static void events(unsigned int vcpu)
{
	for (unsigned int i = 0; i < 100; i++)
		evtchn_send((unsigned int)domu_channel->word[W_PORT]);
}

static void timers(unsigned int vcpu)
{
	struct vcpu_set_periodic_timer p = { .period_ns = MS };

	HYPERVISOR_vcpu_op(VCPUOP_set_periodic_timer, (int)vcpu, &p);
	HYPERVISOR_set_timer_op((int64_t)system_time() + 2000);
	sleep_until(system_time() + 5000);
}

/* A table full of mappings, pinned and unpinned: each is a pass over 512 entries. */
static void tables(unsigned int vcpu)
{
	static uint64_t *table[VCPUS];
	static uint32_t building;
	struct mmuext_op op[2];

	if (!table[vcpu]) {
		while (__atomic_exchange_n(&building, 1, __ATOMIC_SEQ_CST))
			HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
		table[vcpu] = alloc_page();
		for (unsigned int i = 0; i < 512; i++)
			table[vcpu][i] = virt_to_mfn((void *)&building) << 12 | PTE_FLAGS_RO;
		make_readonly(table[vcpu]);
		building = 0;
	}
	op[0] = (struct mmuext_op){ .cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = virt_to_mfn(table[vcpu]) };
	op[1] = (struct mmuext_op){ .cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = virt_to_mfn(table[vcpu]) };
	HYPERVISOR_mmuext_op(op, 2, NULL, DOMID_SELF);
}

static void yields(unsigned int vcpu)
{
	for (unsigned int i = 0; i < 100; i++)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
}

/* Whoever was asleep has the better priority: all of them sleep a little, all the time. */
static void naps(unsigned int vcpu)
{
	uint64_t until = system_time() + 3 * MS;

	while (system_time() < until)
		relax();
	sleep_until(system_time() + 10000);
}

/* Some run while the others sleep, then the next: whoever comes is rested. As many at once as there are CPUs. */
static void in_turn(unsigned int vcpu, uint64_t turn)
{
	uint64_t cpus = domu_channel->word[W_CPUS], cycle = turn * (VCPUS / cpus);
	uint64_t now = system_time(), start = now / cycle * cycle + vcpu / cpus * turn;

	if (now > start + turn / 2)
		start += cycle;
	sleep_until(start);
	while (system_time() < start + turn)
		relax();
}

static void long_turns(unsigned int vcpu)
{
	in_turn(vcpu, 35 * MS);
}

/* They sleep for a little more than the 30 ms after which accounts are made. */
static void short_turns(unsigned int vcpu)
{
	in_turn(vcpu, 36 * MS / (VCPUS / domu_channel->word[W_CPUS] - 1));
}

static void (*attack_round)(unsigned int vcpu);

static void attack_vcpu(void *id)
{
	for (;;) {
		attack_round((unsigned int)(unsigned long)id);
		relax();
		did((unsigned int)(unsigned long)id);
	}
}

static void attack(void *round)
{
	attack_round = (void (*)(unsigned int))round;
	if (domu_channel->word[W_REMOTE])
		domu_channel->word[W_PORT] = (unsigned long)evtchn_bind_interdomain(0, (unsigned int)domu_channel->word[W_REMOTE]);
	for (unsigned long i = 1; i < VCPUS; i++)
		EXPECT_EQ(start_vcpu((unsigned int)i, attack_vcpu, (void *)i), 0);
	attack_vcpu((void *)0);
}

/* ---- the control domain ---- */

static unsigned int nr_cpus(void)
{
	static struct xen_sysctl op;

	if (domu_sysctl(&op, XEN_SYSCTL_physinfo))
		die("physinfo failed");
	return op.u.physinfo.nr_cpus;
}

/* What a daemon does about an event. */
static void serve(unsigned int port)
{
	delay_ns(200000);
}

static void one(struct share *s, const char *name, void (*round)(unsigned int))
{
	struct share_result r;
	uint64_t fair, others, rounds = 0;
	unsigned int port = 0;
	struct domu u;

	domu_create(&u, &(struct domu_config){ .main = attack, .arg = (unsigned long)round, .vcpus = VCPUS });
	if (round == events) {
		u.channel->word[W_REMOTE] = port = (unsigned int)evtchn_alloc_unbound(DOMID_SELF, (domid_t)u.domid);
		events_unmask();
	}
	u.channel->word[W_CPUS] = nr_cpus();
	upcalls = 0;
	domu_start(&u);
	share_measure(s, &u, PERIOD, &r);
	events_mask();
	/* The control domain, too, gets no more than its share. */
	others = r.sleeper_ns + (r.control_ns < nr_cpus() * r.ns / 3 ? r.control_ns : nr_cpus() * r.ns / 3);
	fair = (nr_cpus() * r.ns - others) / 2;
	if (fair > r.ns)
		fair = r.ns;
	for (unsigned int i = 0; i < VCPUS; i++)
		rounds += u.channel->word[W_ROUNDS + i];
	note("%s: share %lu %% of what is fair; attacker %lu ms, control domain %lu ms, %lu rounds; %lu wakes, median %lu, "
	     "99 %% %lu, worst %lu us", name, r.busy_ns * 100 / fair, r.attacker_ns / MS, r.control_ns / MS, rounds,
	     r.wakes, r.median_ns / 1000, r.p99_ns / 1000, r.worst_ns / 1000);
	ok(r.busy_ns * 100 >= fair * 80, "%s: computes for %lu ms of %lu that are fair", name, r.busy_ns / MS, fair / MS);
	ok(r.worst_ns <= 5 * MS, "%s: woken %lu us late at worst", name, r.worst_ns / 1000);
	if (round == events)
		ok(upcalls > 300, "%s: %lu upcalls in the control domain", name, upcalls);
	EXPECT(domu_destroy(&u));
	if (round == events)
		evtchn_close(port);
}

void test_main(void)
{
	struct share s;

	if (!is_control_domain())
		skip_all("not the control domain");
	event_handler = serve;
	share_start(&s);
	one(&s, "computing", compute);
	one(&s, "hypercalls", hypercalls);
	one(&s, "events", events);
	one(&s, "timers", timers);
	one(&s, "page tables", tables);
	one(&s, "yields", yields);
	one(&s, "naps", naps);
	one(&s, "long turns", long_turns);
	one(&s, "short turns", short_turns);
	share_end(&s);
}
