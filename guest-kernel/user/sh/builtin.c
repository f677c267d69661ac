/* SPDX-License-Identifier: MIT */
/*
 * The table of the commands that the shell runs itself, because they change it or to save a process,
 * and those of them that are about commands: help, history, type, command. Utilities that are marked so
 * are found here too. Next: builtins.def, then run.c, which calls what is found.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "builtin.h"
#include "../toolbox/toolbox.h"

int builtin_usage(const char *text)
{
	sh_error("usage: %s", text);
	return 2;
}

static const struct builtin builtins[] = {
#define BUILTIN(name, fn, special, usage, help) { name, fn, special, usage, help },
#include "builtins.def"
#undef BUILTIN
};
#define BUILTINS (sizeof(builtins) / sizeof(builtins[0]))

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

int builtin_help(int argc, char **argv)
{
	puts("Commands of the shell:");
	for (size_t i = 0; i < BUILTINS; i++)
		printf("  %-8s %-26s %s\n", builtins[i].name, builtins[i].usage, builtins[i].help);
	puts("\nUtilities (NAME --help tells more):");
	applet_list();
	return 0;
}

int builtin_history(int argc, char **argv)
{
	edit_list_history();
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

int builtin_type(int argc, char **argv)
{
	int status = 0;

	for (int i = 1; i < argc; i++)
		status |= describe(argv[i], true);
	return status;
}

int builtin_command(int argc, char **argv)
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
		builtin_exec(argc, argv);
		_exit(127);
	}
	return pid < 0 ? 2 : wait_for(pid);
}
