/* SPDX-License-Identifier: MIT */
/*
 * Commands that change or ask about the shell's process (its program, directory, umask, times) and its
 * jobs. The jobs themselves are kept by job.c.
 */
#include <sys/stat.h>
#include <sys/times.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "builtin.h"
#include "../toolbox/toolbox.h"

int builtin_exec(int argc, char **argv)
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

int builtin_cd(int argc, char **argv)
{
	const char *to = argc > 1 ? argv[1] : var_get("HOME"), *old = var_get("PWD");
	char path[PATH_MAX];
	bool print = false;

	if (argc > 2)
		return builtin_usage("cd [DIRECTORY]");
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

int builtin_umask(int argc, char **argv)
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

int builtin_times(int argc, char **argv)
{
	struct tms t;

	times(&t);
	printf("%ldm%ld.%02lds %ldm%ld.%02lds\n", (long)t.tms_utime / 6000,
	       (long)t.tms_utime / 100 % 60, (long)t.tms_utime % 100, (long)t.tms_stime / 6000,
	       (long)t.tms_stime / 100 % 60, (long)t.tms_stime % 100);
	return 0;
}

int builtin_wait(int argc, char **argv)
{
	int status = 0;

	if (argc == 1)
		return wait_jobs();
	for (int i = 1; i < argc; i++)
		status = wait_job(job_pid(argv[i]));
	return status;
}

int builtin_jobs(int argc, char **argv)
{
	list_jobs();
	return 0;
}

int builtin_kill(int argc, char **argv)
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
