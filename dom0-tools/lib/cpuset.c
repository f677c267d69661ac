/* SPDX-License-Identifier: MIT */
/* Sets of physical CPUs: see cpuset.h. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpuset.h"

static int parse_cpu(const char **p, unsigned int *cpu)
{
	unsigned long v = 0;

	if (!isdigit((unsigned char)**p))
		return -1;
	while (isdigit((unsigned char)**p)) {
		v = v * 10 + (unsigned long)(*(*p)++ - '0');
		if (v >= CPUSET_BITS)
			return -1;
	}
	*cpu = (unsigned int)v;
	return 0;
}

static void set_range(struct cpuset *s, unsigned int from, unsigned int to, int in)
{
	unsigned int i;

	for (i = from; i <= to; i++) {
		if (in)
			s->bits[i / 8] |= (uint8_t)(1 << i % 8);
		else
			s->bits[i / 8] &= (uint8_t)~(1 << i % 8);
	}
}

int cpuset_parse(struct cpuset *s, const char *text)
{
	const char *p = text;

	memset(s, 0, sizeof(*s));
	for (;;) {
		unsigned int from, to;
		int in;

		while (*p == ' ')
			p++;
		in = *p != '^';
		p += !in;
		if (!strncmp(p, "all", 3)) {
			p += 3;
			set_range(s, 0, CPUSET_BITS - 1, in);
		} else {
			if (parse_cpu(&p, &from))
				return -1;
			to = from;
			if (*p == '-') {
				p++;
				if (parse_cpu(&p, &to) || to < from)
					return -1;
			}
			set_range(s, from, to, in);
		}
		while (*p == ' ')
			p++;
		if (!*p)
			return 0;
		if (*p++ != ',')
			return -1;
	}
}

int cpuset_has(const struct cpuset *s, unsigned int cpu)
{
	return cpu < CPUSET_BITS && s->bits[cpu / 8] >> cpu % 8 & 1;
}

int cpuset_usable(const struct cpuset *s, unsigned int nr_cpus)
{
	unsigned int i;

	for (i = 0; i < nr_cpus; i++)
		if (cpuset_has(s, i))
			return 1;
	return 0;
}

char *cpuset_format(const struct cpuset *s, unsigned int nr_cpus, char *buf, size_t size)
{
	unsigned int i, j, n = 0;
	size_t len = 0;

	for (i = 0; i < nr_cpus; i++)
		n += (unsigned int)cpuset_has(s, i);
	if (n == nr_cpus || !n) {
		snprintf(buf, size, "%s", n ? "all" : "none");
		return buf;
	}
	buf[0] = 0;
	for (i = 0; i < nr_cpus; i = j + 1) {
		j = i;
		if (!cpuset_has(s, i))
			continue;
		while (j + 1 < nr_cpus && cpuset_has(s, j + 1))
			j++;
		if (len < size)
			len += (size_t)snprintf(buf + len, size - len, j > i ? "%s%u-%u" : "%s%u",
						len ? "," : "", i, j);
	}
	return buf;
}
