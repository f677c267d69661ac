/* SPDX-License-Identifier: MIT */
/* Reading configs, of either syntax; pvctl config. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/cfg_fdt.h"
#include "../lib/ctl.h"
#include "../lib/image.h"
#include "verbs.h"

int config_read(struct cfg *c, const char *path, struct err *e)
{
	/* Set when the config came from the host's side: its name there is what the user typed. */
	const char *shown = getenv("PVCTL_CONFIG_NAME");
	char *below = NULL;
	struct image img;
	int ret;

	/* A name that is not here may be one of the repository's configs. */
	if (*path != '/' && access(path, F_OK)) {
		below = domcfg_path(path);
		if (below && !access(below, F_OK))
			path = below;
	}
	ret = image_read(&img, path, "config", e);
	if (!shown)
		shown = path;
	if (!ret && cfg_is_fdt(img.data, img.size))
		ret = cfg_from_fdt(c, shown, img.data, img.size, e);
	else if (!ret)
		ret = cfg_parse(c, shown, (const char *)img.data, img.size, e);
	image_free(&img);
	free(below);
	return ret;
}

static int ends_with(const char *s, const char *end)
{
	size_t a = strlen(s), b = strlen(end);

	return a >= b && !strcmp(s + a - b, end);
}

static int write_file(const char *path, const void *data, size_t len, struct err *e)
{
	int fd = strcmp(path, "-") ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) :
		dup(STDOUT_FILENO);
	int ret = 0;

	if (fd < 0)
		return err_sys(e, errno, "%s", path);
	if (write(fd, data, len) != (ssize_t)len)
		ret = err_sys(e, errno ? errno : ENOSPC, "%s", path);
	close(fd);
	return ret;
}

static int convert(const char *in, const char *out, struct err *e)
{
	struct cfg c = { 0 };
	char *text = NULL;
	size_t len = 0;
	int ret = config_read(&c, in, e);

	if (ret)
		goto out;
	if (ends_with(out, ".dtb")) {
		text = (char *)cfg_to_fdt(&c, &len, e);
	} else {
		text = ends_with(out, ".dts") ? cfg_to_dts(&c, e) : cfg_format(&c);
		len = text ? strlen(text) : 0;
	}
	ret = text ? write_file(out, text, len, e) : -1;
out:
	free(text);
	cfg_free(&c);
	return ret;
}

static int check_config(const char *path, struct err *e)
{
	struct domcfg_limits lim = { 0 };
	struct cfg c = { 0 };
	struct domcfg d;
	int ret = config_read(&c, path, e);

	if (!ret) {
		ret = domcfg_check(&d, &c, &lim, e);
		domcfg_free(&d);
	}
	cfg_free(&c);
	return ret;
}

int verb_config(int argc, char **argv)
{
	struct err e = ERR_INIT;
	int ret;

	if (argc == 4 && !strcmp(argv[1], "convert"))
		ret = convert(argv[2], argv[3], &e);
	else if (argc == 3 && !strcmp(argv[1], "check"))
		ret = check_config(argv[2], &e);
	else
		return complain_usage("config", "expected convert IN OUT (.cfg, .dtb or .dts) or check FILE");
	return ret ? complain(&e) : EXIT_OK;
}
