/* SPDX-License-Identifier: MIT */
/* test and [: conditions, by recursive descent: -o, then -a, then !, then primaries and
 * parentheses. */
#include <sys/stat.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "toolbox.h"

static char **word, **last;
static bool failed;

static bool parse_or(void);

static void fail(const char *subject, const char *text)
{
	if (!failed)
		fail_text(subject, text);
	failed = true;
}

static bool file_test(char letter, const char *path)
{
	struct stat st;

	switch (letter) {
	case 'r':
		return access(path, R_OK) == 0;
	case 'w':
		return access(path, W_OK) == 0;
	case 'x':
		return access(path, X_OK) == 0;
	case 't':
		return isatty(atoi(path));
	case 'h':
	case 'L':
		return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
	}
	if (stat(path, &st) < 0)
		return false;
	switch (letter) {
	case 'e':
		return true;
	case 'f':
		return S_ISREG(st.st_mode);
	case 'd':
		return S_ISDIR(st.st_mode);
	case 'b':
		return S_ISBLK(st.st_mode);
	case 'c':
		return S_ISCHR(st.st_mode);
	case 'p':
		return S_ISFIFO(st.st_mode);
	case 'S':
		return S_ISSOCK(st.st_mode);
	case 's':
		return st.st_size > 0;
	case 'u':
		return st.st_mode & S_ISUID;
	case 'g':
		return st.st_mode & S_ISGID;
	case 'k':
		return st.st_mode & S_ISVTX;
	case 'O':
		return st.st_uid == geteuid();
	case 'G':
		return st.st_gid == getegid();
	}
	return false;
}

static long number(const char *s)
{
	char *end;
	long v = strtol(s, &end, 10);

	while (*end == ' ' || *end == '\t')
		end++;
	if (end == s || *end)
		fail(s, "not a number");
	return v;
}

static int newer(const char *a, const char *b)
{
	struct stat x, y;
	bool have_x = stat(a, &x) == 0, have_y = stat(b, &y) == 0;

	if (!have_x || !have_y)
		return have_x - have_y;
	if (x.st_mtim.tv_sec != y.st_mtim.tv_sec)
		return x.st_mtim.tv_sec > y.st_mtim.tv_sec ? 1 : -1;
	return (x.st_mtim.tv_nsec > y.st_mtim.tv_nsec) - (x.st_mtim.tv_nsec < y.st_mtim.tv_nsec);
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static bool is_binary(const char *op)
{
	static const char *const ops[] = { "=",	  "==",	 "!=",	"<",   ">",   "-eq", "-ne",
					   "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef" };

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (!strcmp(op, ops[i]))
			return true;
	return false;
}

static bool binary(const char *a, const char *op, const char *b)
{
	long x, y;

	if (!strcmp(op, "=") || !strcmp(op, "=="))
		return !strcmp(a, b);
	if (!strcmp(op, "!="))
		return strcmp(a, b) != 0;
	if (!strcmp(op, "<"))
		return strcmp(a, b) < 0;
	if (!strcmp(op, ">"))
		return strcmp(a, b) > 0;
	if (!strcmp(op, "-nt"))
		return newer(a, b) > 0;
	if (!strcmp(op, "-ot"))
		return newer(a, b) < 0;
	if (!strcmp(op, "-ef"))
		return same_file(a, b);
	x = number(a);
	y = number(b);
	switch (op[1] << 8 | op[2]) {
	case 'e' << 8 | 'q':
		return x == y;
	case 'n' << 8 | 'e':
		return x != y;
	case 'l' << 8 | 't':
		return x < y;
	case 'l' << 8 | 'e':
		return x <= y;
	case 'g' << 8 | 't':
		return x > y;
	}
	return x >= y;
}

static bool parse_primary(void)
{
	char *s;
	bool value;

	if (word == last) {
		fail("argument", "expected");
		return false;
	}
	if (last - word >= 3 && is_binary(word[1])) {
		value = binary(word[0], word[1], word[2]);
		word += 3;
		return value;
	}
	s = *word++;
	if (!strcmp(s, "!") && word < last)
		return !parse_primary();
	if (!strcmp(s, "(") && word < last) {
		value = parse_or();
		if (word < last && !strcmp(*word, ")"))
			word++;
		else
			fail(")", "expected");
		return value;
	}
	if (s[0] == '-' && s[1] && !s[2] && word < last && strchr("bcdefghkLnOGprsStuwxz", s[1])) {
		char *operand = *word++;

		if (s[1] == 'n')
			return *operand;
		if (s[1] == 'z')
			return !*operand;
		return file_test(s[1], operand);
	}
	return *s;
}

static bool parse_and(void)
{
	bool value = parse_primary();

	while (word < last && !strcmp(*word, "-a")) {
		word++;
		value &= parse_primary();
	}
	return value;
}

static bool parse_or(void)
{
	bool value = parse_and();

	while (word < last && !strcmp(*word, "-o")) {
		word++;
		value |= parse_and();
	}
	return value;
}

int test_main(int argc, char **argv)
{
	bool value;

	failed = false;
	word = argv + 1;
	last = argv + argc;
	if (!strcmp(base_name(argv[0]), "[")) {
		if (argc < 2 || strcmp(argv[argc - 1], "]")) {
			fail_text("]", "missing");
			return 2;
		}
		last--;
	}
	if (word == last)
		return 1;
	/* With three arguments a middle operator decides, whatever the others look like. */
	if (last - word == 4 && !strcmp(word[0], "!") && is_binary(word[2])) {
		value = !binary(word[1], word[2], word[3]);
		word = last;
	} else {
		value = parse_or();
	}
	if (word < last)
		fail(*word, "unexpected");
	return failed ? 2 : !value;
}
