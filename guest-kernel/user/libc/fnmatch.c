/* SPDX-License-Identifier: MIT */
/*
 * Shell patterns: fnmatch() and glob(). A star is matched by trying to go on after it and, when
 * that fails, giving it one character more; only the last star ever needs to be reconsidered.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#ifndef FNM_CASEFOLD
#define FNM_CASEFOLD 0x10
#endif

static int in_class(const char *name, size_t n, int c)
{
	static const struct {
		const char *name;
		int (*is)(int);
	} classes[] = {
		{ "alpha", isalpha }, { "digit", isdigit }, { "alnum", isalnum },
		{ "upper", isupper }, { "lower", islower }, { "space", isspace },
		{ "blank", isblank }, { "punct", ispunct }, { "print", isprint },
		{ "graph", isgraph }, { "cntrl", iscntrl }, { "xdigit", isxdigit },
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strlen(classes[i].name) == n && !strncmp(classes[i].name, name, n))
			return classes[i].is(c) != 0;
	return 0;
}

/*
 * Match c against the bracket expression at p (after the '['). Returns the end of the expression
 * and sets *matched, or NULL when it has no end, which makes the '[' an ordinary character.
 */
static const char *match_bracket(const char *p, int c, int flags, int *matched)
{
	int negate = *p == '!' || *p == '^', found = 0, fold = flags & FNM_CASEFOLD;
	const char *first;

	if (negate)
		p++;
	if (fold)
		c = tolower(c);
	for (first = p; *p != ']' || p == first;) {
		int from, to;

		if (!*p)
			return NULL;
		if (p[0] == '[' && p[1] == ':') {
			const char *end = strstr(p + 2, ":]");

			if (end) {
				found |= in_class(p + 2, (size_t)(end - p - 2), c);
				p = end + 2;
				continue;
			}
		}
		if (*p == '\\' && !(flags & FNM_NOESCAPE) && p[1])
			p++;
		from = to = (unsigned char)*p++;
		if (p[0] == '-' && p[1] && p[1] != ']') {
			p++;
			if (*p == '\\' && !(flags & FNM_NOESCAPE) && p[1])
				p++;
			to = (unsigned char)*p++;
		}
		if (fold) {
			from = tolower(from);
			to = tolower(to);
		}
		found |= c >= from && c <= to;
	}
	*matched = found != negate;
	return p + 1;
}

int fnmatch(const char *p, const char *s, int flags)
{
	const char *star_p = NULL, *star_s = NULL, *start = s, *next;
	int ok;

	for (;;) {
		int hidden = *s == '.' && (flags & FNM_PERIOD) &&
			     (s == start || ((flags & FNM_PATHNAME) && s[-1] == '/'));

		if (*p == '*') {
			if (hidden)
				return FNM_NOMATCH;
			star_p = ++p;
			star_s = s;
			continue;
		}
		if (!*s)
			break;
		ok = 0;
		next = p + 1;
		if (*p == '?') {
			ok = !hidden && !(*s == '/' && (flags & FNM_PATHNAME));
		} else if (*p == '[') {
			next = match_bracket(p + 1, (unsigned char)*s, flags, &ok);
			if (!next) {
				ok = *s == '[';
				next = p + 1;
			} else if (hidden || (*s == '/' && (flags & FNM_PATHNAME))) {
				ok = 0;
			}
		} else if (*p) {
			if (*p == '\\' && !(flags & FNM_NOESCAPE)) {
				if (!*++p)
					return FNM_NOMATCH;	/* nothing follows to be quoted */
				next = p + 1;
			}
			ok = *p == *s || ((flags & FNM_CASEFOLD) &&
					  tolower((unsigned char)*p) == tolower((unsigned char)*s));
		}
		if (ok) {
			p = next;
			s++;
		} else if (star_p && !(*star_s == '/' && (flags & FNM_PATHNAME))) {
			p = star_p;
			s = ++star_s;
		} else {
			return FNM_NOMATCH;
		}
	}
	return *p ? FNM_NOMATCH : 0;
}

static int add_path(glob_t *g, const char *path, int mark)
{
	size_t n = strlen(path);
	char **v = realloc(g->gl_pathv, (g->gl_pathc + 2) * sizeof(*v)), *copy = malloc(n + 2);

	if (v)
		g->gl_pathv = v;
	if (!v || !copy) {
		free(copy);
		return GLOB_NOSPACE;
	}
	memcpy(copy, path, n + 1);
	if (mark && (n == 0 || copy[n - 1] != '/'))
		strcpy(copy + n, "/");
	v[g->gl_pathc++] = copy;
	v[g->gl_pathc] = NULL;
	return 0;
}

static int has_magic(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\\' && i + 1 < n)
			i++;
		else if (strchr("*?[", p[i]))
			return 1;
	}
	return 0;
}

/* Expand one component of the rest of the pattern below the path made so far (length n). */
static int expand(glob_t *g, char *path, size_t n, const char *rest, int flags)
{
	size_t len = strcspn(rest, "/");
	char part[NAME_MAX + 1];
	struct stat st;
	struct dirent *e;
	int ret = 0;
	DIR *d;

	if (len == 0) {
		if (!*rest)
			return lstat(path, &st) < 0 ? 0
			       : add_path(g, path, (flags & GLOB_MARK) && S_ISDIR(st.st_mode));
		if (n + 2 > PATH_MAX)
			return 0;
		path[n++] = '/';
		path[n] = '\0';
		return expand(g, path, n, rest + 1, flags);
	}
	if (len > NAME_MAX)
		return 0;
	memcpy(part, rest, len);
	part[len] = '\0';
	if (!has_magic(rest, len)) {
		size_t m = n;

		for (size_t i = 0; i < len && m + 2 < PATH_MAX; i++) {
			if (part[i] == '\\' && !(flags & GLOB_NOESCAPE) && i + 1 < len)
				i++;
			path[m++] = part[i];
		}
		path[m] = '\0';
		ret = expand(g, path, m, rest + len, flags);
		path[n] = '\0';
		return ret;
	}
	d = opendir(n ? path : ".");
	if (!d)
		return 0;
	while (!ret && (e = readdir(d)) != NULL) {
		size_t m = strlen(e->d_name);

		if (n + m + 2 > PATH_MAX || fnmatch(part, e->d_name, FNM_PERIOD))
			continue;
		memcpy(path + n, e->d_name, m + 1);
		if (rest[len] &&
		    (e->d_type == DT_REG || (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))))
			continue;
		ret = expand(g, path, n + m, rest + len, flags);
	}
	path[n] = '\0';
	closedir(d);
	return ret;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int glob(const char *pattern, int flags, int (*error)(const char *path, int number), glob_t *g)
{
	char path[PATH_MAX] = "";
	size_t before;
	int ret;

	if (!(flags & GLOB_APPEND)) {
		g->gl_pathc = 0;
		g->gl_pathv = NULL;
	}
	before = g->gl_pathc;
	ret = expand(g, path, 0, pattern, flags);
	if (ret)
		return ret;
	if (g->gl_pathc == before)
		return flags & GLOB_NOCHECK ? add_path(g, pattern, 0) : GLOB_NOMATCH;
	if (!(flags & GLOB_NOSORT))
		qsort(g->gl_pathv + before, g->gl_pathc - before, sizeof(char *), by_name);
	return 0;
}

void globfree(glob_t *g)
{
	for (size_t i = 0; i < g->gl_pathc; i++)
		free(g->gl_pathv[i]);
	free(g->gl_pathv);
	g->gl_pathv = NULL;
	g->gl_pathc = 0;
}
