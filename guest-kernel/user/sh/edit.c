/* SPDX-License-Identifier: MIT */
/*
 * The line editor: emacs keys, history, completion of commands and paths. A long line wraps; typing
 * at its end echoes just the character, which keeps a transcript of a serial line readable.
 */
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "sh.h"
#include "../toolbox/toolbox.h"

#define HISTORY 200

static char *history[HISTORY];
static size_t history_count;

static struct {
	const char	*prompt;
	size_t		prompt_width;
	struct text	line;
	size_t		at;
	size_t		columns;
	size_t		cell;		/* where the cursor is, see cell_of() */
	char		*kill;
	size_t		from_history;	/* how far back; 0 is the line being typed */
	char		*typed;
} ed;

enum { KEY_UP = 256, KEY_DOWN, KEY_LEFT, KEY_RIGHT, KEY_HOME, KEY_END, KEY_DELETE, KEY_WORD_LEFT,
       KEY_WORD_RIGHT, KEY_DELETE_WORD, KEY_NONE, KEY_EOF };

#define CTRL(c) ((c) & 31)

static void out(const char *s, size_t n)
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

static void out_string(const char *s)
{
	out(s, strlen(s));
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

static int read_key(void)
{
	int c = read_byte(-1);

	return c < 0 ? KEY_EOF : c == 27 ? read_escape() : c;
}

/* The cursor's place, counted in cells from the beginning of the prompt's last line. */
static size_t cell_of(size_t at)
{
	return ed.prompt_width + at;
}

static void move(size_t n, char direction)
{
	char text[24];

	if (!n)
		return;
	snprintf(text, sizeof(text), "\033[%zu%c", n, direction);
	out_string(text);
}

/* A character in the last column leaves the cursor there; go on to the next row as it will. */
static void wrap(size_t cell)
{
	if (cell && cell % ed.columns == 0)
		out_string("\r\n");
}

/* Draw the line again from its prompt, whose row is as far up as the cursor was from it. */
static void refresh(void)
{
	const char *last = strrchr(ed.prompt, '\n');
	size_t end = cell_of(ed.line.n), cursor = cell_of(ed.at);

	move(ed.cell / ed.columns, 'A');
	out_string("\r");
	out_string(last ? last + 1 : ed.prompt);
	out(ed.line.s, ed.line.n);
	wrap(end);
	out_string("\033[J");
	if (cursor != end) {
		move(end / ed.columns - cursor / ed.columns, 'A');
		out_string("\r");
		move(cursor % ed.columns, 'C');
	}
	ed.cell = cursor;
}

/* The same below whatever was printed since. */
static void refresh_here(void)
{
	ed.cell = 0;
	refresh();
}

static void insert(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		text_add(&ed.line, ' ');
	memmove(ed.line.s + ed.at + n, ed.line.s + ed.at, ed.line.n - n - ed.at);
	memcpy(ed.line.s + ed.at, s, n);
	ed.at += n;
	if (ed.at != ed.line.n) {
		refresh();
		return;
	}
	while (n--) {
		out(s++, 1);
		wrap(++ed.cell);
	}
}

/* Remove [from, to), remembering it for Ctrl-Y if asked. */
static void cut(size_t from, size_t to, bool keep)
{
	bool at_end = to == ed.line.n && ed.at == to && to == from + 1 &&
		      cell_of(to) % ed.columns != 0;

	if (keep) {
		free(ed.kill);
		ed.kill = sh_malloc(to - from + 1);
		memcpy(ed.kill, ed.line.s + from, to - from);
		ed.kill[to - from] = '\0';
	}
	memmove(ed.line.s + from, ed.line.s + to, ed.line.n - to);
	ed.line.n -= to - from;
	ed.at = from;
	if (at_end) {
		out_string("\b \b");
		ed.cell--;
	} else {
		refresh();
	}
}

static size_t word_left(void)
{
	size_t i = ed.at;

	while (i > 0 && !isalnum((unsigned char)ed.line.s[i - 1]))
		i--;
	while (i > 0 && isalnum((unsigned char)ed.line.s[i - 1]))
		i--;
	return i;
}

static size_t word_right(void)
{
	size_t i = ed.at;

	while (i < ed.line.n && !isalnum((unsigned char)ed.line.s[i]))
		i++;
	while (i < ed.line.n && isalnum((unsigned char)ed.line.s[i]))
		i++;
	return i;
}

static void replace_line(const char *s)
{
	ed.line.n = 0;
	text_add_string(&ed.line, s);
	ed.at = ed.line.n;
	refresh();
}

/* ---- history ---- */

void edit_add_history(const char *line)
{
	if (!*line || (history_count && !strcmp(history[history_count - 1], line)))
		return;
	if (history_count == HISTORY) {
		free(history[0]);
		memmove(history, history + 1, (HISTORY - 1) * sizeof(*history));
		history_count--;
	}
	history[history_count++] = sh_strdup(line);
}

void edit_list_history(void)
{
	for (size_t i = 0; i < history_count; i++)
		printf("%5zu  %s\n", i + 1, history[i]);
}

static void show_history(size_t back)
{
	if (back > history_count)
		return;
	if (ed.from_history == 0) {
		free(ed.typed);
		ed.typed = sh_strdup(text_get(&ed.line));
	}
	ed.from_history = back;
	replace_line(back ? history[history_count - back] : ed.typed);
}

/* Ctrl-R: the pattern grows with each key; the newest line that contains it is shown. */
static int search_history(void)
{
	struct text pattern = { 0 };
	size_t back = 0;
	int key = KEY_NONE;

	for (;;) {
		const char *found = NULL;

		text_get(&pattern);
		for (size_t i = back ? back : 1; pattern.n && i <= history_count; i++)
			if (strstr(history[history_count - i], pattern.s)) {
				found = history[history_count - i];
				back = i;
				break;
			}
		if (found) {
			ed.line.n = 0;
			text_add_string(&ed.line, found);
			ed.at = ed.line.n;
		}
		out_string("\r\033[J(search) ");
		out_string(pattern.s);
		out_string(": ");
		out(ed.line.s, ed.line.n);
		key = read_key();
		if (key == CTRL('r')) {
			back++;
		} else if ((key == 127 || key == CTRL('h')) && pattern.n) {
			pattern.n--;
			back = 0;
		} else if (key >= 32 && key < 127) {
			text_add(&pattern, (char)key);
		} else {
			break;
		}
	}
	text_free(&pattern);
	out_string("\r\033[J");
	refresh_here();
	return key;
}

/* ---- completion ---- */

static struct {
	char	**names;
	size_t	count;
} matches;

static void match_add(const char *name)
{
	for (size_t i = 0; i < matches.count; i++)
		if (!strcmp(matches.names[i], name))
			return;
	matches.names = sh_realloc(matches.names, (matches.count + 1) * sizeof(*matches.names));
	matches.names[matches.count++] = sh_strdup(name);
}

/* Names in a directory that begin with the prefix; directories get a slash. */
static void match_directory(const char *directory, const char *prefix, bool programs)
{
	size_t n = strlen(prefix);
	struct dirent *e;
	DIR *d = opendir(*directory ? directory : ".");

	while (d && (e = readdir(d)) != NULL) {
		char path[PATH_MAX];
		struct stat st;

		if (strncmp(e->d_name, prefix, n) || (e->d_name[0] == '.' && !n))
			continue;
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		snprintf(path, sizeof(path), "%s%s%s", directory, *directory ? "/" : "", e->d_name);
		if (stat(path, &st) < 0)
			memset(&st, 0, sizeof(st));
		if (programs && (!S_ISREG(st.st_mode) || !(st.st_mode & 0111)))
			continue;
		snprintf(path, sizeof(path), "%s%s", e->d_name, S_ISDIR(st.st_mode) ? "/" : "");
		match_add(path);
	}
	if (d)
		closedir(d);
}

static void match_commands(const char *prefix)
{
	size_t n = strlen(prefix);
	const struct builtin *b;
	const char *path = var_get("PATH"), *name;

	for (size_t i = 0; (b = builtin_at(i)) != NULL; i++)
		if (!strncmp(b->name, prefix, n))
			match_add(b->name);
	for (size_t i = 0; (name = function_name(i)) != NULL; i++)
		if (!strncmp(name, prefix, n))
			match_add(name);
	while (path && *path) {
		size_t len = strcspn(path, ":");
		char directory[PATH_MAX];

		snprintf(directory, sizeof(directory), "%.*s", (int)len, path);
		match_directory(directory, prefix, true);
		path += len + (path[len] == ':');
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list_matches(void)
{
	size_t width = 0, per_row;

	for (size_t i = 0; i < matches.count; i++)
		if (strlen(matches.names[i]) > width)
			width = strlen(matches.names[i]);
	per_row = ed.columns / (width + 2);
	if (!per_row)
		per_row = 1;
	qsort(matches.names, matches.count, sizeof(*matches.names), by_name);
	out_string("\r\n");
	for (size_t i = 0; i < matches.count; i++) {
		char cell[NAME_MAX + 4];
		bool last = i + 1 == matches.count || (i + 1) % per_row == 0;

		snprintf(cell, sizeof(cell), "%-*s%s", last ? 0 : (int)width + 2, matches.names[i],
			 last ? "\r\n" : "");
		out_string(cell);
	}
	refresh_here();
}

static bool first_word(size_t start)
{
	while (start > 0 && isspace((unsigned char)ed.line.s[start - 1]))
		start--;
	return start == 0 || strchr("|;&(`", ed.line.s[start - 1]);
}

static void complete(bool list)
{
	size_t start = ed.at, common;
	char word[PATH_MAX], *slash;

	while (start > 0 && !isspace((unsigned char)ed.line.s[start - 1]) &&
	       !strchr(";|&<>(=`", ed.line.s[start - 1]))
		start--;
	snprintf(word, sizeof(word), "%.*s", (int)(ed.at - start), ed.line.s + start);
	slash = strrchr(word, '/');
	if (slash) {
		char prefix[NAME_MAX + 1], directory[PATH_MAX];
		const char *home = var_get("HOME");

		snprintf(prefix, sizeof(prefix), "%s", slash + 1);
		slash[slash == word] = '\0';
		if (word[0] == '~' && home)
			snprintf(directory, sizeof(directory), "%s%s", home, word + 1);
		else
			strcpy(directory, word);
		match_directory(directory, prefix, false);
		start += (size_t)(slash - word) + 1;
		if (slash == word)
			start = start > 0 ? start : 0;
		strcpy(word, prefix);
	} else if (first_word(start)) {
		match_commands(word);
	} else {
		match_directory("", word, false);
	}
	if (matches.count) {
		const char *name = matches.names[0];
		size_t have = strlen(word);

		common = strlen(name);
		for (size_t i = 1; i < matches.count; i++)
			for (size_t k = 0; k < common; k++)
				if (matches.names[i][k] != name[k])
					common = k;
		if (common > have)
			insert(name + have, common - have);
		if (matches.count == 1 && name[strlen(name) - 1] != '/')
			insert(" ", 1);
		else if (matches.count > 1 && common == have && list)
			list_matches();
	}
	for (size_t i = 0; i < matches.count; i++)
		free(matches.names[i]);
	free(matches.names);
	matches.names = NULL;
	matches.count = 0;
}

/* ---- keys ---- */

enum outcome { GO_ON, DONE, END, CANCEL };

static enum outcome handle_key(int key, int previous)
{
	switch (key) {
	case '\r':
	case '\n':
		return DONE;
	case KEY_EOF:
		return END;
	case CTRL('d'):
		if (!ed.line.n)
			return END;
		/* fall through */
	case KEY_DELETE:
		if (ed.at < ed.line.n)
			cut(ed.at, ed.at + 1, false);
		break;
	case CTRL('c'):
		return CANCEL;
	case '\t':
		complete(previous == '\t');
		break;
	case 127:
	case CTRL('h'):
		if (ed.at > 0)
			cut(ed.at - 1, ed.at, false);
		break;
	case CTRL('a'):
	case KEY_HOME:
		ed.at = 0;
		refresh();
		break;
	case CTRL('e'):
	case KEY_END:
		ed.at = ed.line.n;
		refresh();
		break;
	case CTRL('b'):
	case KEY_LEFT:
		if (ed.at > 0) {
			ed.at--;
			refresh();
		}
		break;
	case CTRL('f'):
	case KEY_RIGHT:
		if (ed.at < ed.line.n) {
			ed.at++;
			refresh();
		}
		break;
	case KEY_WORD_LEFT:
		ed.at = word_left();
		refresh();
		break;
	case KEY_WORD_RIGHT:
		ed.at = word_right();
		refresh();
		break;
	case KEY_DELETE_WORD:
		cut(ed.at, word_right(), true);
		break;
	case CTRL('w'): {
		size_t from = ed.at;

		while (from > 0 && isspace((unsigned char)ed.line.s[from - 1]))
			from--;
		while (from > 0 && !isspace((unsigned char)ed.line.s[from - 1]))
			from--;
		cut(from, ed.at, true);
		break;
	}
	case CTRL('k'):
		cut(ed.at, ed.line.n, true);
		break;
	case CTRL('u'):
		cut(0, ed.at, true);
		break;
	case CTRL('y'):
		if (ed.kill)
			insert(ed.kill, strlen(ed.kill));
		break;
	case CTRL('t'):
		if (ed.at > 0 && ed.line.n > 1) {
			size_t i = ed.at == ed.line.n ? ed.at - 1 : ed.at;
			char c = ed.line.s[i];

			ed.line.s[i] = ed.line.s[i - 1];
			ed.line.s[i - 1] = c;
			ed.at = i + 1;
			refresh();
		}
		break;
	case CTRL('l'):
		out_string("\033[H\033[2J");
		refresh_here();
		break;
	case CTRL('p'):
	case KEY_UP:
		show_history(ed.from_history + 1);
		break;
	case CTRL('n'):
	case KEY_DOWN:
		if (ed.from_history)
			show_history(ed.from_history - 1);
		break;
	default:
		if (key >= 32 && key < 256 && key != 127) {
			char c = (char)key;

			insert(&c, 1);
		}
	}
	return GO_ON;
}

static size_t visible_width(const char *s)
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

/* A line and its newline, in memory of its own; NULL at the end of input. Ctrl-C: an empty line. */
char *edit_line(const char *prompt)
{
	struct termios cooked, raw;
	enum outcome outcome = GO_ON;
	struct winsize w;
	int key = KEY_NONE, previous;
	char *line;

	fflush(stdout);
	if (tcgetattr(0, &cooked) < 0)
		return NULL;
	raw = cooked;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
	raw.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IXON);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(0, TCSADRAIN, &raw);
	/* Not earlier: the terminal would echo what is typed at the sight of the prompt, and so would we. */
	out_string(prompt);
	memset(&ed.line, 0, sizeof(ed.line));
	text_get(&ed.line);
	ed.prompt = prompt;
	ed.prompt_width = visible_width(prompt);
	ed.at = 0;
	ed.from_history = 0;
	ed.columns = ioctl(0, TIOCGWINSZ, &w) == 0 && w.ws_col ? w.ws_col : 80;
	ed.cell = cell_of(0);
	while (outcome == GO_ON) {
		previous = key;
		key = read_key();
		if (key == CTRL('r'))
			key = search_history();
		outcome = handle_key(key, previous);
	}
	if (ed.at != ed.line.n) {
		ed.at = ed.line.n;
		refresh();
	}
	tcsetattr(0, TCSADRAIN, &cooked);
	if (outcome == CANCEL) {
		out_string("^C\n");
		ed.line.n = 0;
		sh.status = 130;
	} else if (outcome == END && !ed.line.n) {
		out_string("\n");
		text_free(&ed.line);
		return NULL;
	} else {
		out_string("\n");
	}
	edit_add_history(text_get(&ed.line));
	text_add(&ed.line, '\n');
	line = text_get(&ed.line);
	ed.line.s = NULL;
	return line;
}
