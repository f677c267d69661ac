/* SPDX-License-Identifier: MIT */
/*
 * carry: standard streams, signals and the window's size, between this terminal and the command in the control
 * domain, until that ends.
 *
 * An interactive command on a terminal gets each key as it is typed (raw mode), Ctrl-C too; Ctrl-] is passed on
 * as well, because leaving is the command's business, but when it does not end soon after we leave alone. For
 * other commands Ctrl-C becomes a SIGINT there; a second one gives up waiting.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "hostctl.h"

#define ESCAPE_KEY     0x1d /* Ctrl-] */
#define LEAVE_AFTER_MS 1000

static struct termios saved_terminal;
static bool terminal_is_raw;

struct carrier {
	int port;
	int signals;
	const char *host;
	bool stdin_open;
	uint32_t unacknowledged;
	unsigned int interrupts;
	long leave_at;        /* when to stop waiting after Ctrl-], or 0 */
	const char *out_name; /* the file that the command writes for us, or NULL */
	int out_file;
	int status;
	bool ended;
	uint8_t in[FRAME_HEADER + FRAME_MAX];
	size_t in_len;
};

void terminal_restore(void)
{
	if (terminal_is_raw)
		tcsetattr(0, TCSADRAIN, &saved_terminal);
	terminal_is_raw = false;
}

static void terminal_set_raw(void)
{
	struct termios raw;

	if (tcgetattr(0, &saved_terminal) < 0)
		return;
	raw = saved_terminal;
	cfmakeraw(&raw);
	if (tcsetattr(0, TCSADRAIN, &raw) == 0) {
		terminal_is_raw = true;
		atexit(terminal_restore);
	}
}

static void write_out(int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			struct pollfd p = { .fd = fd, .events = POLLOUT };

			poll(&p, 1, 1000);
			continue;
		}
		/* Nobody reads us: end as if SIGPIPE had told. */
		if (n <= 0)
			_exit(128 + SIGPIPE);
		data += n;
		len -= (size_t)n;
	}
}

static void file_data(struct carrier *c, const uint8_t *data, size_t len)
{
	if (!c->out_name)
		return;
	if (c->out_file < 0)
		c->out_file = open(c->out_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (c->out_file < 0)
		die("%s: %s", c->out_name, strerror(errno));
	while (len > 0) {
		ssize_t n = write(c->out_file, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			die("%s: %s", c->out_name, strerror(errno));
		data += n;
		len -= (size_t)n;
	}
}

static void handle_frame(struct carrier *c, uint8_t type, const uint8_t *data, uint32_t len)
{
	switch (type) {
	case FRAME_STDOUT:
		write_out(1, data, len);
		break;
	case FRAME_STDERR:
		write_out(2, data, len);
		break;
	case FRAME_FILE_DATA:
		file_data(c, data, len);
		break;
	case FRAME_STDIN_ACK:
		if (len >= 4)
			c->unacknowledged -= get_u32(data) < c->unacknowledged ? get_u32(data) : c->unacknowledged;
		break;
	case FRAME_EXIT:
		c->status = len >= 4 ? (int)get_u32(data) : STATUS_FAILURE;
		c->ended = true;
		break;
	case FRAME_ERROR:
		die("%.*s", (int)len, (const char *)data);
	default:
		break;
	}
}

static void port_readable(struct carrier *c)
{
	ssize_t n = read(c->port, c->in + c->in_len, sizeof(c->in) - c->in_len);
	size_t at = 0;

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0)
		die("the connection to host '%s' was lost: it has gone down", c->host);
	c->in_len += (size_t)n;
	while (!c->ended && c->in_len - at >= FRAME_HEADER) {
		uint32_t len = get_u32(c->in + at + 1);

		if (len > FRAME_MAX)
			die("host '%s' sent nonsense; is its hostd of another version?", c->host);
		if (c->in_len - at < FRAME_HEADER + len)
			break;
		handle_frame(c, c->in[at], c->in + at + FRAME_HEADER, len);
		at += FRAME_HEADER + len;
	}
	memmove(c->in, c->in + at, c->in_len - at);
	c->in_len -= at;
}

static void stdin_readable(struct carrier *c)
{
	uint8_t chunk[FRAME_CHUNK];
	ssize_t n = read(0, chunk, sizeof(chunk));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		c->stdin_open = false;
		send_frame(c->port, FRAME_STDIN, NULL, 0);
		return;
	}
	send_frame(c->port, FRAME_STDIN, chunk, (uint32_t)n);
	c->unacknowledged += (uint32_t)n;
	if (terminal_is_raw && memchr(chunk, ESCAPE_KEY, (size_t)n) && !c->leave_at)
		c->leave_at = now_ms() + LEAVE_AFTER_MS;
}

static void send_window_size(int port)
{
	struct winsize size;
	uint8_t bytes[4];

	if (ioctl(1, TIOCGWINSZ, &size) < 0)
		return;
	put_u16(bytes, size.ws_row);
	put_u16(bytes + 2, size.ws_col);
	send_frame(port, FRAME_WINCH, bytes, sizeof(bytes));
}

static void signal_arrived(struct carrier *c)
{
	struct signalfd_siginfo info;
	uint8_t number[4];

	if (read(c->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (info.ssi_signo == SIGWINCH) {
		send_window_size(c->port);
		return;
	}
	if (++c->interrupts > 1) {
		terminal_restore();
		_exit(128 + (int)info.ssi_signo);
	}
	put_u32(number, info.ssi_signo);
	send_frame(c->port, FRAME_SIGNAL, number, sizeof(number));
}

int carry(int port, const struct request *r)
{
	static struct carrier c;
	sigset_t set;

	c.port = port;
	c.host = r->host;
	c.stdin_open = r->sends_stdin;
	c.out_name = r->out_arg ? r->args[r->out_arg] : NULL;
	c.out_file = -1;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	c.signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (c.signals < 0)
		die("signalfd: %s", strerror(errno));
	if (r->interactive && isatty(0) && isatty(1))
		terminal_set_raw();

	while (!c.ended) {
		struct pollfd p[3] = {
			{ .fd = port, .events = POLLIN },
			{ .fd = c.signals, .events = POLLIN },
			{ .fd = c.stdin_open && c.unacknowledged < STDIN_WINDOW ? 0 : -1, .events = POLLIN },
		};

		if (poll(p, 3, c.leave_at ? 50 : -1) < 0 && errno != EINTR)
			die("poll: %s", strerror(errno));
		if (p[0].revents)
			port_readable(&c);
		if (c.ended)
			break;
		if (p[1].revents)
			signal_arrived(&c);
		if (p[2].revents)
			stdin_readable(&c);
		if (c.leave_at && now_ms() > c.leave_at)
			break;
	}
	terminal_restore();
	return c.status;
}
