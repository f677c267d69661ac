/* SPDX-License-Identifier: MIT */
/* cat and tee: copying bytes. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "toolbox.h"

static int number_lines(FILE *f, const char *name, void *arg)
{
	long *line = arg;
	int c, last = '\n';

	while ((c = getc(f)) != EOF) {
		if (last == '\n')
			printf("%6ld\t", ++*line);
		putchar(c);
		last = c;
	}
	return 0;
}

int cat_main(int argc, char **argv)
{
	struct options o;
	int first = options_parse(&o, argc, argv, "nu"), status = 0;
	long line = 0;

	if (first < 0)
		return 2;
	if (opt(&o, 'n'))
		return for_each_file(argc, argv, first, number_lines, &line);
	fflush(stdout);
	if (first == argc)
		return copy_descriptor(0, 1, "standard input", "standard output");
	for (int i = first; i < argc; i++) {
		int fd = strcmp(argv[i], "-") ? open(argv[i], O_RDONLY) : 0;

		if (fd < 0) {
			status = fail_errno(argv[i]);
			continue;
		}
		status |= copy_descriptor(fd, 1, argv[i], "standard output");
		if (fd)
			close(fd);
	}
	return status;
}

int tee_main(int argc, char **argv)
{
	struct options o;
	int first = options_parse(&o, argc, argv, "a"), fds[16], count = 0, status = 0;
	char buffer[4096];
	ssize_t n;

	if (first < 0)
		return 2;
	for (int i = first; i < argc && count < 16; i++) {
		fds[count] = open(argv[i], O_WRONLY | O_CREAT | (opt(&o, 'a') ? O_APPEND : O_TRUNC),
				  0666);
		if (fds[count] < 0)
			status = fail_errno(argv[i]);
		else
			count++;
	}
	while ((n = read(0, buffer, sizeof(buffer))) > 0) {
		if (write_all(1, buffer, (size_t)n) < 0)
			status = fail_errno("standard output");
		for (int i = 0; i < count; i++)
			if (write_all(fds[i], buffer, (size_t)n) < 0)
				status = fail_errno("write");
	}
	for (int i = 0; i < count; i++)
		close(fds[i]);
	return status;
}
