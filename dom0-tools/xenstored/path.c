/* SPDX-License-Identifier: MIT */
/* Names of nodes: see path.h. */
#include <stdio.h>
#include <string.h>

#include "path.h"

static bool path_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '@' || c == '/';
}

bool path_valid(const char *path)
{
	size_t len = 0;

	if (path[0] != '/')
		return false;
	for (; path[len]; len++) {
		if (len == XENSTORE_ABS_PATH_MAX || !path_char(path[len]))
			return false;
		if (path[len] == '/' && path[len + 1] == '/')
			return false;
	}
	return len == 1 || path[len - 1] != '/';
}

int path_absolute(const char *sent, uint16_t domid, char out[static PATH_SIZE])
{
	size_t len = strlen(sent), home = 0;

	if (sent[0] != '/') {
		if (len == 0 || len > XENSTORE_REL_PATH_MAX)
			return -1;
		home = path_home(domid, out);
		out[home++] = '/';
	}
	if (home + len > XENSTORE_ABS_PATH_MAX)
		return -1;
	memcpy(out + home, sent, len + 1);
	return path_valid(out) ? (int)home : -1;
}

size_t path_home(uint16_t domid, char out[static PATH_HOME_SIZE])
{
	return (size_t)snprintf(out, PATH_HOME_SIZE, "/local/domain/%u", (unsigned int)domid);
}

size_t path_parent_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == path ? 1 : (size_t)(slash - path);
}
