/* SPDX-License-Identifier: MIT */
/*
 * Completion: the first word of a command becomes a builtin, a function or a program of the PATH, others and
 * words with a slash become paths. What all matches share is inserted; a second Tab lists them.
 */
#include <sys/stat.h>
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "edit.h"

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
	per_row = editor.columns / (width + 2);
	if (!per_row)
		per_row = 1;
	qsort(matches.names, matches.count, sizeof(*matches.names), by_name);
	edit_out_string("\r\n");
	for (size_t i = 0; i < matches.count; i++) {
		char cell[NAME_MAX + 4];
		bool last = i + 1 == matches.count || (i + 1) % per_row == 0;

		snprintf(cell, sizeof(cell), "%-*s%s", last ? 0 : (int)width + 2, matches.names[i],
			 last ? "\r\n" : "");
		edit_out_string(cell);
	}
	edit_refresh_here();
}

static bool first_word(size_t start)
{
	while (start > 0 && isspace((unsigned char)editor.line.s[start - 1]))
		start--;
	return start == 0 || strchr("|;&(`", editor.line.s[start - 1]);
}

/* Where the word that ends at the cursor begins. */
static size_t word_start(void)
{
	size_t start = editor.at;

	while (start > 0 && !isspace((unsigned char)editor.line.s[start - 1]) &&
	       !strchr(";|&<>(=`", editor.line.s[start - 1]))
		start--;
	return start;
}

/* The word has a slash: match what follows the last one, and leave only that in @word. */
static void match_path(char *word, char *slash)
{
	char prefix[NAME_MAX + 1], directory[PATH_MAX];
	const char *home = var_get("HOME");

	snprintf(prefix, sizeof(prefix), "%s", slash + 1);
	slash[slash == word] = '\0';
	if (word[0] == '~' && home)
		snprintf(directory, sizeof(directory), "%s%s", home, word + 1);
	else
		strcpy(directory, word);
	match_directory(directory, prefix, false);
	strcpy(word, prefix);
}

/* How many characters all matches begin with. */
static size_t common_length(void)
{
	const char *name = matches.names[0];
	size_t common = strlen(name);

	for (size_t i = 1; i < matches.count; i++)
		for (size_t k = 0; k < common; k++)
			if (matches.names[i][k] != name[k])
				common = k;
	return common;
}

static void insert_match(size_t have, bool list)
{
	const char *name = matches.names[0];
	size_t common = common_length();

	if (common > have)
		edit_insert(name + have, common - have);
	if (matches.count == 1 && name[strlen(name) - 1] != '/')
		edit_insert(" ", 1);
	else if (matches.count > 1 && common == have && list)
		list_matches();
}

static void forget_matches(void)
{
	for (size_t i = 0; i < matches.count; i++)
		free(matches.names[i]);
	free(matches.names);
	matches.names = NULL;
	matches.count = 0;
}

void edit_complete(bool list)
{
	size_t start = word_start();
	char word[PATH_MAX], *slash;

	snprintf(word, sizeof(word), "%.*s", (int)(editor.at - start), editor.line.s + start);
	slash = strrchr(word, '/');
	if (slash)
		match_path(word, slash);
	else if (first_word(start))
		match_commands(word);
	else
		match_directory("", word, false);
	if (matches.count)
		insert_match(strlen(word), list);
	forget_matches();
}
