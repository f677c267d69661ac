/* SPDX-License-Identifier: MIT */
/* What the utilities share: messages, options, reading and copying files. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "toolbox.h"

int fail_text(const char *subject, const char *text)
{
	fflush(stdout);
	fprintf(stderr, "%s: %s: %s\n", applet_name, subject, text);
	return 1;
}

int fail_errno(const char *subject)
{
	return fail_text(subject, strerror(errno));
}

static void option_error(char letter, const char *text)
{
	fprintf(stderr, "%s: option -%c: %s\n", applet_name, letter, text);
	fail_usage();
}

int options_parse(struct options *o, int argc, char **argv, const char *spec)
{
	int i;

	memset(o, 0, sizeof(*o));
	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (!strcmp(argv[i], "--"))
			return i + 1;
		for (const char *c = argv[i] + 1; *c; c++) {
			const char *known = *c == ':' ? NULL : strchr(spec, *c);

			if (!known || (unsigned char)*c > 127) {
				option_error(*c, "unknown");
				return -1;
			}
			o->set[*c / 64] |= 1ul << *c % 64;
			if (known[1] != ':')
				continue;
			if (c[1]) {
				o->value[(int)*c] = c + 1;
			} else if (i + 1 < argc) {
				o->value[(int)*c] = argv[++i];
			} else {
				option_error(*c, "needs a value");
				return -1;
			}
			break;
		}
	}
	return i;
}

bool opt(const struct options *o, char letter)
{
	return o->set[letter / 64] >> letter % 64 & 1;
}

bool parse_number(const char *text, long *value)
{
	static const char suffixes[] = "kKmMgG";
	const char *suffix;
	char *end;

	errno = 0;
	*value = strtol(text, &end, 0);
	if (end == text || errno)
		return false;
	suffix = *end ? strchr(suffixes, *end) : NULL;
	if (suffix) {
		*value <<= 10 * ((suffix - suffixes) / 2 + 1);
		end++;
	}
	return !*end;
}

bool opt_number(const struct options *o, char letter, long *value)
{
	if (!opt(o, letter) || parse_number(o->value[(int)letter], value))
		return true;
	fail_text(o->value[(int)letter], "not a number");
	return false;
}

int for_each_file(int argc, char **argv, int first, int (*fn)(FILE *f, const char *name, void *arg),
		  void *arg)
{
	int status = 0;

	if (first >= argc)
		return fn(stdin, "standard input", arg);
	for (int i = first; i < argc; i++) {
		FILE *f = strcmp(argv[i], "-") ? fopen(argv[i], "r") : stdin;
		int ret;

		if (!f) {
			status = fail_errno(argv[i]);
			continue;
		}
		errno = 0;
		ret = fn(f, argv[i], arg);
		if (ferror(f))
			ret = fail_errno(argv[i]);
		if (ret > status)
			status = ret;
		if (f != stdin)
			fclose(f);
	}
	return status;
}

int write_all(int fd, const void *data, size_t length)
{
	const char *p = data;

	while (length) {
		ssize_t n = write(fd, p, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		p += n;
		length -= (size_t)n;
	}
	return 0;
}

int copy_descriptor(int from, int to, const char *from_name, const char *to_name)
{
	static char buffer[32768];
	ssize_t n;

	while ((n = read(from, buffer, sizeof(buffer))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(from_name);
		if (write_all(to, buffer, (size_t)n) < 0)
			return fail_errno(to_name);
	}
	return 0;
}

ssize_t read_line(FILE *f, char **line, size_t *room)
{
	ssize_t n = getline(line, room, f);

	if (n > 0 && (*line)[n - 1] == '\n')
		(*line)[--n] = '\0';
	return n;
}

void *must(void *memory)
{
	if (!memory) {
		fail_text("memory", "exhausted");
		exit(1);
	}
	return memory;
}

char *join_path(const char *directory, const char *name)
{
	size_t n = strlen(directory);
	char *s = must(malloc(n + strlen(name) + 2));

	strcpy(s, directory);
	if (n && directory[n - 1] != '/')
		s[n++] = '/';
	strcpy(s + n, name);
	return s;
}

void format_size(char *out, size_t size, unsigned long bytes, bool human)
{
	static const char units[] = " KMGTP";
	unsigned long tenths = bytes * 10;
	size_t unit = 0;

	if (!human || bytes < 1024) {
		snprintf(out, size, "%lu", bytes);
		return;
	}
	while (tenths >= 10240 && unit + 2 < sizeof(units)) {
		tenths = (tenths + 1023) / 1024;
		unit++;
	}
	if (tenths < 100)
		snprintf(out, size, "%lu.%lu%c", tenths / 10, tenths % 10, units[unit]);
	else
		snprintf(out, size, "%lu%c", (tenths + 9) / 10, units[unit]);
}

char *read_small_file(const char *path, char *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t n;

	if (fd < 0)
		return NULL;
	while (used + 1 < size && (n = read(fd, buffer + used, size - 1 - used)) > 0)
		used += (size_t)n;
	close(fd);
	buffer[used] = '\0';
	return buffer;
}

const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}
