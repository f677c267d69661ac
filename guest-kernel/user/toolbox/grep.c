/* SPDX-License-Identifier: MIT */
/* grep: lines that match any of several expressions. */
#include <sys/stat.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include "toolbox.h"

#define PATTERNS 64

static struct options o;
static regex_t patterns[PATTERNS];
static const char *texts[PATTERNS];
static size_t count;
static bool names, matched_any;

/* strstr, with or without regard to case. */
static const char *find_fixed(const char *line, const char *text)
{
	size_t n = strlen(text);

	if (!opt(&o, 'i'))
		return strstr(line, text);
	for (; strlen(line) >= n; line++)
		if (!strncasecmp(line, text, n))
			return line;
	return NULL;
}

static bool match(const char *line, bool at_start, regmatch_t *m)
{
	bool found = false;

	for (size_t i = 0; i < count; i++) {
		regmatch_t one = { 0, 0 };

		if (opt(&o, 'F')) {
			const char *at = find_fixed(line, texts[i]);

			if (!at)
				continue;
			one.rm_so = at - line;
			one.rm_eo = one.rm_so + (regoff_t)strlen(texts[i]);
			if (opt(&o, 'x') && (one.rm_so || line[one.rm_eo]))
				continue;
		} else if (regexec(&patterns[i], line, 1, &one, at_start ? 0 : REG_NOTBOL)) {
			continue;
		}
		if (!found || one.rm_so < m->rm_so)
			*m = one;
		found = true;
	}
	return found;
}

static void prefix(const char *name, long number)
{
	if (names)
		printf("%s:", name);
	if (opt(&o, 'n'))
		printf("%ld:", number);
}

static void print_matches(const char *line, const char *name, long number)
{
	const char *p = line;
	regmatch_t m;

	while (match(p, p == line, &m)) {
		if (m.rm_eo > m.rm_so) {
			prefix(name, number);
			printf("%.*s\n", (int)(m.rm_eo - m.rm_so), p + m.rm_so);
		}
		p += m.rm_eo > m.rm_so ? m.rm_eo : m.rm_so + 1;
		if (m.rm_eo == m.rm_so && !p[-1])
			break;
		if (!*p)
			break;
	}
}

static int grep_one(FILE *f, const char *name, void *arg)
{
	char *line = NULL;
	size_t room = 0;
	long number = 0, matches = 0;
	regmatch_t m;

	while (read_line(f, &line, &room) >= 0) {
		number++;
		if (match(line, true, &m) == opt(&o, 'v'))
			continue;
		matches++;
		matched_any = true;
		if (opt(&o, 'q') || opt(&o, 'l'))
			break;
		if (opt(&o, 'c'))
			continue;
		if (opt(&o, 'o') && !opt(&o, 'v')) {
			print_matches(line, name, number);
			continue;
		}
		prefix(name, number);
		puts(line);
	}
	if (opt(&o, 'l') && matches)
		puts(name);
	if (opt(&o, 'c') && !opt(&o, 'q')) {
		if (names)
			printf("%s:", name);
		printf("%ld\n", matches);
	}
	free(line);
	return 0;
}

static int grep_path(const char *path)
{
	struct stat st;
	struct dirent *e;
	int status = 0;
	FILE *f;
	DIR *d;

	if (stat(path, &st) < 0)
		return fail_errno(path) + 1;
	if (!S_ISDIR(st.st_mode)) {
		f = fopen(path, "r");
		if (!f)
			return fail_errno(path) + 1;
		grep_one(f, path, NULL);
		fclose(f);
		return 0;
	}
	d = opendir(path);
	if (!d)
		return fail_errno(path) + 1;
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.') {
			char *inner = join_path(path, e->d_name);

			status |= grep_path(inner);
			free(inner);
		}
	closedir(d);
	return status;
}

/* Each line of the text is a pattern. */
static bool add_patterns(char *text)
{
	while (text && count < PATTERNS) {
		char *next = strchr(text, '\n'), *whole = text, message[80];
		int flags = (opt(&o, 'E') ? REG_EXTENDED : 0) | (opt(&o, 'i') ? REG_ICASE : 0),
		    code;

		if (next)
			*next++ = '\0';
		texts[count] = text;
		if (!opt(&o, 'F')) {
			size_t n = strlen(text) + 16;

			if (opt(&o, 'x') || opt(&o, 'w')) {
				whole = must(malloc(n));
				snprintf(whole, n,
					 opt(&o, 'x')
						 ? (flags & REG_EXTENDED ? "^(%s)$" : "^\\(%s\\)$")
					 : flags & REG_EXTENDED ? "\\<(%s)\\>"
								: "\\<\\(%s\\)\\>",
					 text);
			}
			code = regcomp(&patterns[count], whole, flags);
			if (code) {
				regerror(code, NULL, message, sizeof(message));
				fail_text(text, message);
				return false;
			}
		}
		count++;
		text = next;
	}
	return true;
}

int grep_main(int argc, char **argv)
{
	int first = options_parse(&o, argc, argv, "EFce:hHilnoqrRsvwx"), status = 0;
	const char *text;

	count = 0;
	matched_any = false;
	if (first < 0)
		return 2;
	text = opt(&o, 'e') ? o.value['e'] : first < argc ? argv[first++] : NULL;
	if (!text) {
		fail_usage();
		return 2;
	}
	if (!add_patterns(must(strdup(text))))
		return 2;
	names = (argc - first > 1 || opt(&o, 'r') || opt(&o, 'R') || opt(&o, 'H')) && !opt(&o, 'h');
	if ((opt(&o, 'r') || opt(&o, 'R')) && first < argc) {
		for (int i = first; i < argc; i++)
			status |= grep_path(argv[i]);
	} else {
		status = for_each_file(argc, argv, first, grep_one, NULL) ? 2 : 0;
	}
	return matched_any && (opt(&o, 'q') || !status) ? 0 : status ? 2 : 1;
}
