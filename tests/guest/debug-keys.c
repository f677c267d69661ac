/* SPDX-License-Identifier: MIT
 *
 * The debug keys, through sysctl: each prints what it promises into the log, once, under its heading; an unknown key
 * prints nothing; a key list that cannot be read is an error. The control domain is found again in
 * what they say: its frames, its ports, its pending event.
 *
 * RUN: timeout=120
 */
#include "testlib.h"
#include <pv-abi/sysctl.h>

static struct xen_sysctl op;
static char text[65536];

static long sysctl(uint32_t cmd)
{
	op.cmd = cmd;
	op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return HYPERVISOR_sysctl(&op);
}

/* The log from here on; what is there is dropped. */
static void clear_log(void)
{
	memset(&op, 0, sizeof(op));
	op.u.readconsole.clear = 1;
	op.u.readconsole.count = sizeof(text);
	set_xen_guest_handle(op.u.readconsole.buffer, text);
	EXPECT_EQ(sysctl(XEN_SYSCTL_readconsole), 0);
}

static long press(const char *keys, uint32_t n)
{
	memset(&op, 0, sizeof(op));
	op.u.debug_keys.nr_keys = n;
	set_xen_guest_handle(op.u.debug_keys.keys, (char *)keys);
	return sysctl(XEN_SYSCTL_debug_keys);
}

/* What a key prints, in text[]. */
static unsigned int said(const char *key)
{
	clear_log();
	EXPECT_EQ(press(key, 1), 0);
	memset(&op, 0, sizeof(op));
	memset(text, 0, sizeof(text));
	op.u.readconsole.count = sizeof(text) - 1;
	set_xen_guest_handle(op.u.readconsole.buffer, text);
	EXPECT_EQ(sysctl(XEN_SYSCTL_readconsole), 0);
	return op.u.readconsole.count;
}

static void expect_text(const char *key, const char *want)
{
	ok(strstr(text, want) != NULL, "key %s: the log has \"%s\"", key, want);
}

static void help(void)
{
	static const char *const lines[] = {
		"  h  this list", "  q  domains", "  r  run queues", "  t  time", "  m  memory", "  d  registers",
		"  0  registers", "  e  event", "  T  last trace", "  R  reboot",
	};

	said("h");
	for (unsigned int i = 0; i < ARRAY_SIZE(lines); i++)
		expect_text("h", lines[i]);
}

static void domains(void)
{
	char want[64];
	long port = evtchn_bind_ipi(0);

	said("q");
	snprintf(want, sizeof(want), "pages %lu of", si->nr_pages);
	expect_text("q", "domain 0: refs");
	expect_text("q", want);
	expect_text("q", "v0 CPU ");
	/* A pending port, while the control domain masks events. */
	EXPECT(port > 0);
	said("e");
	snprintf(want, sizeof(want), "port %ld pending", port);
	ok(strstr(text, want) == NULL, "port %ld is not pending yet", port);
	EXPECT_EQ(evtchn_send((unsigned int)port), 0);
	said("e");
	expect_text("e", "domain 0: ");
	expect_text("e", want);
	EXPECT_EQ(evtchn_close((unsigned int)port), 0);
}

static void machine(void)
{
	char want[64];

	memset(&op, 0, sizeof(op));
	EXPECT_EQ(sysctl(XEN_SYSCTL_physinfo), 0);
	snprintf(want, sizeof(want), "%lu frames of %lu free", (unsigned long)op.u.physinfo.free_pages,
		 (unsigned long)op.u.physinfo.total_pages);
	said("m");
	expect_text("m", want);
	said("t");
	expect_text("t", "system time ");
	expect_text("t", "CPU 0: idle ");
	said("r");
	expect_text("r", "credit scheduler: slice 30 ms");
	expect_text("r", "runs  d0v0");
	said("d");
	expect_text("d", "runs d0v0");
	expect_text("d", "RIP e033:");
	said("0");
	expect_text("0", "v0 CPU ");
	expect_text("0", "RIP ");
	said("T");
	expect_text("T", "Last records of CPU 0:");
	expect_text("T", "sysctl");
}

void test_main(void)
{
	help();
	domains();
	machine();
	/* Nothing is bound to these. */
	EXPECT_EQ(said("\x07"), 0);
	EXPECT_EQ(said("\xff"), 0);
	EXPECT_EQ(said("Z"), 0);
	clear_log();
	EXPECT_EQ(press("", 0), 0);
	EXPECT_EQ(press((char *)0x10, 1), -XEN_EFAULT);
	/* Several in one call, in order. */
	clear_log();
	EXPECT_EQ(press("mt", 2), 0);
}
