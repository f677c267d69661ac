/* SPDX-License-Identifier: MIT */
/*
 * xenstored's watches: who hears of what.
 *
 * LINK: dom0-tools/xenstored/watch.c
 * LINK: dom0-tools/xenstored/store.c dom0-tools/xenstored/node.c dom0-tools/xenstored/perms.c
 * LINK: dom0-tools/xenstored/path.c dom0-tools/xenstored/quota.c
 * CFLAGS: -D_GNU_SOURCE
 */
#include <errno.h>

#include "tap.h"
#include "dom0-tools/xenstored/watch.h"

static const struct caller dom0 = { 0, -1, true }, dom1 = { 1, -1, false };
static struct view store;
static struct list owned;
static char heard[512];

static void hear(struct watch *w, const char *path)
{
	snprintf(heard + strlen(heard), sizeof(heard) - strlen(heard), "%s%s:%s", *heard ? " " : "",
		 w->token, watch_event_path(w, path));
}

static const char *fired(void)
{
	static char result[sizeof(heard)];

	heard[0] = '\0';
	watch_fire_changes(&store, hear);
	view_drop_changes(&store);
	strcpy(result, heard);
	return result;
}

static void put(const char *path)
{
	store_write(&store, &dom0, path, "x", 1);
}

static void begin(void)
{
	watch_init();
	list_init(&owned);
	view_init(&store);
	put("/a/b/c");
	put("/a/d");
	view_drop_changes(&store);
}

static void end(void)
{
	list_for_each_safe(w, &owned, struct watch, of_owner)
		watch_remove(w);
	ledger_clear(&store.ledger);
	view_destroy(&store);
}

TEST(a_change_is_heard_at_and_above)
{
	begin();
	watch_add(&owned, NULL, &dom0, "/", 0, "root");
	watch_add(&owned, NULL, &dom0, "/a", 0, "a");
	watch_add(&owned, NULL, &dom0, "/a/b/c", 0, "c");
	watch_add(&owned, NULL, &dom0, "/a/b/c/deeper", 0, "deeper");
	watch_add(&owned, NULL, &dom0, "/a/bb", 0, "other");
	put("/a/b/c");
	EXPECT_STR(fired(), "root:/a/b/c a:/a/b/c c:/a/b/c");
	put("/");
	EXPECT_STR(fired(), "root:/");
	end();
}

TEST(a_removed_subtree_is_heard_inside)
{
	begin();
	watch_add(&owned, NULL, &dom0, "/", 0, "root");
	watch_add(&owned, NULL, &dom0, "/a/b/c", 0, "c");
	watch_add(&owned, NULL, &dom0, "/a/b/not", 0, "not");
	store_rm(&store, &dom0, "/a");
	EXPECT_STR(fired(), "root:/a c:/a/b/c");
	end();
}

TEST(relative_watches_hear_relative_paths)
{
	begin();
	watch_add(&owned, NULL, &dom0, "/a/b", strlen("/a/"), "rel");
	put("/a/b/c");
	EXPECT_STR(fired(), "rel:b/c");
	end();
}

TEST(who_may_not_read_does_not_hear)
{
	struct perms *open = perms_alloc(2);

	begin();
	open->entry[1] = (struct perm){ 1, ACCESS_READ };
	watch_add(&owned, NULL, &dom1, "/a", 0, "w");
	put("/a/b");
	EXPECT_STR(fired(), "");
	store_set_perms(&store, &dom0, "/a/b", open);
	EXPECT_STR(fired(), "w:/a/b");
	put("/a/b");
	EXPECT_STR(fired(), "w:/a/b");
	put("/a/d");
	EXPECT_STR(fired(), "");
	put("/a/b/new");
	EXPECT_STR(fired(), "w:/a/b/new");
	store_rm(&store, &dom0, "/a/b");
	EXPECT_STR(fired(), "w:/a/b");
	perms_put(open);
	end();
}

TEST(path_and_token_make_a_watch)
{
	begin();
	EXPECT_EQ(watch_add(&owned, NULL, &dom0, "/a", 0, "t"), 0);
	EXPECT_EQ(watch_add(&owned, NULL, &dom0, "/a", 0, "t"), EEXIST);
	EXPECT_EQ(watch_add(&owned, NULL, &dom0, "/a", 0, "u"), 0);
	EXPECT_EQ(watch_find(&owned, "/a", "v") == NULL, true);
	watch_remove(watch_find(&owned, "/a", "t"));
	put("/a");
	EXPECT_STR(fired(), "u:/a");
	end();
}

TEST(special_names_obey_their_permissions)
{
	struct perms *closed = perms_alloc(1), *open = perms_alloc(1);

	begin();
	open->entry[0].access = ACCESS_READ;
	watch_add(&owned, NULL, &dom1, "@releaseDomain", 0, "w");
	heard[0] = '\0';
	watch_fire_special("@releaseDomain", closed, hear);
	EXPECT_STR(heard, "");
	watch_fire_special("@introduceDomain", open, hear);
	EXPECT_STR(heard, "");
	watch_fire_special("@releaseDomain", open, hear);
	EXPECT_STR(heard, "w:@releaseDomain");
	perms_put(closed);
	perms_put(open);
	end();
}

TAP_MAIN
