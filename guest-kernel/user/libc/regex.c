/* SPDX-License-Identifier: MIT */
/*
 * POSIX regular expressions by backtracking over a tree: alternatives of sequences of repeated
 * atoms. A match continues through an explicit chain of "what comes next" frames on the C stack, so
 * that a repetition can hand back what it took. Good for the patterns people type at a shell; a
 * hostile pattern can take exponential time, so nothing privileged may use it on foreign patterns.
 *
 * Of several matches at the leftmost position the longest is reported, as POSIX asks: the end of
 * the chain records each success and lets the search go on.
 */
#include <ctype.h>
#include <limits.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { CHAR, ANY, SET, BOL, EOL, GROUP, BACKREF, WORD_START, WORD_END };

struct node {			/* a repeated atom; `next` is the rest of its sequence */
	enum kind	kind;
	int		min, max;	/* max < 0: without limit */
	int		c;		/* CHAR: the character; GROUP, BACKREF: the number */
	unsigned char	*set;		/* SET: 256 bits */
	struct branch	*branches;	/* GROUP: its alternatives */
	struct node	*next;
};

struct branch {
	struct node	*first;
	struct branch	*next;
};

struct regex_program {
	struct branch	*top;
	int		flags, groups;
};

#define MAX_GROUPS 32

struct parser {
	const char	*p;
	int		flags, groups, depth, error;
};

static struct branch *parse_branches(struct parser *ps);

static void free_branches(struct branch *b)
{
	while (b) {
		struct branch *next_branch = b->next;
		struct node *n = b->first;

		while (n) {
			struct node *next_node = n->next;

			free(n->set);
			free_branches(n->branches);
			free(n);
			n = next_node;
		}
		free(b);
		b = next_branch;
	}
}

static void *fail(struct parser *ps, int error)
{
	if (!ps->error)
		ps->error = error;
	return NULL;
}

static struct node *new_node(struct parser *ps, enum kind kind)
{
	struct node *n = calloc(1, sizeof(*n));

	if (!n)
		return fail(ps, REG_ESPACE);
	n->kind = kind;
	n->min = n->max = 1;
	return n;
}

static void set_add(const struct parser *ps, unsigned char *set, int c)
{
	set[c / 8] |= (unsigned char)(1 << c % 8);
	if ((ps->flags & REG_ICASE) && isalpha(c)) {
		set[tolower(c) / 8] |= (unsigned char)(1 << tolower(c) % 8);
		set[toupper(c) / 8] |= (unsigned char)(1 << toupper(c) % 8);
	}
}

static int class_of(const char *name, size_t n, int (**is)(int))
{
	static const struct {
		const char *name;
		int (*is)(int);
	} classes[] = {
		{ "alpha", isalpha }, { "digit", isdigit }, { "alnum", isalnum },
		{ "upper", isupper }, { "lower", islower }, { "space", isspace },
		{ "blank", isblank }, { "punct", ispunct }, { "print", isprint },
		{ "graph", isgraph }, { "cntrl", iscntrl }, { "xdigit", isxdigit },
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strlen(classes[i].name) == n && !strncmp(classes[i].name, name, n)) {
			*is = classes[i].is;
			return 1;
		}
	return 0;
}

static struct node *parse_set(struct parser *ps)
{
	struct node *n = new_node(ps, SET);
	int negate = *ps->p == '^', first = 1;

	if (!n)
		return NULL;
	n->set = calloc(1, 32);
	if (!n->set) {
		free(n);
		return fail(ps, REG_ESPACE);
	}
	if (negate)
		ps->p++;
	for (; *ps->p != ']' || first; first = 0) {
		int from, to;

		if (!*ps->p) {
			free(n->set);
			free(n);
			return fail(ps, REG_EBRACK);
		}
		if (ps->p[0] == '[' && ps->p[1] == ':') {
			const char *end = strstr(ps->p + 2, ":]");
			int (*is)(int);

			if (!end || !class_of(ps->p + 2, (size_t)(end - ps->p - 2), &is)) {
				free(n->set);
				free(n);
				return fail(ps, REG_ECTYPE);
			}
			for (int c = 0; c < 256; c++)
				if (is(c))
					set_add(ps, n->set, c);
			ps->p = end + 2;
			continue;
		}
		from = to = (unsigned char)*ps->p++;
		if (ps->p[0] == '-' && ps->p[1] && ps->p[1] != ']') {
			to = (unsigned char)ps->p[1];
			ps->p += 2;
			if (to < from) {
				free(n->set);
				free(n);
				return fail(ps, REG_ERANGE);
			}
		}
		for (int c = from; c <= to; c++)
			set_add(ps, n->set, c);
	}
	ps->p++;
	if (negate) {
		for (int i = 0; i < 32; i++)
			n->set[i] = (unsigned char)~n->set[i];
		if (ps->flags & REG_NEWLINE)
			n->set['\n' / 8] &= (unsigned char)~(1 << '\n' % 8);
	}
	return n;
}

/* Escaped letters that stand for a set. */
static struct node *set_escape(struct parser *ps, char c)
{
	const char *text = c == 'w' ? "[:alnum:]_]" : c == 'W' ? "^[:alnum:]_]"
			 : c == 's' ? "[:space:]]" : "^[:space:]]";
	const char *keep = ps->p;
	struct node *n;

	ps->p = text;
	n = parse_set(ps);
	ps->p = keep;
	return n;
}

static struct node *parse_group(struct parser *ps)
{
	struct node *n = new_node(ps, GROUP);

	if (!n)
		return NULL;
	if (++ps->groups >= MAX_GROUPS) {
		free(n);
		return fail(ps, REG_ESPACE);
	}
	n->c = ps->groups;
	ps->depth++;
	n->branches = parse_branches(ps);
	ps->depth--;
	if (!ps->error) {
		if (ps->flags & REG_EXTENDED ? ps->p[0] == ')'
					     : ps->p[0] == '\\' && ps->p[1] == ')')
			ps->p += ps->flags & REG_EXTENDED ? 1 : 2;
		else
			fail(ps, REG_EPAREN);
	}
	if (ps->error) {
		free_branches(n->branches);
		free(n);
		return NULL;
	}
	return n;
}

static struct node *parse_char(struct parser *ps, int c)
{
	struct node *n;

	if ((ps->flags & REG_ICASE) && isalpha(c)) {
		n = new_node(ps, SET);
		if (n && !(n->set = calloc(1, 32))) {
			free(n);
			return fail(ps, REG_ESPACE);
		}
		if (n)
			set_add(ps, n->set, c);
		return n;
	}
	n = new_node(ps, CHAR);
	if (n)
		n->c = c;
	return n;
}

static struct node *parse_escape(struct parser *ps)
{
	int extended = ps->flags & REG_EXTENDED;
	char c = *ps->p++;
	struct node *n;

	if (!c) {
		ps->p--;
		return fail(ps, REG_EESCAPE);
	}
	if (!extended && c == '(')
		return parse_group(ps);
	if (c >= '1' && c <= '9') {
		if (c - '0' > ps->groups)
			return fail(ps, REG_ESUBREG);
		n = new_node(ps, BACKREF);
		if (n)
			n->c = c - '0';
		return n;
	}
	if (strchr("wWsS", c))
		return set_escape(ps, c);
	if (c == '<' || c == '>')
		return new_node(ps, c == '<' ? WORD_START : WORD_END);
	return parse_char(ps, (unsigned char)c);
}

static struct node *parse_atom(struct parser *ps, int first)
{
	int extended = ps->flags & REG_EXTENDED;
	char c = *ps->p++;

	switch (c) {
	case '.':
		return new_node(ps, ANY);
	case '[':
		return parse_set(ps);
	case '\\':
		return parse_escape(ps);
	case '^':
		if (extended || first)
			return new_node(ps, BOL);
		break;
	case '$':
		if (extended || !*ps->p || !strncmp(ps->p, "\\)", 2) || !strncmp(ps->p, "\\|", 2))
			return new_node(ps, EOL);
		break;
	case '(':
		if (extended)
			return parse_group(ps);
		break;
	case '*':
	case '+':
	case '?':
	case '{':
		if (extended && (c != '{' || isdigit((unsigned char)*ps->p)))
			return fail(ps, REG_BADRPT);
		break;
	}
	return parse_char(ps, (unsigned char)c);
}

/* {n}, {n,} and {n,m}, after the opening brace. */
static void parse_bounds(struct parser *ps, struct node *n)
{
	char *end;

	n->min = n->max = (int)strtol(ps->p, &end, 10);
	if (end == ps->p) {
		if (*ps->p != ',') {
			fail(ps, REG_BADBR);
			return;
		}
		n->min = 0;
	}
	if (*end == ',') {
		ps->p = end + 1;
		n->max = isdigit((unsigned char)*ps->p) ? (int)strtol(ps->p, &end, 10) : -1;
		if (n->max < 0)
			end = (char *)ps->p;
	}
	ps->p = end;
	if (!(ps->flags & REG_EXTENDED) && *ps->p == '\\')
		ps->p++;
	if (*ps->p != '}')
		fail(ps, REG_EBRACE);
	else if (n->min > 255 || n->max > 255 || (n->max >= 0 && n->max < n->min))
		fail(ps, REG_BADBR);
	else
		ps->p++;
}

static void parse_repeat(struct parser *ps, struct node *n)
{
	int extended = ps->flags & REG_EXTENDED;

	for (;;) {
		const char *p = ps->p;

		if (*p == '*') {
			n->min = 0;
			n->max = -1;
			ps->p++;
		} else if ((extended && *p == '+') || (!extended && p[0] == '\\' && p[1] == '+')) {
			n->max = -1;
			ps->p += extended ? 1 : 2;
		} else if ((extended && *p == '?') || (!extended && p[0] == '\\' && p[1] == '?')) {
			n->min = 0;
			ps->p += extended ? 1 : 2;
		} else if ((extended && *p == '{' && isdigit((unsigned char)p[1])) ||
			   (!extended && p[0] == '\\' && p[1] == '{')) {
			ps->p += extended ? 1 : 2;
			parse_bounds(ps, n);
		} else {
			return;
		}
		if (ps->error)
			return;
	}
}

static int at_branch_end(const struct parser *ps)
{
	const char *p = ps->p;

	if (!*p)
		return 1;
	if (ps->flags & REG_EXTENDED)
		return *p == '|' || (*p == ')' && ps->depth > 0);
	return *p == '\\' && (p[1] == '|' || (p[1] == ')' && ps->depth > 0));
}

static struct branch *parse_branches(struct parser *ps)
{
	struct branch *list = NULL, **tail = &list;

	for (;;) {
		struct branch *b = calloc(1, sizeof(*b));
		struct node **last;
		int first = 1;

		if (!b) {
			fail(ps, REG_ESPACE);
			break;
		}
		*tail = b;
		tail = &b->next;
		last = &b->first;
		while (!ps->error && !at_branch_end(ps)) {
			struct node *n = parse_atom(ps, first);

			if (!n)
				break;
			*last = n;
			last = &n->next;
			/* A star at the start of a basic expression is a star. */
			if (n->kind != BOL || (ps->flags & REG_EXTENDED))
				parse_repeat(ps, n);
			first = n->kind == BOL;
		}
		if (ps->error || !*ps->p)
			break;
		if (ps->flags & REG_EXTENDED ? *ps->p == '|' : ps->p[1] == '|')
			ps->p += ps->flags & REG_EXTENDED ? 1 : 2;
		else
			break;
	}
	return list;
}

int regcomp(regex_t *re, const char *pattern, int flags)
{
	struct parser ps = { .p = pattern, .flags = flags };
	struct regex_program *program = calloc(1, sizeof(*program));

	re->program = NULL;
	if (!program)
		return REG_ESPACE;
	program->top = parse_branches(&ps);
	program->flags = flags;
	program->groups = ps.groups;
	if (!ps.error && *ps.p)
		fail(&ps, REG_EPAREN);
	if (ps.error) {
		free_branches(program->top);
		free(program);
		return ps.error;
	}
	re->program = program;
	re->re_nsub = (size_t)ps.groups;
	return 0;
}

void regfree(regex_t *re)
{
	if (re->program)
		free_branches(re->program->top);
	free(re->program);
	re->program = NULL;
}

struct matcher {
	const char	*text;
	int		flags, eflags;
	const char	*start[MAX_GROUPS], *end[MAX_GROUPS];
	const char	*best;
	const char	*best_start[MAX_GROUPS], *best_end[MAX_GROUPS];
	long		steps;
};

/* What is left to match after a sequence: the rest of an enclosing one, or a group's next round. */
struct then {
	const struct node	*node;	/* the group that ends here, or NULL at the very end */
	int			count;	/* rounds of it done before this one */
	const char		*from;	/* where this round began */
	const char		*old_start, *old_end;
	const struct then	*up;
};

static int match_node(struct matcher *m, const struct node *n, const char *s, const struct then *t);

static int is_word(int c)
{
	return isalnum(c) || c == '_';
}

/* One character of a simple atom; returns its length or -1. */
static int match_one(const struct matcher *m, const struct node *n, const char *s)
{
	unsigned char c = (unsigned char)*s;

	switch (n->kind) {
	case CHAR:
		return c && c == n->c ? 1 : -1;
	case ANY:
		return c && !(c == '\n' && (m->flags & REG_NEWLINE)) ? 1 : -1;
	case SET:
		return c && (n->set[c / 8] >> c % 8 & 1) ? 1 : -1;
	case BOL:
		return (s == m->text ? !(m->eflags & REG_NOTBOL)
				     : (m->flags & REG_NEWLINE) && s[-1] == '\n') ? 0 : -1;
	case EOL:
		return (!c ? !(m->eflags & REG_NOTEOL)
			   : c == '\n' && (m->flags & REG_NEWLINE)) ? 0 : -1;
	case WORD_START:
		return is_word(c) && (s == m->text || !is_word((unsigned char)s[-1])) ? 0 : -1;
	case WORD_END:
		return !is_word(c) && s > m->text && is_word((unsigned char)s[-1]) ? 0 : -1;
	case BACKREF:
		if (m->end[n->c]) {
			size_t len = (size_t)(m->end[n->c] - m->start[n->c]);

			return strncmp(s, m->start[n->c], len) ? -1 : (int)len;
		}
		return -1;
	case GROUP:
		break;
	}
	return -1;
}

/* The sequence ended at s: go on with what encloses it. Returns 1 to stop searching. */
static int match_then(struct matcher *m, const char *s, const struct then *t);

static int match_group(struct matcher *m, const struct node *n, int count, const char *s,
		       const struct then *up)
{
	struct then t = { .node = n, .count = count, .from = s, .up = up,
			  .old_start = m->start[n->c], .old_end = m->end[n->c] };

	if (n->max < 0 || count < n->max)
		for (const struct branch *b = n->branches; b; b = b->next) {
			if (match_node(m, b->first, s, &t))
				return 1;
			m->start[n->c] = t.old_start;
			m->end[n->c] = t.old_end;
		}
	return count >= n->min && match_node(m, n->next, s, up);
}

static int match_then(struct matcher *m, const char *s, const struct then *t)
{
	const struct node *n = t->node;
	const char *old_start, *old_end;
	int done;

	if (!n) {
		if (!m->best || s > m->best) {
			m->best = s;
			memcpy(m->best_start, m->start, sizeof(m->start));
			memcpy(m->best_end, m->end, sizeof(m->end));
		}
		return !*s;		/* nothing can be longer */
	}
	/* A round that took nothing would repeat for ever. */
	if (s == t->from && t->count >= n->min && t->count > 0)
		return 0;
	old_start = m->start[n->c];
	old_end = m->end[n->c];
	m->start[n->c] = t->from;
	m->end[n->c] = s;
	done = match_group(m, n, t->count + 1, s, t->up);
	if (!done) {
		m->start[n->c] = old_start;
		m->end[n->c] = old_end;
	}
	return done;
}

static int match_node(struct matcher *m, const struct node *n, const char *s, const struct then *t)
{
	const char *p = s;
	int count, len = 0;

	if (++m->steps > 4000000)
		return 1;
	if (!n)
		return match_then(m, s, t);
	if (n->kind == GROUP)
		return match_group(m, n, 0, s, t);
	for (count = 0; n->max < 0 || count < n->max; count++) {
		len = match_one(m, n, p);
		if (len < 0 || (len == 0 && count >= n->min))
			break;
		p += len;
	}
	if (len == 0 && count < n->min)
		count = n->min;
	if (n->kind == BACKREF && count > n->min && count > 1)
		len = (int)((p - s) / count);
	else
		len = count ? (int)((p - s) / count) : 0;
	for (; count >= n->min; count--, p -= len) {
		if (match_node(m, n->next, p, t))
			return 1;
		if (count == 0)
			break;
	}
	return 0;
}

int regexec(const regex_t *re, const char *text, size_t count, regmatch_t match[], int flags)
{
	const struct regex_program *program = re->program;
	const struct then end = { .node = NULL };
	struct matcher m;

	for (const char *s = text;; s++) {
		memset(&m, 0, sizeof(m));
		m.text = text;
		m.flags = program->flags;
		m.eflags = flags;
		for (const struct branch *b = program->top; b; b = b->next)
			if (match_node(&m, b->first, s, &end))
				break;
		if (m.best) {
			if (program->flags & REG_NOSUB)
				return 0;
			for (size_t i = 0; i < count; i++) {
				match[i].rm_so = match[i].rm_eo = -1;
				if (i == 0) {
					match[i].rm_so = s - text;
					match[i].rm_eo = m.best - text;
				} else if (i < MAX_GROUPS && m.best_end[i]) {
					match[i].rm_so = m.best_start[i] - text;
					match[i].rm_eo = m.best_end[i] - text;
				}
			}
			return 0;
		}
		if (!*s)
			return REG_NOMATCH;
	}
}

size_t regerror(int code, const regex_t *re, char *buffer, size_t size)
{
	static const char *const texts[] = {
		[REG_NOMATCH] = "No match", [REG_BADPAT] = "Invalid regular expression",
		[REG_ECTYPE] = "Invalid character class name", [REG_EESCAPE] = "Trailing backslash",
		[REG_ESUBREG] = "Invalid back reference", [REG_EBRACK] = "Unmatched [",
		[REG_EPAREN] = "Unmatched ( or )", [REG_EBRACE] = "Unmatched {",
		[REG_BADBR] = "Invalid content of {}", [REG_ERANGE] = "Invalid range end",
		[REG_ESPACE] = "Memory exhausted", [REG_BADRPT] = "Nothing to repeat",
	};
	const char *text = "Success";

	if (code > 0 && code <= REG_BADRPT && texts[code])
		text = texts[code];
	return (size_t)snprintf(buffer, size, "%s", text) + 1;
}
