/* SPDX-License-Identifier: MIT */
/*
 * Text to tree: a recursive-descent parser over POSIX's shell grammar. The lexer works on a string
 * and asks for another line when a command is not complete at its end, so it never looks further
 * ahead than the command needs. Words are taken apart here already, down to the commands inside $( ).
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sh.h"

enum token { T_EOF, T_NEWLINE, T_WORD, T_SEMI, T_DSEMI, T_AMP, T_AND, T_PIPE, T_OR, T_LPAREN, T_RPAREN,
	     T_REDIRECT };

struct here {			/* a here-document whose body is still to come */
	struct redirect	*redirect;
	char		*end;
	bool		quoted, strip_tabs;
	struct here	*next;
};

static struct {
	const char	*p;		/* what is left of the current text */
	char		*line;		/* the line that more() gave, owned here */
	char		*(*more)(bool continuation);
	bool		error, started;
	enum token	token;
	struct word	*word;
	char		*plain;		/* the word's text if nothing in it was quoted or expanded */
	enum redirect_op redirect_op;
	int		redirect_fd;
	bool		here_strip;
	struct here	*here;
	int		depth;
} in;

static struct node *parse_list(void);
static struct word *parse_word_until(const char *stop, bool quoted);
static void next_token(void);

static void *node_alloc(size_t size)
{
	return arena_alloc(sh.arena, size);
}

static void syntax_error(const char *what)
{
	if (!in.error)
		sh_error("syntax error: %s", what);
	in.error = true;
	in.token = T_EOF;
}

static void unexpected(void)
{
	static const char *const names[] = {
		[T_EOF] = "end of file", [T_NEWLINE] = "newline", [T_SEMI] = "\";\"", [T_DSEMI] = "\";;\"",
		[T_AMP] = "\"&\"", [T_AND] = "\"&&\"", [T_PIPE] = "\"|\"", [T_OR] = "\"||\"",
		[T_LPAREN] = "\"(\"", [T_RPAREN] = "\")\"", [T_REDIRECT] = "redirection",
	};
	char text[80];

	if (in.token == T_WORD)
		snprintf(text, sizeof(text), "\"%.40s\" unexpected", in.plain ? in.plain : "word");
	else
		snprintf(text, sizeof(text), "%s unexpected", names[in.token]);
	syntax_error(text);
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
		unexpected();
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
			unexpected();
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

	if (c == '#' && in.p[1] != '}' && !(strchr("-+=?:#%", in.p[1]) && in.p[1] && in.p[2] != '}')) {
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
 * The inside of ${name op WORD} or $((WORD)), up to the stop string, which is left to be read. Inner
 * parentheses of an expression and inner braces are counted.
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

static void add_here(struct redirect *r)
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

static void next_token(void)
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

/* ---- grammar ---- */

static bool at_word(const char *text)
{
	return in.token == T_WORD && in.plain && !strcmp(in.plain, text);
}

static void skip_newlines(void)
{
	while (in.token == T_NEWLINE)
		next_token();
}

static void expect_word(const char *text)
{
	char message[60];

	if (at_word(text)) {
		next_token();
		return;
	}
	if (in.token == T_EOF && !in.error) {
		snprintf(message, sizeof(message), "end of file unexpected (expecting \"%s\")", text);
		syntax_error(message);
	} else {
		unexpected();
	}
}

static bool at_list_end(void)
{
	static const char *const closers[] = { "then", "else", "elif", "fi", "do", "done", "esac", "}" };

	if (in.token == T_EOF || in.token == T_RPAREN || in.token == T_DSEMI)
		return true;
	for (size_t i = 0; i < sizeof(closers) / sizeof(closers[0]); i++)
		if (at_word(closers[i]))
			return true;
	return false;
}

static struct node *new_node(enum node_kind kind)
{
	struct node *n = node_alloc(sizeof(*n));

	n->kind = kind;
	n->line = sh.line;
	return n;
}

static struct node *binary(enum node_kind kind, struct node *a, struct node *b)
{
	struct node *n = new_node(kind);

	n->a = a;
	n->b = b;
	return n;
}

static void parse_redirect(struct redirect ***last)
{
	struct redirect *r = node_alloc(sizeof(*r));

	r->op = in.redirect_op;
	r->fd = in.redirect_fd;
	next_token();
	if (in.token != T_WORD) {
		unexpected();
		return;
	}
	r->target = in.word;
	**last = r;
	*last = &r->next;
	if (r->op == RD_HERE)
		add_here(r);
	next_token();
}

static struct node *parse_body(const char *opener, const char *closer)
{
	struct node *n;

	expect_word(opener);
	n = parse_list();
	if (!n && !in.error)
		unexpected();
	expect_word(closer);
	return n;
}

static struct node *parse_if(void)
{
	struct node *n = new_node(NODE_IF);

	next_token();
	n->a = parse_list();
	if (!n->a && !in.error)
		unexpected();
	expect_word("then");
	n->b = parse_list();
	if (!n->b && !in.error)
		unexpected();
	if (at_word("elif")) {
		n->c = parse_if();
		return n;
	}
	if (at_word("else")) {
		next_token();
		n->c = parse_list();
	}
	expect_word("fi");
	return n;
}

static struct node *parse_for(void)
{
	struct node *n = new_node(NODE_FOR);
	struct word **last = &n->words;

	next_token();
	if (in.token != T_WORD || !in.plain || !var_is_name(in.plain, strlen(in.plain))) {
		syntax_error("for: expecting a variable name");
		return NULL;
	}
	n->name = in.plain;
	next_token();
	skip_newlines();
	if (at_word("in")) {
		n->has_list = true;
		next_token();
		while (in.token == T_WORD) {
			*last = in.word;
			last = &in.word->next;
			next_token();
		}
	}
	if (in.token == T_SEMI || in.token == T_NEWLINE)
		next_token();
	skip_newlines();
	n->a = parse_body("do", "done");
	return n;
}

static struct node *parse_case(void)
{
	struct node *n = new_node(NODE_CASE);
	struct case_item **last = &n->cases;

	next_token();
	if (in.token != T_WORD) {
		unexpected();
		return NULL;
	}
	n->words = in.word;
	next_token();
	skip_newlines();
	expect_word("in");
	skip_newlines();
	while (!in.error && !at_word("esac")) {
		struct case_item *item = node_alloc(sizeof(*item));
		struct word **pattern = &item->patterns;

		if (in.token == T_LPAREN)
			next_token();
		for (;;) {
			if (in.token != T_WORD) {
				unexpected();
				return NULL;
			}
			*pattern = in.word;
			pattern = &in.word->next;
			next_token();
			if (in.token != T_PIPE)
				break;
			next_token();
		}
		if (in.token != T_RPAREN) {
			unexpected();
			return NULL;
		}
		next_token();
		item->body = parse_list();
		*last = item;
		last = &item->next;
		if (in.token == T_DSEMI)
			next_token();
		else if (!at_word("esac"))
			unexpected();
		skip_newlines();
	}
	expect_word("esac");
	return n;
}

static struct node *parse_simple(void);

/* A compound command, or NULL if the current token does not begin one. */
static struct node *parse_compound(void)
{
	struct node *n;

	if (in.token == T_LPAREN) {
		n = new_node(NODE_SUBSHELL);
		next_token();
		n->a = parse_list();
		if (in.token != T_RPAREN) {
			unexpected();
			return NULL;
		}
		next_token();
		return n;
	}
	if (at_word("{")) {
		n = new_node(NODE_GROUP);
		n->a = parse_body("{", "}");
		return n;
	}
	if (at_word("if"))
		return parse_if();
	if (at_word("while") || at_word("until")) {
		n = new_node(at_word("while") ? NODE_WHILE : NODE_UNTIL);
		next_token();
		n->a = parse_list();
		if (!n->a && !in.error)
			unexpected();
		n->b = parse_body("do", "done");
		return n;
	}
	if (at_word("for"))
		return parse_for();
	if (at_word("case"))
		return parse_case();
	return NULL;
}

static struct node *parse_command_node(void)
{
	struct node *n = parse_compound();
	struct redirect **last;

	if (in.error)
		return NULL;
	if (!n)
		return parse_simple();
	last = &n->redirects;
	while (in.token == T_REDIRECT)
		parse_redirect(&last);
	return n;
}

static bool is_assignment(const struct word *w)
{
	const char *text, *equals;

	if (!w->parts || w->parts->kind != PART_TEXT || w->parts->quoted)
		return false;
	text = w->parts->text;
	equals = strchr(text, '=');
	return equals && var_is_name(text, (size_t)(equals - text));
}

static struct node *parse_function(char *name)
{
	struct node *n = new_node(NODE_FUNCTION);

	next_token();
	if (in.token != T_RPAREN) {
		unexpected();
		return NULL;
	}
	next_token();
	skip_newlines();
	n->name = name;
	n->a = parse_command_node();
	arena_keep(sh.arena);
	return n;
}

static struct node *parse_simple(void)
{
	struct node *n = new_node(NODE_SIMPLE);
	struct word **assign = &n->assigns, **word = &n->words;
	struct redirect **redirect = &n->redirects;
	bool any = false;

	for (;; any = true) {
		if (in.token == T_REDIRECT) {
			parse_redirect(&redirect);
		} else if (in.token == T_WORD && !n->words && is_assignment(in.word)) {
			*assign = in.word;
			assign = &in.word->next;
			next_token();
		} else if (in.token == T_WORD) {
			char *plain = in.plain;

			*word = in.word;
			word = &in.word->next;
			next_token();
			if (in.token == T_LPAREN && plain && n->words && !n->words->next && !n->assigns)
				return parse_function(plain);
		} else {
			break;
		}
		if (in.error)
			return NULL;
	}
	if (!any) {
		unexpected();
		return NULL;
	}
	return n;
}

static struct node *parse_pipeline(void)
{
	struct node *first, *n, **last;
	bool negate = false;

	while (at_word("!")) {
		negate = !negate;
		next_token();
	}
	first = parse_command_node();
	if (!first)
		return NULL;
	if (in.token == T_PIPE) {
		n = new_node(NODE_PIPE);
		n->a = first;
		last = &first->next;
		while (in.token == T_PIPE) {
			next_token();
			skip_newlines();
			*last = parse_command_node();
			if (!*last)
				return NULL;
			last = &(*last)->next;
		}
		first = n;
	}
	return negate ? binary(NODE_NOT, first, NULL) : first;
}

static struct node *parse_and_or(void)
{
	struct node *n = parse_pipeline();

	while (n && (in.token == T_AND || in.token == T_OR)) {
		enum node_kind kind = in.token == T_AND ? NODE_AND : NODE_OR;
		struct node *right;

		next_token();
		skip_newlines();
		right = parse_pipeline();
		if (!right)
			return NULL;
		n = binary(kind, n, right);
	}
	return n;
}

/* Commands up to something that closes a list; NULL if there are none. */
static struct node *parse_list(void)
{
	struct node *list = NULL, *n;

	for (;;) {
		skip_newlines();
		if (at_list_end())
			return list;
		n = parse_and_or();
		if (!n)
			return NULL;
		if (in.token == T_AMP)
			n = binary(NODE_BACKGROUND, n, NULL);
		list = list ? binary(NODE_SEQUENCE, list, n) : n;
		if (in.token != T_AMP && in.token != T_SEMI && in.token != T_NEWLINE)
			return list;
		next_token();
	}
}

/*
 * One complete command line from text. *rest is where the next begins, NULL at the end of all input.
 * A line without a command gives NULL without an error.
 */
struct node *parse_command(const char *text, const char **rest, char *(*more)(bool continuation),
			   bool *error)
{
	struct node *list = NULL, *n;

	free(in.line);
	memset(&in, 0, sizeof(in));
	in.p = text;
	in.more = more;
	next_token();
	while (in.token != T_NEWLINE && in.token != T_EOF) {
		n = parse_and_or();
		if (!n)
			break;
		if (in.token == T_AMP)
			n = binary(NODE_BACKGROUND, n, NULL);
		list = list ? binary(NODE_SEQUENCE, list, n) : n;
		if (in.token == T_AMP || in.token == T_SEMI)
			next_token();
		else if (in.token != T_NEWLINE && in.token != T_EOF)
			unexpected();
	}
	*error = in.error;
	*rest = in.token == T_EOF && !in.error && !*in.p ? NULL : in.p;
	if (in.error)
		*rest = NULL;
	return in.error ? NULL : list;
}
