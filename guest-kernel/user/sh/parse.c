/* SPDX-License-Identifier: MIT */
/* Tokens to tree: a recursive-descent parser over POSIX's shell grammar. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "parse.h"

void parse_unexpected(void)
{
	static const char *const names[] = {
		[T_EOF] = "end of file",
		[T_NEWLINE] = "newline",
		[T_SEMI] = "\";\"",
		[T_DSEMI] = "\";;\"",
		[T_AMP] = "\"&\"",
		[T_AND] = "\"&&\"",
		[T_PIPE] = "\"|\"",
		[T_OR] = "\"||\"",
		[T_LPAREN] = "\"(\"",
		[T_RPAREN] = "\")\"",
		[T_REDIRECT] = "redirection",
	};
	char text[80];

	if (in.token == T_WORD)
		snprintf(text, sizeof(text), "\"%.40s\" unexpected", in.plain ? in.plain : "word");
	else
		snprintf(text, sizeof(text), "%s unexpected", names[in.token]);
	syntax_error(text);
}

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
		snprintf(message, sizeof(message), "end of file unexpected (expecting \"%s\")",
			 text);
		syntax_error(message);
	} else {
		parse_unexpected();
	}
}

static bool at_list_end(void)
{
	static const char *const closers[] = { "then", "else", "elif", "fi",
					       "do",   "done", "esac", "}" };

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
		parse_unexpected();
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
		parse_unexpected();
	expect_word(closer);
	return n;
}

static struct node *parse_if(void)
{
	struct node *n = new_node(NODE_IF);

	next_token();
	n->a = parse_list();
	if (!n->a && !in.error)
		parse_unexpected();
	expect_word("then");
	n->b = parse_list();
	if (!n->b && !in.error)
		parse_unexpected();
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
		parse_unexpected();
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
				parse_unexpected();
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
			parse_unexpected();
			return NULL;
		}
		next_token();
		item->body = parse_list();
		*last = item;
		last = &item->next;
		if (in.token == T_DSEMI)
			next_token();
		else if (!at_word("esac"))
			parse_unexpected();
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
			parse_unexpected();
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
			parse_unexpected();
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
		parse_unexpected();
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
			if (in.token == T_LPAREN && plain && n->words && !n->words->next &&
			    !n->assigns)
				return parse_function(plain);
		} else {
			break;
		}
		if (in.error)
			return NULL;
	}
	if (!any) {
		parse_unexpected();
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
struct node *parse_list(void)
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
 * One complete command line from text. *rest is where the next begins, NULL at the end of all
 * input. A line without a command gives NULL without an error.
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
			parse_unexpected();
	}
	*error = in.error;
	*rest = in.token == T_EOF && !in.error && !*in.p ? NULL : in.p;
	if (in.error)
		*rest = NULL;
	return in.error ? NULL : list;
}
