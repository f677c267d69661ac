/* SPDX-License-Identifier: MIT */
/*
 * The line editor: emacs keys, history, completion of commands and paths. Here are the line, and the
 * table of keys with what each does to it. Typing at the line's end echoes just the character, which keeps a
 * transcript of a serial line readable. Next: edit_terminal.c.
 */
#include <sys/ioctl.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include "edit.h"

struct editor editor;

void edit_insert(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		text_add(&editor.line, ' ');
	memmove(editor.line.s + editor.at + n, editor.line.s + editor.at, editor.line.n - n - editor.at);
	memcpy(editor.line.s + editor.at, s, n);
	editor.at += n;
	if (editor.at != editor.line.n) {
		edit_refresh();
		return;
	}
	edit_echo(s, n);
}

/* Remove [from, to), remembering it for Ctrl-Y if asked. */
static void cut(size_t from, size_t to, bool keep)
{
	bool at_end = to == editor.line.n && editor.at == to && to == from + 1 &&
		      edit_cell_of(to) % editor.columns != 0;

	if (keep) {
		free(editor.kill);
		editor.kill = sh_malloc(to - from + 1);
		memcpy(editor.kill, editor.line.s + from, to - from);
		editor.kill[to - from] = '\0';
	}
	memmove(editor.line.s + from, editor.line.s + to, editor.line.n - to);
	editor.line.n -= to - from;
	editor.at = from;
	if (at_end) {
		edit_out_string("\b \b");
		editor.cell--;
	} else {
		edit_refresh();
	}
}

static size_t word_left(void)
{
	size_t i = editor.at;

	while (i > 0 && !isalnum((unsigned char)editor.line.s[i - 1]))
		i--;
	while (i > 0 && isalnum((unsigned char)editor.line.s[i - 1]))
		i--;
	return i;
}

static size_t word_right(void)
{
	size_t i = editor.at;

	while (i < editor.line.n && !isalnum((unsigned char)editor.line.s[i]))
		i++;
	while (i < editor.line.n && isalnum((unsigned char)editor.line.s[i]))
		i++;
	return i;
}

void edit_replace(const char *s)
{
	editor.line.n = 0;
	text_add_string(&editor.line, s);
	editor.at = editor.line.n;
	edit_refresh();
}

/* ---- what keys do ---- */

static void accept(void)
{
	editor.outcome = EDIT_DONE;
}

static void end_of_input(void)
{
	editor.outcome = EDIT_END;
}

static void cancel(void)
{
	editor.outcome = EDIT_CANCEL;
}

static void move_to(size_t at)
{
	editor.at = at;
	edit_refresh();
}

static void move_home(void)
{
	move_to(0);
}

static void move_end(void)
{
	move_to(editor.line.n);
}

static void move_left(void)
{
	if (editor.at > 0)
		move_to(editor.at - 1);
}

static void move_right(void)
{
	if (editor.at < editor.line.n)
		move_to(editor.at + 1);
}

static void move_word_left(void)
{
	move_to(word_left());
}

static void move_word_right(void)
{
	move_to(word_right());
}

static void delete_next(void)
{
	if (editor.at < editor.line.n)
		cut(editor.at, editor.at + 1, false);
}

static void delete_or_end(void)
{
	if (editor.line.n)
		delete_next();
	else
		end_of_input();
}

static void delete_previous(void)
{
	if (editor.at > 0)
		cut(editor.at - 1, editor.at, false);
}

static void cut_word_right(void)
{
	cut(editor.at, word_right(), true);
}

/* Up to a blank, unlike word_left(). */
static void cut_word_left(void)
{
	size_t from = editor.at;

	while (from > 0 && isspace((unsigned char)editor.line.s[from - 1]))
		from--;
	while (from > 0 && !isspace((unsigned char)editor.line.s[from - 1]))
		from--;
	cut(from, editor.at, true);
}

static void cut_to_end(void)
{
	cut(editor.at, editor.line.n, true);
}

static void cut_to_start(void)
{
	cut(0, editor.at, true);
}

static void paste(void)
{
	if (editor.kill)
		edit_insert(editor.kill, strlen(editor.kill));
}

static void transpose(void)
{
	if (editor.at > 0 && editor.line.n > 1) {
		size_t i = editor.at == editor.line.n ? editor.at - 1 : editor.at;
		char c = editor.line.s[i];

		editor.line.s[i] = editor.line.s[i - 1];
		editor.line.s[i - 1] = c;
		move_to(i + 1);
	}
}

static void clear_screen(void)
{
	edit_out_string("\033[H\033[2J");
	edit_refresh_here();
}

static void history_back(void)
{
	edit_show_history(editor.from_history + 1);
}

static void history_forward(void)
{
	if (editor.from_history)
		edit_show_history(editor.from_history - 1);
}

static void complete(void)
{
	edit_complete(editor.previous == '\t');
}

/* Ctrl-R is none of them: what ends the search is a key that acts, edit_line(). */
static const struct {
	int	key;
	void	(*act)(void);
} keys[] = {
	{ '\r', accept }, { '\n', accept },
	{ KEY_EOF, end_of_input }, { CTRL('c'), cancel },
	{ CTRL('a'), move_home }, { KEY_HOME, move_home },
	{ CTRL('e'), move_end }, { KEY_END, move_end },
	{ CTRL('b'), move_left }, { KEY_LEFT, move_left },
	{ CTRL('f'), move_right }, { KEY_RIGHT, move_right },
	{ KEY_WORD_LEFT, move_word_left }, { KEY_WORD_RIGHT, move_word_right },
	{ CTRL('d'), delete_or_end }, { KEY_DELETE, delete_next },
	{ 127, delete_previous }, { CTRL('h'), delete_previous },
	{ KEY_DELETE_WORD, cut_word_right }, { CTRL('w'), cut_word_left },
	{ CTRL('k'), cut_to_end }, { CTRL('u'), cut_to_start },
	{ CTRL('y'), paste }, { CTRL('t'), transpose }, { CTRL('l'), clear_screen },
	{ CTRL('p'), history_back }, { KEY_UP, history_back },
	{ CTRL('n'), history_forward }, { KEY_DOWN, history_forward },
	{ '\t', complete },
};

static void handle_key(void)
{
	char c = (char)editor.key;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].key == editor.key) {
			keys[i].act();
			return;
		}
	if (editor.key >= 32 && editor.key < 256)
		edit_insert(&c, 1);
}

static void begin(const char *prompt)
{
	struct winsize w;

	memset(&editor.line, 0, sizeof(editor.line));
	text_get(&editor.line);
	editor.prompt = prompt;
	editor.prompt_width = edit_visible_width(prompt);
	editor.at = 0;
	editor.from_history = 0;
	editor.columns = ioctl(0, TIOCGWINSZ, &w) == 0 && w.ws_col ? w.ws_col : 80;
	editor.cell = edit_cell_of(0);
	editor.key = KEY_NONE;
	editor.outcome = EDIT_GO_ON;
}

static bool raw_mode(struct termios *cooked)
{
	struct termios raw;

	if (tcgetattr(0, cooked) < 0)
		return false;
	raw = *cooked;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
	raw.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IXON);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(0, TCSADRAIN, &raw);
	return true;
}

/* A line and its newline, in memory of its own; NULL at the end of input. Ctrl-C: an empty line. */
char *edit_line(const char *prompt)
{
	struct termios cooked;
	char *line;

	fflush(stdout);
	if (!raw_mode(&cooked))
		return NULL;
	/* Not earlier: the terminal would echo what is typed at the sight of the prompt, and so would we. */
	edit_out_string(prompt);
	begin(prompt);
	while (editor.outcome == EDIT_GO_ON) {
		editor.previous = editor.key;
		editor.key = edit_read_key();
		if (editor.key == CTRL('r'))
			editor.key = edit_search_history();
		handle_key();
	}
	if (editor.at != editor.line.n)
		move_end();
	tcsetattr(0, TCSADRAIN, &cooked);
	if (editor.outcome == EDIT_CANCEL) {
		edit_out_string("^C\n");
		editor.line.n = 0;
		sh.status = 130;
	} else if (editor.outcome == EDIT_END && !editor.line.n) {
		edit_out_string("\n");
		text_free(&editor.line);
		return NULL;
	} else {
		edit_out_string("\n");
	}
	edit_add_history(text_get(&editor.line));
	text_add(&editor.line, '\n');
	line = text_get(&editor.line);
	editor.line.s = NULL;
	return line;
}
