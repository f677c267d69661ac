/* SPDX-License-Identifier: MIT */
/* wc, cut, tr, seq, cmp: small filters of text. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "toolbox.h"

/* ---- wc ---- */

struct counts {
	unsigned long	lines, words, bytes;
	const struct options *o;
	int		files;
};

static void print_counts(const struct options *o, const struct counts *c, const char *name)
{
	bool all = !opt(o, 'l') && !opt(o, 'w') && !opt(o, 'c');
	unsigned long values[] = { c->lines, c->words, c->bytes };
	int shown = 0, wanted = all ? 3 : opt(o, 'l') + opt(o, 'w') + opt(o, 'c');

	for (int i = 0; i < 3; i++)
		if (all || opt(o, "lwc"[i]))
			printf(wanted == 1 ? "%s%lu" : "%s%7lu", shown++ ? " " : "", values[i]);
	if (name)
		printf(" %s", name);
	putchar('\n');
}

static int wc_one(FILE *f, const char *name, void *arg)
{
	struct counts *total = arg, here = { 0 };
	bool in_word = false;
	int c;

	while ((c = getc(f)) != EOF) {
		here.bytes++;
		here.lines += c == '\n';
		if (isspace(c)) {
			in_word = false;
		} else if (!in_word) {
			in_word = true;
			here.words++;
		}
	}
	print_counts(total->o, &here, total->files ? name : NULL);
	total->lines += here.lines;
	total->words += here.words;
	total->bytes += here.bytes;
	return 0;
}

int wc_main(int argc, char **argv)
{
	struct counts total = { 0 };
	struct options o;
	int first = options_parse(&o, argc, argv, "lwc"), status;

	if (first < 0)
		return 2;
	total.o = &o;
	total.files = argc - first;
	status = for_each_file(argc, argv, first, wc_one, &total);
	if (total.files > 1)
		print_counts(&o, &total, "total");
	return status;
}

/* ---- cut ---- */

struct cut {
	bool		fields, suppress;
	char		delimiter;
	const char	*list;
};

/* Is n in a list like "1,3-5,7-"? */
static bool in_list(const char *list, long n)
{
	while (*list) {
		char *end = (char *)list;
		long from = *list == '-' ? 1 : strtol(list, &end, 10), to = from;

		if (*end == '-') {
			to = -1;
			end++;
			if (isdigit((unsigned char)*end))
				to = strtol(end, &end, 10);
		}
		if (n >= from && (to < 0 || n <= to))
			return true;
		if (*end != ',')
			return false;
		list = end + 1;
	}
	return false;
}

static int cut_one(FILE *f, const char *name, void *arg)
{
	const struct cut *cut = arg;
	char *line = NULL;
	size_t room = 0;

	while (read_line(f, &line, &room) >= 0) {
		bool any = false;
		long n = 1;
		char *p = line, *next;

		if (!cut->fields) {
			for (; *p; p++, n++)
				if (in_list(cut->list, n))
					putchar(*p);
			putchar('\n');
			continue;
		}
		if (!strchr(line, cut->delimiter)) {
			if (!cut->suppress)
				puts(line);
			continue;
		}
		for (; p; p = next, n++) {
			next = strchr(p, cut->delimiter);
			if (next)
				*next++ = '\0';
			if (!in_list(cut->list, n))
				continue;
			if (any)
				putchar(cut->delimiter);
			fputs(p, stdout);
			any = true;
		}
		putchar('\n');
	}
	free(line);
	return 0;
}

int cut_main(int argc, char **argv)
{
	struct cut cut = { .delimiter = '\t' };
	struct options o;
	int first = options_parse(&o, argc, argv, "b:c:f:d:s");

	if (first < 0)
		return 2;
	cut.fields = opt(&o, 'f');
	cut.list = opt(&o, 'f') ? o.value['f'] : opt(&o, 'c') ? o.value['c'] : o.value['b'];
	cut.suppress = opt(&o, 's');
	if (opt(&o, 'd'))
		cut.delimiter = o.value['d'][0];
	if (!cut.list)
		return fail_usage();
	return for_each_file(argc, argv, first, cut_one, &cut);
}

/* ---- tr ---- */

/* "a-z[:digit:]\n" as characters; returns how many. */
static size_t expand_set(const char *s, unsigned char *set, size_t room)
{
	static const struct {
		const char *name;
		int (*is)(int);
	} classes[] = {
		{ "[:alpha:]", isalpha }, { "[:digit:]", isdigit }, { "[:alnum:]", isalnum },
		{ "[:upper:]", isupper }, { "[:lower:]", islower }, { "[:space:]", isspace },
		{ "[:blank:]", isblank }, { "[:punct:]", ispunct }, { "[:print:]", isprint },
	};
	static const char from[] = "abfnrtv\\", to[] = "\a\b\f\n\r\t\v\\";
	size_t n = 0;

	while (*s && n + 256 < room) {
		const char *escape;
		int c;
		bool class = false;

		for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
			if (!strncmp(s, classes[i].name, strlen(classes[i].name))) {
				for (int k = 0; k < 256; k++)
					if (classes[i].is(k))
						set[n++] = (unsigned char)k;
				s += strlen(classes[i].name);
				class = true;
			}
		if (class)
			continue;
		c = (unsigned char)*s++;
		if (c == '\\' && *s) {
			escape = strchr(from, *s);
			if (escape) {
				c = to[escape - from];
				s++;
			} else {
				for (c = 0; *s >= '0' && *s <= '7' && c < 32; s++)
					c = c * 8 + *s - '0';
			}
		}
		if (s[0] == '-' && s[1]) {
			for (int last = (unsigned char)s[1]; c <= last; c++)
				set[n++] = (unsigned char)c;
			s += 2;
		} else {
			set[n++] = (unsigned char)c;
		}
	}
	return n;
}

int tr_main(int argc, char **argv)
{
	static unsigned char a[2048], b[2048];
	static short map[256];
	bool squeeze[256] = { false }, in_a[256] = { false };
	struct options o;
	int first = options_parse(&o, argc, argv, "cCds"), c, last = -1;
	size_t n, m = 0;

	if (first < 0)
		return 2;
	if (first == argc || (argc - first < 2 && !opt(&o, 'd') && !opt(&o, 's')))
		return fail_usage();
	n = expand_set(argv[first], a, sizeof(a));
	if (first + 1 < argc)
		m = expand_set(argv[first + 1], b, sizeof(b));
	for (size_t i = 0; i < n; i++)
		in_a[a[i]] = true;
	if (opt(&o, 'c') || opt(&o, 'C')) {
		n = 0;
		for (int k = 0; k < 256; k++) {
			in_a[k] = !in_a[k];
			if (in_a[k])
				a[n++] = (unsigned char)k;
		}
	}
	for (int k = 0; k < 256; k++)
		map[k] = (short)k;
	for (size_t i = 0; i < n && m && !opt(&o, 'd'); i++)
		map[a[i]] = b[i < m ? i : m - 1];
	for (size_t i = 0; i < (m ? m : n); i++)
		squeeze[m ? b[i] : a[i]] = opt(&o, 's');
	while ((c = getchar()) != EOF) {
		if (opt(&o, 'd') && in_a[c])
			continue;
		c = map[c];
		if (squeeze[c] && c == last)
			continue;
		putchar(c);
		last = c;
	}
	return 0;
}

/* ---- seq ---- */

int seq_main(int argc, char **argv)
{
	long from = 1, step = 1, to;

	if (argc < 2 || argc > 4)
		return fail_usage();
	if ((argc > 2 && !parse_number(argv[1], &from)) ||
	    (argc > 3 && !parse_number(argv[2], &step)) || !parse_number(argv[argc - 1], &to) ||
	    !step)
		return fail_usage();
	for (; step > 0 ? from <= to : from >= to; from += step)
		printf("%ld\n", from);
	return 0;
}

/* ---- cmp ---- */

int cmp_main(int argc, char **argv)
{
	struct options o;
	int first = options_parse(&o, argc, argv, "s"), c, d;
	long byte = 1, line = 1;
	FILE *f, *g;

	if (first < 0)
		return 2;
	if (argc - first != 2)
		return fail_usage();
	f = strcmp(argv[first], "-") ? fopen(argv[first], "r") : stdin;
	g = strcmp(argv[first + 1], "-") ? fopen(argv[first + 1], "r") : stdin;
	if (!f || !g)
		return fail_errno(argv[first + !!f]) + 1;
	do {
		c = getc(f);
		d = getc(g);
		if (c != d) {
			if (!opt(&o, 's') && (c == EOF || d == EOF))
				fail_text(argv[first + (d == EOF)], "ends first");
			else if (!opt(&o, 's'))
				printf("%s %s differ: char %ld, line %ld\n", argv[first],
				       argv[first + 1], byte, line);
			return 1;
		}
		byte++;
		line += c == '\n';
	} while (c != EOF);
	fclose(f);
	fclose(g);
	return 0;
}
