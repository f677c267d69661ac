// SPDX-License-Identifier: MIT
/*
 * mkcpio: writes a "newc" cpio archive to standard output from a list on standard input, the same
 * bytes for the same input on every machine. Lines of the list:
 *
 *	dir PATH MODE
 *	file PATH SOURCE MODE
 *	link PATH TARGET
 *	node PATH MODE c|b MAJOR MINOR
 *
 * Parent directories are made as needed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static unsigned int inode = 1;
static char *made[4096];
static size_t made_count;
static unsigned long written;

static void die(const char *what)
{
	fprintf(stderr, "mkcpio: %s: %s\n", what, errno ? strerror(errno) : "bad line");
	exit(1);
}

static void pad(void)
{
	while (written % 4) {
		putchar(0);
		written++;
	}
}

static void entry(const char *path, unsigned int mode, const char *data, size_t size, unsigned int major,
		  unsigned int minor)
{
	size_t n = strlen(path) + 1;

	written += (unsigned long)printf("070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
					 inode++, mode, 0u, 0u, S_ISDIR(mode) ? 2u : 1u, 0u,
					 (unsigned int)size, 0u, 0u, major, minor, (unsigned int)n, 0u);
	written += fwrite(path, 1, n, stdout);
	pad();
	if (size)
		written += fwrite(data, 1, size, stdout);
	pad();
}

static void directory(const char *path, unsigned int mode)
{
	for (size_t i = 0; i < made_count; i++)
		if (!strcmp(made[i], path))
			return;
	if (made_count == sizeof(made) / sizeof(made[0]))
		die("too many directories");
	made[made_count++] = strdup(path);
	entry(path, S_IFDIR | mode, NULL, 0, 0, 0);
}

static void parents(const char *path)
{
	char copy[512];

	snprintf(copy, sizeof(copy), "%s", path);
	for (char *p = copy; *p; p++)
		if (*p == '/') {
			*p = '\0';
			directory(copy, 0755);
			*p = '/';
		}
}

static void file(const char *path, const char *source, unsigned int mode)
{
	FILE *f = fopen(source, "rb");
	char *data;
	long size;

	if (!f || fseek(f, 0, SEEK_END) || (size = ftell(f)) < 0)
		die(source);
	rewind(f);
	data = malloc((size_t)size + 1);
	if (!data || fread(data, 1, (size_t)size, f) != (size_t)size)
		die(source);
	fclose(f);
	entry(path, S_IFREG | mode, data, (size_t)size, 0, 0);
	free(data);
}

int main(void)
{
	char line[1024], kind[8], path[256], argument[512], type;
	unsigned int mode, major, minor;

	while (fgets(line, sizeof(line), stdin)) {
		const char *p;

		errno = 0;
		if (sscanf(line, "%7s %255s", kind, path) != 2)
			continue;
		p = path + (path[0] == '/');
		parents(p);
		if (!strcmp(kind, "dir") && sscanf(line, "%*s %*s %o", &mode) == 1)
			directory(p, mode);
		else if (!strcmp(kind, "file") && sscanf(line, "%*s %*s %511s %o", argument, &mode) == 2)
			file(p, argument, mode);
		else if (!strcmp(kind, "link") && sscanf(line, "%*s %*s %511s", argument) == 1)
			entry(p, S_IFLNK | 0777, argument, strlen(argument), 0, 0);
		else if (!strcmp(kind, "node") &&
			 sscanf(line, "%*s %*s %o %c %u %u", &mode, &type, &major, &minor) == 4)
			entry(p, (type == 'b' ? S_IFBLK : S_IFCHR) | mode, NULL, 0, major, minor);
		else
			die(line);
	}
	entry("TRAILER!!!", 0, NULL, 0, 0, 0);
	while (written % 512) {
		putchar(0);
		written++;
	}
	return fflush(stdout) ? 1 : 0;
}
