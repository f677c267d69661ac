/* SPDX-License-Identifier: MIT */
/*
 * less and more: text a screen at a time. Keys come from the terminal on descriptor 2 or /dev/tty.
 */
#include <sys/ioctl.h>
#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "toolbox.h"

static char **lines;
static size_t count, top, rows, columns;
static char search[64];
static int keys;

static int collect(FILE *f, const char *name, void *arg)
{
	char *line = NULL;
	size_t room = 0;

	while (read_line(f, &line, &room) >= 0) {
		if ((count & (count - 1)) == 0)
			lines = must(realloc(lines, (count ? count * 2 : 1) * sizeof(*lines)));
		lines[count++] = must(strdup(line));
	}
	free(line);
	return 0;
}

static void draw(const char *note)
{
	fputs("\033[H\033[2J", stdout);
	for (size_t i = top; i < top + rows && i < count; i++) {
		size_t column = 0;

		for (const char *s = lines[i]; *s && column < columns; s++) {
			if (*s == '\t') {
				do
					putchar(' ');
				while (++column % 8 && column < columns);
			} else {
				putchar((unsigned char)*s < 32 ? '.' : *s);
				column++;
			}
		}
		putchar('\n');
	}
	for (size_t i = count > top ? count - top : 0; i < rows; i++)
		puts("~");
	if (note)
		printf("\033[7m%s\033[0m", note);
	else if (top + rows >= count)
		printf("\033[7m(end; q leaves)\033[0m");
	else
		printf("\033[7m%zu%%\033[0m", (top + rows) * 100 / count);
	fflush(stdout);
}

static int read_key(void)
{
	unsigned char c;

	if (read(keys, &c, 1) != 1)
		return 'q';
	if (c != 27)
		return c;
	if (read(keys, &c, 1) != 1 || c != '[' || read(keys, &c, 1) != 1)
		return 0;
	switch (c) {
	case 'A':
		return 'k';
	case 'B':
		return 'j';
	case '5':
		return read(keys, &c, 1) == 1 ? 'b' : 'q';
	case '6':
		return read(keys, &c, 1) == 1 ? ' ' : 'q';
	case 'H':
		return 'g';
	case 'F':
		return 'G';
	}
	return 0;
}

static void ask_search(void)
{
	size_t n = 0;
	int c;

	fputs("\r\033[K/", stdout);
	fflush(stdout);
	while ((c = read_key()) != '\r' && c != '\n') {
		if ((c == 127 || c == 8) && n > 0)
			n--;
		else if (isprint(c) && n + 1 < sizeof(search))
			search[n++] = (char)c;
		printf("\r\033[K/%.*s", (int)n, search);
		fflush(stdout);
	}
	if (n)
		search[n] = '\0';
}

static const char *find_next(void)
{
	for (size_t i = top + 1; i < count && search[0]; i++)
		if (strstr(lines[i], search)) {
			top = i;
			return NULL;
		}
	return "(not found)";
}

int less_main(int argc, char **argv)
{
	struct termios cooked, raw;
	const char *note = NULL;
	struct winsize w;
	size_t last;
	int status;

	if (argc < 2 && isatty(0))
		return fail_usage();
	status = for_each_file(argc, argv, 1, collect, NULL);
	keys = isatty(2) ? 2 : open("/dev/tty", O_RDWR);
	if (!isatty(1) || keys < 0 || tcgetattr(keys, &cooked) < 0) {
		for (size_t i = 0; i < count; i++)
			puts(lines[i]);
		return status;
	}
	rows = 23;
	columns = 80;
	if (ioctl(1, TIOCGWINSZ, &w) == 0 && w.ws_row > 2 && w.ws_col) {
		rows = w.ws_row - 1u;
		columns = w.ws_col;
	}
	if (count <= rows) {
		for (size_t i = 0; i < count; i++)
			puts(lines[i]);
		return status;
	}
	raw = cooked;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
	tcsetattr(keys, TCSADRAIN, &raw);
	last = count - rows;
	for (;;) {
		int key;

		if (top > last)
			top = last;
		draw(note);
		note = NULL;
		key = read_key();
		if (key == 'q' || key == 3)
			break;
		if (key == ' ' || key == 'f')
			top += rows;
		else if (key == 'b')
			top = top > rows ? top - rows : 0;
		else if (key == 'j' || key == '\r' || key == '\n')
			top++;
		else if (key == 'k' && top > 0)
			top--;
		else if (key == 'g')
			top = 0;
		else if (key == 'G')
			top = last;
		else if (key == '/') {
			ask_search();
			note = find_next();
		} else if (key == 'n') {
			note = find_next();
		}
	}
	tcsetattr(keys, TCSADRAIN, &cooked);
	fputs("\r\033[K", stdout);
	return status;
}
