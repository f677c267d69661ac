/* SPDX-License-Identifier: MIT
 *
 * The control domain of the fuzzing guest: for each seed two domains, a watch over them, an end to them, and the books.
 *
 *	seed=N count=N (seeds) ops=N (operations of an actor) run=A-B+C+... (only these) verbose
 *
 * The line "fuzz: seed N" comes before anything of it happens. What runs while they do comes from the seed as well:
 * pauses, foreign mappings, an NMI, and for some seeds the end of a domain in the middle of it. A failure is a line
 * "fuzz: FAILED seed N: ..." and ends the run.
 */
#include "fuzz.h"

#define CANARIES 32

static unsigned long seed = 1, seeds = 1, nr_per_actor = 600;
static unsigned long ranges[2 * MAX_RANGES], nr_ranges;
static uint64_t *canary[CANARIES];
static struct actor self;
static unsigned long total_calls, total_good, crashed, ended, tried[8], worked[8];
static unsigned long operations, to_end, given_up;
static struct helped helped;

/* ---- arguments ---- */

static bool number(const char **s, unsigned long *v)
{
	const char *p = *s;

	for (*v = 0; *p >= '0' && *p <= '9'; p++)
		*v = *v * 10 + (unsigned long)(*p - '0');
	if (p == *s)
		return false;
	*s = p;
	return true;
}

static void argument(const char *line, const char *name, unsigned long *v)
{
	const char *p = strstr(line, name);

	if (p && (p += strlen(name), !number(&p, v)))
		die("%s wants a number", name);
}

static void arguments(const char *line)
{
	const char *p;

	argument(line, "seed=", &seed);
	argument(line, "count=", &seeds);
	argument(line, "ops=", &nr_per_actor);
	tell = strstr(line, "verbose") != NULL;
	p = strstr(line, "run=");
	if (!p)
		return;
	for (p += 4; nr_ranges < MAX_RANGES && number(&p, &ranges[2 * nr_ranges]); p++) {
		ranges[2 * nr_ranges + 1] = ranges[2 * nr_ranges];
		if (*p == '-' && (p++, !number(&p, &ranges[2 * nr_ranges + 1])))
			die("run=: a range without an end");
		ranges[2 * nr_ranges + 1]++;
		nr_ranges++;
		if (*p != '+')
			break;
	}
}

/* ---- one seed ---- */

void fail(const char *what)
{
	note("fuzz: FAILED seed %lu: %s", seed, what);
	ok(false, "seed %lu: %s", seed, what);
	finish();
}

static void prepare(struct domu *u, unsigned int first, const struct domu *partner)
{
	volatile unsigned long *w = u->channel->word;

	w[W_SEED] = seed;
	w[W_COUNT] = nr_per_actor;
	w[W_FIRST_ACTOR] = first;
	w[W_PARTNER] = partner->domid;
	w[W_SELF] = u->domid;
	w[W_VERBOSE] = tell;
	for (unsigned int i = 0; i < 16; i++)
		w[W_FRAMES + i] = partner->p2m[400 + i * 20];
	w[W_NR_RANGES] = nr_ranges;
	for (unsigned int i = 0; i < 2 * nr_ranges; i++)
		w[W_RANGES + i] = ranges[i];
}

/* From outside, while they run: what a toolstack does, at the worst moments. */
static void poke(struct domu *u)
{
	static struct xen_domctl op;
	static void *window;
	static struct vcpu_guest_context context;

	if (!window)
		window = alloc_page();
	memset(&op, 0, sizeof(op));
	switch (rnd(&self) % 10) {
	case 0:
		if (!domu_domctl(&op, XEN_DOMCTL_pausedomain, u->domid))
			domu_domctl(&op, XEN_DOMCTL_unpausedomain, u->domid);
		break;
	case 1:
		HYPERVISOR_update_va_mapping_otherdomain((unsigned long)window, u->p2m[rnd(&self) % u->pages] << 12 | PTE_FLAGS_RW,
							 UVMF_INVLPG, u->domid);
		set_pte((unsigned long)window, virt_to_mfn(window) << 12 | PTE_FLAGS_RW);
		break;
	case 2:
		op.u.vcpucontext.vcpu = (uint32_t)(rnd(&self) % 2);
		set_xen_guest_handle(op.u.vcpucontext.ctxt, &context);
		domu_domctl(&op, XEN_DOMCTL_getvcpucontext, u->domid);
		break;
	case 3:
		if (rnd(&self) % 8 == 0) {
			op.u.sendtrigger.trigger = XEN_DOMCTL_SENDTRIGGER_NMI;
			domu_domctl(&op, XEN_DOMCTL_sendtrigger, u->domid);
		}
		break;
	case 4:
		op.u.max_mem.max_memkb = (u->pages + rnd(&self) % 16) * 4;
		domu_domctl(&op, XEN_DOMCTL_max_mem, u->domid);
		break;
	case 5: {
		struct evtchn_status s = { .dom = (domid_t)u->domid, .port = (uint32_t)(rnd(&self) % 32) };

		HYPERVISOR_event_channel_op(EVTCHNOP_status, &s);
		break;
	}
	default:
		nap(rnd(&self) % 1000000);
	}
}

static void watch(struct domu *a, struct domu *b)
{
	struct watched w[ACTORS] = { { .u = a, .vcpu = 0, .id = 0 }, { .u = a, .vcpu = 1, .id = 1 }, { .u = b, .vcpu = 0, .id = 2 } };
	unsigned long stop_at = seed % 4 == 1 ? rnd(&self) % (3 * nr_per_actor) : ~0UL, done;
	bool over;

	do {
		poke(rnd(&self) % 2 ? a : b);
		over = true;
		done = 0;
		for (unsigned int i = 0; i < ACTORS; i++) {
			if (actor_over(&w[i]))
				continue;
			over = false;
			watch_actor(&w[i], &helped);
		}
		for (unsigned int i = 0; i < ACTORS; i++)
			done += w[i].u->channel->word[W_PROGRESS + i];
	} while (!over && done < stop_at);
	for (unsigned int i = 0; i < ACTORS; i++) {
		operations += w[i].u->channel->word[W_PROGRESS + i];
		to_end += w[i].u->channel->word[W_ENDED + i] != 0;
		given_up += done < stop_at && !w[i].u->channel->word[W_ENDED + i] && domu_state(w[i].u) == DOMU_RUNS;
	}
}

static void take_counts(struct domu *u)
{
	const volatile unsigned long *w = u->channel->word;

	total_calls += w[W_CALLS];
	total_good += w[W_GOOD];
	for (unsigned int i = 0; i < ARRAY_SIZE(tried); i++) {
		tried[i] |= w[W_TRIED + i];
		worked[i] |= w[W_WORKED + i];
	}
	if (domu_state(u) == DOMU_CRASHED)
		crashed++;
	else
		ended++;
}

static void check_canaries(void)
{
	for (unsigned long i = 0; i < CANARIES; i++)
		for (unsigned long j = 0; j < 512; j++)
			if (canary[i][j] != (i << 32 | j))
				fail("the control domain's memory has changed");
}

/* With both domains still, the hypervisor compares all page tables with what they name; it says so on the console. */
static void audit(struct domu *a, struct domu *b)
{
	static struct xen_domctl op;
	static struct xen_sysctl sys;
	static char key = 'A';

	domu_domctl(&op, XEN_DOMCTL_pausedomain, a->domid);
	domu_domctl(&op, XEN_DOMCTL_pausedomain, b->domid);
	sys.u.debug_keys.nr_keys = 1;
	set_xen_guest_handle(sys.u.debug_keys.keys, &key);
	if (domu_sysctl(&sys, XEN_SYSCTL_debug_keys))
		fail("no debug keys");
}

/* Either may go first. One that the other still maps stays until that has gone, too. */
static void end(struct domu *a, struct domu *b)
{
	static struct xen_domctl op;
	struct domu *first = seed % 2 ? a : b, *second = seed % 2 ? b : a;
	long rc;

	do
		rc = domu_domctl(&op, XEN_DOMCTL_destroydomain, first->domid);
	while (rc == -XEN_EAGAIN || rc == -XEN_EBUSY);
	if (rc || !domu_destroy(second) || !domu_destroy(first))
		fail("a destroyed domain does not go");
}

static void one_seed(void)
{
	struct domu a, b;
	struct books before;

	note("fuzz: seed %lu", seed);
	self.random = seed;
	books_read(&before);
	domu_create(&a, &(struct domu_config){ .main = run_attacker, .vcpus = 2, .max_pages = DOMU_PAGES + 16 });
	domu_create(&b, &(struct domu_config){ .main = run_partner, .max_pages = DOMU_PAGES + 16 });
	prepare(&a, 0, &b);
	prepare(&b, 2, &a);
	domu_start(&a);
	domu_start(&b);
	watch(&a, &b);
	take_counts(&a);
	take_counts(&b);
	audit(&a, &b);
	end(&a, &b);
	check_canaries();
	books_compare(&before, "books");
	note("fuzz: seed %lu done, so far %lu operations, %lu hypercalls, %lu good, %lu domains crashed", seed, operations, total_calls,
	     total_good, crashed);
}

/*
 * What the hypervisor allocates for the control domain once, when somebody first names a grant of it, comes before the books
 * are opened.
 */
static void warm_up(void)
{
	for (unsigned int ref = 0; ref < 16384; ref += 16) {
		struct gnttab_map_grant_ref m = { .host_addr = (unsigned long)canary[0], .flags = GNTMAP_host_map, .ref = ref,
						  .dom = DOMID_SELF };

		HYPERVISOR_grant_table_op(GNTTABOP_map_grant_ref, &m, 1);
	}
}

static unsigned int bits(const unsigned long *map)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < nr_ops; i++)
		n += (map[i / 64] >> (i % 64)) & 1;
	return n;
}

void test_main(void)
{
	if (!is_control_domain())
		skip_all("not the control domain");
	arguments((const char *)si->cmd_line);
	for (unsigned long i = 0; i < CANARIES; i++) {
		canary[i] = alloc_page();
		for (unsigned long j = 0; j < 512; j++)
			canary[i][j] = i << 32 | j;
	}
	warm_up();
	domu_patience_ns = 3000000000UL;        /* a failure comes again many times while it is shrunk */
	note("fuzz: seeds %lu to %lu, %lu operations each of %d actors, %u in the table", seed, seed + seeds - 1, nr_per_actor,
	     ACTORS, nr_ops);
	for (unsigned long end = seed + seeds; seed < end; seed++)
		one_seed();
	note("fuzz: %lu operations, %lu hypercalls, %lu good; %u of %u hypercalls tried, %u worked; %lu domains ended, %lu crashed",
	     operations, total_calls, total_good, bits(tried), nr_ops, bits(worked), ended, crashed);
	note("fuzz: %lu actors came to their end; helped on: %lu asleep, %lu down, %lu in circles; given up: %lu", to_end,
	     helped.asleep, helped.down, helped.circling, given_up);
	for (unsigned int i = 0; i < nr_ops; i++)
		if (!((tried[i / 64] >> (i % 64)) & 1) && seeds >= 100)
			note("fuzz: never tried: %s %s", ops[i].call, ops[i].name);
}
