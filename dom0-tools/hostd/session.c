/* SPDX-License-Identifier: MIT */
/*
 * session: one port's server. Frames arrive, a command is started, its streams are carried until it ends.
 *
 * Invariants: the port is read whenever there is something to read; output of the command is read only while
 * less than OUT_HIGH bytes wait for the port; files from the host live in RUNDIR/NUMBER and go when the
 * command has ended. Whoever vanishes on the host takes the command along: SIGHUP, then SIGKILL.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hostd.h"

#define OUT_HIGH       (64u << 10)
#define POLL_CHILD_MS  20   /* how often a command is looked after that left its output to a daemon */
#define POLL_EXIT_MS   1    /* the same for one that has closed all output: it is about to end */
#define HANGUP_GRACE   50   /* times POLL_CHILD_MS between SIGHUP and SIGKILL */
#define HANGUP_MS      30   /* between attempts to use a port that does not even say that it hung up */
#define MAX_WORDS      512

struct session {
	const struct hostd_config *config;
	unsigned int number;
	int port;
	struct buffer in;       /* from the host, not parsed yet */
	struct buffer out;      /* for the host */
	struct buffer input;    /* for the command's standard input */
	bool input_ended;       /* the host has sent the end of standard input */
	bool running;
	struct child child;
	int file;               /* the file being received, or -1 */
	unsigned int files;
	size_t file_size;
	char *file_path[PROTO_FILES];
	char *file_name[PROTO_FILES];
	char *out_path;         /* the file that the command writes for the host, or NULL */
	char error[160];        /* the first thing that went wrong before START */
};

/* ---- bytes ---- */

void buffer_put(struct buffer *b, const void *data, size_t len)
{
	if (b->start + b->len + len > b->size) {
		if (b->len)
			memmove(b->data, b->data + b->start, b->len);
		b->start = 0;
		if (b->len + len > b->size) {
			size_t size = b->size ? b->size : 4096;
			uint8_t *bigger;

			while (size < b->len + len)
				size *= 2;
			bigger = realloc(b->data, size);
			if (!bigger) {
				fprintf(stderr, "hostd: out of memory\n");
				_exit(1);
			}
			b->data = bigger;
			b->size = size;
		}
	}
	if (len)
		memcpy(b->data + b->start + b->len, data, len);
	b->len += len;
}

void buffer_take(struct buffer *b, size_t len)
{
	b->start += len;
	b->len -= len;
	if (b->len == 0)
		b->start = 0;
}

void buffer_free(struct buffer *b)
{
	free(b->data);
	memset(b, 0, sizeof(*b));
}

static void send_frame(struct session *s, enum frame_type type, const void *data, uint32_t len)
{
	uint8_t header[FRAME_HEADER];

	frame_header(header, type, len);
	buffer_put(&s->out, header, sizeof(header));
	buffer_put(&s->out, data, len);
}

static void send_u32(struct session *s, enum frame_type type, uint32_t value)
{
	uint8_t bytes[4];

	put_u32(bytes, value);
	send_frame(s, type, bytes, sizeof(bytes));
}

/* ---- files from the host ---- */

static void remember_error(struct session *s, const char *format, ...)
{
	va_list args;

	if (s->error[0])
		return;
	va_start(args, format);
	vsnprintf(s->error, sizeof(s->error), format, args);
	va_end(args);
}

static void files_forget(struct session *s)
{
	if (s->file >= 0)
		close(s->file);
	s->file = -1;
	for (unsigned int i = 0; i < s->files; i++) {
		unlink(s->file_path[i]);
		free(s->file_path[i]);
		free(s->file_name[i]);
	}
	s->files = 0;
	s->error[0] = '\0';
	if (s->out_path)
		unlink(s->out_path);
	free(s->out_path);
	s->out_path = NULL;
}

static void make_folder(const struct session *s, char *path, size_t size)
{
	mkdir(s->config->run_dir, 0700);
	snprintf(path, size, "%s/%u", s->config->run_dir, s->number);
	mkdir(path, 0700);
}

/* The next file: its name is kept for messages, its last part also for the path, where suffixes matter. */
static void file_begin(struct session *s, const char *name, uint32_t len)
{
	char path[256];
	const char *base;
	char *copy;

	if (s->file >= 0)
		close(s->file);
	s->file = -1;
	if (s->files == PROTO_FILES) {
		remember_error(s, "more than %d files in one command", PROTO_FILES);
		return;
	}
	copy = malloc(len + 1);
	if (!copy) {
		remember_error(s, "out of memory");
		return;
	}
	memcpy(copy, name, len);
	copy[len] = '\0';
	base = strrchr(copy, '/');
	base = base ? base + 1 : copy;

	make_folder(s, path, sizeof(path));
	snprintf(path, sizeof(path), "%s/%u/%u-%.100s", s->config->run_dir, s->number, s->files, base);
	s->file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (s->file < 0)
		remember_error(s, "cannot write %s: %s", path, strerror(errno));
	s->file_size = 0;
	s->file_name[s->files] = copy;
	s->file_path[s->files] = strdup(path);
	if (!s->file_path[s->files]) {
		free(copy);
		remember_error(s, "out of memory");
		return;
	}
	s->files++;
}

static void file_data(struct session *s, const uint8_t *data, uint32_t len)
{
	if (s->file < 0)
		return;
	s->file_size += len;
	if (s->file_size > FILE_LIMIT) {
		remember_error(s, "a file is longer than %u bytes", FILE_LIMIT);
		return;
	}
	while (len > 0) {
		ssize_t n = write(s->file, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			remember_error(s, "cannot store a file from the host: %s", strerror(errno));
			return;
		}
		data += n;
		len -= (uint32_t)n;
	}
}

/* ---- the command ---- */

static void close_child_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_child_fds(struct session *s)
{
	if (s->child.out == s->child.in)
		s->child.out = -1;
	close_child_fd(&s->child.in);
	close_child_fd(&s->child.out);
	close_child_fd(&s->child.err);
}

static uint32_t shell_status(int status)
{
	return WIFSIGNALED(status) ? 128u + (uint32_t)WTERMSIG(status) : (uint32_t)WEXITSTATUS(status);
}

static void session_reset(struct session *s)
{
	close_child_fds(s);
	s->running = false;
	s->child.pid = 0;
	s->input_ended = false;
	buffer_free(&s->input);
	files_forget(s);
}

/* The other side is gone: so must be what it started. */
static void session_abandon(struct session *s)
{
	if (s->running) {
		int tries = 0;

		/* Its output stays open until it has ended: closing it would kill it before it can clean up. */
		child_signal(&s->child, SIGHUP);
		while (waitpid(s->child.pid, NULL, WNOHANG) == 0) {
			if (++tries == HANGUP_GRACE)
				child_signal(&s->child, SIGKILL);
			poll(NULL, 0, POLL_CHILD_MS);
		}
	}
	session_reset(s);
	buffer_free(&s->out);
}

static char *word_dup(const uint8_t *data, uint32_t len)
{
	char *word = malloc(len + 1);

	if (word) {
		memcpy(word, data, len);
		word[len] = '\0';
	}
	return word;
}

static void command_free(struct command *cmd)
{
	for (size_t i = 0; i < cmd->argc; i++)
		free(cmd->argv[i]);
	for (size_t i = 0; i < cmd->envc; i++)
		free(cmd->envp[i]);
	free(cmd->argv);
	free(cmd->envp);
	free((char *)cmd->cwd);
}

/* The path of a file sent before, with what precedes it in its argument ("--config="). */
static char *file_argument(struct session *s, struct command *cmd, const uint8_t *data, uint32_t len)
{
	uint32_t number = len >= 4 ? get_u32(data) : PROTO_FILES;
	char *word;
	size_t size;

	if (number >= s->files)
		return NULL;
	if (cmd->envc < MAX_WORDS) {
		size = strlen(s->file_name[number]) + sizeof("PVCTL_CONFIG_NAME=");
		word = malloc(size);
		if (word) {
			snprintf(word, size, "PVCTL_CONFIG_NAME=%s", s->file_name[number]);
			cmd->envp[cmd->envc++] = word;
		}
	}
	size = len - 4 + strlen(s->file_path[number]) + 1;
	word = malloc(size);
	if (word)
		snprintf(word, size, "%.*s%s", (int)(len - 4), (const char *)data + 4, s->file_path[number]);
	return word;
}

/* A path to write to, with the suffix of the host's name. */
static char *out_argument(struct session *s, const uint8_t *data, uint32_t len)
{
	char path[256];
	char *name = word_dup(data, len);
	const char *base;

	if (!name || s->out_path) {
		free(name);
		return NULL;
	}
	base = strrchr(name, '/');
	base = base ? base + 1 : name;
	make_folder(s, path, sizeof(path));
	snprintf(path, sizeof(path), "%s/%u/out-%.100s", s->config->run_dir, s->number, base);
	free(name);
	s->out_path = strdup(path);
	return strdup(path);
}

/* Send the file that the command has written. */
static void send_out_file(struct session *s)
{
	uint8_t chunk[FRAME_CHUNK];
	size_t sent = 0;
	ssize_t n;
	int fd = open(s->out_path, O_RDONLY);

	if (fd < 0)
		return;
	while (sent < FILE_LIMIT && (n = read(fd, chunk, sizeof(chunk))) > 0) {
		send_frame(s, FRAME_FILE_DATA, chunk, (uint32_t)n);
		sent += (size_t)n;
	}
	close(fd);
}

/* Decode START's items. Returns 0, or -1 when they make no sense. */
static int command_decode(struct session *s, struct command *cmd, const uint8_t *data, uint32_t len)
{
	memset(cmd, 0, sizeof(*cmd));
	cmd->argv = calloc(MAX_WORDS + 1, sizeof(char *));
	cmd->envp = calloc(MAX_WORDS + 1, sizeof(char *));
	if (!cmd->argv || !cmd->envp)
		return -1;
	while (len > 0) {
		const uint8_t *body = data + FRAME_HEADER;
		char *word = NULL;
		uint32_t item;

		if (len < FRAME_HEADER)
			return -1;
		item = get_u32(data + 1);
		if (item > len - FRAME_HEADER)
			return -1;
		switch (data[0]) {
		case ITEM_ARG:
		case ITEM_ARG_FILE:
		case ITEM_ARG_OUT:
			if (cmd->argc == MAX_WORDS)
				return -1;
			word = data[0] == ITEM_ARG ? word_dup(body, item) :
			       data[0] == ITEM_ARG_FILE ? file_argument(s, cmd, body, item) :
							  out_argument(s, body, item);
			if (!word)
				return -1;
			cmd->argv[cmd->argc++] = word;
			break;
		case ITEM_ENV:
			word = cmd->envc < MAX_WORDS ? word_dup(body, item) : NULL;
			if (!word)
				return -1;
			cmd->envp[cmd->envc++] = word;
			break;
		case ITEM_CWD:
			free((char *)cmd->cwd);
			cmd->cwd = word_dup(body, item);
			break;
		case ITEM_TTY:
			if (item < 5)
				return -1;
			cmd->rows = get_u16(body);
			cmd->cols = get_u16(body + 2);
			cmd->tty_flags = body[4];
			break;
		default:
			return -1;
		}
		data = body + item;
		len -= FRAME_HEADER + item;
	}
	return cmd->argc > 0 ? 0 : -1;
}

static void start(struct session *s, const uint8_t *data, uint32_t len)
{
	struct command cmd;

	if (s->running) {
		send_frame(s, FRAME_ERROR, "a command runs already", 22);
		return;
	}
	if (s->file >= 0)
		close(s->file);
	s->file = -1;
	if (command_decode(s, &cmd, data, len) < 0)
		remember_error(s, "hostd does not understand this request; is ./pvctl of another version?");
	if (!s->error[0] && child_start(&s->child, &cmd, s->config->path, s->error, sizeof(s->error)) == 0) {
		s->running = true;
		s->input_ended = !(cmd.tty_flags & TTY_STDIN_OPEN);
	} else {
		send_frame(s, FRAME_ERROR, s->error, (uint32_t)strlen(s->error));
		session_reset(s);
	}
	command_free(&cmd);
}

/* ---- frames ---- */

static void handle_frame(struct session *s, uint8_t type, const uint8_t *data, uint32_t len)
{
	switch (type) {
	case FRAME_HELLO:
		session_abandon(s);
		send_frame(s, FRAME_HELLO, data, len);
		break;
	case FRAME_FILE:
		file_begin(s, (const char *)data, len);
		break;
	case FRAME_FILE_DATA:
		file_data(s, data, len);
		break;
	case FRAME_START:
		start(s, data, len);
		break;
	case FRAME_STDIN:
		if (!s->running)
			break;
		if (len == 0)
			s->input_ended = true;
		else if (s->child.in >= 0)
			buffer_put(&s->input, data, len);
		else
			send_u32(s, FRAME_STDIN_ACK, len);
		break;
	case FRAME_WINCH:
		if (s->running && len >= 4) {
			child_resize(&s->child, get_u16(data), get_u16(data + 2));
			child_signal(&s->child, SIGWINCH);
		}
		break;
	case FRAME_SIGNAL:
		if (s->running && len >= 4)
			child_signal(&s->child, (int)get_u32(data));
		break;
	default:
		break;
	}
}

/* Take whole frames off what has arrived. A length beyond all bounds means that we lost step: start afresh. */
static void parse(struct session *s)
{
	while (s->in.len >= FRAME_HEADER) {
		const uint8_t *p = s->in.data + s->in.start;
		uint32_t len = get_u32(p + 1);

		if (p[0] == 0 || p[0] > FRAME_STDIN_ACK || len > FRAME_MAX) {
			buffer_take(&s->in, 1);
			continue;
		}
		if (s->in.len < FRAME_HEADER + len)
			return;
		handle_frame(s, p[0], p + FRAME_HEADER, len);
		buffer_take(&s->in, FRAME_HEADER + len);
	}
}

/* ---- carrying ---- */

static void carry_output(struct session *s, int *fd, enum frame_type type)
{
	uint8_t chunk[FRAME_CHUNK];
	ssize_t n;

	n = read(*fd, chunk, sizeof(chunk));
	if (n > 0) {
		send_frame(s, type, chunk, (uint32_t)n);
		return;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* A terminal without anybody on it reads as EIO. */
	if (fd == &s->child.out && s->child.in == *fd)
		s->child.in = -1;
	close_child_fd(fd);
}

static void carry_input(struct session *s)
{
	ssize_t n;

	if (s->input.len == 0)
		return;
	n = write(s->child.in, s->input.data + s->input.start, s->input.len);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		/* Nobody reads it any more: take it all, so that the host does not wait. */
		send_u32(s, FRAME_STDIN_ACK, (uint32_t)s->input.len);
		buffer_free(&s->input);
		if (!s->child.on_tty)
			close_child_fd(&s->child.in);
		return;
	}
	buffer_take(&s->input, (size_t)n);
	send_u32(s, FRAME_STDIN_ACK, (uint32_t)n);
}

/* The command has ended: what is still in its pipes, then its status. */
static void finish(struct session *s, int status)
{
	for (int i = 0; i < 2; i++) {
		int *fd = i ? &s->child.err : &s->child.out;

		while (*fd >= 0) {
			struct pollfd p = { .fd = *fd, .events = POLLIN };

			if (poll(&p, 1, 0) <= 0 || !(p.revents & (POLLIN | POLLHUP)))
				break;
			carry_output(s, fd, i ? FRAME_STDERR : FRAME_STDOUT);
		}
	}
	if (s->out_path && shell_status(status) == 0)
		send_out_file(s);
	send_u32(s, FRAME_EXIT, shell_status(status));
	session_reset(s);
}

static bool output_closed(const struct session *s)
{
	return s->child.out < 0 && s->child.err < 0;
}

static void reap(struct session *s)
{
	int status;

	if (waitpid(s->child.pid, &status, WNOHANG) == s->child.pid)
		finish(s, status);
}

/* Returns false when the port's other end is gone. */
static bool port_read(struct session *s)
{
	uint8_t chunk[FRAME_CHUNK];
	ssize_t n = read(s->port, chunk, sizeof(chunk));

	if (n > 0) {
		buffer_put(&s->in, chunk, (size_t)n);
		parse(s);
		return true;
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static bool port_write(struct session *s)
{
	ssize_t n = write(s->port, s->out.data + s->out.start, s->out.len);

	if (n > 0)
		buffer_take(&s->out, (size_t)n);
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* One round of poll(). Returns false when the port's other end is gone. */
static bool session_step(struct session *s)
{
	struct pollfd p[4];
	unsigned int n = 0;
	int in = -1, out = -1, err = -1, timeout = -1;
	bool room = s->out.len < OUT_HIGH;

	p[n++] = (struct pollfd){ .fd = s->port, .events = (short)(POLLIN | (s->out.len ? POLLOUT : 0)) };
	if (s->running) {
		if (s->input_ended && !s->input.len && s->child.in >= 0 && !s->child.on_tty)
			close_child_fd(&s->child.in);
		if (s->child.in >= 0 && s->input.len) {
			in = (int)n;
			p[n++] = (struct pollfd){ .fd = s->child.in, .events = POLLOUT };
		}
		if (s->child.out >= 0 && room) {
			out = (int)n;
			p[n++] = (struct pollfd){ .fd = s->child.out, .events = POLLIN };
		}
		if (s->child.err >= 0 && room) {
			err = (int)n;
			p[n++] = (struct pollfd){ .fd = s->child.err, .events = POLLIN };
		}
	}
	if (s->running)
		timeout = output_closed(s) ? POLL_EXIT_MS : POLL_CHILD_MS;
	if (poll(p, n, timeout) < 0)
		return errno == EINTR;
	if (p[0].revents & POLLOUT && s->out.len && !port_write(s))
		return false;
	if (in >= 0 && p[in].revents)
		carry_input(s);
	if (out >= 0 && p[out].revents)
		carry_output(s, &s->child.out, FRAME_STDOUT);
	if (err >= 0 && p[err].revents)
		carry_output(s, &s->child.err, FRAME_STDERR);
	if (p[0].revents & POLLIN && !port_read(s))
		return false;
	if (p[0].revents & (POLLHUP | POLLERR | POLLNVAL) && !(p[0].revents & POLLIN))
		return false;
	if (s->running)
		reap(s);
	return true;
}

/*
 * Nobody on the host has the port open, and poll() goes on saying so. A blocking write waits for somebody;
 * the byte means nothing, since the other side skips all that comes before its HELLO.
 */
static void wait_for_host(struct session *s)
{
	int flags = fcntl(s->port, F_GETFL, 0);
	ssize_t n;

	fcntl(s->port, F_SETFL, flags & ~O_NONBLOCK);
	n = write(s->port, "", 1);
	fcntl(s->port, F_SETFL, flags);
	if (n != 1)
		poll(NULL, 0, HANGUP_MS);
}

int session_serve(const struct hostd_config *config, const char *port, unsigned int number)
{
	struct session s = { .config = config, .number = number, .port = -1, .file = -1,
			     .child = { 0, -1, -1, -1, false } };
	bool hung_up = false;

	for (;;) {
		if (s.port < 0) {
			s.port = open(port, O_RDWR | O_NOCTTY | O_NONBLOCK);
			if (s.port < 0) {
				fprintf(stderr, "hostd: %s: %s\n", port, strerror(errno));
				return 1;
			}
			fcntl(s.port, F_SETFD, FD_CLOEXEC);
		}
		if (session_step(&s)) {
			hung_up = false;
			continue;
		}
		session_abandon(&s);
		buffer_free(&s.in);
		if (hung_up)
			wait_for_host(&s);
		hung_up = true;
	}
}
