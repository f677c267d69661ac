/* SPDX-License-Identifier: MIT */
/* ls: directories, in columns on a terminal, or one line a file with all that is known (-l). */
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "toolbox.h"

struct entry {
	char		*name, *path;
	struct stat	st;
};

struct list {
	struct entry	*e;
	size_t		n;
};

static struct options o;

static void add(struct list *l, const char *directory, const char *name)
{
	struct entry *e;

	l->e = must(realloc(l->e, (l->n + 1) * sizeof(*l->e)));
	e = &l->e[l->n];
	e->name = must(strdup(name));
	e->path = directory ? join_path(directory, name) : must(strdup(name));
	memset(&e->st, 0, sizeof(e->st));
	if (lstat(e->path, &e->st) < 0) {
		fail_errno(e->path);
		free(e->name);
		free(e->path);
		return;
	}
	l->n++;
}

static int compare(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	int order = 0;

	if (opt(&o, 't')) {
		order = (b->st.st_mtim.tv_sec > a->st.st_mtim.tv_sec) -
			(b->st.st_mtim.tv_sec < a->st.st_mtim.tv_sec);
		if (!order)
			order = (b->st.st_mtim.tv_nsec > a->st.st_mtim.tv_nsec) -
				(b->st.st_mtim.tv_nsec < a->st.st_mtim.tv_nsec);
	}
	if (opt(&o, 'S'))
		order = (b->st.st_size > a->st.st_size) - (b->st.st_size < a->st.st_size);
	if (!order)
		order = strcmp(a->name, b->name);
	return opt(&o, 'r') ? -order : order;
}

void mode_text(mode_t mode, char text[11]);
void mode_text(mode_t mode, char text[11])
{
	static const char kinds[] = "?pc?d?b?-?l?s???", rwx[] = "rwxrwxrwx";

	text[0] = kinds[mode >> 12 & 15];
	for (int i = 0; i < 9; i++)
		text[i + 1] = mode >> (8 - i) & 1 ? rwx[i] : '-';
	if (mode & S_ISUID)
		text[3] = text[3] == 'x' ? 's' : 'S';
	if (mode & S_ISGID)
		text[6] = text[6] == 'x' ? 's' : 'S';
	if (mode & S_ISVTX)
		text[9] = text[9] == 'x' ? 't' : 'T';
	text[10] = '\0';
}

static void print_long(const struct entry *e)
{
	char mode[11], size[24], when[32], target[256];
	time_t now = time(NULL);
	ssize_t n;

	mode_text(e->st.st_mode, mode);
	if (S_ISCHR(e->st.st_mode) || S_ISBLK(e->st.st_mode))
		snprintf(size, sizeof(size), "%u, %u", major(e->st.st_rdev), minor(e->st.st_rdev));
	else
		format_size(size, sizeof(size), (unsigned long)e->st.st_size, opt(&o, 'h'));
	strftime(when, sizeof(when),
		 e->st.st_mtim.tv_sec > now - 180 * 86400 && e->st.st_mtim.tv_sec <= now + 3600
		 ? "%b %e %H:%M" : "%b %e  %Y", gmtime(&e->st.st_mtim.tv_sec));
	printf("%s %3lu %-5s %-5s %9s %s %s", mode, e->st.st_nlink, e->st.st_uid ? "user" : "root",
	       e->st.st_gid ? "user" : "root", size, when, e->name);
	if (S_ISLNK(e->st.st_mode)) {
		n = readlink(e->path, target, sizeof(target));
		if (n > 0)
			printf(" -> %.*s", (int)n, target);
	}
	putchar('\n');
}

static void print_columns(const struct list *l)
{
	size_t width = 0, columns, rows;
	struct winsize w;

	for (size_t i = 0; i < l->n; i++)
		if (strlen(l->e[i].name) > width)
			width = strlen(l->e[i].name);
	columns = ioctl(1, TIOCGWINSZ, &w) == 0 && w.ws_col ? w.ws_col : 80;
	columns = columns / (width + 2);
	if (!columns)
		columns = 1;
	rows = (l->n + columns - 1) / columns;
	for (size_t row = 0; row < rows; row++) {
		for (size_t i = row; i < l->n; i += rows)
			printf("%-*s", i + rows < l->n ? (int)width + 2 : 0, l->e[i].name);
		putchar('\n');
	}
}

static void print_list(struct list *l)
{
	qsort(l->e, l->n, sizeof(*l->e), compare);
	if (!opt(&o, 'l') && !opt(&o, '1') && isatty(1)) {
		print_columns(l);
		return;
	}
	for (size_t i = 0; i < l->n; i++) {
		if (opt(&o, 'l'))
			print_long(&l->e[i]);
		else
			puts(l->e[i].name);
	}
}

static int list_directory(const char *path)
{
	struct list l = { 0 };
	unsigned long blocks = 0;
	struct dirent *d;
	DIR *dir = opendir(path);

	if (!dir)
		return fail_errno(path);
	while ((d = readdir(dir)) != NULL)
		if (opt(&o, 'a') || d->d_name[0] != '.')
			add(&l, path, d->d_name);
	closedir(dir);
	for (size_t i = 0; i < l.n; i++)
		blocks += (unsigned long)l.e[i].st.st_blocks;
	if (opt(&o, 'l'))
		printf("total %lu\n", blocks / 2);
	print_list(&l);
	for (size_t i = 0; i < l.n; i++) {
		if (opt(&o, 'R') && S_ISDIR(l.e[i].st.st_mode) && strcmp(l.e[i].name, ".") &&
		    strcmp(l.e[i].name, "..")) {
			printf("\n%s:\n", l.e[i].path);
			list_directory(l.e[i].path);
		}
		free(l.e[i].name);
		free(l.e[i].path);
	}
	free(l.e);
	return 0;
}

int ls_main(int argc, char **argv)
{
	struct list files = { 0 };
	int first = options_parse(&o, argc, argv, "1adhlrRSt"), status = 0;
	bool headings, separate = false;
	struct stat st;

	if (first < 0)
		return 2;
	if (first == argc && !opt(&o, 'd'))
		return list_directory(".");
	if (first == argc)
		add(&files, NULL, ".");
	headings = argc - first > 1 || opt(&o, 'R');
	for (int i = first; i < argc; i++) {
		if (lstat(argv[i], &st) < 0)
			status = fail_errno(argv[i]) + 1;
		else if (opt(&o, 'd') || (S_ISLNK(st.st_mode) && opt(&o, 'l')) ||
			 stat(argv[i], &st) < 0 || !S_ISDIR(st.st_mode))
			add(&files, NULL, argv[i]);
	}
	if (files.n) {
		print_list(&files);
		separate = true;
	}
	for (int i = first; i < argc && !opt(&o, 'd'); i++) {
		if (lstat(argv[i], &st) < 0 || (S_ISLNK(st.st_mode) && opt(&o, 'l')) ||
		    stat(argv[i], &st) < 0 || !S_ISDIR(st.st_mode))
			continue;
		if (headings)
			printf("%s%s:\n", separate ? "\n" : "", argv[i]);
		separate = true;
		status |= list_directory(argv[i]);
	}
	return status;
}
