/* SPDX-License-Identifier: MIT */
/* Sets of physical CPUs as xl writes them: "all", "0-3,5", "^2" takes out. */
#ifndef DOM0_TOOLS_LIB_CPUSET_H
#define DOM0_TOOLS_LIB_CPUSET_H

#include <stddef.h>
#include <stdint.h>

#define CPUSET_BITS 512

struct cpuset {
	uint8_t bits[CPUSET_BITS / 8];
};

/* 0, or -1 when @text is no such set. Numbers up to CPUSET_BITS - 1. */
int cpuset_parse(struct cpuset *s, const char *text);
/* "all" when CPUs 0 to @nr_cpus - 1 are in, "none", or ranges. Returns @buf. */
char *cpuset_format(const struct cpuset *s, unsigned int nr_cpus, char *buf, size_t size);
int cpuset_has(const struct cpuset *s, unsigned int cpu);
/* Does it hold any CPU below @nr_cpus? */
int cpuset_usable(const struct cpuset *s, unsigned int nr_cpus);

#endif
