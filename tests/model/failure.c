/* SPDX-License-Identifier: MIT
 *
 * Telling of a failure: the rounds that led to the idle state before it, the steps since, with the place in
 * the source where each one ended, and what was running.
 */
#define _GNU_SOURCE
#include "explore_internal.h"
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void print_place(const void *pc)
{
	char command[128], exe[96], line[256];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	FILE *f;

	if (!pc || n <= 0)
		return;
	exe[n] = 0;
	snprintf(command, sizeof(command), "addr2line -s -f -e %s %p 2>/dev/null | tr '\\n' ' '", exe,
		 (const void *)((const char *)pc - 1));
	f = popen(command, "r");
	if (f && fgets(line, sizeof(line), f))
		printf(" at %s", line);
	if (f)
		pclose(f);
}

static void print_history(unsigned int idle)
{
	const struct idle *i = &explorer.idle[idle];

	if (!idle)
		return;
	print_history(i->parent);
	printf("# round %u:", i->depth);
	for (unsigned int k = 0; k < i->nr_started; k++)
		printf("%s vCPU %u %s", k ? "," : "", i->cpu[k], explorer.op[i->started[k]].name);
	printf("\n");
}

void model_fail(const char *fmt, ...)
{
	va_list ap;

	printf("# %s: ", explorer.model ? explorer.model->name : "model");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n# %s; state %zu, pass %u\n", explorer.doing, explorer.nr_seen, explorer.passes);
	print_history(explorer.current_idle);
	for (unsigned int i = 1; explorer.frozen && i <= explorer.length; i++) {
		const struct node *n = &explorer.path[i];

		for (unsigned int c = 0; n->by.kind != STEP && c < NR_CPUS; c++)
			if (n->by.arg[c] != NOTHING)
				printf("#   vCPU %u starts: %s\n", c, explorer.op[n->by.arg[c]].name);
		if (n->by.kind == STEP) {
			printf("#   vCPU %u%s", n->by.cpu, n->by.arg[0] ? " takes the other branch" : "");
			print_place(n->pc);
			printf("\n");
		}
	}
	if (explorer.stepping) {
		printf("#   vCPU %u then fails in: %s", explorer.cpu, explorer.op[explorer.pos[explorer.cpu].op].name);
		print_place(explorer.pos[explorer.cpu].pc);
		printf("\n");
	}
	fflush(stdout);
	_exit(1);
}

static void on_signal(int signo)
{
	model_fail("signal %d: an access to no memory", signo);
}

/* A bad pointer is a failure like others, and wants its history told. */
void failure_catch_signals(void)
{
	stack_t stack = { .ss_sp = malloc(65536), .ss_size = 65536 };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };

	sigaltstack(&stack, NULL);
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}
