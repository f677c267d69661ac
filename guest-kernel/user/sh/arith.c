/* SPDX-License-Identifier: MIT */
/* $(( )): C's integer expressions over long, with variables and assignment. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sh.h"

static const char *p;
static bool failed;
static int skipping;		/* in the branch of ?: && || that is not taken */

static long assignment(void);

static void fail(const char *what)
{
	if (!failed)
		sh_error("arithmetic: %s", what);
	failed = true;
}

static void blanks(void)
{
	while (isspace((unsigned char)*p))
		p++;
}

/* Take the operator if it comes next and is not the beginning of a longer one. */
static bool take(const char *op)
{
	size_t n = strlen(op);

	blanks();
	if (strncmp(p, op, n))
		return false;
	if (n == 1 && strchr("<>&|", op[0]) && p[1] == op[0])
		return false;
	if (strchr("+-*/%<>&|^=!", op[n - 1]) && p[n] == '=' && op[n - 1] != '=')
		return false;
	if (n == 1 && op[0] == '=' && p[1] == '=')
		return false;
	p += n;
	return true;
}

static long variable(const char *name)
{
	const char *value = var_get(name);
	char *end;
	long v;

	if (!value || !*value)
		return 0;
	v = strtol(value, &end, 0);
	if (*end && !isspace((unsigned char)*end)) {
		const char *keep = p;

		p = value;
		v = assignment();
		p = keep;
	}
	return v;
}

static size_t name_length(void)
{
	size_t n = 0;

	blanks();
	if (isalpha((unsigned char)*p) || *p == '_')
		while (isalnum((unsigned char)p[n]) || p[n] == '_')
			n++;
	return n;
}

static void assign(const char *name, long value)
{
	char text[24];

	if (skipping || failed)
		return;
	snprintf(text, sizeof(text), "%ld", value);
	var_set(name, text);
}

static long primary(void)
{
	size_t n;
	char *end;
	long v;

	if (take("(")) {
		v = assignment();
		if (!take(")"))
			fail("expecting \")\"");
		return v;
	}
	n = name_length();
	if (n) {
		char name[128];

		snprintf(name, sizeof(name), "%.*s", (int)n, p);
		p += n;
		v = variable(name);
		blanks();
		if (!strncmp(p, "++", 2) || !strncmp(p, "--", 2)) {
			assign(name, *p == '+' ? v + 1 : v - 1);
			p += 2;
		}
		return v;
	}
	if (!isdigit((unsigned char)*p)) {
		fail(*p ? "expecting an operand" : "expression ends too early");
		return 0;
	}
	v = strtol(p, &end, 0);
	if (isalnum((unsigned char)*end))
		fail("bad number");
	p = end;
	return v;
}

static long unary(void)
{
	blanks();
	if (!strncmp(p, "++", 2) || !strncmp(p, "--", 2)) {
		int step = *p == '+' ? 1 : -1;
		char name[128];
		size_t n;
		long v;

		p += 2;
		n = name_length();
		if (!n) {
			fail("expecting a variable");
			return 0;
		}
		snprintf(name, sizeof(name), "%.*s", (int)n, p);
		p += n;
		v = variable(name) + step;
		assign(name, v);
		return v;
	}
	if (take("-"))
		return (long)(0ul - (unsigned long)unary());
	if (take("+"))
		return unary();
	if (take("!"))
		return !unary();
	if (take("~"))
		return ~unary();
	return primary();
}

static const struct {
	const char	*op;
	int		level;
} operators[] = {
	{ "||", 1 }, { "&&", 2 }, { "|", 3 }, { "^", 4 }, { "&", 5 }, { "==", 6 }, { "!=", 6 },
	{ "<=", 7 }, { ">=", 7 }, { "<<", 8 }, { ">>", 8 }, { "<", 7 }, { ">", 7 },
	{ "+", 9 }, { "-", 9 }, { "*", 10 }, { "/", 10 }, { "%", 10 },
};

static long apply(const char *op, long a, long b)
{
	unsigned long x = (unsigned long)a, y = (unsigned long)b;

	switch (op[0]) {
	case '|':
		return op[1] ? a || b : a | b;
	case '&':
		return op[1] ? a && b : a & b;
	case '^':
		return a ^ b;
	case '=':
		return a == b;
	case '!':
		return a != b;
	case '<':
		return op[1] == '<' ? (long)(x << (y & 63)) : op[1] ? a <= b : a < b;
	case '>':
		return op[1] == '>' ? a >> (y & 63) : op[1] ? a >= b : a > b;
	case '+':
		return (long)(x + y);
	case '-':
		return (long)(x - y);
	case '*':
		return (long)(x * y);
	}
	if (skipping)
		return 0;
	if (!b) {
		fail("division by zero");
		return 0;
	}
	if (b == -1)
		return op[0] == '/' ? (long)(0ul - x) : 0;
	return op[0] == '/' ? a / b : a % b;
}

static long binary(int level)
{
	long left = unary();

	for (;;) {
		size_t i;
		long right;
		bool skip;

		for (i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
			if (operators[i].level >= level && take(operators[i].op))
				break;
		if (failed || i == sizeof(operators) / sizeof(operators[0]))
			return left;
		skip = (operators[i].level == 1 && left) || (operators[i].level == 2 && !left);
		skipping += skip;
		right = binary(operators[i].level + 1);
		skipping -= skip;
		left = apply(operators[i].op, left, right);
	}
}

static long conditional(void)
{
	long test = binary(1), yes, no;

	if (!take("?"))
		return test;
	skipping += !test;
	yes = assignment();
	skipping -= !test;
	if (!take(":"))
		fail("expecting \":\"");
	skipping += !!test;
	no = conditional();
	skipping -= !!test;
	return test ? yes : no;
}

static long assignment(void)
{
	static const char *const ops[] = { "=",	  "+=",	 "-=", "*=", "/=", "%=",
					   "<<=", ">>=", "&=", "|=", "^=" };
	const char *start = p;
	size_t n = name_length();
	char name[128];

	if (!n)
		return conditional();
	snprintf(name, sizeof(name), "%.*s", (int)n, p);
	p += n;
	blanks();
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		size_t len = strlen(ops[i]);
		char op[3];
		long value;

		if (strncmp(p, ops[i], len) || (len == 1 && p[1] == '='))
			continue;
		p += len;
		value = assignment();
		snprintf(op, sizeof(op), "%.*s", (int)len - 1, ops[i]);
		if (len > 1)
			value = apply(op, variable(name), value);
		assign(name, value);
		return value;
	}
	p = start;
	return conditional();
}

long arith_evaluate(const char *expression)
{
	long v;

	p = expression;
	failed = false;
	skipping = 0;
	blanks();
	if (!*p)
		return 0;
	v = assignment();
	while (!failed && take(","))
		v = assignment();
	blanks();
	if (!failed && *p)
		fail("unexpected characters at the end");
	if (failed) {
		sh.status = 2;
		sh.unwind = sh.interactive ? UNWIND_ABORT : UNWIND_EXIT;
		return 0;
	}
	return v;
}
