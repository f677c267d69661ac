/* SPDX-License-Identifier: MIT */
/*
 * Names of nodes: "/" or "/a/b", of letters, digits and - _ @, without empty components.
 * A path that does not begin with a slash is relative to its sender's /local/domain/N.
 * "@introduceDomain" and "@releaseDomain" name events, not nodes. [xenstore.txt]
 */
#ifndef XENSTORED_PATH_H
#define XENSTORED_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pv-abi/io/xs_wire.h>

/* Room for the longest path and its nul. */
#define PATH_SIZE (XENSTORE_ABS_PATH_MAX + 1)

/* "/local/domain/65535" and its nul. */
#define PATH_HOME_SIZE 20

/* A well-formed absolute path. */
bool path_valid(const char *path);

/*
 * The absolute form of what domain domid sent, in out. The result is the number of leading bytes
 * that were added (0 for an absolute path), or -1 when it is not well-formed or too long.
 */
int path_absolute(const char *sent, uint16_t domid, char out[static PATH_SIZE]);

/* The domain's home, "/local/domain/N"; returns its length. */
size_t path_home(uint16_t domid, char out[static PATH_HOME_SIZE]);

static inline bool path_is_special(const char *path)
{
	return path[0] == '@';
}

/* The length of path's parent: 1 ("/") for "/a", 2 for "/a/b"; "/" is its own. */
size_t path_parent_len(const char *path);

#endif
