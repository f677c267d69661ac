/* SPDX-License-Identifier: MIT */
/* A domain's entries in XenStore: see domstore.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "domcfg.h"
#include "domstore.h"

#define PATH_SIZE 256

struct xs_handle *domstore_open(struct err *e)
{
	struct xs_handle *xs = xs_open(0);

	if (!xs)
		err_sys(e, errno, "cannot reach XenStore (is xenstored running?)");
	return xs;
}

struct writer {
	struct xs_handle *xs;
	xs_transaction_t t;
	char base[64];
	int failed;		/* errno of the first failure */
	char path[PATH_SIZE];	/* where */
};

static void put(struct writer *w, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Write @path below the domain's directory, or anywhere when it begins with a slash. */
static void put(struct writer *w, const char *path, const char *fmt, ...)
{
	char val[2048];
	va_list ap;
	int n;

	if (w->failed)
		return;
	va_start(ap, fmt);
	n = vsnprintf(val, sizeof(val), fmt, ap);
	va_end(ap);
	if (*path == '/')
		snprintf(w->path, sizeof(w->path), "%s", path);
	else
		snprintf(w->path, sizeof(w->path), "%s/%s", w->base, path);
	if (!xs_write_later(w->xs, w->t, w->path, val, (unsigned int)n))
		w->failed = errno ? errno : EIO;
}

/* An entry that belongs to @owner and that @reader (when it is another one) may read. */
static void allow(struct writer *w, const char *path, domid_t owner, domid_t reader)
{
	struct xs_permissions p[2];

	memset(p, 0, sizeof(p));
	p[0].id = owner;
	p[0].perms = XS_PERM_NONE;
	p[1].id = reader;
	p[1].perms = XS_PERM_READ;
	if (w->failed)
		return;
	snprintf(w->path, sizeof(w->path), "%s%s%s", w->base, *path ? "/" : "", path);
	if (!xs_set_permissions_later(w->xs, w->t, w->path, p, owner == reader ? 1 : 2))
		w->failed = errno ? errno : EIO;
}

static void write_directories(struct writer *w, domid_t dom)
{
	static const char *const readable[] = {
		"cpu", "memory", "device", "control", "console", "store",
	};
	static const char *const owned[] = {
		"control/shutdown", "control/feature-poweroff", "control/feature-reboot",
		"control/feature-suspend", "control/sysrq", "device/suspend/event-channel", "data",
		"drivers", "feature", "attr", "error",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(readable); i++) {
		put(w, readable[i], "%s", "");
		allow(w, readable[i], 0, dom);
	}
	for (i = 0; i < ARRAY_SIZE(owned); i++) {
		put(w, owned[i], "%s", "");
		allow(w, owned[i], dom, dom);
	}
	put(w, "control/platform-feature-multiprocessor-suspend", "1");
	put(w, "control/platform-feature-xs_reset_watches", "1");
}

static void write_entries(struct writer *w, const struct domstore_new *n)
{
	char uuid[37], path[64];
	unsigned int i;

	uuid_format(n->uuid, uuid);
	put(w, "domid", "%u", n->dom);
	allow(w, "", 0, n->dom);
	/* Made before its home was opened to the domain, it did not inherit that. */
	allow(w, "domid", 0, n->dom);
	put(w, "vm", "/vm/%s", uuid);
	put(w, "name", "%s", n->name);
	write_directories(w, n->dom);
	put(w, "memory/static-max", "%llu", (unsigned long long)n->maxmem_kb);
	put(w, "memory/target", "%llu", (unsigned long long)n->memory_kb);
	put(w, "memory/videoram", "0");
	for (i = 0; i < n->maxvcpus; i++) {
		snprintf(path, sizeof(path), "cpu/%u/availability", i);
		put(w, path, i < n->vcpus ? "online" : "offline");
	}
	put(w, "store/ring-ref", "%lu", (unsigned long)n->store_mfn);
	put(w, "store/port", "%u", n->store_port);
	put(w, "console/backend-id", "0");
	put(w, "console/type", n->console_mfn ? "xenconsoled" : DOMSTORE_CONSOLE_DEVMODEL);
	put(w, "console/limit", "1048576");
	put(w, "console/output", "pty");
	if (n->console_mfn) {
		put(w, "console/ring-ref", "%lu", (unsigned long)n->console_mfn);
		put(w, "console/port", "%u", n->console_port);
	}
	snprintf(path, sizeof(path), "/vm/%s/name", uuid);
	put(w, path, "%s", n->name);
	snprintf(path, sizeof(path), "/vm/%s/uuid", uuid);
	put(w, path, "%s", uuid);
	snprintf(path, sizeof(path), "/vm/%s/start_time", uuid);
	put(w, path, "%lld", (long long)time(NULL));
	snprintf(path, sizeof(path), "/vm/%s/image/kernel", uuid);
	put(w, path, "%s", n->kernel);
}

static int write_once(struct writer *w, const struct domstore_new *n)
{
	w->failed = 0;
	w->t = xs_transaction_start(w->xs);
	if (!w->t) {
		snprintf(w->path, sizeof(w->path), "a transaction");
		return errno ? errno : EIO;
	}
	write_entries(w, n);
	if (w->failed) {
		xs_transaction_end(w->xs, w->t, true);
		return w->failed;
	}
	snprintf(w->path, sizeof(w->path), "the domain's entries");
	return xs_transaction_end(w->xs, w->t, false) ? 0 : errno;
}

int domstore_create(struct xs_handle *xs, const struct domstore_new *n, struct err *e)
{
	struct writer w = { .xs = xs };
	int ret;

	snprintf(w.base, sizeof(w.base), "/local/domain/%u", n->dom);
	do
		ret = write_once(&w, n);
	while (ret == EAGAIN);
	if (ret)
		return err_sys(e, ret, "XenStore: writing %s", w.path);
	if (!xs_introduce_domain(xs, n->dom, n->store_mfn, n->store_port)) {
		err_sys(e, errno, "XenStore: introducing domain %u", n->dom);
		domstore_remove(xs, n->dom);
		return -1;
	}
	return 0;
}

void domstore_remove(struct xs_handle *xs, domid_t dom)
{
	char path[64];
	char *vm = domstore_read(xs, dom, "vm");

	if (vm && !strncmp(vm, "/vm/", 4))
		xs_rm(xs, XBT_NULL, vm);
	free(vm);
	snprintf(path, sizeof(path), "/local/domain/%u", dom);
	xs_rm(xs, XBT_NULL, path);
}

char *domstore_read(struct xs_handle *xs, domid_t dom, const char *path)
{
	char full[PATH_SIZE];
	unsigned int len;

	snprintf(full, sizeof(full), "/local/domain/%u/%s", dom, path);
	return xs_read(xs, XBT_NULL, full, &len);
}

int domstore_write(struct xs_handle *xs, domid_t dom, const char *path, const char *val,
		   struct err *e)
{
	char full[PATH_SIZE];

	snprintf(full, sizeof(full), "/local/domain/%u/%s", dom, path);
	if (!xs_write(xs, XBT_NULL, full, val, (unsigned int)strlen(val)))
		return err_sys(e, errno, "XenStore: writing %s", full);
	return 0;
}

char *domstore_name(struct xs_handle *xs, domid_t dom)
{
	char *name = xs ? domstore_read(xs, dom, "name") : NULL;

	if (!name && !dom)
		name = strdup("Domain-0");
	return name;
}
