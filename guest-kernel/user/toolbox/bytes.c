/* SPDX-License-Identifier: MIT */
/* hexdump, dd, sha256sum: files as bytes. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "toolbox.h"

/* ---- hexdump ---- */

struct dump {
	long	skip, limit;
	bool	canonical;
};

static void print_row(const struct dump *d, long offset, const unsigned char *row, size_t n)
{
	if (!d->canonical) {
		printf("%07lx", offset);
		for (size_t i = 0; i < n; i += 2)
			printf(" %02x%02x", i + 1 < n ? row[i + 1] : 0, row[i]);
		putchar('\n');
		return;
	}
	printf("%08lx ", offset);
	for (size_t i = 0; i < 16; i++) {
		if (i == 8)
			putchar(' ');
		if (i < n)
			printf(" %02x", row[i]);
		else
			fputs("   ", stdout);
	}
	fputs("  |", stdout);
	for (size_t i = 0; i < n; i++)
		putchar(row[i] >= 32 && row[i] < 127 ? row[i] : '.');
	puts("|");
}

static int dump_one(FILE *f, const char *name, void *arg)
{
	struct dump *d = arg;
	unsigned char row[16], previous[16];
	long offset = d->skip, left = d->limit;
	bool same = false, first = true;
	size_t n;

	if (d->skip && fseek(f, d->skip, SEEK_SET) < 0)
		for (long i = 0; i < d->skip && getc(f) != EOF; i++)
			;
	while ((n = fread(row, 1, left >= 0 && left < 16 ? (size_t)left : 16, f)) > 0) {
		if (n == 16 && !first && !memcmp(row, previous, 16)) {
			if (!same)
				puts("*");
			same = true;
		} else {
			print_row(d, offset, row, n);
			same = false;
		}
		memcpy(previous, row, 16);
		first = false;
		offset += (long)n;
		if (left >= 0)
			left -= (long)n;
	}
	if (offset > d->skip)
		printf(d->canonical ? "%08lx\n" : "%07lx\n", offset);
	return 0;
}

int hexdump_main(int argc, char **argv)
{
	struct dump d = { .limit = -1 };
	struct options o;
	int first = options_parse(&o, argc, argv, "Cn:s:v");

	if (first < 0)
		return 2;
	if (!opt_number(&o, 'n', &d.limit) || !opt_number(&o, 's', &d.skip))
		return 1;
	d.canonical = opt(&o, 'C');
	return for_each_file(argc, argv, first, dump_one, &d);
}

/* ---- dd ---- */

static ssize_t read_block(int fd, char *buffer, size_t size)
{
	size_t got = 0;

	while (got < size) {
		ssize_t n = read(fd, buffer + got, size - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

int dd_main(int argc, char **argv)
{
	const char *in = NULL, *out = NULL;
	long bs = 512, count = -1, skip = 0, seek = 0, done = 0, bytes = 0;
	int from = 0, to = 1, status = 0;
	char *buffer;
	ssize_t n;

	for (int i = 1; i < argc; i++) {
		char *value = strchr(argv[i], '=');
		long *number = !strncmp(argv[i], "bs=", 3) ? &bs
			       : !strncmp(argv[i], "count=", 6) ? &count
			       : !strncmp(argv[i], "skip=", 5) ? &skip
			       : !strncmp(argv[i], "seek=", 5) ? &seek
								: NULL;

		if (!value)
			return fail_usage();
		if (number && !parse_number(value + 1, number))
			return fail_text(argv[i], "not a number");
		if (!strncmp(argv[i], "if=", 3))
			in = value + 1;
		else if (!strncmp(argv[i], "of=", 3))
			out = value + 1;
		else if (!number && strncmp(argv[i], "status=", 7) && strncmp(argv[i], "conv=", 5))
			return fail_usage();
	}
	if (in && (from = open(in, O_RDONLY)) < 0)
		return fail_errno(in);
	if (out && (to = open(out, O_WRONLY | O_CREAT | (seek ? 0 : O_TRUNC), 0666)) < 0)
		return fail_errno(out);
	buffer = must(malloc((size_t)bs));
	if (skip && lseek(from, skip * bs, SEEK_SET) < 0)
		for (long i = 0; i < skip && read_block(from, buffer, (size_t)bs) > 0; i++)
			;
	if (seek && lseek(to, seek * bs, SEEK_SET) < 0)
		return fail_errno(out ? out : "standard output");
	while (count < 0 || done < count) {
		n = read_block(from, buffer, (size_t)bs);
		if (n < 0)
			status = fail_errno(in ? in : "standard input");
		if (n <= 0)
			break;
		if (write_all(to, buffer, (size_t)n) < 0) {
			status = fail_errno(out ? out : "standard output");
			break;
		}
		done++;
		bytes += n;
	}
	free(buffer);
	if (in)
		close(from);
	if (out && close(to) < 0)
		status = fail_errno(out);
	fprintf(stderr, "%ld blocks, %ld bytes copied\n", done, bytes);
	return status;
}

/* ---- sha256sum [FIPS 180-4] ---- */

static uint32_t rotate(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

/* The constants are the fractional parts of cube roots of the first primes. */
static uint32_t k[64];

static void sha256_block(uint32_t h[8], const unsigned char *p)
{
	uint32_t w[64], v[8];

	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)p[i * 4] << 24 | (uint32_t)p[i * 4 + 1] << 16 |
		       (uint32_t)p[i * 4 + 2] << 8 | p[i * 4 + 3];
	for (int i = 16; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] +
		       (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3) +
		       (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10);
	memcpy(v, h, sizeof(v));
	for (int i = 0; i < 64; i++) {
		uint32_t a = v[7] + (rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)) +
			     ((v[4] & v[5]) ^ (~v[4] & v[6])) + k[i] + w[i];
		uint32_t b = (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)) +
			     ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

		memmove(v + 1, v, 7 * sizeof(*v));
		v[4] += a;
		v[0] = a + b;
	}
	for (int i = 0; i < 8; i++)
		h[i] += v[i];
}

/* The first 32 bits of the fraction of n's root (2nd or 3rd), by bisection in integers. */
static uint32_t root_fraction(unsigned int n, int degree)
{
	unsigned __int128 target = (unsigned __int128)n << 64 << (degree == 3 ? 32 : 0);
	uint64_t low = 0, high = (uint64_t)n << 32;

	while (low + 1 < high) {
		uint64_t mid = low + (high - low) / 2;
		unsigned __int128 power = (unsigned __int128)mid * mid;

		if (degree == 3) {
			/* Compare mid^3 with n * 2^96 without overflow. */
			if (power > target / mid)
				high = mid;
			else
				low = mid;
		} else if (power > target) {
			high = mid;
		} else {
			low = mid;
		}
	}
	return (uint32_t)low;
}

static void sha256_init(uint32_t h[8])
{
	int found = 0;

	for (unsigned int n = 2; found < 64; n++) {
		bool prime = true;

		for (unsigned int d = 2; d * d <= n; d++)
			prime &= n % d != 0;
		if (!prime)
			continue;
		k[found] = root_fraction(n, 3);
		if (found < 8)
			h[found] = root_fraction(n, 2);
		found++;
	}
}

static int sha256_one(FILE *f, const char *name, void *arg)
{
	unsigned char block[64];
	uint32_t h[8];
	uint64_t bits = 0;
	size_t n;

	sha256_init(h);
	while ((n = fread(block, 1, 64, f)) == 64) {
		sha256_block(h, block);
		bits += 512;
	}
	bits += n * 8;
	block[n++] = 0x80;
	if (n > 56) {
		memset(block + n, 0, 64 - n);
		sha256_block(h, block);
		n = 0;
	}
	memset(block + n, 0, 56 - n);
	for (int i = 0; i < 8; i++)
		block[56 + i] = (unsigned char)(bits >> (56 - 8 * i));
	sha256_block(h, block);
	for (int i = 0; i < 8; i++)
		printf("%08x", (unsigned int)h[i]);
	printf("  %s\n", strcmp(name, "standard input") ? name : "-");
	return 0;
}

int sha256sum_main(int argc, char **argv)
{
	return for_each_file(argc, argv, 1, sha256_one, NULL);
}
