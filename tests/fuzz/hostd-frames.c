/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: hostd's side of the control protocol. The input is what arrives at its port, in pieces
 * whose size the first byte gives. No command is started and no file written: both are played here.
 *
 * CFLAGS: -D_GNU_SOURCE
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"

static int play_open(const char *path, int flags, ...);
static ssize_t play_write(int fd, const void *data, size_t len);
static int play_close(int fd);

#define open play_open
#define write play_write
#define close play_close
#define mkdir(path, mode) 0
#define unlink(path) ((void)(path))
#define waitpid(pid, status, flags) (pid)
#include "dom0-tools/hostd/session.c"
#undef open
#undef write
#undef close

#define A_FILE 900

static int files_open;

static int play_open(const char *path, int flags, ...)
{
	MUST(!strncmp(path, "/run/hostd/0/", 13) && !strchr(path + 13, '/'));
	files_open++;
	return A_FILE;
}

static int play_close(int fd)
{
	MUST(fd == A_FILE && files_open > 0);
	files_open--;
	return 0;
}

static ssize_t play_write(int fd, const void *data, size_t len)
{
	MUST(fd == A_FILE && files_open > 0);
	return len > 3 ? 3 : (ssize_t)len;
}

int child_start(struct child *child, const struct command *cmd, const char *path, char *error, size_t size)
{
	MUST(cmd->argc && !cmd->argv[cmd->argc] && !cmd->envp[cmd->envc]);
	for (size_t i = 0; i < cmd->argc; i++)
		MUST(strlen(cmd->argv[i]) <= FRAME_MAX + 300);
	for (size_t i = 0; i < cmd->envc; i++)
		MUST(strlen(cmd->envp[i]) <= FRAME_MAX + 300);
	if (cmd->rows == 7) {
		snprintf(error, size, "no such program");
		return -1;
	}
	*child = (struct child){ 77, -1, -1, -1, false };
	return 0;
}

void child_signal(const struct child *child, int signo)
{
	MUST(child->pid == 77);
}

void child_resize(const struct child *child, uint16_t rows, uint16_t cols)
{
	MUST(child->pid == 77);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct hostd_config config = { "/run/hostd", "/bin" };
	struct session s = { .config = &config, .port = -1, .file = -1, .child = { 0, -1, -1, -1, false } };
	size_t step;

	if (!size)
		return 0;
	step = data[0] ? data[0] * 16u : 1;
	for (data++, size--; size;) {
		size_t n = size < step ? size : step;
		uint8_t *copy = malloc(n);

		memcpy(copy, data, n);
		buffer_put(&s.in, copy, n);
		free(copy);
		parse(&s);
		data += n;
		size -= n;
		MUST(s.in.len <= FRAME_MAX + FRAME_HEADER + step);
		if (s.running && data[-1] == 'E')
			finish(&s, 0);
	}
	session_abandon(&s);
	buffer_free(&s.in);
	MUST(!files_open);
	return 0;
}
