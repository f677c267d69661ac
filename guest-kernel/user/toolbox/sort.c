/* SPDX-License-Identifier: MIT */
/* sort and uniq. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "toolbox.h"

static struct options o;
static long key_from, key_to;		/* fields, counted from 1; 0: none */
static char **lines;
static size_t count;

/* The key of a line: a part of it, or the whole. */
static const char *find_key(const char *line, size_t *length)
{
	const char *p = line, *end;
	char separator = opt(&o, 't') ? o.value['t'][0] : 0;

	for (long field = 1; field < key_from && *p; field++) {
		if (separator) {
			p += strcspn(p, (char[]){ separator, '\0' });
			p += *p != '\0';
		} else {
			p += strspn(p, " \t");
			p += strcspn(p, " \t");
		}
	}
	end = p + strlen(p);
	if (key_to >= key_from && key_from) {
		const char *q = p;

		for (long field = key_from; field <= key_to && *q; field++) {
			if (field > key_from && separator)
				q++;
			if (!separator)
				q += strspn(q, " \t");
			q += separator ? strcspn(q, (char[]){ separator, '\0' })
				       : strcspn(q, " \t");
		}
		end = q;
	}
	while (opt(&o, 'b') && p < end && isspace((unsigned char)*p))
		p++;
	*length = (size_t)(end - p);
	return p;
}

static int compare_keys(const char *a, const char *b)
{
	size_t n, m;
	const char *x = find_key(a, &n), *y = find_key(b, &m);
	int order;

	if (opt(&o, 'n')) {
		double u = strtod(x, NULL), v = strtod(y, NULL);

		return (u > v) - (u < v);
	}
	order = (opt(&o, 'f') ? strncasecmp : strncmp)(x, y, n < m ? n : m);
	return order ? order : (n > m) - (n < m);
}

static int compare(const void *x, const void *y)
{
	const char *a = *(char *const *)x, *b = *(char *const *)y;
	int order = compare_keys(a, b);

	if (!order && !opt(&o, 'u'))
		order = strcmp(a, b);
	return opt(&o, 'r') ? -order : order;
}

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

int sort_main(int argc, char **argv)
{
	int first = options_parse(&o, argc, argv, "bfnruk:t:o:"), status;
	char *end;

	if (first < 0)
		return 2;
	key_from = key_to = 0;
	lines = NULL;
	count = 0;
	if (opt(&o, 'k')) {
		key_from = strtol(o.value['k'], &end, 10);
		for (; *end && *end != ','; end++)
			o.set[*end / 64] |= 1ul << *end % 64;
		if (*end == ',')
			key_to = strtol(end + 1, &end, 10);
		for (; *end && isalpha((unsigned char)*end); end++)
			o.set[*end / 64] |= 1ul << *end % 64;
	}
	status = for_each_file(argc, argv, first, collect, NULL);
	if (count)
		qsort(lines, count, sizeof(*lines), compare);
	if (opt(&o, 'o') && !freopen(o.value['o'], "w", stdout))
		return fail_errno(o.value['o']);
	for (size_t i = 0; i < count; i++)
		if (!i || !opt(&o, 'u') || compare_keys(lines[i - 1], lines[i]))
			puts(lines[i]);
	return status;
}

static void print_run(const struct options *u, const char *line, long times)
{
	if ((opt(u, 'd') && times < 2) || (opt(u, 'u') && times > 1))
		return;
	if (opt(u, 'c'))
		printf("%7ld ", times);
	puts(line);
}

static int uniq_one(FILE *f, const char *name, void *arg)
{
	char *line = NULL, *previous = NULL;
	size_t room = 0;
	long times = 0;

	while (read_line(f, &line, &room) >= 0) {
		if (previous && !strcmp(previous, line)) {
			times++;
			continue;
		}
		if (previous)
			print_run(arg, previous, times);
		free(previous);
		previous = must(strdup(line));
		times = 1;
	}
	if (previous)
		print_run(arg, previous, times);
	free(previous);
	free(line);
	return 0;
}

int uniq_main(int argc, char **argv)
{
	struct options u;
	int first = options_parse(&u, argc, argv, "cdu");

	return first < 0 ? 2 : for_each_file(argc, argv, first, uniq_one, &u);
}
