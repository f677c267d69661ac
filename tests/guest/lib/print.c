/* SPDX-License-Identifier: MIT
 *
 * TAP on the console, and the few C functions that need no library.
 */
#include "domu.h"

void domu_take_line(const char *line, size_t n);

static unsigned int results, failures;

void *memset(void *p, int c, size_t n)
{
	char *d = p;

	while (n--)
		*d++ = (char)c;
	return p;
}

void *memcpy(void *to, const void *from, size_t n)
{
	char *d = to;
	const char *s = from;

	while (n--)
		*d++ = *s++;
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n--; x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

char *strstr(const char *s, const char *what)
{
	size_t n = strlen(what);

	for (; *s; s++)
		if (!memcmp(s, what, n))
			return (char *)(uintptr_t)s;
	return NULL;
}

struct buf {
	char *to;
	size_t size, n;
};

static void put(struct buf *b, char c)
{
	if (b->n + 1 < b->size)
		b->to[b->n] = c;
	b->n++;
}

static void put_number(struct buf *b, unsigned long v, unsigned int base, int width, char fill)
{
	char digit[20];
	int n = 0;

	do
		digit[n++] = "0123456789abcdef"[v % base];
	while (v /= base);
	while (n < width)
		digit[n++] = fill;
	while (n)
		put(b, digit[--n]);
}

/* %d %i %u %x %p %s %c with l, z, width and 0. */
static int format(char *to, size_t size, const char *f, va_list ap)
{
	struct buf b = { to, size, 0 };

	for (; *f; f++) {
		bool wide = false;
		char fill = ' ';
		int width = 0;
		long v;

		if (*f != '%') {
			put(&b, *f);
			continue;
		}
		f++;
		if (*f == '#') {
			put(&b, '0');
			put(&b, 'x');
			f++;
		}
		if (*f == '0')
			fill = *f++;
		while (*f >= '0' && *f <= '9')
			width = width * 10 + *f++ - '0';
		while (*f == 'l' || *f == 'z') {
			wide = true;
			f++;
		}
		switch (*f) {
		case 'd':
		case 'i':
			v = wide ? va_arg(ap, long) : va_arg(ap, int);
			if (v < 0)
				put(&b, '-');
			put_number(&b, v < 0 ? -(unsigned long)v : (unsigned long)v, 10, width, fill);
			break;
		case 'u':
		case 'x':
			put_number(&b, wide ? va_arg(ap, unsigned long) : va_arg(ap, unsigned int),
				   *f == 'x' ? 16 : 10, width, fill);
			break;
		case 'p':
			put_number(&b, va_arg(ap, unsigned long), 16, 0, '0');
			break;
		case 'c':
			put(&b, (char)va_arg(ap, int));
			break;
		case 's':
			for (const char *s = va_arg(ap, const char *); s && *s; s++)
				put(&b, *s);
			break;
		default:
			put(&b, *f);
			break;
		}
	}
	if (size)
		to[b.n < size ? b.n : size - 1] = 0;
	return (int)b.n;
}

int vsnprintf(char *buf, size_t n, const char *fmt, va_list ap)
{
	return format(buf, n, fmt, ap);
}

int snprintf(char *buf, size_t n, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = format(buf, n, fmt, ap);
	va_end(ap);
	return r;
}

static void write_line(const char *prefix, const char *fmt, va_list ap)
{
	char line[320];
	size_t n = strlen(prefix);

	memcpy(line, prefix, n);
	format(line + n, sizeof(line) - n - 1, fmt, ap);
	n = strlen(line);
	line[n++] = '\n';
	if (domu_channel)
		domu_take_line(line, n);
	else
		HYPERVISOR_console_io(CONSOLEIO_write, (unsigned int)n, line);
}

static void line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void line(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_line("", fmt, ap);
	va_end(ap);
}

void ok(bool good, const char *fmt, ...)
{
	char prefix[32];
	va_list ap;

	results++;
	failures += !good;
	snprintf(prefix, sizeof(prefix), "%sok %u - ", good ? "" : "not ", results);
	va_start(ap, fmt);
	write_line(prefix, fmt, ap);
	va_end(ap);
}

void expect_eq(long got, long want, const char *what, const char *file, int at)
{
	if (got == want)
		ok(true, "%s = %ld", what, want);
	else
		ok(false, "%s:%d: %s is %ld (%#lx), should be %ld (%#lx)", file, at, what, got,
		   (unsigned long)got, want, (unsigned long)want);
}

void note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_line("# ", fmt, ap);
	va_end(ap);
}

static void power_off(void) __attribute__((noreturn));
static void power_off(void)
{
	struct sched_shutdown s = { .reason = SHUTDOWN_poweroff };

	for (;;)
		HYPERVISOR_sched_op(SCHEDOP_shutdown, &s);
}

void finish(void)
{
	line("1..%u", results);
	power_off();
}

void skip_all(const char *why)
{
	line("1..0 # SKIP %s", why);
	power_off();
}

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_line("Bail out! ", fmt, ap);
	va_end(ap);
	power_off();
}
