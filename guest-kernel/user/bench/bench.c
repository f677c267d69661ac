/* SPDX-License-Identifier: MIT */
/* bench [-i] [-l] [-n BATCHES] [NAME...]: the operations of benches.c, one line each. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "bench.h"

static int use_tsc;

void bench_fail(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned long now(void)
{
	struct timespec ts;
	unsigned int low, high;

	if (use_tsc) {
		__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
		return (unsigned long)high << 32 | low;
	}
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (unsigned long)ts.tv_sec * 1000000000ul + (unsigned long)ts.tv_nsec;
}

static void measure(const struct bench *b, int batches)
{
	unsigned long best = ~0ul;

	if (b->setup)
		b->setup();
	b->run(1);
	for (int i = 0; i < batches; i++) {
		unsigned long from = now(), took;

		b->run(b->count);
		took = now() - from;
		if (took < best)
			best = took;
	}
	if (b->teardown)
		b->teardown();
	printf("%-14s %10lu %s  %s\n", b->name, best / (unsigned long)b->count,
	       use_tsc ? "ticks" : "ns", b->what);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int option, batches = 5, status = 0;

	/* What exec-self runs. */
	if (argc == 2 && !strcmp(argv[1], "--nothing"))
		return 0;
	while ((option = getopt(argc, argv, "iln:")) != -1) {
		switch (option) {
		case 'i':
			use_tsc = 1;
			break;
		case 'n':
			batches = atoi(optarg);
			break;
		case 'l':
			for (unsigned long i = 0; i < bench_count; i++)
				printf("%-14s %s\n", benches[i].name, benches[i].what);
			return 0;
		default:
			fprintf(stderr, "usage: bench [-i] [-l] [-n BATCHES] [NAME...]\n");
			return 2;
		}
	}
	for (unsigned long i = 0; optind == argc && i < bench_count; i++)
		measure(&benches[i], batches);
	for (; optind < argc; optind++) {
		unsigned long i;

		for (i = 0; i < bench_count && strcmp(benches[i].name, argv[optind]); i++)
			;
		if (i < bench_count) {
			measure(&benches[i], batches);
		} else {
			fprintf(stderr, "bench: %s: unknown; bench -l lists them\n", argv[optind]);
			status = 1;
		}
	}
	return status;
}
