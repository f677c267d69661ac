/* SPDX-License-Identifier: MIT */
/* find: each file of a tree against a list of tests, all of which must hold; "-o" is not known. */
#include <sys/stat.h>
#include <sys/wait.h>
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "toolbox.h"

static char **tests, **tests_end;
static long max_depth, min_depth;
static int status;

static int run_exec(char **from, char **to, const char *path)
{
	char *args[64];
	int n = 0, result;
	pid_t pid;

	for (; from < to && n < 63; from++)
		args[n++] = strcmp(*from, "{}") ? *from : (char *)path;
	args[n] = NULL;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		execvp(args[0], args);
		_exit(fail_errno(args[0]));
	}
	if (pid < 0 || waitpid(pid, &result, 0) < 0)
		return 1;
	return result;
}

static bool number_matches(const char *text, long value)
{
	long n = atol(text + (*text == '+' || *text == '-'));

	return *text == '+' ? value > n : *text == '-' ? value < n : value == n;
}

static void visit(const char *path, const struct stat *st)
{
	bool acted = false;

	for (char **t = tests; t < tests_end; t++) {
		const char *name = *t;
		bool negate = !strcmp(name, "!"), ok = true;

		if (negate)
			name = *++t;
		if (!strcmp(name, "-name")) {
			ok = !fnmatch(*++t, base_name(path), 0);
		} else if (!strcmp(name, "-path")) {
			ok = !fnmatch(*++t, path, 0);
		} else if (!strcmp(name, "-type")) {
			static const char letters[] = "?pc?d?b?f?l?s???";

			ok = letters[st->st_mode >> 12 & 15] == (*++t)[0];
		} else if (!strcmp(name, "-size")) {
			const char *size = *++t;
			long unit = strchr(size, 'c') ? 1
				    : strchr(size, 'k') ? 1024
				    : strchr(size, 'M') ? 1048576
							: 512;

			ok = number_matches(size, ((long)st->st_size + unit - 1) / unit);
		} else if (!strcmp(name, "-mtime")) {
			ok = number_matches(*++t, (long)(time(NULL) - st->st_mtim.tv_sec) / 86400);
		} else if (!strcmp(name, "-empty")) {
			ok = S_ISREG(st->st_mode) && st->st_size == 0;
		} else if (!strcmp(name, "-maxdepth") || !strcmp(name, "-mindepth")) {
			t++;
		} else if (!strcmp(name, "-print")) {
			puts(path);
			acted = true;
		} else if (!strcmp(name, "-print0")) {
			fputs(path, stdout);
			putchar('\0');
			acted = true;
		} else if (!strcmp(name, "-delete")) {
			if ((S_ISDIR(st->st_mode) ? rmdir : unlink)(path) < 0)
				status = fail_errno(path);
			acted = true;
		} else if (!strcmp(name, "-exec")) {
			char **end = ++t;

			while (end < tests_end && strcmp(*end, ";"))
				end++;
			ok = !run_exec(t, end, path);
			t = end;
			acted = true;
		}
		if (ok == negate)
			return;
	}
	if (!acted)
		puts(path);
}

static void walk(const char *path, long depth, bool depth_first)
{
	struct stat st;
	struct dirent *e;
	DIR *d;

	if (lstat(path, &st) < 0) {
		status = fail_errno(path);
		return;
	}
	if (!depth_first && depth >= min_depth)
		visit(path, &st);
	if (S_ISDIR(st.st_mode) && depth < max_depth) {
		d = opendir(path);
		if (!d)
			status = fail_errno(path);
		while (d && (e = readdir(d)) != NULL) {
			char *inner;

			if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
				continue;
			inner = join_path(path, e->d_name);
			walk(inner, depth + 1, depth_first);
			free(inner);
		}
		if (d)
			closedir(d);
	}
	if (depth_first && depth >= min_depth)
		visit(path, &st);
}

/* Each test is known and has its operand. */
static bool check_tests(bool *depth_first)
{
	static const char *const with[] = { "-name",  "-path",	   "-type",    "-size",
					    "-mtime", "-maxdepth", "-mindepth" };
	static const char *const without[] = { "!", "-print", "-print0", "-delete", "-empty" };

	for (char **t = tests; t < tests_end; t++) {
		bool known = false;

		for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++)
			known |= !strcmp(*t, without[i]);
		*depth_first |= !strcmp(*t, "-delete");
		for (size_t i = 0; i < sizeof(with) / sizeof(with[0]) && !known; i++) {
			if (strcmp(*t, with[i]))
				continue;
			known = true;
			if (++t >= tests_end) {
				fail_text(t[-1], "needs an argument");
				return false;
			}
			if (!strcmp(t[-1], "-maxdepth"))
				max_depth = atol(*t);
			if (!strcmp(t[-1], "-mindepth"))
				min_depth = atol(*t);
		}
		if (!known && !strcmp(*t, "-exec")) {
			while (t < tests_end && strcmp(*t, ";"))
				t++;
			known = t < tests_end;
			if (!known)
				t--;
		}
		if (!known || (!strcmp(*t, "!") && t + 1 >= tests_end)) {
			fail_text(*t, "unknown test, or its argument is missing");
			return false;
		}
	}
	return true;
}

int find_main(int argc, char **argv)
{
	bool depth_first = false;
	int first = 1;

	while (first < argc && argv[first][0] != '-' && strcmp(argv[first], "!"))
		first++;
	tests = argv + first;
	tests_end = argv + argc;
	max_depth = 1000000;
	min_depth = 0;
	status = 0;
	if (!check_tests(&depth_first))
		return 2;
	if (first == 1)
		walk(".", 0, depth_first);
	for (int i = 1; i < first; i++)
		walk(argv[i], 0, depth_first);
	return status;
}
