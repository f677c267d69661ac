/* SPDX-License-Identifier: MIT */
/*
 * The line editor's terminal: bytes become keys, and the line is drawn from its prompt. A long line
 * wraps; the cursor's place is counted in cells from the beginning of the prompt's last line, so that
 * dividing by the columns gives the row.
 */
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "edit.h"

void edit_out(const char *s, size_t n)
{
	while (n) {
		ssize_t done = write(2, s, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return;
		s += done;
		n -= (size_t)done;
	}
}

void edit_out_string(const char *s)
{
	edit_out(s, strlen(s));
}

static int read_byte(int timeout_ms)
{
	unsigned char c;
	ssize_t n;

	if (timeout_ms >= 0) {
		struct pollfd p = { .fd = 0, .events = POLLIN };

		if (poll(&p, 1, timeout_ms) <= 0)
			return -1;
	}
	do
		n = read(0, &c, 1);
	while (n < 0 && errno == EINTR);
	return n == 1 ? c : -1;
}

static int read_escape(void)
{
	int c = read_byte(100), d;

	if (c == 'b')
		return KEY_WORD_LEFT;
	if (c == 'f')
		return KEY_WORD_RIGHT;
	if (c == 'd')
		return KEY_DELETE_WORD;
	if (c != '[' && c != 'O')
		return KEY_NONE;
	c = read_byte(100);
	switch (c) {
	case 'A':
		return KEY_UP;
	case 'B':
		return KEY_DOWN;
	case 'C':
		return KEY_RIGHT;
	case 'D':
		return KEY_LEFT;
	case 'H':
		return KEY_HOME;
	case 'F':
		return KEY_END;
	}
	if (!isdigit(c))
		return KEY_NONE;
	/* ESC [ NUMBER ; MODIFIER FINAL */
	do
		d = read_byte(100);
	while (isdigit(d) || d == ';');
	if (d == '~')
		return c == '3' ? KEY_DELETE : c == '1' || c == '7' ? KEY_HOME
		       : c == '4' || c == '8' ? KEY_END : KEY_NONE;
	return d == 'C' ? KEY_WORD_RIGHT : d == 'D' ? KEY_WORD_LEFT : KEY_NONE;
}

int edit_read_key(void)
{
	int c = read_byte(-1);

	return c < 0 ? KEY_EOF : c == 27 ? read_escape() : c;
}

/* The cursor's place, counted in cells from the beginning of the prompt's last line. */
size_t edit_cell_of(size_t at)
{
	return editor.prompt_width + at;
}

static void move(size_t n, char direction)
{
	char text[24];

	if (!n)
		return;
	snprintf(text, sizeof(text), "\033[%zu%c", n, direction);
	edit_out_string(text);
}

/* A character in the last column leaves the cursor there; go on to the next row as it will. */
static void wrap(size_t cell)
{
	if (cell && cell % editor.columns == 0)
		edit_out_string("\r\n");
}

/* What was typed at the line's end needs no drawing of the rest. */
void edit_echo(const char *s, size_t n)
{
	while (n--) {
		edit_out(s++, 1);
		wrap(++editor.cell);
	}
}

/* Draw the line again from its prompt, whose row is as far up as the cursor was from it. */
void edit_refresh(void)
{
	const char *last = strrchr(editor.prompt, '\n');
	size_t end = edit_cell_of(editor.line.n), cursor = edit_cell_of(editor.at);

	move(editor.cell / editor.columns, 'A');
	edit_out_string("\r");
	edit_out_string(last ? last + 1 : editor.prompt);
	edit_out(editor.line.s, editor.line.n);
	wrap(end);
	edit_out_string("\033[J");
	if (cursor != end) {
		move(end / editor.columns - cursor / editor.columns, 'A');
		edit_out_string("\r");
		move(cursor % editor.columns, 'C');
	}
	editor.cell = cursor;
}

/* The same below whatever was printed since. */
void edit_refresh_here(void)
{
	editor.cell = 0;
	edit_refresh();
}

size_t edit_visible_width(const char *s)
{
	const char *last = strrchr(s, '\n');
	size_t n = 0;

	for (s = last ? last + 1 : s; *s; s++) {
		if (*s == '\033')
			while (*s && !isalpha((unsigned char)*s))
				s++;
		else
			n++;
		if (!*s)
			break;
	}
	return n;
}
