/* SPDX-License-Identifier: MIT */
/* The commands that the shell runs itself, because they change it or to save a process. */
#include <sys/stat.h>
#include <sys/times.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "sh.h"
#include "../toolbox/toolbox.h"

int builtin_eval(const char *text)
{
	return sh_run_string(text, false);
}

static int usage(const char *text)
{
	sh_error("usage: %s", text);
	return 2;
}

static int do_colon(int argc, char **argv)
{
	return 0;
}

static int loop_unwind(int argc, char **argv, enum unwind how)
{
	int levels = argc > 1 ? atoi(argv[1]) : 1;

	if (levels < 1) {
		sh_error("%s: bad number: %s", argv[0], argv[1]);
		return 2;
	}
	if (!sh.loops)
		return 0;
	sh.unwind = how;
	sh.unwind_levels = levels < sh.loops ? levels : sh.loops;
	return 0;
}

static int do_break(int argc, char **argv)
{
	return loop_unwind(argc, argv, UNWIND_BREAK);
}

static int do_continue(int argc, char **argv)
{
	return loop_unwind(argc, argv, UNWIND_CONTINUE);
}

static int do_return(int argc, char **argv)
{
	sh.unwind = UNWIND_RETURN;
	return argc > 1 ? atoi(argv[1]) & 255 : sh.status;
}

static int do_exit(int argc, char **argv)
{
	sh.unwind = UNWIND_EXIT;
	return argc > 1 ? atoi(argv[1]) & 255 : sh.status;
}

static int do_cd(int argc, char **argv)
{
	const char *to = argc > 1 ? argv[1] : var_get("HOME"), *old = var_get("PWD");
	char path[PATH_MAX];
	bool print = false;

	if (argc > 2)
		return usage("cd [DIRECTORY]");
	if (to && !strcmp(to, "-")) {
		to = var_get("OLDPWD");
		print = true;
	}
	if (!to) {
		sh_error("cd: %s not set", print ? "OLDPWD" : "HOME");
		return 1;
	}
	if (chdir(to) < 0) {
		sh_error("cd: %s: %s", to, strerror(errno));
		return 1;
	}
	old = scratch_strdup(old ? old : "");
	if (print)
		puts(to);
	var_set("OLDPWD", old);
	var_set("PWD", getcwd(path, sizeof(path)) ? path : to);
	return 0;
}

static int do_eval(int argc, char **argv)
{
	struct text t = { 0 };
	char *s;

	for (int i = 1; i < argc; i++) {
		if (i > 1)
			text_add(&t, ' ');
		text_add_string(&t, argv[i]);
	}
	s = scratch_strdup(text_get(&t));
	text_free(&t);
	sh.status = 0;
	builtin_eval(s);
	return sh.status;
}

static int do_source(int argc, char **argv)
{
	char *path;
	int saved_argc = sh.argc;
	char **saved_argv = sh.argv;

	if (argc < 2)
		return usage(". FILE [ARGUMENT...]");
	path = access(argv[1], R_OK) == 0 || strchr(argv[1], '/') ? argv[1] : find_command(argv[1]);
	if (argc > 2) {
		sh.argc = argc - 2;
		sh.argv = argv + 1;
	}
	sh.status = 0;
	sh.functions++;			/* `return` ends the file */
	if (sh_run_file(path ? path : argv[1]) < 0)
		sh.status = 127;
	sh.functions--;
	if (sh.unwind == UNWIND_RETURN)
		sh.unwind = UNWIND_NONE;
	sh.argc = saved_argc;
	sh.argv = saved_argv;
	return sh.status;
}

static int do_exec(int argc, char **argv)
{
	char *path;

	if (argc < 2)
		return 0;
	path = find_command(argv[1]);
	if (path) {
		fflush(stdout);
		trap_clear_in_child(false);
		execve(path, argv + 1, var_environment());
	}
	sh_error("exec: %s: %s", argv[1], path ? strerror(errno) : "not found");
	if (!sh.interactive)
		sh.unwind = UNWIND_EXIT;
	return path ? 126 : 127;
}

/* export and readonly: the same arguments. */
static int mark_variables(int argc, char **argv, bool export)
{
	int first = 1, status = 0;

	if (argc == 1 || !strcmp(argv[1], "-p")) {
		var_list(export, !export);
		return 0;
	}
	if (!strcmp(argv[1], "-n"))
		first++;
	for (int i = first; i < argc; i++) {
		char *name = scratch_strdup(argv[i]), *equals = strchr(name, '=');

		if (equals)
			*equals++ = '\0';
		if (!var_is_name(name, strlen(name))) {
			sh_error("%s: %s: bad variable name", argv[0], name);
			status = 2;
			continue;
		}
		if (equals && !var_set(name, equals))
			return 2;
		if (export)
			var_export(name, first == 1);
		else
			var_readonly(name);
	}
	return status;
}

static int do_export(int argc, char **argv)
{
	return mark_variables(argc, argv, true);
}

static int do_readonly(int argc, char **argv)
{
	return mark_variables(argc, argv, false);
}

static int do_local(int argc, char **argv)
{
	if (!sh.functions) {
		sh_error("local: only in a function");
		return 1;
	}
	for (int i = 1; i < argc; i++) {
		char *name = scratch_strdup(argv[i]), *equals = strchr(name, '=');

		if (equals)
			*equals++ = '\0';
		if (!var_is_name(name, strlen(name))) {
			sh_error("local: %s: bad variable name", name);
			return 2;
		}
		var_local(name);
		if (equals && !var_set(name, equals))
			return 2;
	}
	return 0;
}

static int do_unset(int argc, char **argv)
{
	bool function = false;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-f"))
			function = true;
		else if (!strcmp(argv[i], "-v"))
			function = false;
		else if (function)
			function_unset(argv[i]);
		else
			var_unset(argv[i]);
	}
	return 0;
}

static const struct {
	char		letter;
	const char	*name;
	bool		*on;
} options[] = {
	{ 'a', "allexport", &sh.opt_allexport }, { 'e', "errexit", &sh.opt_errexit },
	{ 'f', "noglob", &sh.opt_noglob }, { 'n', "noexec", &sh.opt_noexec },
	{ 'u', "nounset", &sh.opt_nounset }, { 'v', "verbose", &sh.opt_verbose },
	{ 'x', "xtrace", &sh.opt_xtrace }, { 0, "pipefail", &sh.opt_pipefail },
};
#define OPTIONS (sizeof(options) / sizeof(options[0]))

static bool set_option(char letter, const char *name, bool on)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (name ? !strcmp(options[i].name, name) : options[i].letter == letter) {
			*options[i].on = on;
			return true;
		}
	if (!name && strchr("mbhims", letter))
		return true;
	return false;
}

/* "-ex", "+e", "-o NAME": returns how many arguments were options, -1 after an error. */
int sh_options(int argc, char **argv);
int sh_options(int argc, char **argv)
{
	int i;

	for (i = 0; i < argc && (argv[i][0] == '-' || argv[i][0] == '+') && argv[i][1]; i++) {
		bool on = argv[i][0] == '-';

		if (!strcmp(argv[i], "--"))
			break;
		for (const char *c = argv[i] + 1; *c; c++) {
			const char *name = NULL;

			if (*c == 'c')
				continue;
			if (*c == 'l') {
				sh.login = true;
				continue;
			}
			if (*c == 'o') {
				if (i + 1 >= argc) {
					for (size_t k = 0; k < OPTIONS; k++)
						printf("%-12s %s\n", options[k].name,
						       *options[k].on ? "on" : "off");
					return argc;
				}
				name = argv[++i];
				c = "x";
			}
			if (!set_option(*c, name, on)) {
				sh_error("bad option: %s", name ? name : argv[i]);
				return -1;
			}
		}
	}
	return i;
}

static int do_set(int argc, char **argv)
{
	int used;

	if (argc == 1) {
		var_list(false, false);
		return 0;
	}
	used = sh_options(argc - 1, argv + 1);
	if (used < 0) {
		if (!sh.interactive)
			sh.unwind = UNWIND_EXIT;
		return 2;
	}
	used++;
	if (used < argc) {
		char **copy;
		int n;

		if (!strcmp(argv[used], "--"))
			used++;
		n = argc - used;
		/* The old vector stays: a function's caller may hold it. */
		copy = sh_malloc((size_t)(n + 2) * sizeof(*copy));
		copy[0] = (char *)sh.name;
		for (int i = 0; i < n; i++)
			copy[i + 1] = sh_strdup(argv[used + i]);
		copy[n + 1] = NULL;
		sh.argc = n;
		sh.argv = copy;
	}
	return 0;
}

static int do_shift(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 1;

	if (n < 0 || n > sh.argc) {
		sh_error("shift: can't shift that many");
		if (!sh.interactive)
			sh.unwind = UNWIND_EXIT;
		return 2;
	}
	sh.argv += n;
	sh.argc -= n;
	return 0;
}

/* A line from descriptor 0, byte by byte: what follows belongs to the next reader. */
static bool read_input_line(struct text *t, bool raw, struct text *quoted)
{
	char c;
	ssize_t n;

	for (;;) {
		n = read(0, &c, 1);
		if (n < 0 && errno == EINTR && !sh.interrupted)
			continue;
		if (n <= 0)
			return false;
		if (c == '\n')
			return true;
		if (c == '\\' && !raw) {
			if (read(0, &c, 1) <= 0)
				return false;
			if (c == '\n')
				continue;
			text_add(t, c);
			text_add(quoted, 1);
			continue;
		}
		if (!c)
			continue;
		text_add(t, c);
		text_add(quoted, 0);
	}
}

static int do_read(int argc, char **argv)
{
	struct text line = { 0 }, quoted = { 0 };
	const char *ifs = var_get("IFS");
	bool raw = false, ok;
	size_t at = 0, end;
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "-r")) {
			raw = true;
		} else if (!strcmp(argv[i], "-p") && i + 1 < argc) {
			fputs(argv[++i], stderr);
		} else {
			return usage("read [-r] [-p PROMPT] NAME...");
		}
	}
	if (!ifs)
		ifs = " \t\n";
	ok = read_input_line(&line, raw, &quoted);
	text_get(&line);
	text_get(&quoted);
#define IS_IFS(k) (!quoted.s[k] && line.s[k] && strchr(ifs, line.s[k]))
#define IS_BLANK(k) (IS_IFS(k) && isspace((unsigned char)line.s[k]))
	for (; i < argc || argc == 1; i++) {
		const char *name = i < argc ? argv[i] : "REPLY";
		char *value;

		while (at < line.n && IS_BLANK(at))
			at++;
		if (i + 1 >= argc) {
			size_t stop;

			/* The last takes the rest, less blanks and a lone separator at its end. */
			end = line.n;
			while (end > at && IS_BLANK(end - 1))
				end--;
			for (stop = at; stop < end && !IS_IFS(stop); stop++)
				;
			if (stop + 1 == end && !isspace((unsigned char)line.s[stop]))
				end = stop;
		} else {
			for (end = at; end < line.n && !IS_IFS(end); end++)
				;
		}
		value = scratch_alloc(end - at + 1);
		memcpy(value, line.s + at, end - at);
		value[end - at] = '\0';
		if (!var_set(name, value))
			ok = false;
		at = end;
		while (at < line.n && IS_BLANK(at))
			at++;
		if (at < line.n && IS_IFS(at))
			at++;
		if (i >= argc)
			break;
	}
	text_free(&line);
	text_free(&quoted);
	return ok ? 0 : 1;
}

static int do_wait(int argc, char **argv)
{
	int status = 0;

	if (argc == 1)
		return wait_jobs();
	for (int i = 1; i < argc; i++)
		status = wait_job(job_pid(argv[i]));
	return status;
}

static int do_jobs(int argc, char **argv)
{
	list_jobs();
	return 0;
}

static int do_kill(int argc, char **argv)
{
	char **copy = scratch_alloc((size_t)(argc + 1) * sizeof(*copy));

	for (int i = 0; i <= argc; i++) {
		copy[i] = argv[i];
		if (argv[i] && argv[i][0] == '%') {
			pid_t pid = job_pid(argv[i]);

			if (pid < 0) {
				sh_error("kill: %s: no such job", argv[i]);
				return 1;
			}
			copy[i] = scratch_alloc(16);
			snprintf(copy[i], 16, "%d", (int)pid);
		}
	}
	return applet_run(applet_find("kill"), argc, copy);
}

static int do_umask(int argc, char **argv)
{
	mode_t mask;

	if (argc == 1) {
		mask = umask(0);
		umask(mask);
		printf("%04o\n", (unsigned int)mask);
		return 0;
	}
	umask((mode_t)strtol(argv[1], NULL, 8));
	return 0;
}

static int describe(const char *name, bool verbose)
{
	const struct builtin *b = builtin_find(name);
	char *path;

	if (function_find(name)) {
		printf(verbose ? "%s is a shell function\n" : "%s\n", name);
	} else if (b) {
		printf(verbose ? "%s is a shell builtin\n" : "%s\n", name);
	} else if ((path = find_command(name)) != NULL && access(path, X_OK) == 0) {
		if (verbose)
			printf("%s is %s\n", name, path);
		else
			puts(path);
	} else {
		if (verbose)
			printf("%s: not found\n", name);
		return 127;
	}
	return 0;
}

static int do_type(int argc, char **argv)
{
	int status = 0;

	for (int i = 1; i < argc; i++)
		status |= describe(argv[i], true);
	return status;
}

static int do_command(int argc, char **argv)
{
	const struct builtin *b;
	pid_t pid;

	if (argc > 2 && (!strcmp(argv[1], "-v") || !strcmp(argv[1], "-V")))
		return describe(argv[2], argv[1][1] == 'V');
	if (argc > 1 && !strcmp(argv[1], "--")) {
		argv++;
		argc--;
	}
	if (argc < 2)
		return 0;
	b = builtin_find(argv[1]);
	if (b)
		return b->fn(argc - 1, argv + 1);
	pid = sh_fork();
	if (pid == 0) {
		do_exec(argc, argv);
		_exit(127);
	}
	return pid < 0 ? 2 : wait_for(pid);
}

static int do_times(int argc, char **argv)
{
	struct tms t;

	times(&t);
	printf("%ldm%ld.%02lds %ldm%ld.%02lds\n", (long)t.tms_utime / 6000,
	       (long)t.tms_utime / 100 % 60, (long)t.tms_utime % 100, (long)t.tms_stime / 6000,
	       (long)t.tms_stime / 100 % 60, (long)t.tms_stime % 100);
	return 0;
}

static int do_history(int argc, char **argv)
{
	edit_list_history();
	return 0;
}

/*
 * getopts OPTIONS NAME [ARGUMENT...]: one option a call; OPTIND and the place in a cluster persist.
 */
static int do_getopts(int argc, char **argv)
{
	static int at_char;
	const char *spec, *ind = var_get("OPTIND"), *found;
	int i = ind ? atoi(ind) : 1, count;
	char **args, text[16], letter[2] = "?";
	bool silent;

	if (argc < 3)
		return usage("getopts OPTIONS NAME [ARGUMENT...]");
	spec = argv[1];
	silent = *spec == ':';
	args = argc > 3 ? argv + 2 : sh.argv;
	count = argc > 3 ? argc - 3 : sh.argc;
	var_unset("OPTARG");
	if (i < 1) {
		i = 1;
		at_char = 0;
	}
	if (!at_char) {
		if (i > count || args[i][0] != '-' || !args[i][1]) {
			var_set(argv[2], "?");
			return 1;
		}
		if (!strcmp(args[i], "--")) {
			snprintf(text, sizeof(text), "%d", i + 1);
			var_set("OPTIND", text);
			var_set(argv[2], "?");
			return 1;
		}
		at_char = 1;
	}
	letter[0] = args[i][at_char++];
	found = letter[0] == ':' ? NULL : strchr(spec + silent, letter[0]);
	if (!found) {
		if (silent)
			var_set("OPTARG", letter);
		else
			sh_error("illegal option -%s", letter);
		letter[0] = '?';
	} else if (found[1] == ':') {
		char *value = args[i] + at_char;

		if (!*value && i < count)
			value = args[++i];
		if (*value) {
			var_set("OPTARG", value);
		} else {
			if (silent)
				var_set("OPTARG", letter);
			else
				sh_error("option -%s needs an argument", letter);
			letter[0] = silent ? ':' : '?';
		}
		at_char = 0;
		i++;
	}
	if (at_char && !args[i][at_char]) {
		at_char = 0;
		i++;
	}
	snprintf(text, sizeof(text), "%d", i);
	var_set("OPTIND", text);
	var_set(argv[2], letter);
	return 0;
}

static int do_help(int argc, char **argv);

static const struct builtin builtins[] = {
	{ ":", do_colon, true, "[ARGUMENT...]", "do nothing, successfully" },
	{ ".", do_source, true, "FILE [ARGUMENT...]", "run the commands of a file here" },
	{ "source", do_source, true, "FILE [ARGUMENT...]", "the same" },
	{ "break", do_break, true, "[N]", "leave N loops" },
	{ "cd", do_cd, false, "[DIRECTORY | -]", "change the directory" },
	{ "command", do_command, false,
	  "[-v] NAME...", "run, or find, a command that is no function" },
	{ "continue", do_continue, true, "[N]", "go on with the next round" },
	{ "eval", do_eval, true, "TEXT...", "run the text" },
	{ "exec", do_exec, true, "[COMMAND...]", "become the command; or keep redirections" },
	{ "exit", do_exit, true, "[STATUS]", "leave the shell" },
	{ "export", do_export, true, "NAME[=VALUE]...", "give variables to commands" },
	{ "getopts", do_getopts, false, "OPTIONS NAME", "take options from the arguments" },
	{ "help", do_help, false, "", "this list" },
	{ "history", do_history, false, "", "list the lines typed" },
	{ "jobs", do_jobs, false, "", "list background commands" },
	{ "kill", do_kill, false, "[-SIGNAL] PID|%N...", "send a signal" },
	{ "local", do_local, false, "NAME[=VALUE]...", "variables of a function" },
	{ "read", do_read, false, "[-r] [-p TEXT] NAME...", "read a line into variables" },
	{ "readonly", do_readonly, true, "NAME[=VALUE]...", "forbid changes of variables" },
	{ "return", do_return, true, "[STATUS]", "leave a function" },
	{ "set", do_set, true, "[-efnuvx] [-o NAME] [ARGUMENT...]", "options and parameters" },
	{ "shift", do_shift, true, "[N]", "drop parameters" },
	{ "times", do_times, true, "", "processor time used" },
	{ "trap", trap_builtin, true, "[TEXT] SIGNAL...", "run text on a signal or EXIT" },
	{ "type", do_type, false, "NAME...", "what a name stands for" },
	{ "umask", do_umask, false, "[MODE]", "permissions not given to new files" },
	{ "unset", do_unset, true, "[-f] NAME...", "forget variables or functions" },
	{ "wait", do_wait, false, "[PID | %N]...", "wait for background commands" },
};
#define BUILTINS (sizeof(builtins) / sizeof(builtins[0]))

static int do_help(int argc, char **argv)
{
	puts("Commands of the shell:");
	for (size_t i = 0; i < BUILTINS; i++)
		printf("  %-8s %-26s %s\n", builtins[i].name, builtins[i].usage, builtins[i].help);
	puts("\nUtilities (NAME --help tells more):");
	applet_list();
	return 0;
}

const struct builtin *builtin_at(size_t i)
{
	return i < BUILTINS ? &builtins[i] : NULL;
}

static const struct applet *current_applet;

static int run_applet(int argc, char **argv)
{
	return applet_run(current_applet, argc, argv);
}

const struct builtin *builtin_find(const char *name)
{
	static struct builtin of_applet = { .fn = run_applet };
	const struct applet *a;

	for (size_t i = 0; i < BUILTINS; i++)
		if (!strcmp(builtins[i].name, name))
			return &builtins[i];
	a = applet_find(name);
	if (!a || !(a->flags & APPLET_BUILTIN))
		return NULL;
	current_applet = a;
	of_applet.name = a->name;
	return &of_applet;
}
