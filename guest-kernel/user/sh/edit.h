/* SPDX-License-Identifier: MIT */
/*
 * Inside the line editor. edit.c has the line and what keys do to it, edit_terminal.c reads keys and draws,
 * edit_history.c keeps the lines of before, edit_complete.c finds names that go on with what is typed.
 */
#ifndef USER_SH_EDIT_H
#define USER_SH_EDIT_H

#include "sh.h"

enum { KEY_UP = 256, KEY_DOWN, KEY_LEFT, KEY_RIGHT, KEY_HOME, KEY_END, KEY_DELETE, KEY_WORD_LEFT,
       KEY_WORD_RIGHT, KEY_DELETE_WORD, KEY_NONE, KEY_EOF };

#define CTRL(c) ((c) & 31)

enum edit_outcome { EDIT_GO_ON, EDIT_DONE, EDIT_END, EDIT_CANCEL };

struct editor {
	const char	*prompt;
	size_t		prompt_width;
	struct text	line;
	size_t		at;
	size_t		columns;
	size_t		cell;		/* where the cursor is, see edit_cell_of() */
	char		*kill;
	size_t		from_history;	/* how far back; 0 is the line being typed */
	char		*typed;
	int		key, previous;	/* the key that acts, and the one before it */
	enum edit_outcome outcome;
};
extern struct editor editor;

/* edit.c */
void edit_insert(const char *s, size_t n);	/* at the cursor */
void edit_replace(const char *s);		/* the whole line */

/* edit_terminal.c */
void edit_out(const char *s, size_t n);
void edit_out_string(const char *s);
int edit_read_key(void);			/* a byte or a KEY_ */
size_t edit_cell_of(size_t at);
size_t edit_visible_width(const char *prompt);	/* of its last line, without escape sequences */
void edit_echo(const char *s, size_t n);	/* what has been typed at the line's end */
void edit_refresh(void);
void edit_refresh_here(void);

/* edit_history.c */
void edit_show_history(size_t back);
int edit_search_history(void);			/* returns the key that ended it */

/* edit_complete.c */
void edit_complete(bool list);			/* list: show the matches if there is nothing to add */

#endif
