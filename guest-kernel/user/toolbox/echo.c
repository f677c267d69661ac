/* SPDX-License-Identifier: MIT */
/* echo and printf: text with escapes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "toolbox.h"

/*
 * One escape after a backslash; returns how far it went, *stop for \c. A zero digit first is
 * optional in echo's octal numbers and part of them in printf's.
 */
static size_t put_escape(const char *s, bool *stop)
{
	static const char from[] = "abefnrtv\\\"'", to[] = "\a\b\033\f\n\r\t\v\\\"'";
	const char *found = *s ? strchr(from, *s) : NULL;
	size_t n = 0;
	int value = 0;

	if (found) {
		putchar(to[found - from]);
		return 1;
	}
	if (*s == 'c') {
		*stop = true;
		return 1;
	}
	if (*s == 'x') {
		char digits[3] = { 0 };

		for (n = 1; n < 3 && strchr("0123456789abcdefABCDEF", s[n]) && s[n]; n++)
			digits[n - 1] = s[n];
		if (n > 1) {
			putchar((int)strtol(digits, NULL, 16));
			return n;
		}
		n = 0;
	}
	while (n < 3 + (*s == '0') && s[n] >= '0' && s[n] <= '7')
		value = value * 8 + s[n++] - '0';
	if (n) {
		putchar(value & 255);
		return n;
	}
	putchar('\\');
	return 0;
}

/* True if \c ended the output. */
static bool put_with_escapes(const char *s)
{
	bool stop = false;

	while (*s && !stop) {
		if (*s == '\\')
			s += 1 + put_escape(s + 1, &stop);
		else
			putchar(*s++);
	}
	return stop;
}

int echo_main(int argc, char **argv)
{
	bool newline = true, escapes = false;
	int i;

	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1] &&
	     strspn(argv[i] + 1, "neE") == strlen(argv[i] + 1); i++)
		for (const char *c = argv[i] + 1; *c; c++) {
			if (*c == 'n')
				newline = false;
			else
				escapes = *c == 'e';
		}
	for (; i < argc; i++) {
		if (escapes) {
			if (put_with_escapes(argv[i]))
				return 0;
		} else {
			fputs(argv[i], stdout);
		}
		if (i + 1 < argc)
			putchar(' ');
	}
	if (newline)
		putchar('\n');
	return 0;
}

struct arguments {
	char	**next, **end;
	int	status;
	bool	used;
};

static const char *take(struct arguments *a)
{
	if (a->next == a->end)
		return NULL;
	a->used = true;
	return *a->next++;
}

static intmax_t take_integer(struct arguments *a)
{
	const char *s = take(a);
	char *end;
	intmax_t v;

	if (!s)
		return 0;
	if (*s == '\'' || *s == '"')
		return (unsigned char)s[1];
	v = *s == '-' ? (intmax_t)strtoll(s, &end, 0) : (intmax_t)strtoull(s, &end, 0);
	if (end == s || *end)
		a->status = fail_text(s, "not a number");
	return v;
}

/* One conversion, whose text (with flags, width, precision) is spec without its last letter. */
static bool convert(char *spec, size_t n, char letter, struct arguments *a)
{
	const char *s;

	switch (letter) {
	case 'd':
	case 'i':
	case 'u':
	case 'o':
	case 'x':
	case 'X':
		snprintf(spec + n, 4, "j%c", letter);
		printf(spec, take_integer(a));
		break;
	case 'c':
		s = take(a);
		spec[n] = 'c';
		if (s && *s)
			printf(spec, *s);
		break;
	case 's':
		s = take(a);
		spec[n] = 's';
		printf(spec, s ? s : "");
		break;
	case 'b':
		s = take(a);
		return s && put_with_escapes(s);
	case 'e':
	case 'f':
	case 'g':
	case 'E':
	case 'G':
		s = take(a);
		spec[n] = letter;
		printf(spec, s ? strtod(s, NULL) : 0.0);
		break;
	default:
		a->status = fail_text("printf", "unknown conversion");
		return true;
	}
	return false;
}

/* The format once; true to stop. */
static bool format_once(const char *f, struct arguments *a)
{
	bool stop = false;

	while (*f && !stop) {
		char spec[40] = "%";
		size_t n = 1;

		if (*f == '\\') {
			f += 1 + put_escape(f + 1, &stop);
			continue;
		}
		if (*f != '%') {
			putchar(*f++);
			continue;
		}
		if (*++f == '%') {
			putchar(*f++);
			continue;
		}
		while (*f && strchr("-+ #0123456789.*", *f) && n < 24) {
			if (*f == '*')
				n += (size_t)snprintf(spec + n, 12, "%d", (int)take_integer(a));
			else
				spec[n++] = *f;
			f++;
		}
		if (!*f) {
			putchar('%');
			return true;
		}
		stop = convert(spec, n, *f++, a);
	}
	return stop;
}

int printf_main(int argc, char **argv)
{
	struct arguments a = { .next = argv + 2, .end = argv + argc };

	if (argc > 1 && !strcmp(argv[1], "--")) {
		argv++;
		argc--;
		a.next++;
	}
	if (argc < 2)
		return fail_usage();
	do
		a.used = false;
	while (!format_once(argv[1], &a) && a.used && a.next < a.end);
	return a.status;
}
