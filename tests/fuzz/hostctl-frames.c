/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: the side of ./pvctl on the host, with a control domain that answers anything. The
 * first byte says how many bytes come at a time.
 *
 * CFLAGS: -D_GNU_SOURCE
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

static ssize_t play_read(int fd, void *buf, size_t n);
static ssize_t play_write(int fd, const void *buf, size_t n);
static int play_open(const char *path, int flags, ...);

#define read play_read
#define write play_write
#define open play_open
#include "dom0-tools/hostctl/carry.c"
#undef read
#undef write
#undef open

static jmp_buf ended;
static const uint8_t *stream;
static size_t stream_len, step;

static ssize_t play_read(int fd, void *buf, size_t n)
{
	n = n < step ? n : step;
	n = n < stream_len ? n : stream_len;
	memcpy(buf, stream, n);
	stream += n;
	stream_len -= n;
	return (ssize_t)n;
}

static ssize_t play_write(int fd, const void *buf, size_t n)
{
	MUST(fd == 1 || fd == 2 || fd == 900);
	return n > 100 ? 100 : (ssize_t)n;
}

static int play_open(const char *path, int flags, ...)
{
	MUST(!strcmp(path, "out"));
	return 900;
}

void die(const char *format, ...)
{
	char text[FRAME_MAX + 256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	longjmp(ended, 1);
}

long now_ms(void)
{
	return 0;
}

void send_frame(int fd, enum frame_type type, const void *data, uint32_t len)
{
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct carrier *c;

	if (!size)
		return 0;
	c = calloc(1, sizeof(*c));
	if (!c)
		abort();
	c->host = "default";
	c->out_name = data[0] & 1 ? "out" : NULL;
	c->out_file = -1;
	step = data[0] ? data[0] * 16u : 1;
	stream = data + 1;
	stream_len = size - 1;
	if (!setjmp(ended))
		while (!c->ended)
			port_readable(c);
	free(c);
	return 0;
}
