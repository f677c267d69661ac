/* SPDX-License-Identifier: MIT */
/*
 * Configs: xl.cfg's syntax, its errors with file and line, what keys mean and what is said of those that
 * are wrong, and the way to device trees and back.
 *
 * CFLAGS: -D_GNU_SOURCE -Ibuild/deps/src/libfdt
 * LINK: dom0-tools/lib/cfg.c dom0-tools/lib/domcfg.c dom0-tools/lib/cfg_fdt.c dom0-tools/lib/cpuset.c
 * LINK: dom0-tools/lib/nearest.c dom0-tools/lib/strbuf.c dom0-tools/lib/image.c dom0-tools/lib/err.c
 * LINK: tests/unit/tools-cfg/no-decompress.c build/deps/src/libfdt/fdt.c build/deps/src/libfdt/fdt_ro.c
 * LINK: build/deps/src/libfdt/fdt_sw.c build/deps/src/libfdt/fdt_strerror.c
 */
#include "tap.h"
#include "dom0-tools/lib/cfg_fdt.h"
#include "dom0-tools/lib/domcfg.h"

static struct cfg c;
static struct err e;

static int parse(const char *text)
{
	cfg_free(&c);
	memset(&e, 0, sizeof(e));
	return cfg_parse(&c, "web.cfg", text, strlen(text), &e);
}

static const struct cfg_value *get(const char *key)
{
	const struct cfg_entry *en = cfg_find(&c, key);
	static const struct cfg_value none = { .str = "(missing)" };

	return en ? &en->value : &none;
}

TEST(strings_numbers_lists)
{
	REQUIRE_EQ(parse("# comment\nname = \"web\" # more\nmemory=0x40;vcpus = 2\n"
			 "disk = [ \"a\", 'b' ,\n [1, 2], ]\nempty=[]\nneg = -3"), 0);
	EXPECT_STR(get("name")->str, "web");
	EXPECT_EQ(get("memory")->num, 64);
	EXPECT_EQ(get("vcpus")->num, 2);
	EXPECT_EQ(get("disk")->nr_items, 3);
	EXPECT_STR(get("disk")->items[1].str, "b");
	EXPECT_EQ(get("disk")->items[2].items[1].num, 2);
	EXPECT_EQ(get("empty")->nr_items, 0);
	EXPECT_EQ(get("neg")->num, -3);
	EXPECT_EQ(cfg_find(&c, "disk")->line, 4);
}

TEST(escapes)
{
	REQUIRE_EQ(parse("a = \"x\\n\\t\\\\\\\"\\x41\\101\"\nb='it\\'s'"), 0);
	EXPECT_STR(get("a")->str, "x\n\t\\\"AA");
	EXPECT_STR(get("b")->str, "it's");
}

TEST(later_assignments_replace_and_append)
{
	REQUIRE_EQ(parse("a=1\na=\"x\"\na += \"y\"\nl = [1]\nl += [2,3]\nn += \"new\""), 0);
	EXPECT_STR(get("a")->str, "xy");
	EXPECT_EQ(get("l")->nr_items, 3);
	EXPECT_STR(get("n")->str, "new");
	EXPECT_EQ(c.nr, 3);
}

TEST(syntax_errors_name_file_and_line)
{
	static const struct { const char *text, *message; } cases[] = {
		{ "a = 1\nb\n", "web.cfg:2: expected = after the key, at the end of the line" },
		{ "a = \"x\n", "web.cfg:1: missing \" at the end of a string, at the end of the line" },
		{ "\n\na = [ 1 2 ]", "web.cfg:3: expected , or ] in a list, at \"2 ]\"" },
		{ "a = 64x", "web.cfg:1: a number with something behind it (a string needs quotes), at \"64x\"" },
		{ "a = yes", "web.cfg:1: expected a string in quotes, a number or a list, at \"yes\"" },
		{ "a = 1 b = 2", "web.cfg:1: expected the end of the line or ; after a value, at \"b = 2\"" },
		{ "= 1", "web.cfg:1: expected a key (letters, digits, _) and =, at \"= 1\"" },
		{ "a = \"\\q\"", "web.cfg:1: unknown escape after \\ in a string, at \"q\"\"" },
		{ "a = 99999999999999999999", "web.cfg:1: a number out of range, at \"99999999999999999999\"" },
		{ "a = [[[[[[[[[[1", "web.cfg:1: lists nested too deep, at \"[[1\"" },
		{ "a = 1\na += 2", "web.cfg:2: += joins a string to a string or a list to a list, at the end of the line" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EXPECT_EQ(parse(cases[i].text), -1);
		EXPECT_STR(e.text, cases[i].message);
	}
}

TEST(overrides_take_bare_words)
{
	REQUIRE_EQ(parse("name=\"a\"\nmemory=4"), 0);
	EXPECT_EQ(cfg_parse_override(&c, "name=other", &e), 0);
	EXPECT_EQ(cfg_parse_override(&c, "memory=64;extra=\"a b; c\"", &e), 0);
	EXPECT_EQ(cfg_parse_override(&c, "kernel=build/guest-kernel-pv", &e), 0);
	EXPECT_STR(get("name")->str, "other");
	EXPECT_EQ(get("memory")->num, 64);
	EXPECT_EQ(get("memory")->type, CFG_NUMBER);
	EXPECT_STR(get("extra")->str, "a b; c");
	EXPECT_STR(get("kernel")->str, "build/guest-kernel-pv");
	EXPECT_EQ(cfg_parse_override(&c, "x", &e), -1);
	EXPECT_STR(e.text, "command line: expected = after the key, at the end");
}

TEST(what_is_written_reads_back)
{
	char *a, *b;

	REQUIRE_EQ(parse("n=\"q\\\"\\\\\\n\"\nm=0x10\nl=[ \"a\", [ 1 ], [] ]"), 0);
	a = cfg_format(&c);
	REQUIRE_EQ(parse(a), 0);
	b = cfg_format(&c);
	EXPECT_STR(a, b);
	free(a);
	free(b);
}

/* --- keys --- */

static struct domcfg d;

static int check(const char *text, unsigned int free_mb, unsigned int cpus)
{
	struct domcfg_limits lim = { free_mb, cpus };
	int ret = parse(text);

	domcfg_free(&d);
	return ret ? ret : domcfg_check(&d, &c, &lim, &e);
}

#define HVM "name=\"n\";kernel=\"k\";type=\"hvm\";"

TEST(fully_virtualized)
{
	static const struct { const char *text, *message; } cases[] = {
		{ "name=\"n\";kernel=\"k\"\nvirt=\"tande\"", "web.cfg:2: virt = \"tande\": expected no virt for a pv domain: "
		  "add type = \"hvm\"" },
		{ "name=\"n\";kernel=\"k\"\ntype=\"pvh\"", "web.cfg:2: type = \"pvh\": expected \"pv\" or \"hvm\": the PVH entry "
		  "does not exist yet; a Linux kernel runs as \"pv\"" },
		{ HVM "memory=4096", "web.cfg:1: memory = 4096: expected at most 3072 megabytes for type = \"hvm\"" },
		{ HVM "maxmem=64", "web.cfg:1: maxmem = 64: expected no maxmem, or memory's value, 32, for type = \"hvm\"" },
		{ HVM "on_crash=\"coredump-destroy\"", "web.cfg:1: on_crash = \"coredump-destroy\": expected an action without a core dump: "
		  "there is none of type = \"hvm\"" },
		{ HVM "maxvcpus=2", "web.cfg:1: maxvcpus = 2: expected no maxvcpus, or vcpus' value, 1, for type = \"hvm\"" },
	};

	REQUIRE_EQ(check(HVM, 0, 0), 0);
	EXPECT_EQ(d.type, DOM_HVM);
	EXPECT_EQ(d.virt, VIRT_SVM_NPT);
	REQUIRE_EQ(check(HVM "virt=\"svm-shadow\"", 0, 0), 0);
	EXPECT_EQ(d.virt, VIRT_SVM_SHADOW);
	REQUIRE_EQ(check("name=\"n\";kernel=\"k\"", 0, 0), 0);
	EXPECT_EQ(d.type, DOM_PV);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EXPECT_EQ(check(cases[i].text, 0, 0), -1);
		EXPECT_STR(e.text, cases[i].message);
	}
}

TEST(a_config_and_its_defaults)
{
	char *cmd;

	REQUIRE_EQ(check("name=\"w\"\nkernel=\"k\"\nroot=\"/dev/xvda\"\nextra=\"quiet\"\n"
			 "on_crash=\"preserve\"\ncpus=\"0-1\"", 100, 4), 0);
	EXPECT_STR(d.name, "w");
	EXPECT_EQ(d.memory, 32);
	EXPECT_EQ(d.maxmem, 32);
	EXPECT_EQ(d.vcpus, 1);
	EXPECT_EQ(d.on_poweroff, ACTION_DESTROY);
	EXPECT_EQ(d.on_reboot, ACTION_RESTART);
	EXPECT_EQ(d.on_crash, ACTION_PRESERVE);
	EXPECT_EQ(d.nr_cpusets, 1);
	cmd = domcfg_cmdline(&d);
	EXPECT_STR(cmd, "root=/dev/xvda quiet");
	free(cmd);
}

TEST(errors_say_what_is_allowed)
{
	static const struct { const char *text, *message; } cases[] = {
		{ "memory = \"64x\"", "web.cfg:1: memory = \"64x\": expected megabytes, 1 to 100 free" },
		{ "memory = 101", "web.cfg:1: memory = 101: expected megabytes, 1 to 100 free" },
		{ "memroy = 4", "web.cfg:1: unknown key memroy; did you mean memory?" },
		{ "zzzzzz = 4", "web.cfg:1: unknown key zzzzzz" },
		{ "vcpus = 0", "web.cfg:1: vcpus = 0: expected a number of vCPUs, 1 to 32" },
		{ "vcpus = [1]", "web.cfg:1: vcpus = [ 1 ]: expected a number of vCPUs, 1 to 32" },
		{ "type = \"xen\"", "web.cfg:1: type = \"xen\": expected one of \"pv\", \"hvm\", \"pvh\"" },
		{ "virt = \"vmx\"", "web.cfg:1: virt = \"vmx\": expected one of \"svm-npt\", \"svm-shadow\", "
		  "\"tande\"" },
		{ "on_crash = \"explode\"", "web.cfg:1: on_crash = \"explode\": expected one of \"destroy\", "
		  "\"restart\", \"rename-restart\", \"preserve\", \"coredump-destroy\", \"coredump-restart\"" },
		{ "name = \"1\"", "web.cfg:1: name = \"1\": expected a name that is not a number: numbers are "
		  "domain ids" },
		{ "name = \"a b\"", "web.cfg:1: name = \"a b\": expected a name of letters, digits and _ . : + -" },
		{ "disk = [ 'x' ]", "web.cfg:1: disk is not supported: block devices do not exist yet: put "
		  "files into the ramdisk; remove the line" },
		{ "hap = 1", "web.cfg:1: hap is not supported: it has no meaning for a pv domain without "
		  "pass-through; remove the line" },
		{ "cpus = \"9\"", "web.cfg:1: cpus = \"9\": expected CPUs of this machine, 0 to 3" },
		{ "cpus = \"1-\"", "web.cfg:1: cpus = \"1-\": expected CPUs as \"all\", \"0-3,5\" or \"all,^2\"" },
		{ "uuid = \"1234\"", "web.cfg:1: uuid = \"1234\": expected \"xxxxxxxx-xxxx-xxxx-xxxx-"
		  "xxxxxxxxxxxx\", x being hex digits" },
		{ "kernel = \"k\"", "web.cfg: no name: add name = \"...\"" },
		{ "name = \"n\"", "web.cfg: no kernel: add kernel = \"PATH\"" },
		{ "name=\"n\";kernel=\"k\";memory=8\nmaxmem=4", "web.cfg:2: maxmem = 4: expected at least memory, 8" },
		{ "name=\"n\";kernel=\"k\";vcpus=4\nmaxvcpus=2", "web.cfg:2: maxvcpus = 2: expected at least vcpus, 4" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EXPECT_EQ(check(cases[i].text, 100, 4), -1);
		EXPECT_STR(e.text, cases[i].message);
	}
}

TEST(empty_values_of_what_is_missing_pass)
{
	EXPECT_EQ(check("name=\"n\";kernel=\"k\";disk=[];vif=[];vnc=0;bootloader=\"\";memory=\"8\"", 0, 0), 0);
	EXPECT_EQ(d.memory, 8);
}

TEST(sets_of_cpus)
{
	static const struct { const char *in, *out; } cases[] = {
		{ "all", "all" }, { "0-3", "0-3" }, { "0,2-3", "0,2-3" }, { "all,^2", "0-1,3-7" },
		{ "0-7", "all" }, { " 1 , 3 ", "1,3" }, { "100", "none" },
	};
	static const char *const bad[] = { "", "x", "1-", "3-1", "1,,2", "999", "^", "1 2" };
	struct cpuset s;
	char buf[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EXPECT_EQ(cpuset_parse(&s, cases[i].in), 0);
		EXPECT_STR(cpuset_format(&s, 8, buf, sizeof(buf)), cases[i].out);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		EXPECT_EQ(cpuset_parse(&s, bad[i]), -1);
}

TEST(uuids)
{
	uint8_t u[16];
	char text[37];

	EXPECT_EQ(uuid_parse(u, "00112233-4455-6677-8899-aabbccddeeff"), 0);
	EXPECT_STR(uuid_format(u, text), "00112233-4455-6677-8899-aabbccddeeff");
	EXPECT_EQ(uuid_parse(u, "00112233445566778899aabbccddeeff"), 0);
	EXPECT_EQ(uuid_parse(u, "0011223-34455-6677-8899-aabbccddeeff"), -1);
	EXPECT_EQ(uuid_parse(u, ""), -1);
	uuid_generate(u);
	EXPECT_EQ(u[6] >> 4, 4);
}

/* --- device trees --- */

TEST(device_trees_and_back)
{
	static const char text[] = "name=\"w\"\nkernel=\"build/k\"\nramdisk=\"r\"\nmemory=64\nvcpus=2\n"
		"extra=\"a b\"\nroot=\"/dev/x\"\non_crash=\"preserve\"\ncpu_weight=512\n"
		"cpus=[\"0\",\"1-2\"]\nuuid=\"00112233-4455-6677-8899-aabbccddeeff\"";
	struct cfg back = { 0 };
	size_t size;
	uint8_t *blob;

	REQUIRE_EQ(parse(text), 0);
	blob = cfg_to_fdt(&c, &size, &e);
	REQUIRE_TRUE(blob != NULL);
	EXPECT_TRUE(cfg_is_fdt(blob, size));
	REQUIRE_EQ(cfg_from_fdt(&back, "w.dtb", blob, size, &e), 0);
	cfg_free(&c);
	c = back;
	EXPECT_STR(get("name")->str, "w");
	EXPECT_STR(get("kernel")->str, "build/k");
	EXPECT_STR(get("ramdisk")->str, "r");
	EXPECT_EQ(get("memory")->num, 64);
	EXPECT_EQ(get("vcpus")->num, 2);
	EXPECT_STR(get("cmdline")->str, "root=/dev/x a b");
	EXPECT_STR(get("on_crash")->str, "preserve");
	EXPECT_EQ(get("cpu_weight")->num, 512);
	EXPECT_EQ(get("cpus")->nr_items, 2);
	EXPECT_STR(get("cpus")->items[1].str, "1-2");
	EXPECT_STR(get("uuid")->str, "00112233-4455-6677-8899-aabbccddeeff");
	free(blob);
}

TEST(the_source_form)
{
	char *dts;

	REQUIRE_EQ(parse("name=\"w\"\nkernel=\"k\"\nmemory=64\nuuid=\"00112233-4455-6677-8899-aabbccddeeff\""), 0);
	dts = cfg_to_dts(&c, &e);
	REQUIRE_TRUE(dts != NULL);
	EXPECT_TRUE(strstr(dts, "\t\t\tmemory = <0x0 0x10000>;\n") != NULL);
	EXPECT_TRUE(strstr(dts, "compatible = \"xen,domain\";\n") != NULL);
	EXPECT_TRUE(strstr(dts, "domain-uuid = [00 11 22") != NULL);
	free(dts);
}

TEST(broken_device_trees)
{
	size_t size, at, step;
	uint8_t *blob;

	REQUIRE_EQ(parse("name=\"w\"\nkernel=\"k\"\nmemory=64\ncpus=\"0\""), 0);
	blob = cfg_to_fdt(&c, &size, &e);
	REQUIRE_TRUE(blob != NULL);
	for (at = 4; at < size; at++) {
		struct cfg back = { 0 };
		struct err err = ERR_INIT;
		uint8_t *cut = malloc(at > 48 ? at : 48);

		/* A header that is whole is all that libfdt itself asks of the size. */
		memset(cut, 0, at > 48 ? at : 48);
		memcpy(cut, blob, at);
		EXPECT_EQ(cfg_from_fdt(&back, "w.dtb", cut, at, &err), -1);
		EXPECT_TRUE(strstr(err.text, "w.dtb: broken device tree") != NULL);
		cfg_free(&back);
		free(cut);
	}
	for (at = 0; at < size; at++) {
		for (step = 1; step < 256; step *= 4) {
			struct cfg back = { 0 };
			struct err err = ERR_INIT;

			blob[at] ^= (uint8_t)step;
			cfg_from_fdt(&back, "w.dtb", blob, size, &err);
			cfg_free(&back);
			blob[at] ^= (uint8_t)step;
		}
	}
	free(blob);
	cfg_free(&c);
	domcfg_free(&d);
}

TAP_MAIN
