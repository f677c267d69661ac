/* SPDX-License-Identifier: MIT */
/*
 * Commands that change what is run next: they leave loops, functions and the shell by setting
 * sh.unwind, which run.c looks at, or run text and files in this shell.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "builtin.h"

int builtin_colon(int argc, char **argv)
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

int builtin_break(int argc, char **argv)
{
	return loop_unwind(argc, argv, UNWIND_BREAK);
}

int builtin_continue(int argc, char **argv)
{
	return loop_unwind(argc, argv, UNWIND_CONTINUE);
}

int builtin_return(int argc, char **argv)
{
	sh.unwind = UNWIND_RETURN;
	return argc > 1 ? atoi(argv[1]) & 255 : sh.status;
}

int builtin_exit(int argc, char **argv)
{
	sh.unwind = UNWIND_EXIT;
	return argc > 1 ? atoi(argv[1]) & 255 : sh.status;
}

int builtin_eval(int argc, char **argv)
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
	sh_run_string(s, false);
	return sh.status;
}

int builtin_source(int argc, char **argv)
{
	char *path;
	int saved_argc = sh.argc;
	char **saved_argv = sh.argv;

	if (argc < 2)
		return builtin_usage(". FILE [ARGUMENT...]");
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
