/* SPDX-License-Identifier: MIT */
/*
 * hostctl: ./pvctl on the host. It asks hostd in a host's control domain to run a verb of pvctl, and is as good
 * as that pvctl itself: same output, same exit status, same signals.
 *
 *	pvctl [-H HOST] VERB...         HOST as in `make up HOST=name`; PVCTL_HOST in the environment, or "main"
 *	pvctl [-H HOST] -x PROGRAM...   run another program of the control domain, with this standard input
 *
 * Several run side by side: each locks one of the host's eight serial ports, portN.lock beside portN.sock.
 * Read next: proto.h, request.c (what is asked), carry.c (what happens while it runs).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "hostctl.h"

#define BUSY_WAIT_MS   30000
#define ANSWER_WAIT_MS 10000

void die(const char *format, ...)
{
	va_list args;

	terminal_restore();
	fflush(stdout);
	fputs("pvctl: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(STATUS_FAILURE);
}

long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void send_all(int fd, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			struct pollfd wait = { .fd = fd, .events = POLLOUT };

			poll(&wait, 1, 1000);
			continue;
		}
		if (n <= 0)
			die("the connection to the control domain was lost: %s", strerror(errno));
		p += n;
		len -= (size_t)n;
	}
}

void send_frame(int fd, enum frame_type type, const void *data, uint32_t len)
{
	uint8_t header[FRAME_HEADER];

	frame_header(header, type, len);
	send_all(fd, header, sizeof(header));
	send_all(fd, data, len);
}

/* ---- finding a port ---- */

/* Paths of sockets are short; a descriptor of the folder makes one of any length usable. */
static int connect_in(int dir, const char *leaf)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (s < 0)
		die("socket: %s", strerror(errno));
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", dir, leaf);
	if (connect(s, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int reason = errno;

		close(s);
		errno = reason;
		return -1;
	}
	return s;
}

static void die_not_up(const char *host)
{
	if (strcmp(host, "main") == 0)
		die("host 'main' is not up: start it with `make up`, or `make run` in another terminal");
	die("host '%s' is not up: start it with `make up HOST=%s`", host, host);
}

/* Lock a free port and connect to it. The lock is held until the process ends. */
static int open_port(int dir, const char *host)
{
	long deadline = now_ms() + BUSY_WAIT_MS;
	bool said = false;

	for (;;) {
		for (int i = 0; i < PROTO_PORTS; i++) {
			char leaf[32];
			int lock, s;

			snprintf(leaf, sizeof(leaf), "port%d.lock", i);
			lock = openat(dir, leaf, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
			if (lock < 0)
				die("host '%s': %s: %s", host, leaf, strerror(errno));
			if (flock(lock, LOCK_EX | LOCK_NB) < 0) {
				close(lock);
				continue;
			}
			snprintf(leaf, sizeof(leaf), "port%d.sock", i);
			s = connect_in(dir, leaf);
			if (s >= 0)
				return s;
			if (errno == ECONNREFUSED || errno == ENOENT)
				die_not_up(host);
			die("host '%s': %s: %s", host, leaf, strerror(errno));
		}
		if (!said && now_ms() > deadline - BUSY_WAIT_MS + 1000) {
			fprintf(stderr, "pvctl: all %d ports of host '%s' are in use; waiting for one\n", PROTO_PORTS,
				host);
			said = true;
		}
		if (now_ms() > deadline)
			die("all %d ports of host '%s' stayed in use for %d s: each command or console holds one",
			    PROTO_PORTS, host, BUSY_WAIT_MS / 1000);
		usleep(20000);
	}
}

/* Say HELLO and skip what an earlier command may have left in the port until it comes back. */
static void shake_hands(int port, const char *host, const char *dir_name)
{
	uint8_t hello[FRAME_HEADER + HELLO_NONCE];
	size_t matched = 0;
	long deadline = now_ms() + ANSWER_WAIT_MS;

	frame_header(hello, FRAME_HELLO, HELLO_NONCE);
	if (getrandom(hello + FRAME_HEADER, HELLO_NONCE, 0) != HELLO_NONCE)
		die("getrandom: %s", strerror(errno));
	/* So that a stray byte of the frame's fixed part cannot be taken for the nonce's. */
	hello[FRAME_HEADER] |= 0x80;
	send_all(port, hello, sizeof(hello));
	while (matched < sizeof(hello)) {
		struct pollfd p = { .fd = port, .events = POLLIN };
		uint8_t byte;
		ssize_t n;

		if (now_ms() > deadline)
			die("host '%s' is up but its control domain does not answer; its console is in %s/console.log",
			    host, dir_name);
		if (poll(&p, 1, 100) <= 0)
			continue;
		n = read(port, &byte, 1);
		if (n == 0)
			die("host '%s' went down while it was asked", host);
		if (n < 0)
			continue;
		if (byte == hello[matched])
			matched++;
		else
			matched = byte == hello[0];
	}
}

static void usage(FILE *f)
{
	fputs("usage: pvctl [-H HOST] VERB [ARGUMENT...]      run a verb in a host's control domain; try help\n"
	      "       pvctl [-H HOST] -x PROGRAM [ARGUMENT...]  run another program there\n",
	      f);
}

int main(int argc, char **argv)
{
	struct request request = { .host = getenv("PVCTL_HOST") };
	const char *top = getenv("PARAVANE_TOP");
	char dir_name[4096];
	int i, dir, port;

	if (!request.host || !*request.host)
		request.host = "main";
	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (strcmp(argv[i], "-H") == 0 && i + 1 < argc)
			request.host = argv[++i];
		else if (strncmp(argv[i], "-H", 2) == 0 && argv[i][2])
			request.host = argv[i] + 2;
		else if (strcmp(argv[i], "-x") == 0)
			request.any_program = true;
		else
			break; /* pvctl's own */
		if (request.any_program) {
			i++;
			break;
		}
	}
	request.args = argv + i;
	request.arg_count = (size_t)(argc - i);
	if (request.arg_count == 0) {
		usage(stderr);
		return STATUS_USAGE;
	}
	if (strchr(request.host, '/')) {
		fprintf(stderr, "pvctl: '%s' is no name of a host\n", request.host);
		return STATUS_USAGE;
	}

	request.top = top && *top ? top : ".";
	snprintf(dir_name, sizeof(dir_name), "%s/%s/host/%s", request.top, getenv("BUILD") ? getenv("BUILD") : "build",
		 request.host);
	request_prepare(&request);

	dir = open(dir_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		die_not_up(request.host);
	port = open_port(dir, request.host);
	shake_hands(port, request.host, dir_name);
	request_send(&request, port);
	return carry(port, &request);
}
