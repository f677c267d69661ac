/* SPDX-License-Identifier: MIT */
/* pvctl top: who uses the CPUs, with xentop's columns. */
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "../lib/ctl.h"
#include "verbs.h"

struct sample {
	struct xen_domctl_getdomaininfo *list;
	long n;
	struct timespec when;
};

static double seconds_between(const struct timespec *a, const struct timespec *b)
{
	return (double)(b->tv_sec - a->tv_sec) + (double)(b->tv_nsec - a->tv_nsec) / 1e9;
}

static double usage(const struct sample *old, const struct sample *now,
		    const struct xen_domctl_getdomaininfo *d)
{
	double span = seconds_between(&old->when, &now->when);
	long i;

	for (i = 0; i < old->n; i++)
		if (old->list[i].domain == d->domain && span > 0)
			return (double)(d->cpu_time - old->list[i].cpu_time) / 1e7 / span;
	return 0;
}

static const char *state(const struct xen_domctl_getdomaininfo *d, char *s)
{
	unsigned int reason = d->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;
	int shut = !!(d->flags & XEN_DOMINF_shutdown);

	snprintf(s, 8, "%c%c%c%c%c%c", d->flags & XEN_DOMINF_dying ? 'd' : '-', shut ? 's' : '-',
		 d->flags & XEN_DOMINF_blocked ? 'b' : '-',
		 shut && reason == SHUTDOWN_crash ? 'c' : '-',
		 d->flags & XEN_DOMINF_paused ? 'p' : '-', d->flags & XEN_DOMINF_running ? 'r' : '-');
	return s;
}

static void print_sample(struct host *host, const struct sample *old, const struct sample *now)
{
	struct xen_sysctl_physinfo p;
	double total;
	long i;

	if (ctl_physinfo(&host->h, &p))
		return;
	total = (double)p.total_pages * 4;
	printf("%ld domains; memory: %llu MB, %llu MB free; %u CPUs @ %u MHz\n", now->n,
	       (unsigned long long)p.total_pages >> 8, (unsigned long long)p.free_pages >> 8, p.nr_cpus,
	       p.cpu_khz / 1000);
	printf("%-15s %6s %10s %6s %10s %6s %10s %5s\n", "NAME", "STATE", "CPU(sec)", "CPU(%)",
	       "MEM(k)", "MEM(%)", "MAXMEM(k)", "VCPUS");
	for (i = 0; i < now->n; i++) {
		const struct xen_domctl_getdomaininfo *d = &now->list[i];
		char *name = domstore_name(host->xs, d->domain), s[8], max[16];

		if (d->max_pages < 1ULL << 30)
			snprintf(max, sizeof(max), "%llu", (unsigned long long)d->max_pages * 4);
		else
			snprintf(max, sizeof(max), "no limit");
		printf("%15.15s %6s %10llu %6.1f %10llu %6.1f %10s %5u\n", name ? name : "(null)",
		       state(d, s), (unsigned long long)d->cpu_time / 1000000000, usage(old, now, d),
		       (unsigned long long)d->tot_pages * 4, (double)d->tot_pages * 400 / total, max,
		       d->nr_online_vcpus);
		free(name);
	}
}

static int take(struct host *host, struct sample *s, struct err *e)
{
	s->n = all_domains(host, &s->list, e);
	clock_gettime(CLOCK_MONOTONIC, &s->when);
	return s->n < 0 ? -1 : 0;
}

/* Wait; q on the terminal ends it. */
static int wait_or_quit(int ms, int tty)
{
	struct pollfd p = { STDIN_FILENO, POLLIN, 0 };
	char ch;

	if (!tty) {
		poll(NULL, 0, ms);
		return 0;
	}
	return poll(&p, 1, ms) > 0 && (read(STDIN_FILENO, &ch, 1) != 1 || ch == 'q' || ch == 3);
}

static int run(struct host *host, int batch, long long delay, long long rounds, int tty, struct err *e)
{
	struct sample old = { 0 }, now;

	if (take(host, &old, e))
		return -1;
	for (;;) {
		if (wait_or_quit(rounds == 1 ? 200 : (int)delay * 1000, tty))
			break;
		if (take(host, &now, e))
			break;
		if (!batch)
			printf("\033[H\033[2J");
		print_sample(host, &old, &now);
		fflush(stdout);
		free(old.list);
		old = now;
		if (rounds && !--rounds)
			break;
	}
	free(old.list);
	return e->text[0] ? -1 : 0;
}

int verb_top(int argc, char **argv)
{
	long long delay = 3, rounds = 0;
	struct termios saved, raw;
	int batch = 0, tty, opt, ret;
	struct err e = ERR_INIT;
	struct host host;

	while ((opt = getopt(argc, argv, "bd:i:h")) != -1) {
		if (opt == 'b')
			batch = 1;
		else if (opt == 'd' && arg_number("-d", optarg, 1, 3600, &delay, &e))
			return complain(&e);
		else if (opt == 'i' && arg_number("-i", optarg, 1, 1000000, &rounds, &e))
			return complain(&e);
		else if (opt == 'h' || opt == '?')
			return complain_usage("top", "%s", opt == 'h' ? "help" : "unknown option");
	}
	if (host_open_store(&host, &e))
		return complain(&e);
	tty = !batch && !tcgetattr(STDIN_FILENO, &saved);
	if (tty) {
		raw = saved;
		raw.c_lflag &= (tcflag_t)~(ECHO | ICANON | ISIG);
		raw.c_cc[VMIN] = 1;
		raw.c_cc[VTIME] = 0;
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	ret = run(&host, batch, delay, rounds, tty, &e);
	if (tty)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	host_close(&host);
	return ret ? complain(&e) : EXIT_OK;
}
