/* SPDX-License-Identifier: MIT
 *
 * vsnprintf without floating point. [C11 7.21.6.1]
 */
#include "lib/string.h"

struct out {
	char *buf;
	size_t size, n;         /* n counts what would have been written */
};

struct spec {
	bool left, zero, plus, space, alt;
	int width, precision;   /* precision -1: none */
	int longs;              /* 0, 1, 2; -1 short, -2 char */
};

static void put(struct out *o, char c)
{
	if (o->n + 1 < o->size)
		o->buf[o->n] = c;
	o->n++;
}

static void pad(struct out *o, int n, char c)
{
	while (n-- > 0)
		put(o, c);
}

static void put_string(struct out *o, const struct spec *s, const char *str)
{
	int n;

	if (!str)
		str = "(null)";
	n = (int)(s->precision >= 0 ? strnlen(str, (size_t)s->precision) : strlen(str));
	if (!s->left)
		pad(o, s->width - n, ' ');
	for (int i = 0; i < n; i++)
		put(o, str[i]);
	if (s->left)
		pad(o, s->width - n, ' ');
}

static void put_number(struct out *o, const struct spec *s, unsigned long long v, unsigned int base,
		       bool upper, const char *prefix)
{
	char digits[24];
	int n = 0, zeros, len;

	if (!v && s->precision != 0)
		digits[n++] = '0';
	for (; v; v /= base)
		digits[n++] = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[v % base];
	zeros = s->precision > n ? s->precision - n : 0;
	len = n + zeros + (int)strlen(prefix);
	if (s->zero && !s->left && s->precision < 0 && s->width > len) {
		zeros += s->width - len;
		len = s->width;
	}
	if (!s->left)
		pad(o, s->width - len, ' ');
	while (*prefix)
		put(o, *prefix++);
	pad(o, zeros, '0');
	while (n)
		put(o, digits[--n]);
	if (s->left)
		pad(o, s->width - len, ' ');
}

static long long get_signed(const struct spec *s, va_list *ap)
{
	long long v = s->longs == 2 ? va_arg(*ap, long long) :
		      s->longs == 1 ? va_arg(*ap, long) : va_arg(*ap, int);

	return s->longs == -1 ? (short)v : s->longs == -2 ? (signed char)v : v;
}

static unsigned long long get_unsigned(const struct spec *s, va_list *ap)
{
	unsigned long long v = s->longs == 2 ? va_arg(*ap, unsigned long long) :
			       s->longs == 1 ? va_arg(*ap, unsigned long) : va_arg(*ap, unsigned int);

	return s->longs == -1 ? (unsigned short)v : s->longs == -2 ? (unsigned char)v : v;
}

static const char *parse_spec(const char *f, struct spec *s, va_list *ap)
{
	*s = (struct spec){ .precision = -1 };
	for (;; f++) {
		if (*f == '-')
			s->left = true;
		else if (*f == '0')
			s->zero = true;
		else if (*f == '+')
			s->plus = true;
		else if (*f == ' ')
			s->space = true;
		else if (*f == '#')
			s->alt = true;
		else
			break;
	}
	if (*f == '*') {
		s->width = va_arg(*ap, int);
		f++;
		if (s->width < 0) {
			s->left = true;
			s->width = -s->width;
		}
	}
	for (; *f >= '0' && *f <= '9'; f++)
		s->width = s->width * 10 + *f - '0';
	if (*f == '.') {
		s->precision = 0;
		if (*++f == '*') {
			s->precision = va_arg(*ap, int);
			f++;
		}
		for (; *f >= '0' && *f <= '9'; f++)
			s->precision = s->precision * 10 + *f - '0';
	}
	for (;; f++) {
		if (*f == 'l')
			s->longs++;
		else if (*f == 'h')
			s->longs--;
		else if (*f == 'z' || *f == 't' || *f == 'j')
			s->longs = 1;
		else
			return f;
	}
}

static void put_conversion(struct out *o, const struct spec *s, char conv, va_list *ap)
{
	char one[2] = { 0 };
	long long v;

	switch (conv) {
	case 'd':
	case 'i':
		v = get_signed(s, ap);
		put_number(o, s, v < 0 ? 0ULL - (unsigned long long)v : (unsigned long long)v, 10, false,
			   v < 0 ? "-" : s->plus ? "+" : s->space ? " " : "");
		break;
	case 'u':
		put_number(o, s, get_unsigned(s, ap), 10, false, "");
		break;
	case 'o':
		put_number(o, s, get_unsigned(s, ap), 8, false, s->alt ? "0" : "");
		break;
	case 'x':
	case 'X':
		put_number(o, s, get_unsigned(s, ap), 16, conv == 'X', s->alt ? "0x" : "");
		break;
	case 'p':
		put_number(o, s, (unsigned long)va_arg(*ap, void *), 16, false, "0x");
		break;
	case 's':
		put_string(o, s, va_arg(*ap, const char *));
		break;
	case 'c':
		one[0] = (char)va_arg(*ap, int);
		put_string(o, s, one);
		break;
	default:
		put(o, conv);
		break;
	}
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	struct out o = { buf, size, 0 };
	struct spec s;
	va_list ap;

	va_copy(ap, args);
	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			put(&o, *fmt);
			continue;
		}
		fmt = parse_spec(fmt + 1, &s, &ap);
		if (!*fmt)
			break;
		put_conversion(&o, &s, *fmt, &ap);
	}
	va_end(ap);
	if (size)
		buf[MIN(o.n, size - 1)] = 0;
	return (int)o.n;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}
