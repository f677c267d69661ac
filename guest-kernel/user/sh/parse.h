/* SPDX-License-Identifier: MIT */
/*
 * Between the lexer (lex.c) and the grammar (parse.c): the current token and the state of the
 * input. The lexer calls the grammar for the commands inside $( ); both work on the one `in`.
 */
#ifndef USER_SH_PARSE_H
#define USER_SH_PARSE_H

#include "sh.h"

enum token {
	T_EOF,
	T_NEWLINE,
	T_WORD,
	T_SEMI,
	T_DSEMI,
	T_AMP,
	T_AND,
	T_PIPE,
	T_OR,
	T_LPAREN,
	T_RPAREN,
	T_REDIRECT
};

struct here {			/* a here-document whose body is still to come */
	struct redirect	*redirect;
	char		*end;
	bool		quoted, strip_tabs;
	struct here	*next;
};

struct input {
	const char	*p;		/* what is left of the current text */
	char		*line;		/* the line that more() gave, owned here */
	char		*(*more)(bool continuation);
	bool		error, started;
	enum token	token;
	struct word	*word;
	char		*plain;	/* the word's text if nothing in it was quoted or expanded */
	enum redirect_op redirect_op;
	int		redirect_fd;
	bool		here_strip;
	struct here	*here;
	int		depth;
};
extern struct input in;

/* parse.c */
struct node *parse_list(void);
void parse_unexpected(void);

/* lex.c */
void next_token(void);
void syntax_error(const char *what);
void *node_alloc(size_t size);
void add_here(struct redirect *r);

#endif
