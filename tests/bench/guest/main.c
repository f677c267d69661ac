/* SPDX-License-Identifier: MIT
 *
 * The benchmark guest: measures the operations named on its command line (op=name op=name, all without)
 * that are for the machine it runs on (machine=one, shared or smp) and prints one line for each, for
 * tests/bench/machine.py:
 *   @op NAME minimum median samples units
 *   @error NAME reason
 * The unit is ticks of the TSC; under QEMU's -icount shift=0 a tick is an instruction.
 */
#include "bench.h"

#define DEFAULT_SAMPLES 64
#define WARM_UP 8

char pool[POOL_PAGES][PAGE_SIZE] __attribute__((aligned(4096)));
char tables[16][PAGE_SIZE] __attribute__((aligned(4096)));

static uint64_t overhead;
static uint64_t ticks[MAX_SAMPLES];

static const struct op *const groups[] = {
	hypercall_ops, state_ops, multicall_ops, event_ops, mmu_ops, pin_ops, space_ops, trap_ops, user_ops, emulate_ops,
	timer_ops, grant_ops, reservation_ops, vcpu_ops, domain_ops, grant_domain_ops, scale_ops,
};

/* ---- output ---- */

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *fmt, ...)
{
	char line[320], part[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(part, sizeof(part), fmt, ap);
	va_end(ap);
	snprintf(line, sizeof(line), "@%s\n", part);
	HYPERVISOR_console_io(CONSOLEIO_write, (unsigned int)strlen(line), line);
}

const char *wrong(const char *fmt, ...)
{
	static char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return text;
}

const char *rc_is_zero(long rc)
{
	return rc ? wrong("the call returned %ld", rc) : NULL;
}

/* ---- measuring ---- */

static long nothing(void)
{
	return 0;
}

static const char *repeat(const struct op *op, unsigned int n)
{
	for (unsigned int i = 0; i < n + WARM_UP; i++) {
		const char *reason;
		uint64_t start, end;
		long rc;

		if (op->before)
			op->before();
		start = rdtsc();
		rc = op->run();
		end = rdtsc();
		reason = op->after ? op->after(rc) : NULL;
		if (reason)
			return reason;
		if (i >= WARM_UP)
			ticks[i - WARM_UP] = end - start;
	}
	return NULL;
}

static void sort(uint64_t *v, unsigned int n)
{
	for (unsigned int i = 1; i < n; i++) {
		uint64_t x = v[i];
		unsigned int j = i;

		for (; j && v[j - 1] > x; j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
}

static const char *measure(const struct op *op, unsigned int n)
{
	const char *reason = op->setup ? op->setup() : NULL;
	const char *late;

	if (!reason)
		reason = op->sample ? op->sample(ticks, n) : repeat(op, n);
	late = op->teardown ? op->teardown() : NULL;
	sort(ticks, n);
	return reason ? reason : late;
}

static void report(const struct op *op)
{
	unsigned int n = op->samples ? op->samples : DEFAULT_SAMPLES;
	const char *reason = measure(op, n);
	uint64_t less = op->absolute ? 0 : overhead;

	if (reason)
		say("error %s %s", op->name, reason);
	else if (ticks[0] <= less)
		say("error %s took no longer than nothing: %lu ticks", op->name, ticks[0]);
	else
		say("op %s %lu %lu %u %u", op->name, ticks[0] - less, ticks[n / 2] - less, n,
		    op->units ? op->units : 1);
}

static enum machine this_machine(void)
{
	const char *line = (const char *)si->cmd_line;

	return strstr(line, "machine=smp") ? SMP : strstr(line, "machine=shared") ? SHARED : ONE;
}

/* The command line names operations: op=a op=b. None: all. */
static bool wanted(const struct op *op)
{
	const char *name = op->name;
	const char *line = (const char *)si->cmd_line, *p = line;
	size_t n = strlen(name);
	bool any = false;

	while ((p = strstr(p, "op="))) {
		p += 3;
		any = true;
		if (!memcmp(p, name, n) && (p[n] == 0 || p[n] == ' '))
			return true;
	}
	return !any && !op->by_name_only;
}

void test_main(void)
{
	static const struct op empty = { .name = "empty", .run = nothing };

	if (measure(&empty, DEFAULT_SAMPLES))
		die("an empty operation failed");
	overhead = ticks[0];
	if (max_vcpus() < (this_machine() == ONE ? 1 : 2))
		die("this machine wants more vCPUs than %u", max_vcpus());
	say("start overhead %lu pages %lu vcpus %u", overhead, si->nr_pages, max_vcpus());
	for (unsigned int g = 0; g < ARRAY_SIZE(groups); g++)
		for (const struct op *op = groups[g]; op->name; op++)
			if (op->machine == this_machine() && wanted(op))
				report(op);
	say("end");
}
