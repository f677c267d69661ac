/* SPDX-License-Identifier: MIT */
/*
 * Commands that give variables values and properties: export, readonly, local, unset, read. The
 * variables themselves are kept by var.c.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "builtin.h"

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

int builtin_export(int argc, char **argv)
{
	return mark_variables(argc, argv, true);
}

int builtin_readonly(int argc, char **argv)
{
	return mark_variables(argc, argv, false);
}

int builtin_local(int argc, char **argv)
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

int builtin_unset(int argc, char **argv)
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

int builtin_read(int argc, char **argv)
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
			return builtin_usage("read [-r] [-p PROMPT] NAME...");
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
