/* SPDX-License-Identifier: MIT
 *
 * The hypervisor's arguments: words separated by blanks, `name` or `name=value`.
 * The last one of a name counts.
 */
#include "boot/boot.h"
#include "lib/string.h"

bool cmdline_find(const char *name, char *value, size_t size)
{
	const char *p = boot_info.cmdline, *e;
	size_t n = strlen(name);
	bool found = false;

	while (p && *p) {
		while (*p == ' ')
			p++;
		for (e = p; *e && *e != ' '; e++)
			;
		if (!strncmp(p, name, n) && (p + n == e || p[n] == '=')) {
			size_t len = p + n == e ? 0 : (size_t)(e - p) - n - 1;

			if (size) {
				len = MIN(len, size - 1);
				memcpy(value, e - len, len);
				value[len] = 0;
			}
			found = true;
		}
		p = e;
	}
	return found;
}

bool cmdline_flag(const char *name)
{
	char v[8];

	if (!cmdline_find(name, v, sizeof(v)))
		return false;
	return strcmp(v, "0") && strcmp(v, "no") && strcmp(v, "off") && strcmp(v, "false");
}

uint64_t parse_size(const char *s, const char **end)
{
	char *e;
	uint64_t v = strtoull(s, &e, 0);

	switch (*e) {
	case 'T': case 't': v <<= 40; e++; break;
	case 'G': case 'g': v <<= 30; e++; break;
	case 'M': case 'm': v <<= 20; e++; break;
	case 'K': case 'k': v <<= 10; e++; break;
	case 'B': case 'b': e++; break;
	default: v <<= 10; break;
	}
	if (end)
		*end = e;
	return v;
}
