/* SPDX-License-Identifier: MIT */
/*
 * What a toolstack writes into XenStore for a new domain, as the domain finds it: the entries that daemons and the
 * toolstack itself act upon (console, store, vm, name, memory) it can read and not change, what is left to it
 * it can write. The writer is the real one, on the real store. [XSA-57]
 *
 * LINK: dom0-tools/xenstored/store.c dom0-tools/xenstored/node.c dom0-tools/xenstored/perms.c
 * LINK: dom0-tools/xenstored/path.c dom0-tools/xenstored/quota.c dom0-tools/lib/err.c
 * CFLAGS: -D_GNU_SOURCE
 */
#include "tap.h"
#include "dom0-tools/lib/domstore.c"
#undef PATH_SIZE
#include "dom0-tools/xenstored/store.h"

static struct view store;
static const struct caller control = { 0, -1, true }, guest = { 5, -1, false }, other = { 6, -1, false };

/* ---- the client library, on a store in this program ---- */

struct xs_handle *xs_open(unsigned long flags) { (void)flags; return NULL; }
xs_transaction_t xs_transaction_start(struct xs_handle *h) { (void)h; return 1; }
bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort) { (void)h; (void)t; return !abort; }
char *uuid_format(const uint8_t *u, char *text) { (void)u; return strcpy(text, "00000000-0000-0000-0000-000000000000"); }

bool xs_write_later(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data, unsigned int len)
{
	(void)h;
	(void)t;
	return !store_write(&store, &control, path, data, len);
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data, unsigned int len)
{
	return xs_write_later(h, t, path, data, len);
}

bool xs_set_permissions_later(struct xs_handle *h, xs_transaction_t t, const char *path, struct xs_permissions *p, unsigned int n)
{
	struct perms *perms = perms_alloc(n);
	bool good;

	(void)h;
	(void)t;
	for (unsigned int i = 0; i < n; i++)
		perms->entry[i] = (struct perm){ .domid = (uint16_t)p[i].id, .access = (uint8_t)p[i].perms };
	good = !store_set_perms(&store, &control, path, perms);
	perms_put(perms);
	return good;
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path) { (void)h; (void)t; return !store_rm(&store, &control, path); }
void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len) { (void)h; (void)t; (void)path; (void)len; return NULL; }

bool xs_introduce_domain(struct xs_handle *h, unsigned int d, unsigned long m, unsigned int p)
{
	(void)h;
	(void)d;
	(void)m;
	(void)p;
	return true;
}

/* ---- the guest ---- */

static int guest_writes(const struct caller *who, const char *path)
{
	char full[128];

	snprintf(full, sizeof(full), "/local/domain/5/%s", path);
	return store_write(&store, who, full, "evil", 4);
}

TEST(a_domain_does_not_change_what_the_control_domain_acts_upon)
{
	static const char *const kept[] = {
		"console", "console/ring-ref", "console/port", "console/limit", "console/output", "console/type", "console/backend-id",
		"console/tty", "store", "store/ring-ref", "store/port", "vm", "name", "domid", "memory", "memory/target", "memory/static-max",
		"cpu", "cpu/0/availability", "device", "device/vbd", "control", "control/other", "new-entry",
		"control/platform-feature-multiprocessor-suspend",
	};
	static const char *const own[] = { "data", "data/x", "control/shutdown", "control/feature-reboot", "attr/a", "error/e" };
	static const uint8_t uuid[16] = { 1 };
	const struct domstore_new n = { .dom = 5, .name = "victim", .uuid = uuid, .kernel = "k", .memory_kb = 1024, .maxmem_kb = 1024,
					.vcpus = 1, .maxvcpus = 1, .store_mfn = 1, .console_mfn = 2, .store_port = 1, .console_port = 2 };
	struct err e = ERR_INIT;
	struct node *node;

	REQUIRE_EQ(view_init(&store), true);
	EXPECT_EQ(domstore_create(NULL, &n, &e), 0);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		if (guest_writes(&guest, kept[i]) != EACCES)
			printf("# %s\n", kept[i]);
		EXPECT_EQ(guest_writes(&guest, kept[i]), EACCES);
		EXPECT_EQ(guest_writes(&other, kept[i]), EACCES);
	}
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		EXPECT_EQ(guest_writes(&guest, own[i]), 0);
		EXPECT_EQ(guest_writes(&other, own[i]), EACCES);
	}
	EXPECT_EQ(store_read(&store, &guest, "/local/domain/5/console/ring-ref", &node), 0);
	EXPECT_EQ(store_read(&store, &other, "/local/domain/5/console/ring-ref", &node), EACCES);
	EXPECT_EQ(store_rm(&store, &guest, "/local/domain/5/console"), EACCES);
	EXPECT_EQ(store_rm(&store, &guest, "/local/domain/5"), EACCES);
	EXPECT_EQ(store_write(&store, &guest, "/vm/00000000-0000-0000-0000-000000000000/name", "x", 1), EACCES);
	view_drop_changes(&store);
	view_destroy(&store);
	ledger_clear(&store.ledger);
	quota_init();
}

TAP_MAIN
