/* SPDX-License-Identifier: MIT */
/* ps, kill, killall, pidof: processes, as /proc shows them. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "toolbox.h"

struct process {
	pid_t		pid, parent;
	char		state, name[40];
	unsigned long	ticks, size, resident;
};

/* "PID (NAME) STATE PPID ...": the name may contain anything, so the last parenthesis counts. */
static bool read_process(pid_t pid, struct process *p)
{
	char path[40], text[512], *open, *close, *field;
	unsigned long values[30] = { 0 };
	size_t n = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (!read_small_file(path, text, sizeof(text)))
		return false;
	open = strchr(text, '(');
	close = strrchr(text, ')');
	if (!open || !close || close < open)
		return false;
	*close = '\0';
	snprintf(p->name, sizeof(p->name), "%s", open + 1);
	p->pid = pid;
	field = close + 1;
	field += strspn(field, " ");
	p->state = *field ? *field++ : '?';
	for (field = strtok(field, " \n"); field && n < 30; field = strtok(NULL, " \n"))
		values[n++] = strtoul(field, NULL, 10);
	p->parent = (pid_t)values[0];
	p->ticks = values[10] + values[11];
	p->size = values[19] / 1024;
	p->resident = values[20] * 4;
	return true;
}

static int by_pid(const void *a, const void *b)
{
	return *(const pid_t *)a - *(const pid_t *)b;
}

static size_t list_pids(pid_t **pids)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	size_t n = 0;

	*pids = NULL;
	while (d && (e = readdir(d)) != NULL) {
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		*pids = must(realloc(*pids, (n + 1) * sizeof(**pids)));
		(*pids)[n++] = atoi(e->d_name);
	}
	if (d)
		closedir(d);
	if (n)
		qsort(*pids, n, sizeof(**pids), by_pid);
	return n;
}

static void print_command(const struct process *p)
{
	char path[40], text[256];
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)p->pid);
	memset(text, 0, sizeof(text));
	if (!read_small_file(path, text, sizeof(text)) || !text[0]) {
		printf("[%s]\n", p->name);
		return;
	}
	for (n = sizeof(text) - 1; n > 0 && !text[n - 1]; n--)
		;
	for (size_t i = 0; i < n; i++)
		putchar(text[i] ? text[i] : ' ');
	putchar('\n');
}

int ps_main(int argc, char **argv)
{
	pid_t *pids;
	size_t n = list_pids(&pids);

	if (!n)
		return fail_text("/proc", "is not mounted");
	puts("  PID  PPID STAT     TIME   SIZE    RSS COMMAND");
	for (size_t i = 0; i < n; i++) {
		struct process p;

		if (!read_process(pids[i], &p))
			continue;
		printf("%5d %5d %c    %2lu:%02lu.%02lu %6lu %6lu ", (int)p.pid, (int)p.parent,
		       p.state, p.ticks / 6000, p.ticks / 100 % 60, p.ticks % 100, p.size,
		       p.resident);
		print_command(&p);
	}
	free(pids);
	return 0;
}

/* "-9", "-KILL", "-s KILL"; returns the index after it, or -1. */
static int parse_signal(int argc, char **argv, int *sig)
{
	const char *name;
	int next = 2;

	*sig = SIGTERM;
	if (argc < 2 || argv[1][0] != '-' || !argv[1][1])
		return 1;
	name = argv[1] + 1;
	if (!strcmp(name, "-"))
		return 2;
	if (!strcmp(name, "s") && argc > 2) {
		name = argv[2];
		next = 3;
	}
	*sig = signal_number(name);
	if (*sig < 0) {
		fail_text(name, "no such signal");
		return -1;
	}
	if (next < argc && !strcmp(argv[next], "--"))
		next++;
	return next;
}

int kill_main(int argc, char **argv)
{
	int sig, first, status = 0;

	if (argc > 1 && !strcmp(argv[1], "-l")) {
		for (int i = 1; i < 32; i++)
			printf("%2d %-8s%s", i, signal_name(i), i % 8 ? "" : "\n");
		putchar('\n');
		return 0;
	}
	first = parse_signal(argc, argv, &sig);
	if (first < 0)
		return 1;
	if (first >= argc)
		return fail_usage();
	for (int i = first; i < argc; i++) {
		char *end;
		long pid = strtol(argv[i], &end, 10);

		if (*end || end == argv[i])
			status = fail_text(argv[i], "not a process number");
		else if (kill((pid_t)pid, sig) < 0)
			status = fail_errno(argv[i]);
	}
	return status;
}

/* Call fn for each process of that name but ourselves; returns how many. */
static int each_named(const char *name, void (*fn)(pid_t pid, int arg), int arg)
{
	pid_t *pids;
	size_t n = list_pids(&pids);
	int found = 0;

	for (size_t i = 0; i < n; i++) {
		char path[40], text[256];
		struct process p;

		if (pids[i] == getpid() || !read_process(pids[i], &p))
			continue;
		snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pids[i]);
		if (strcmp(p.name, name) &&
		    (!read_small_file(path, text, sizeof(text)) || strcmp(base_name(text), name)))
			continue;
		fn(pids[i], arg);
		found++;
	}
	free(pids);
	return found;
}

static void send_signal(pid_t pid, int sig)
{
	if (kill(pid, sig) < 0)
		fail_errno("kill");
}

static void print_pid(pid_t pid, int arg)
{
	printf("%d\n", (int)pid);
}

int killall_main(int argc, char **argv)
{
	int sig, first = parse_signal(argc, argv, &sig), status = 0;

	if (first < 0)
		return 1;
	if (first >= argc)
		return fail_usage();
	for (int i = first; i < argc; i++)
		if (!each_named(argv[i], send_signal, sig))
			status = fail_text(argv[i], "no process found");
	return status;
}

int pidof_main(int argc, char **argv)
{
	int found = 0;

	if (argc < 2)
		return fail_usage();
	for (int i = 1; i < argc; i++)
		found += each_named(argv[i], print_pid, 0);
	return !found;
}
