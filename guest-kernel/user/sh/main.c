/* SPDX-License-Identifier: MIT */
/* The shell's beginning and end, and where its input comes from. */
#include <sys/stat.h>
#include <sys/utsname.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "sh.h"

struct shell sh;

void sh_error(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	if (sh.interactive || sh.line == 0)
		fputs("sh: ", stderr);
	else
		fprintf(stderr, "%s: line %d: ", sh.name, sh.line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

void sh_leave(int status)
{
	sh.status = status;
	trap_run_exit();
	if (fflush(stdout) < 0 && !sh.status)
		sh.status = 1;
	_exit(sh.status);
}

/* Run one line's tree; false when the shell is to stop reading. */
static bool run_line(struct node *n, struct arena *arena, int flags)
{
	size_t mark = scratch_mark();

	if (n)
		run(n, flags);
	scratch_release(mark);
	arena_free(arena);
	return sh.unwind == UNWIND_NONE;
}

/* All commands of a text. If it is the last thing this process does, so is its last command. */
int sh_run_string(const char *text, bool last)
{
	struct arena *outer = sh.arena;
	int line = sh.line;

	while (text) {
		struct arena *arena = arena_new();
		struct node *n;
		bool error;
		int flags = 0;

		sh.arena = arena;
		n = parse_command(text, &text, NULL, &error);
		sh.arena = outer;
		if (error) {
			arena_free(arena);
			sh.status = 2;
			if (!sh.interactive)
				sh.unwind = UNWIND_EXIT;
			break;
		}
		if (last && (!text || !text[strspn(text, " \t\n")]))
			flags = RUN_EXIT;
		if (!run_line(n, arena, flags))
			break;
	}
	if (!last)
		sh.line = line;
	return sh.status;
}

/* Returns -1 if the file cannot be read. */
int sh_run_file(const char *path)
{
	struct text t = { 0 };
	char buffer[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC), line = sh.line;
	ssize_t n = -1;

	while (fd >= 0 && (n = read(fd, buffer, sizeof(buffer))) > 0)
		for (ssize_t i = 0; i < n; i++)
			text_add(&t, buffer[i]);
	if (n < 0) {
		sh_error("cannot read %s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		text_free(&t);
		return -1;
	}
	close(fd);
	sh.line = 1;
	sh_run_string(text_get(&t), false);
	sh.line = line;
	text_free(&t);
	return sh.status;
}

/* PS1 and PS2 know \w (directory), \h (host), \u (user), \$ and \n. */
static char *make_prompt(const char *format)
{
	struct text t = { 0 };
	const char *home = var_get("HOME");
	char cwd[PATH_MAX];
	struct utsname u;
	char *s;

	for (; *format; format++) {
		if (*format != '\\' || !format[1]) {
			text_add(&t, *format);
			continue;
		}
		switch (*++format) {
		case 'w':
			if (!getcwd(cwd, sizeof(cwd)))
				strcpy(cwd, "?");
			if (home && home[0] == '/' && home[1] &&
			    !strncmp(cwd, home, strlen(home)) &&
			    (!cwd[strlen(home)] || cwd[strlen(home)] == '/')) {
				text_add(&t, '~');
				text_add_string(&t, cwd + strlen(home));
			} else {
				text_add_string(&t, cwd);
			}
			break;
		case 'h':
			if (uname(&u) == 0)
				text_add_string(&t, u.nodename);
			break;
		case 'u':
			text_add_string(&t, getuid() ? "user" : "root");
			break;
		case '$':
			text_add(&t, getuid() ? '$' : '#');
			break;
		case 'n':
			text_add(&t, '\n');
			break;
		default:
			text_add(&t, *format);
		}
	}
	s = scratch_strdup(text_get(&t));
	text_free(&t);
	return s;
}

/* From a pipe or file on descriptor 0: no more than a line, the rest is for the commands. */
static char *plain_line(void)
{
	struct text t = { 0 };
	char c;
	ssize_t n;

	while ((n = read(0, &c, 1)) > 0 || (n < 0 && errno == EINTR)) {
		if (n < 0)
			continue;
		if (c)
			text_add(&t, c);
		if (c == '\n')
			break;
	}
	if (!t.n) {
		text_free(&t);
		return NULL;
	}
	return text_get(&t);
}

char *sh_next_line(bool continuation)
{
	const char *format = var_get(continuation ? "PS2" : "PS1");
	size_t mark = scratch_mark();
	char *line;

	if (!sh.interactive)
		return plain_line();
	if (!continuation)
		reap_jobs(true);
	line = edit_line(make_prompt(format ? format : continuation ? "> " : "\\w \\$ "));
	scratch_release(mark);
	return line;
}

static void read_and_run(void)
{
	for (;;) {
		struct arena *arena = arena_new();
		const char *rest;
		struct node *n;
		bool error;

		sh.arena = arena;
		sh.interrupted = 0;
		n = parse_command("", &rest, sh_next_line, &error);
		if (error) {
			arena_free(arena);
			sh.status = 2;
			if (!sh.interactive)
				return;
			continue;
		}
		run_line(n, arena, 0);
		if (sh.interactive && sh.interrupted)
			sh.status = 130;
		if (sh.unwind == UNWIND_EXIT || (sh.unwind != UNWIND_NONE && !sh.interactive))
			return;
		sh.unwind = UNWIND_NONE;
		if (!rest)
			return;
	}
}

static void set_defaults(void)
{
	char cwd[PATH_MAX];

	if (!var_get("PATH"))
		var_set("PATH", "/bin:/sbin:/usr/bin:/usr/sbin");
	var_set("IFS", " \t\n");
	var_export("IFS", false);
	if (!var_get("PS1"))
		var_set("PS1", "\\w \\$ ");
	var_set("PS2", "> ");
	var_set("OPTIND", "1");
	if (getcwd(cwd, sizeof(cwd)))
		var_set("PWD", cwd);
}

/* sh [-OPTIONS] [-c COMMANDS [NAME]] | [FILE] [ARGUMENT...] */
int sh_main(int argc, char **argv)
{
	bool command = false;
	const char *text = NULL;
	int used, i = 1;

	sh.name = argv[0];
	sh.pid = getpid();
	sh.login = argv[0][0] == '-';
	for (int k = 1; k < argc && argv[k][0] == '-' && argv[k][1] != '-'; k++)
		command |= strchr(argv[k], 'c') && argv[k][1] != 'o';
	used = sh_options(argc - 1, argv + 1);
	if (used < 0)
		return 2;
	i += used;
	if (i < argc && !strcmp(argv[i], "--"))
		i++;
	if (command) {
		if (i >= argc) {
			sh_error("-c needs commands");
			return 2;
		}
		text = argv[i++];
	}
	if (i < argc)
		sh.name = argv[i++];
	sh.argv = argv + i - 1;
	sh.argc = argc - i;
	sh.interactive = !text && sh.name == argv[0] && isatty(0) && isatty(2);
	var_import(environ);
	set_defaults();
	trap_init();
	if (sh.login) {
		if (access("/etc/profile", R_OK) == 0)
			sh_run_file("/etc/profile");
		if (sh.unwind != UNWIND_EXIT)
			sh.unwind = UNWIND_NONE;
	}
	if (text) {
		sh_run_string(text, true);
	} else if (sh.name != argv[0]) {
		if (sh_run_file(sh.name) < 0)
			sh.status = errno == ENOENT ? 127 : 126;
	} else {
		read_and_run();
	}
	sh_leave(sh.status);
}
