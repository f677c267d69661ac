/* SPDX-License-Identifier: MIT */
/* expr: | & comparisons + - * / % and ":" (match), lowest first. */
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include "toolbox.h"

static char **word, **last;
static bool failed;

static char *parse(int level);

static char *number_text(long v)
{
	char *s = must(malloc(24));

	snprintf(s, 24, "%ld", v);
	return s;
}

static bool to_number(const char *s, long *v)
{
	char *end;

	*v = strtol(s, &end, 10);
	return *s && !*end;
}

static bool is_null(const char *s)
{
	long v;

	return !*s || (to_number(s, &v) && v == 0);
}

static char *match(const char *s, const char *pattern)
{
	size_t n = strlen(pattern) + 2;
	char *anchored = malloc(n), *out;
	regmatch_t m[2];
	regex_t re;

	snprintf(anchored, n, "^%s", pattern);
	if (regcomp(&re, anchored, 0)) {
		failed = true;
		return must(strdup(""));
	}
	if (regexec(&re, s, 2, m, 0))
		out = re.re_nsub ? strdup("") : number_text(0);
	else if (re.re_nsub)
		out = m[1].rm_so < 0 ? strdup("")
				     : strndup(s + m[1].rm_so, (size_t)(m[1].rm_eo - m[1].rm_so));
	else
		out = number_text((long)m[0].rm_eo);
	regfree(&re);
	free(anchored);
	return out;
}

static char *apply(const char *a, const char *op, const char *b)
{
	long x, y;
	bool numbers = to_number(a, &x), both = to_number(b, &y) && numbers;
	int order = both ? (x > y) - (x < y) : strcmp(a, b);

	switch (op[0]) {
	case '|':
		return must(strdup(is_null(a) ? b : a));
	case '&':
		return must(strdup(is_null(a) || is_null(b) ? "0" : a));
	case '=':
		return number_text(order == 0);
	case '!':
		return number_text(order != 0);
	case '<':
		return number_text(op[1] ? order <= 0 : order < 0);
	case '>':
		return number_text(op[1] ? order >= 0 : order > 0);
	case ':':
		return match(a, b);
	}
	if (!both || (strchr("/%", op[0]) && y == 0)) {
		if (!failed)
			fail_text(both || !numbers ? a : b,
				  both ? "division by zero" : "not a number");
		failed = true;
		return number_text(0);
	}
	return number_text(op[0] == '+' ? x + y : op[0] == '-' ? x - y : op[0] == '*' ? x * y
			   : op[0] == '/' ? x / y : x % y);
}

static char *primary(void)
{
	char *v;

	if (word >= last) {
		failed = true;
		return must(strdup(""));
	}
	if (!strcmp(*word, "(")) {
		word++;
		v = parse(0);
		if (word < last && !strcmp(*word, ")"))
			word++;
		else
			failed = true;
		return v;
	}
	if (!strcmp(*word, "length") && word + 1 < last) {
		word += 2;
		return number_text((long)strlen(word[-1]));
	}
	return must(strdup(*word++));
}

static char *parse(int level)
{
	static const char *const levels[][7] = {
		{ "|" }, { "&" }, { "=", "!=", "<", "<=", ">", ">=" },
		{ "+", "-" }, { "*", "/", "%" }, { ":" },
	};
	char *a = level < 6 ? parse(level + 1) : primary();

	while (level < 6 && word < last) {
		const char *op = NULL;
		char *b, *result;

		for (int i = 0; i < 6 && levels[level][i]; i++)
			if (!strcmp(levels[level][i], *word))
				op = *word;
		if (!op)
			break;
		word++;
		b = parse(level + 1);
		result = apply(a, op, b);
		free(a);
		free(b);
		a = result;
	}
	return a;
}

int expr_main(int argc, char **argv)
{
	char *v;

	if (argc < 2)
		return fail_usage();
	failed = false;
	word = argv + 1;
	last = argv + argc;
	v = parse(0);
	if (failed || word < last) {
		if (word < last)
			fail_text(*word, "syntax error");
		return 2;
	}
	puts(v);
	return is_null(v);
}
