/* SPDX-License-Identifier: MIT */
/*
 * pvctl console: this terminal as a domain's console.
 *
 * consoled owns the rings and keeps what each domain printed. It is asked with one line, "attach ID",
 * answers with what is kept, and from then on bytes go both ways. Ctrl-] leaves, and so does the end of the
 * input once the console has been silent for a moment: a script gets the answer to its last line.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "verbs.h"

#define ESCAPE_CHAR 0x1d	/* Ctrl-] */
/* Of what a script's last line brought: wait for so long a silence, but no longer than that. */
#define SILENCE_MS 500
#define ANSWER_S 5

int console_connect(domid_t dom, struct err *e)
{
	const char *path = getenv("CONSOLED_SOCKET");
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char line[32];
	int fd, n;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path ? path : "/run/consoled.sock");
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0)
		return err_sys(e, errno, "console: socket");
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		err_sys(e, errno, "console: cannot reach consoled at %s (is it running?)",
			addr.sun_path);
		close(fd);
		return -1;
	}
	n = snprintf(line, sizeof(line), "attach %u\n", dom);
	if (write(fd, line, (size_t)n) != n) {
		err_sys(e, errno, "console: asking for domain %u", dom);
		close(fd);
		return -1;
	}
	return fd;
}

static int write_all(int fd, const char *p, size_t len)
{
	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* What the domain printed goes out. False at its end, or ours. @last is the last character shown. */
static int show(int fd, char *last)
{
	char buf[1024];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 1;
	if (n <= 0 || write_all(STDOUT_FILENO, buf, (size_t)n))
		return 0;
	*last = buf[n - 1];
	return 1;
}

/* Copy both ways until either end closes or the escape character is typed. */
static void shovel(int fd, char *last)
{
	struct pollfd p[2] = { { fd, POLLIN, 0 }, { STDIN_FILENO, POLLIN, 0 } };
	char buf[1024], *esc;
	time_t ended = 0;
	int timeout = -1, ready;
	ssize_t n;

	while (!ended || time(NULL) - ended <= ANSWER_S) {
		ready = poll(p, 2, timeout);
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return;
		if (p[0].revents && !show(fd, last))
			return;
		if (!p[1].revents)
			continue;
		n = read(STDIN_FILENO, buf, sizeof(buf));
		if (n <= 0) {
			p[1].fd = -1;
			p[1].revents = 0;
			timeout = SILENCE_MS;
			ended = time(NULL);
			continue;
		}
		esc = memchr(buf, ESCAPE_CHAR, (size_t)n);
		if (write_all(fd, buf, esc ? (size_t)(esc - buf) : (size_t)n) || esc)
			return;
	}
}

int console_run(int fd)
{
	struct termios old, raw;
	int tty = !tcgetattr(STDIN_FILENO, &old);
	char last = '\n';

	fflush(stdout);
	if (tty) {
		raw = old;
		raw.c_iflag &= (tcflag_t)~(BRKINT | ICRNL | INPCK | ISTRIP | IXON);
		raw.c_lflag &= (tcflag_t)~(ECHO | ICANON | ISIG | IEXTEN);
		raw.c_cc[VMIN] = 1;
		raw.c_cc[VTIME] = 0;
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	shovel(fd, &last);
	if (tty)
		tcsetattr(STDIN_FILENO, TCSANOW, &old);
	/* The cursor stands behind the domain's prompt: ours begins a line. */
	if (tty && last != '\n' && isatty(STDOUT_FILENO))
		write_all(STDOUT_FILENO, "\n", 1);
	close(fd);
	return EXIT_OK;
}

int console_attach(domid_t dom, struct err *e)
{
	int fd = console_connect(dom, e);

	return fd < 0 ? complain(e) : console_run(fd);
}

int verb_console(int argc, char **argv)
{
	struct err e = ERR_INIT;
	struct host host;
	domid_t dom;
	int i = 1;

	/* xl's -t pv and -n 0 name the only console there is. */
	while (i + 1 < argc && argv[i][0] == '-' && strchr("tn", argv[i][1]))
		i += 2;
	if (i + 1 != argc)
		return complain_usage("console", "expected one domain");
	if (open_domain(&host, argv[i], &dom, &e))
		return complain(&e);
	host_close(&host);
	return console_attach(dom, &e);
}
