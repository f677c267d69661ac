/* SPDX-License-Identifier: MIT */
/* The line editor's history: the lines typed, going back in them with a key, and the search in them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "edit.h"

#define HISTORY 200

static char *history[HISTORY];
static size_t history_count;

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

void edit_show_history(size_t back)
{
	if (back > history_count)
		return;
	if (editor.from_history == 0) {
		free(editor.typed);
		editor.typed = sh_strdup(text_get(&editor.line));
	}
	editor.from_history = back;
	edit_replace(back ? history[history_count - back] : editor.typed);
}

/* Ctrl-R: the pattern grows with each key; the newest line that contains it is shown. */
int edit_search_history(void)
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
			editor.line.n = 0;
			text_add_string(&editor.line, found);
			editor.at = editor.line.n;
		}
		edit_out_string("\r\033[J(search) ");
		edit_out_string(pattern.s);
		edit_out_string(": ");
		edit_out(editor.line.s, editor.line.n);
		key = edit_read_key();
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
	edit_out_string("\r\033[J");
	edit_refresh_here();
	return key;
}
