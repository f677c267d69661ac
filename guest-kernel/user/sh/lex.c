/* SPDX-License-Identifier: MIT */
/*
 * Text to tokens. The lexer works on a string and asks for another line when a command is not
 * complete at its end, so it never looks further ahead than the command needs. Words are taken
 * apart here already: quotes, parameters, the commands inside $( ), here-documents.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "parse.h"

struct input in;

static struct word *parse_word_until(const char *stop, bool quoted);

void *node_alloc(size_t size)
{
	return arena_alloc(sh.arena, size);
}

void syntax_error(const char *what)
{
	if (!in.error)
		sh_error("syntax error: %s", what);
	in.error = true;
	in.token = T_EOF;
}

/* The next character, or -1 at the end of all input. */
static int peek(void)
{
	while (!*in.p) {
		char *line;

		if (!in.more)
			return -1;
		line = in.more(in.started);
		if (!line) {
			in.more = NULL;
			return -1;
		}
		free(in.line);
		in.p = in.line = line;
	}
	return (unsigned char)*in.p;
}

static int get(void)
{
	int c = peek();

	if (c >= 0)
		in.p++;
	if (c == '\n')
		sh.line++;
	return c;
}

/* Skip line continuations, then look at the character. */
static int peek_joined(void)
{
	while (peek() == '\\' && in.p[1] == '\n') {
		in.p += 2;
		sh.line++;
	}
	return peek();
}

/* ---- words ---- */

struct builder {
	struct part	*first, **last;
	struct text	text;
	bool		text_quoted, have_text;
};

static void builder_init(struct builder *b)
{
	memset(b, 0, sizeof(*b));
	b->last = &b->first;
}

static struct part *builder_part(struct builder *b, enum part_kind kind, bool quoted)
{
	struct part *p = node_alloc(sizeof(*p));

	p->kind = kind;
	p->quoted = quoted;
	*b->last = p;
	b->last = &p->next;
	return p;
}

static void builder_flush(struct builder *b)
{
	if (b->have_text) {
		struct part *p = builder_part(b, PART_TEXT, b->text_quoted);

		p->text = arena_strndup(sh.arena, b->text.s ? b->text.s : "", b->text.n);
	}
	b->text.n = 0;
	b->have_text = false;
}

static void builder_mode(struct builder *b, bool quoted)
{
	if (b->have_text && b->text_quoted != quoted)
		builder_flush(b);
	b->text_quoted = quoted;
	b->have_text = true;
}

static void builder_char(struct builder *b, int c, bool quoted)
{
	builder_mode(b, quoted);
	text_add(&b->text, (char)c);
}

static struct word *builder_word(struct builder *b)
{
	struct word *w = node_alloc(sizeof(*w));

	builder_flush(b);
	text_free(&b->text);
	w->parts = b->first;
	return w;
}

/* $( ... ): the rest of the parser, up to the closing parenthesis. */
static struct node *parse_substitution(void)
{
	struct word *word = in.word;
	char *plain = in.plain;
	struct node *n;

	in.depth++;
	next_token();
	n = parse_list();
	if (!in.error && in.token != T_RPAREN)
		parse_unexpected();
	in.depth--;
	in.word = word;
	in.plain = plain;
	return n;
}

/* ` ... `: the text in between, less its backslashes, parsed on its own. */
static struct node *parse_backquote(bool quoted)
{
	struct text t = { 0 };
	struct node *n;
	int c;

	while ((c = get()) != '`') {
		if (c < 0) {
			syntax_error("unterminated ` `");
			text_free(&t);
			return NULL;
		}
		if (c == '\\') {
			int d = peek();

			if (d == '`' || d == '\\' || d == '$' || (quoted && d == '"'))
				c = get();
		}
		text_add(&t, (char)c);
	}
	{
		const char *p = in.p;
		char *(*more)(bool) = in.more;
		char *body = arena_strndup(sh.arena, text_get(&t), t.n);

		text_free(&t);
		in.p = body;
		in.more = NULL;
		next_token();
		n = parse_list();
		if (!in.error && in.token != T_EOF)
			parse_unexpected();
		in.p = p;
		in.more = more;
	}
	return n;
}

/* ${ ... }, after the brace. */
static void parse_braced(struct builder *b, bool quoted)
{
	struct part *p = builder_part(b, PART_PARAM, quoted);
	struct text name = { 0 };
	int c = peek();

	if (c == '#' && in.p[1] != '}' &&
	    !(strchr("-+=?:#%", in.p[1]) && in.p[1] && in.p[2] != '}')) {
		get();
		p->op = 'L';
		c = peek();
	}
	if (isalpha(c) || c == '_') {
		while (isalnum(c) || c == '_') {
			text_add(&name, (char)get());
			c = peek();
		}
	} else if (isdigit(c)) {
		while (isdigit(c)) {
			text_add(&name, (char)get());
			c = peek();
		}
	} else if (c > 0 && strchr("@*#?-$!", c)) {
		text_add(&name, (char)get());
		c = peek();
	}
	p->text = arena_strndup(sh.arena, text_get(&name), name.n);
	text_free(&name);
	if (!p->text[0]) {
		syntax_error("bad substitution");
		return;
	}
	if (c != '}' && !p->op) {
		c = get();
		if (c == ':') {
			p->colon = true;
			c = get();
		}
		if (c < 0 || !strchr(p->colon ? "-=?+" : "-=?+#%", c)) {
			syntax_error("bad substitution");
			return;
		}
		if ((c == '#' || c == '%') && peek() == c) {
			get();
			c = c == '#' ? 'H' : 'P';
		}
		p->op = (char)c;
		/* In a pattern, quotes quote even between double quotes. */
		p->arg = parse_word_until("}", quoted && strchr("-=?+", c));
	}
	if (!in.error && get() != '}')
		syntax_error("unterminated ${ }");
}

/* What follows a dollar sign. */
static void parse_dollar(struct builder *b, bool quoted)
{
	int c = peek_joined();
	struct part *p;

	if (c == '{') {
		builder_flush(b);
		get();
		parse_braced(b, quoted);
	} else if (c == '(') {
		builder_flush(b);
		get();
		if (peek_joined() == '(') {
			get();
			p = builder_part(b, PART_ARITH, quoted);
			p->arg = parse_word_until("))", true);
			if (!in.error && (get() != ')' || get() != ')'))
				syntax_error("unterminated $(( ))");
		} else {
			p = builder_part(b, PART_COMMAND, quoted);
			p->command = parse_substitution();
		}
	} else if (isalpha(c) || c == '_') {
		struct text name = { 0 };

		builder_flush(b);
		while (isalnum(c) || c == '_') {
			text_add(&name, (char)get());
			c = peek_joined();
		}
		p = builder_part(b, PART_PARAM, quoted);
		p->text = arena_strndup(sh.arena, text_get(&name), name.n);
		text_free(&name);
	} else if (isdigit(c) || (c > 0 && strchr("@*#?-$!", c))) {
		char name = (char)get();

		builder_flush(b);
		p = builder_part(b, PART_PARAM, quoted);
		p->text = arena_strndup(sh.arena, &name, 1);
	} else {
		builder_char(b, '$', quoted);
	}
}

static void parse_backslash(struct builder *b)
{
	int c = get();

	if (c < 0)
		builder_char(b, '\\', true);
	else if (c != '\n')
		builder_char(b, c, true);
}

static void parse_single_quotes(struct builder *b)
{
	int c;

	builder_mode(b, true);
	while ((c = get()) != '\'') {
		if (c < 0) {
			syntax_error("unterminated ' '");
			return;
		}
		builder_char(b, c, true);
	}
}

static void parse_double_quotes(struct builder *b, int end)
{
	builder_mode(b, true);
	for (;;) {
		int c = get();

		if (c == end)
			return;
		if (c < 0) {
			syntax_error("unterminated \" \"");
			return;
		}
		if (in.error)
			return;
		if (c == '$') {
			parse_dollar(b, true);
		} else if (c == '`') {
			struct part *p;

			builder_flush(b);
			p = builder_part(b, PART_COMMAND, true);
			p->command = parse_backquote(true);
		} else if (c == '\\') {
			int d = peek();

			if (d == '\n')
				get();
			else if (d == '$' || d == '`' || d == '"' || d == '\\')
				builder_char(b, get(), true);
			else
				builder_char(b, c, true);
		} else {
			builder_char(b, c, true);
		}
	}
}

/*
 * The inside of ${name op WORD} or $((WORD)), up to the stop string, which is left to be read.
 * Inner parentheses of an expression and inner braces are counted.
 */
static struct word *parse_word_until(const char *stop, bool quoted)
{
	struct builder b;
	bool arith = stop[0] == ')';
	int nested = 0;

	builder_init(&b);
	while (!in.error) {
		int c = peek();

		if (c < 0)
			break;
		if (c == stop[0] && nested == 0 && (!stop[1] || in.p[1] == stop[1]))
			break;
		get();
		if (arith && (c == '(' || c == ')'))
			nested += c == '(' ? 1 : -1;
		if (c == '$') {
			parse_dollar(&b, quoted);
		} else if (c == '`') {
			struct part *p;

			builder_flush(&b);
			p = builder_part(&b, PART_COMMAND, quoted);
			p->command = parse_backquote(quoted);
		} else if (c == '\\') {
			int d = peek();

			if (!quoted)
				parse_backslash(&b);
			else if (d == '\n')
				get();
			else if (d > 0 && strchr("$`\"\\}", d))
				builder_char(&b, get(), true);
			else
				builder_char(&b, c, true);
		} else if (c == '"' && !arith) {
			if (quoted)
				continue;
			parse_double_quotes(&b, '"');
		} else if (c == '\'' && !quoted) {
			parse_single_quotes(&b);
		} else {
			builder_char(&b, c, quoted);
		}
	}
	return builder_word(&b);
}

static bool ends_word(int c)
{
	return c < 0 || c == ' ' || c == '\t' || c == '\n' || strchr(";&|<>()", c);
}

static void parse_word(void)
{
	struct builder b;
	bool plain = true;

	builder_init(&b);
	while (!in.error) {
		int c = peek_joined();

		if (ends_word(c))
			break;
		get();
		if (c == '$') {
			plain = false;
			parse_dollar(&b, false);
		} else if (c == '`') {
			struct part *p;

			plain = false;
			builder_flush(&b);
			p = builder_part(&b, PART_COMMAND, false);
			p->command = parse_backquote(false);
		} else if (c == '\\') {
			plain = false;
			parse_backslash(&b);
		} else if (c == '\'') {
			plain = false;
			parse_single_quotes(&b);
		} else if (c == '"') {
			plain = false;
			parse_double_quotes(&b, '"');
		} else {
			builder_char(&b, c, false);
		}
	}
	in.word = builder_word(&b);
	in.plain = plain && in.word->parts ? in.word->parts->text : NULL;
	if (!in.error)
		in.token = T_WORD;
}

/* ---- here-documents ---- */

void add_here(struct redirect *r)
{
	struct here *h = node_alloc(sizeof(*h)), **last = &in.here;
	struct text end = { 0 };

	for (struct part *p = r->target->parts; p; p = p->next) {
		h->quoted |= p->quoted;
		if (p->text)
			text_add_string(&end, p->text);
	}
	h->redirect = r;
	h->strip_tabs = in.here_strip;
	h->end = arena_strndup(sh.arena, text_get(&end), end.n);
	text_free(&end);
	while (*last)
		last = &(*last)->next;
	*last = h;
}

/* The body as a word: all quoted, or with $ and ` in force as between double quotes. */
static void read_here(struct here *h)
{
	struct text body = { 0 }, line = { 0 };
	struct builder b;
	int c;

	for (;;) {
		line.n = 0;
		if (peek() < 0) {
			sh_error("here-document ended by end of file instead of \"%s\"", h->end);
			break;
		}
		while (h->strip_tabs && peek() == '\t')
			get();
		while ((c = get()) >= 0 && c != '\n')
			text_add(&line, (char)c);
		if (!strcmp(text_get(&line), h->end))
			break;
		text_add_string(&body, line.s);
		text_add(&body, '\n');
	}
	text_free(&line);
	builder_init(&b);
	if (h->quoted) {
		builder_mode(&b, true);
		text_add_string(&b.text, text_get(&body));
	} else {
		const char *p = in.p;
		char *(*more)(bool) = in.more;
		bool done = false;

		in.p = arena_strndup(sh.arena, text_get(&body), body.n);
		in.more = NULL;
		builder_mode(&b, true);
		while (!done && !in.error) {
			c = get();
			if (c < 0) {
				done = true;
			} else if (c == '$') {
				parse_dollar(&b, true);
			} else if (c == '`') {
				struct part *part;

				builder_flush(&b);
				part = builder_part(&b, PART_COMMAND, true);
				part->command = parse_backquote(true);
			} else if (c == '\\' && peek() == '\n') {
				get();
			} else if (c == '\\' && peek() > 0 && strchr("$`\\", peek())) {
				builder_char(&b, get(), true);
			} else {
				builder_char(&b, c, true);
			}
		}
		in.p = p;
		in.more = more;
	}
	text_free(&body);
	h->redirect->target = builder_word(&b);
}

static void read_here_documents(void)
{
	while (in.here && !in.error) {
		struct here *h = in.here;

		in.here = h->next;
		read_here(h);
	}
}

/* ---- tokens ---- */

static bool follows(char c)
{
	if (peek_joined() != c)
		return false;
	get();
	return true;
}

static void redirect_token(int c, int fd)
{
	in.token = T_REDIRECT;
	in.here_strip = false;
	in.redirect_fd = fd >= 0 ? fd : c == '>';
	if (c == '<') {
		if (follows('<')) {
			in.redirect_op = RD_HERE;
			in.here_strip = follows('-');
		} else if (follows('&')) {
			in.redirect_op = RD_DUP;
		} else if (follows('>')) {
			in.redirect_op = RD_RDWR;
		} else {
			in.redirect_op = RD_IN;
		}
	} else if (follows('>')) {
		in.redirect_op = RD_APPEND;
	} else if (follows('&')) {
		in.redirect_op = RD_DUP;
	} else {
		follows('|');
		in.redirect_op = RD_OUT;
	}
}

void next_token(void)
{
	int c;

	if (in.error) {
		in.token = T_EOF;
		return;
	}
	in.plain = NULL;
	do {
		c = peek_joined();
		if (c == ' ' || c == '\t' || c == '\r')
			get();
		else if (c == '#')
			while (peek() >= 0 && peek() != '\n')
				get();
		else
			break;
	} while (true);
	if (c < 0) {
		in.token = T_EOF;
		return;
	}
	if (c != '\n')
		in.started = true;
	if (isdigit(c)) {
		const char *p = in.p;

		while (isdigit((unsigned char)*p))
			p++;
		if ((*p == '<' || *p == '>') && p - in.p < 4) {
			int fd = atoi(in.p);

			in.p = p;
			redirect_token(get(), fd);
			return;
		}
	}
	if (!ends_word(c)) {
		parse_word();
		return;
	}
	get();
	switch (c) {
	case '\n':
		read_here_documents();	/* whose bodies have tokens of their own */
		in.token = T_NEWLINE;
		break;
	case ';':
		in.token = follows(';') ? T_DSEMI : T_SEMI;
		break;
	case '&':
		in.token = follows('&') ? T_AND : T_AMP;
		break;
	case '|':
		in.token = follows('|') ? T_OR : T_PIPE;
		break;
	case '(':
		in.token = T_LPAREN;
		break;
	case ')':
		in.token = T_RPAREN;
		break;
	default:
		redirect_token(c, -1);
	}
}
