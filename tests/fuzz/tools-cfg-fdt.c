/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: domain configs that are device trees.
 *
 * CFLAGS: -fno-sanitize=alignment -D_GNU_SOURCE -Ibuild/deps/src/libfdt
 * LINK: dom0-tools/lib/cfg.c dom0-tools/lib/domcfg.c dom0-tools/lib/cfg_fdt.c dom0-tools/lib/cpuset.c
 * LINK: dom0-tools/lib/nearest.c dom0-tools/lib/strbuf.c dom0-tools/lib/image.c dom0-tools/lib/err.c
 * LINK: tests/unit/tools-cfg/no-decompress.c build/deps/src/libfdt/fdt.c build/deps/src/libfdt/fdt_ro.c
 * LINK: build/deps/src/libfdt/fdt_sw.c build/deps/src/libfdt/fdt_strerror.c
 */
#include "fuzz.h"
#include "dom0-tools/lib/cfg_fdt.h"
#include "dom0-tools/lib/domcfg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cfg c = { 0 };
	struct err e = ERR_INIT, e2 = ERR_INIT;
	struct domcfg d;

	if (cfg_is_fdt(data, size)) {
		if (cfg_from_fdt(&c, "fuzz.dtb", data, size, &e)) {
			MUST(e.text[0]);
		} else {
			char *dts = cfg_to_dts(&c, &e2);

			domcfg_check(&d, &c, &(struct domcfg_limits){ 0 }, &e);
			domcfg_free(&d);
			free(dts);
		}
	}
	cfg_free(&c);
	return 0;
}
