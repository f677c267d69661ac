/* SPDX-License-Identifier: MIT */
/* env, time, timeout, xargs: commands that run commands. */
#include <sys/resource.h>
#include <sys/wait.h>
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "toolbox.h"

static void __attribute__((noreturn)) exec_or_fail(char **argv)
{
	fflush(stdout);
	execvp(argv[0], argv);
	fail_errno(argv[0]);
	_exit(errno == ENOENT ? 127 : 126);
}

static int status_of(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int env_main(int argc, char **argv)
{
	struct options o;
	int i = options_parse(&o, argc, argv, "i");

	if (i < 0)
		return 2;
	if (opt(&o, 'i'))
		clearenv();
	for (; i < argc && strchr(argv[i], '='); i++) {
		char *equals = strchr(argv[i], '=');

		*equals = '\0';
		setenv(argv[i], equals + 1, 1);
	}
	if (i < argc)
		exec_or_fail(argv + i);
	for (char **e = environ; *e; e++)
		puts(*e);
	return 0;
}

int time_main(int argc, char **argv)
{
	struct timespec from, to;
	struct rusage usage;
	int status;
	pid_t pid;

	if (argc < 2)
		return fail_usage();
	clock_gettime(CLOCK_MONOTONIC, &from);
	pid = fork();
	if (pid == 0)
		exec_or_fail(argv + 1);
	if (pid < 0)
		return fail_errno("fork");
	signal(SIGINT, SIG_IGN);
	memset(&usage, 0, sizeof(usage));
	while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR)
		;
	clock_gettime(CLOCK_MONOTONIC, &to);
	fprintf(stderr, "real %.3f\nuser %.3f\nsys  %.3f\n",
		(double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9,
		(double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6,
		(double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6);
	return status_of(status);
}

static volatile sig_atomic_t timed_out;

static void on_alarm(int sig)
{
	timed_out = 1;
}

int timeout_main(int argc, char **argv)
{
	struct sigaction sa = { .sa_flags = 0 };
	struct options o;
	int first = options_parse(&o, argc, argv, "s:"), sig = SIGTERM, status;
	long seconds;
	pid_t pid;

	if (first < 0)
		return 2;
	if (argc - first < 2)
		return fail_usage();
	if (opt(&o, 's') && (sig = signal_number(o.value['s'])) < 0)
		return fail_text(o.value['s'], "no such signal");
	if (!parse_number(argv[first], &seconds))
		return fail_text(argv[first], "not a number of seconds");
	pid = fork();
	if (pid == 0)
		exec_or_fail(argv + first + 1);
	if (pid < 0)
		return fail_errno("fork");
	sa.sa_handler = on_alarm;
	sigaction(SIGALRM, &sa, NULL);
	alarm((unsigned int)seconds);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		if (timed_out)
			kill(pid, sig);
	return timed_out ? 124 : status_of(status);
}

/* ---- xargs ---- */

/* A word of the input: quotes and backslashes hold it together. NULL at the end. */
static char *next_argument(bool nul, bool whole_line)
{
	size_t n = 0, room = 64;
	char *s = must(malloc(room));
	int c, quote = 0;
	bool any = false;

	if (!nul)
		while ((c = getchar()) != EOF && (whole_line ? c == '\n' : isspace(c)))
			;
	else
		c = getchar();
	for (; c != EOF; c = getchar()) {
		if (nul ? c == '\0' : whole_line ? c == '\n' : !quote && isspace(c))
			break;
		any = true;
		if (!nul && !whole_line) {
			if (quote ? c == quote : c == '"' || c == '\'') {
				quote = quote ? 0 : c;
				continue;
			}
			if (c == '\\' && !quote && (c = getchar()) == EOF)
				break;
		}
		if (n + 2 > room)
			s = must(realloc(s, room *= 2));
		s[n++] = (char)c;
	}
	if (c == EOF && !any) {
		free(s);
		return NULL;
	}
	s[n] = '\0';
	return s;
}

static int run_command(char **argv)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		exec_or_fail(argv);
	if (pid < 0)
		return fail_errno("fork");
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	status = status_of(status);
	return status == 126 || status == 127 ? status : status ? 123 : 0;
}

static char *substitute(const char *text, const char *what, const char *with)
{
	size_t n = 0, room = strlen(text) + 1;
	const char *found;
	char *out;

	for (const char *p = text; (p = strstr(p, what)) != NULL; p += strlen(what))
		room += strlen(with);
	out = must(malloc(room));
	while ((found = strstr(text, what)) != NULL) {
		n += (size_t)sprintf(out + n, "%.*s%s", (int)(found - text), text, with);
		text = found + strlen(what);
	}
	strcpy(out + n, text);
	return out;
}

int xargs_main(int argc, char **argv)
{
	static char *echo[] = { (char *)"echo", NULL };
	struct options o;
	int first = options_parse(&o, argc, argv, "0n:I:r"), fixed, count, status = 0, ret;
	long limit = 500;
	char *args[600], *word = NULL;
	char **command;
	bool ran = false;

	if (first < 0)
		return 2;
	command = first < argc ? argv + first : echo;
	fixed = first < argc ? argc - first : 1;
	if (!opt_number(&o, 'n', &limit))
		return 1;
	if (fixed > 90 || limit < 1)
		return fail_usage();
	if (limit > 500)
		limit = 500;
	if (opt(&o, 'I')) {
		while ((word = next_argument(opt(&o, '0'), true)) != NULL) {
			for (int i = 0; i < fixed; i++)
				args[i] = substitute(command[i], o.value['I'], word);
			args[fixed] = NULL;
			ret = run_command(args);
			if (ret > status)
				status = ret;
			for (int i = 0; i < fixed; i++)
				free(args[i]);
			free(word);
		}
		return status;
	}
	do {
		memcpy(args, command, (size_t)fixed * sizeof(*args));
		for (count = fixed; count - fixed < limit; count++) {
			word = next_argument(opt(&o, '0'), false);
			if (!word)
				break;
			args[count] = word;
		}
		args[count] = NULL;
		if (count == fixed && (ran || opt(&o, 'r')))
			break;
		ret = run_command(args);
		ran = true;
		if (ret > status)
			status = ret;
		while (count > fixed)
			free(args[--count]);
	} while (word);
	return status;
}
