/* SPDX-License-Identifier: MIT */
/* Reading configs, of either syntax; pvctl config. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/image.h"
#include "verbs.h"

int config_read(struct cfg *c, const char *path, struct err *e)
{
	char *below = NULL;
	struct image img;
	int ret;

	/* A name that is not here may be one of the repository's configs. */
	if (access(path, R_OK) && errno == ENOENT && *path != '/') {
		below = domcfg_path(path);
		if (below && !access(below, R_OK))
			path = below;
	}
	ret = image_read(&img, path, "config", e);
	if (!ret)
		ret = cfg_parse(c, path, (const char *)img.data, img.size, e);
	image_free(&img);
	free(below);
	return ret;
}
