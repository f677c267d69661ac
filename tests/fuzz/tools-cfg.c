/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: domain configs. What parses must survive the way to text and back, and to a device
 * tree and back; what its keys mean is found out or refused with a message.
 *
 * CFLAGS: -D_GNU_SOURCE -Ibuild/deps/src/libfdt
 * LINK: dom0-tools/lib/cfg.c dom0-tools/lib/domcfg.c dom0-tools/lib/cfg_fdt.c dom0-tools/lib/cpuset.c
 * LINK: dom0-tools/lib/nearest.c dom0-tools/lib/strbuf.c dom0-tools/lib/image.c dom0-tools/lib/err.c
 * LINK: tests/unit/tools-cfg/no-decompress.c build/deps/src/libfdt/fdt.c build/deps/src/libfdt/fdt_ro.c
 * LINK: build/deps/src/libfdt/fdt_sw.c build/deps/src/libfdt/fdt_strerror.c
 */
#include <string.h>

#include "fuzz.h"
#include "dom0-tools/lib/cfg_fdt.h"
#include "dom0-tools/lib/domcfg.h"

static void check_meaning(const struct cfg *c)
{
	static const struct domcfg_limits limits = { 1024, 4 };
	struct err e = ERR_INIT;
	struct domcfg d;

	if (!domcfg_check(&d, c, &limits, &e)) {
		MUST(d.vcpus >= 1 && d.maxvcpus <= DOMCFG_MAX_VCPUS && d.memory > 0);
		free(domcfg_cmdline(&d));
	} else {
		MUST(e.text[0]);
	}
	domcfg_free(&d);
}

static void there_and_back(const struct cfg *c)
{
	struct cfg again = { 0 }, tree = { 0 };
	struct err e = ERR_INIT;
	char *text = cfg_format(c), *second;
	size_t size;
	uint8_t *blob;

	MUST(text);
	MUST(!cfg_parse(&again, "again", text, strlen(text), &e));
	second = cfg_format(&again);
	MUST(!strcmp(text, second));
	free(second);
	free(text);
	cfg_free(&again);
	blob = cfg_to_fdt(c, &size, &e);
	if (blob) {
		MUST(cfg_is_fdt(blob, size));
		MUST(!cfg_from_fdt(&tree, "tree", blob, size, &e));
		cfg_free(&tree);
	}
	free(blob);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cfg c = { 0 };
	struct err e = ERR_INIT;

	if (cfg_parse(&c, "fuzz.cfg", (const char *)data, size, &e)) {
		MUST(e.text[0]);
	} else {
		check_meaning(&c);
		there_and_back(&c);
	}
	cfg_free(&c);
	return 0;
}
