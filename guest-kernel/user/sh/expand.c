/* SPDX-License-Identifier: MIT */
/*
 * Words to arguments: parameters, commands, arithmetic; field splitting; path names; quote removal.
 *
 * A field is built in pattern form: characters that were quoted, and backslashes that came out of
 * an expansion, have a backslash before them if a pattern would give them a meaning. Path name
 * expansion then works on it directly, and quote removal is taking those backslashes out.
 */
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "sh.h"

struct expander {
	struct text	field;
	bool		has;		/* the field exists, even if empty */
	bool		after_blank;	/* the last field was ended by a blank of IFS */
	bool		split;
	bool		ignore_empty;	/* the word has "$@": empty quotes beside it are no field */
	char		**fields;
	int		count, room;
};

static void expand_parts(struct expander *e, const struct part *p, bool literal_splits);

static void fields_add(struct expander *e, char *s)
{
	if (e->count + 1 >= e->room) {
		char **more = scratch_alloc((size_t)(e->room * 2 + 8) * sizeof(*more));

		if (e->count)
			memcpy(more, e->fields, (size_t)e->count * sizeof(*more));
		e->fields = more;
		e->room = e->room * 2 + 8;
	}
	e->fields[e->count++] = s;
	e->fields[e->count] = NULL;
}

static void end_field(struct expander *e)
{
	fields_add(e, scratch_strdup(text_get(&e->field)));
	e->field.n = 0;
	e->has = false;
}

static void add_quoted(struct expander *e, const char *s)
{
	for (; *s; s++) {
		if (strchr("*?[]\\-!^", *s))
			text_add(&e->field, '\\');
		text_add(&e->field, *s);
		e->has = true;
	}
}

/* The unquoted result of an expansion: split it, keep its pattern characters. */
static void add_split(struct expander *e, const char *s)
{
	const char *ifs = var_get("IFS");

	if (!ifs)
		ifs = " \t\n";
	for (; *s; s++) {
		if (e->split && strchr(ifs, *s)) {
			if (isspace((unsigned char)*s)) {
				if (e->has) {
					end_field(e);
					e->after_blank = true;
				}
			} else if (e->after_blank && !e->has) {
				e->after_blank = false;
			} else {
				end_field(e);
			}
			continue;
		}
		if (*s == '\\')
			text_add(&e->field, '\\');
		text_add(&e->field, *s);
		e->has = true;
		e->after_blank = false;
	}
}

static void add_value(struct expander *e, const char *s, bool quoted)
{
	if (quoted) {
		add_quoted(e, s);
		e->has = true;
	} else {
		add_split(e, s);
	}
}

static void expansion_error(const char *name, const char *text)
{
	sh_error("%s: %s", name, text);
	sh.status = 2;
	sh.unwind = sh.interactive && !sh.subshell ? UNWIND_ABORT : UNWIND_EXIT;
}

static char *joined_parameters(void)
{
	const char *ifs = var_get("IFS");
	struct text t = { 0 };
	char *s;

	for (int i = 1; i <= sh.argc; i++) {
		if (i > 1 && (!ifs || *ifs))
			text_add(&t, ifs ? *ifs : ' ');
		text_add_string(&t, sh.argv[i]);
	}
	s = scratch_strdup(text_get(&t));
	text_free(&t);
	return s;
}

const char *param_value(const char *name)
{
	char *s;
	long n;

	if (isdigit((unsigned char)*name)) {
		n = strtol(name, NULL, 10);
		return n == 0 ? sh.name : n <= sh.argc ? sh.argv[n] : NULL;
	}
	if (isalpha((unsigned char)*name) || *name == '_')
		return var_get(name);
	s = scratch_alloc(24);
	switch (*name) {
	case '?':
		snprintf(s, 24, "%d", sh.status);
		return s;
	case '$':
		snprintf(s, 24, "%d", (int)sh.pid);
		return s;
	case '!':
		if (!sh.last_background)
			return NULL;
		snprintf(s, 24, "%d", (int)sh.last_background);
		return s;
	case '#':
		snprintf(s, 24, "%d", sh.argc);
		return s;
	case '-':
		snprintf(s, 24, "%s%s%s%s%s", sh.interactive ? "i" : "", sh.opt_errexit ? "e" : "",
			 sh.opt_nounset ? "u" : "", sh.opt_xtrace ? "x" : "",
			 sh.opt_noglob ? "f" : "");
		return s;
	case '@':
	case '*':
		return sh.argc ? joined_parameters() : NULL;
	}
	return NULL;
}

/* $@ and $*: one field a parameter, except "$*". */
static void expand_all_parameters(struct expander *e, const struct part *p)
{
	if (p->text[0] == '*' && (p->quoted || !e->split)) {
		add_value(e, joined_parameters(), p->quoted);
		return;
	}
	for (int i = 1; i <= sh.argc; i++) {
		if (i > 1) {
			if (!e->split)
				add_value(e, " ", p->quoted);
			else if (e->has)
				end_field(e);
		}
		add_value(e, sh.argv[i], p->quoted);
	}
}

/* ${name#pattern} and friends: the value without what matched. */
static char *strip(const char *value, const char *pattern, char op)
{
	size_t n = strlen(value);
	char *copy = scratch_strdup(value);

	if (op == '#' || op == 'H') {
		for (size_t i = 0; i <= n; i++) {
			size_t cut = op == '#' ? i : n - i;
			char keep = copy[cut];

			copy[cut] = '\0';
			if (!fnmatch(pattern, copy, 0)) {
				copy[cut] = keep;
				return copy + cut;
			}
			copy[cut] = keep;
		}
	} else {
		for (size_t i = 0; i <= n; i++) {
			size_t cut = op == '%' ? n - i : i;

			if (!fnmatch(pattern, copy + cut, 0)) {
				copy[cut] = '\0';
				return copy;
			}
		}
	}
	return copy;
}

static void expand_param(struct expander *e, const struct part *p)
{
	const char *value;
	bool empty;

	if ((p->text[0] == '@' || p->text[0] == '*') && !p->op) {
		expand_all_parameters(e, p);
		return;
	}
	value = param_value(p->text);
	empty = !value || (p->colon && !*value);
	switch (p->op) {
	case 'L': {
		char number[24];
		bool all = p->text[0] == '@' || p->text[0] == '*';

		snprintf(number, sizeof(number), "%zu",
			 all ? (size_t)sh.argc
			 : value ? strlen(value)
				 : 0);
		add_value(e, number, p->quoted);
		return;
	}
	case '-':
		if (!empty)
			break;
		e->has |= p->quoted;
		expand_parts(e, p->arg->parts, true);
		return;
	case '+':
		e->has |= p->quoted;
		if (!empty)
			expand_parts(e, p->arg->parts, true);
		return;
	case '=':
		if (empty) {
			value = expand_string(p->arg);
			var_set(p->text, value);
		}
		break;
	case '?':
		if (empty) {
			const char *text = expand_string(p->arg);

			expansion_error(p->text, *text ? text : "parameter not set");
			return;
		}
		break;
	case '#':
	case 'H':
	case '%':
	case 'P':
		if (value)
			value = strip(value, expand_pattern(p->arg), p->op);
		break;
	}
	if (!value && sh.opt_nounset) {
		expansion_error(p->text, "parameter not set");
		return;
	}
	add_value(e, value ? value : "", p->quoted);
}

/* What a command prints, less the newlines at its end. */
static char *command_output(struct node *command)
{
	struct text t = { 0 };
	char buffer[1024], *s;
	int fds[2];
	ssize_t n;
	pid_t pid;

	if (!command)
		return scratch_strdup("");
	if (pipe(fds) < 0) {
		expansion_error("pipe", strerror(errno));
		return scratch_strdup("");
	}
	pid = sh_fork();
	if (pid == 0) {
		close(fds[0]);
		dup2(fds[1], 1);
		if (fds[1] != 1)
			close(fds[1]);
		run(command, RUN_EXIT);
		sh_leave(sh.status);
	}
	close(fds[1]);
	while (pid > 0 &&
	       ((n = read(fds[0], buffer, sizeof(buffer))) > 0 || (n < 0 && errno == EINTR)))
		for (ssize_t i = 0; i < n; i++)
			if (buffer[i])
				text_add(&t, buffer[i]);
	close(fds[0]);
	if (pid > 0)
		sh.status = wait_for(pid);
	while (t.n && t.s[t.n - 1] == '\n')
		t.n--;
	s = scratch_strdup(text_get(&t));
	text_free(&t);
	return s;
}

/* Returns how much of an unquoted word's beginning a tilde replaced. */
static size_t expand_tilde(struct expander *e, const char *text)
{
	const char *home = var_get("HOME");

	if (text[0] != '~' || (text[1] && text[1] != '/') || !home)
		return 0;
	add_quoted(e, home);
	e->has = true;
	return 1;
}

static void expand_parts(struct expander *e, const struct part *p, bool literal_splits)
{
	bool first = true;

	for (; p && sh.unwind == UNWIND_NONE; p = p->next, first = false) {
		switch (p->kind) {
		case PART_TEXT:
			if (p->quoted) {
				add_quoted(e, p->text);
				if (!e->ignore_empty)
					e->has = true;
			} else if (literal_splits) {
				add_split(e, p->text);
			} else {
				size_t skip = first ? expand_tilde(e, p->text) : 0;

				text_add_string(&e->field, p->text + skip);
				e->has = true;
			}
			break;
		case PART_PARAM:
			expand_param(e, p);
			break;
		case PART_COMMAND:
			add_value(e, command_output(p->command), p->quoted);
			break;
		case PART_ARITH: {
			char number[24];

			snprintf(number, sizeof(number), "%ld",
				 arith_evaluate(expand_string(p->arg)));
			add_value(e, number, p->quoted);
			break;
		}
		}
	}
}

static bool has_magic(const char *s)
{
	for (; *s; s++) {
		if (*s == '\\' && s[1])
			s++;
		else if (*s == '*' || *s == '?' || *s == '[')
			return true;
	}
	return false;
}

static char *unescape(char *s)
{
	char *out = s, *in;

	for (in = s; *in; in++) {
		if (*in == '\\' && in[1])
			in++;
		*out++ = *in;
	}
	*out = '\0';
	return s;
}

static void expand_word(struct expander *e, const struct word *w)
{
	e->has = e->after_blank = e->ignore_empty = false;
	for (const struct part *p = w->parts; p; p = p->next)
		if (p->kind == PART_PARAM && p->quoted && p->text[0] == '@' && !p->op)
			e->ignore_empty = true;
	expand_parts(e, w->parts, false);
	if (e->has)
		end_field(e);
	e->field.n = 0;
}

char **expand_words(const struct word *words, int *count)
{
	struct expander e = { .split = true }, out = { 0 };

	for (const struct word *w = words; w && sh.unwind == UNWIND_NONE; w = w->next) {
		int from = e.count;

		expand_word(&e, w);
		for (int i = from; i < e.count; i++) {
			glob_t g;

			if (!sh.opt_noglob && has_magic(e.fields[i]) &&
			    glob(e.fields[i], 0, NULL, &g) == 0) {
				for (size_t k = 0; k < g.gl_pathc; k++)
					fields_add(&out, scratch_strdup(g.gl_pathv[k]));
				globfree(&g);
			} else {
				fields_add(&out, unescape(e.fields[i]));
			}
		}
	}
	text_free(&e.field);
	if (!out.fields)
		out.fields = memset(scratch_alloc(sizeof(char *)), 0, sizeof(char *));
	*count = out.count;
	return out.fields;
}

static char *expand_one(const struct word *w)
{
	struct expander e = { .split = false };
	char *s;

	expand_parts(&e, w->parts, false);
	s = scratch_strdup(text_get(&e.field));
	text_free(&e.field);
	return s;
}

char *expand_string(const struct word *w)
{
	return unescape(expand_one(w));
}

char *expand_pattern(const struct word *w)
{
	return expand_one(w);
}
