/* SPDX-License-Identifier: MIT */
/*
 * xenstored's tree, permissions and quotas: what store.h promises, on versions made by hand.
 *
 * LINK: dom0-tools/xenstored/store.c dom0-tools/xenstored/node.c dom0-tools/xenstored/perms.c
 * LINK: dom0-tools/xenstored/path.c dom0-tools/xenstored/quota.c
 * CFLAGS: -D_GNU_SOURCE
 */
#include <errno.h>

#include "tap.h"
#include "dom0-tools/xenstored/path.h"
#include "dom0-tools/xenstored/store.h"

static const struct caller dom0 = { 0, -1, true }, dom1 = { 1, -1, false }, dom2 = { 2, -1, false };

static struct view fresh(void)
{
	struct view v;

	view_init(&v);
	return v;
}

static int put(struct view *v, const struct caller *who, const char *path, const char *value)
{
	return store_write(v, who, path, value, strlen(value));
}

static const char *get(struct view *v, const struct caller *who, const char *path)
{
	static char text[4096];
	struct node *n;

	if (store_read(v, who, path, &n))
		return "(none)";
	snprintf(text, sizeof(text), "%.*s", n->value ? (int)n->value->len : 0,
		 n->value ? n->value->data : "");
	return text;
}

static int chown_to(struct view *v, const struct caller *who, const char *path, const char *list)
{
	struct perms *p;
	unsigned int nr = 0;
	char copy[64];
	int err;

	strcpy(copy, list);
	p = perms_alloc(1 + (strchr(list, ',') != NULL));
	for (char *s = strtok(copy, ","); s; s = strtok(NULL, ","))
		perm_parse(s, &p->entry[nr++]);
	err = store_set_perms(v, who, path, p);
	perms_put(p);
	return err;
}

static void done(struct view *v)
{
	ledger_clear(&v->ledger);
	view_destroy(v);
}

TEST(paths_are_checked)
{
	char out[PATH_SIZE], big[XENSTORE_ABS_PATH_MAX + 3];

	EXPECT_EQ(path_valid("/"), true);
	EXPECT_EQ(path_valid("/a/b-c_d@e/0"), true);
	EXPECT_EQ(path_valid(""), false);
	EXPECT_EQ(path_valid("a"), false);
	EXPECT_EQ(path_valid("/a/"), false);
	EXPECT_EQ(path_valid("/a//b"), false);
	EXPECT_EQ(path_valid("//"), false);
	EXPECT_EQ(path_valid("/a b"), false);
	EXPECT_EQ(path_valid("/a.b"), false);
	EXPECT_EQ(path_valid("/\xff"), false);
	memset(big, 'a', sizeof(big));
	big[0] = '/';
	big[XENSTORE_ABS_PATH_MAX] = '\0';
	EXPECT_EQ(path_valid(big), true);
	big[XENSTORE_ABS_PATH_MAX] = 'a';
	big[XENSTORE_ABS_PATH_MAX + 1] = '\0';
	EXPECT_EQ(path_valid(big), false);
	EXPECT_EQ(path_absolute("x/y", 3, out), (int)strlen("/local/domain/3/"));
	EXPECT_STR(out, "/local/domain/3/x/y");
	EXPECT_EQ(path_absolute("/x", 3, out), 0);
	EXPECT_EQ(path_absolute("", 3, out), -1);
	EXPECT_EQ(path_absolute("@x", 3, out) >= 0, true);
}

TEST(perms_have_a_text_form)
{
	struct perm p;
	char text[PERM_TEXT_MAX];

	EXPECT_EQ(perm_parse("b65535", &p), true);
	EXPECT_EQ(p.domid, 65535);
	EXPECT_EQ(perm_format(p, text), 7u);
	EXPECT_STR(text, "b65535");
	EXPECT_EQ(perm_parse("b65536", &p), false);
	EXPECT_EQ(perm_parse("r", &p), false);
	EXPECT_EQ(perm_parse("", &p), false);
	EXPECT_EQ(perm_parse("x1", &p), false);
	EXPECT_EQ(perm_parse("r1x", &p), false);
	EXPECT_EQ(perm_parse("r-1", &p), false);
}

TEST(write_creates_parents_and_rm_takes_children)
{
	struct view v = fresh();

	EXPECT_EQ(put(&v, &dom0, "/a/b/c", "x"), 0);
	EXPECT_STR(get(&v, &dom0, "/a/b/c"), "x");
	EXPECT_STR(get(&v, &dom0, "/a/b"), "");
	EXPECT_EQ(put(&v, &dom0, "/a/b/c", "longer"), 0);
	EXPECT_STR(get(&v, &dom0, "/a/b/c"), "longer");
	EXPECT_EQ(store_mkdir(&v, &dom0, "/a/b/c"), 0);
	EXPECT_STR(get(&v, &dom0, "/a/b/c"), "longer");
	EXPECT_EQ(ledger_nodes(&v.ledger, 0), 4u);
	EXPECT_EQ(store_rm(&v, &dom0, "/a/b"), 0);
	EXPECT_STR(get(&v, &dom0, "/a/b/c"), "(none)");
	EXPECT_EQ(ledger_nodes(&v.ledger, 0), 2u);
	EXPECT_EQ(store_rm(&v, &dom0, "/a/b"), 0);
	EXPECT_EQ(store_rm(&v, &dom0, "/a/b/c"), ENOENT);
	EXPECT_EQ(store_rm(&v, &dom0, "/"), EINVAL);
	done(&v);
}

TEST(a_domain_is_kept_out_unless_let_in)
{
	struct view v = fresh();

	put(&v, &dom0, "/local/domain/1/secret", "s");
	EXPECT_EQ(put(&v, &dom1, "/x", "1"), EACCES);
	EXPECT_EQ(put(&v, &dom1, "/local/domain/1/x", "1"), EACCES);
	EXPECT_STR(get(&v, &dom1, "/local/domain/1/secret"), "(none)");
	EXPECT_EQ(chown_to(&v, &dom1, "/local/domain/1", "n1"), EACCES);
	EXPECT_EQ(chown_to(&v, &dom0, "/local/domain/1", "n1,r2"), 0);
	EXPECT_EQ(put(&v, &dom1, "/local/domain/1/mine/too", "1"), 0);
	EXPECT_STR(get(&v, &dom2, "/local/domain/1/mine/too"), "1");
	EXPECT_EQ(put(&v, &dom2, "/local/domain/1/mine/too", "2"), EACCES);
	EXPECT_EQ(store_rm(&v, &dom2, "/local/domain/1/mine"), EACCES);
	EXPECT_EQ(chown_to(&v, &dom1, "/local/domain/1/mine", "n2"), EPERM);
	EXPECT_EQ(chown_to(&v, &dom1, "/local/domain/1/mine", "b1"), 0);
	EXPECT_EQ(put(&v, &dom2, "/local/domain/1/mine/too", "2"), EACCES);
	EXPECT_EQ(put(&v, &dom2, "/local/domain/1/mine", "2"), 0);
	done(&v);
}

TEST(missing_nodes_are_a_secret_too)
{
	struct view v = fresh();
	struct node *n;

	put(&v, &dom0, "/open", "");
	chown_to(&v, &dom0, "/open", "r0");
	EXPECT_EQ(store_read(&v, &dom1, "/open/nothing", &n), ENOENT);
	EXPECT_EQ(store_read(&v, &dom1, "/closed", &n), EACCES);
	EXPECT_EQ(store_read(&v, &dom0, "/closed", &n), ENOENT);
	done(&v);
}

TEST(a_target_lends_its_rights)
{
	struct view v = fresh();
	struct caller model = { 2, 1, false };

	put(&v, &dom0, "/d", "");
	chown_to(&v, &dom0, "/d", "n1");
	EXPECT_EQ(put(&v, &dom2, "/d/x", ""), EACCES);
	EXPECT_EQ(put(&v, &model, "/d/x", ""), 0);
	EXPECT_EQ(ledger_nodes(&v.ledger, 2), 1u);
	done(&v);
}

TEST(quotas_hold_for_domains_only)
{
	struct view v = fresh();
	char path[64], big[4096];
	unsigned int made = 0;

	memset(big, 'x', sizeof(big));
	put(&v, &dom0, "/d", "");
	chown_to(&v, &dom0, "/d", "n1");
	EXPECT_EQ(store_write(&v, &dom1, "/d/big", big, quota_limits.node_size), ENOSPC);
	EXPECT_EQ(store_write(&v, &dom1, "/d/big", big, quota_limits.node_size - 8), 0);
	EXPECT_EQ(store_write(&v, &dom0, "/d/bigger", big, 4000), 0);
	for (unsigned int dir = 0; dir < 10; dir++) {
		for (unsigned int i = 0; i < 300; i++) {
			snprintf(path, sizeof(path), "/d/%u/n%u", dir, i);
			if (put(&v, &dom1, path, ""))
				break;
			made++;
		}
	}
	EXPECT_EQ(ledger_nodes(&v.ledger, 1), quota_limits.nodes);
	EXPECT_EQ(put(&v, &dom1, "/d/more", ""), ENOSPC);
	EXPECT_EQ(put(&v, &dom0, "/d/more", ""), 0);
	EXPECT_EQ(store_rm(&v, &dom1, "/d/0"), 0);
	EXPECT_EQ(put(&v, &dom1, "/d/again", ""), 0);
	EXPECT_EQ(made > 900, true);
	done(&v);
}

TEST(a_long_directory_is_bounded)
{
	struct view v = fresh();
	char path[64];
	int err = 0;
	unsigned int i;

	put(&v, &dom0, "/d", "");
	chown_to(&v, &dom0, "/d", "n1");
	for (i = 0; i < 2000 && !err; i++) {
		snprintf(path, sizeof(path), "/d/child%04u", i);
		err = put(&v, &dom1, path, "");
	}
	EXPECT_EQ(err, ENOSPC);
	EXPECT_EQ(i * 10 <= quota_limits.node_size + 10, true);
	done(&v);
}

TEST(a_fork_does_not_see_later_changes)
{
	struct view v = fresh(), old;

	put(&v, &dom0, "/a/b", "1");
	put(&v, &dom0, "/a/c", "1");
	view_fork(&old, &v);
	put(&v, &dom0, "/a/b", "2");
	store_rm(&v, &dom0, "/a/c");
	put(&v, &dom0, "/a/d/e", "2");
	chown_to(&v, &dom0, "/a", "r0");
	EXPECT_STR(get(&old, &dom0, "/a/b"), "1");
	EXPECT_STR(get(&old, &dom0, "/a/c"), "1");
	EXPECT_STR(get(&old, &dom0, "/a/d/e"), "(none)");
	EXPECT_STR(get(&old, &dom1, "/a"), "(none)");
	put(&old, &dom0, "/a/b", "3");
	EXPECT_STR(get(&v, &dom0, "/a/b"), "2");
	done(&old);
	EXPECT_STR(get(&v, &dom0, "/a/b"), "2");
	done(&v);
}

TEST(a_dead_domain_leaves_nothing)
{
	struct view v = fresh();
	struct node *n;

	put(&v, &dom0, "/d/1/x/y", "");
	put(&v, &dom0, "/d/shared", "");
	chown_to(&v, &dom0, "/d/1", "n1");
	chown_to(&v, &dom0, "/d/shared", "n0,b1");
	put(&v, &dom1, "/d/shared/left", "");
	put(&v, &dom1, "/d/1/z", "");
	EXPECT_EQ(ledger_nodes(&v.ledger, 1), 3u);
	EXPECT_EQ(store_forget_domain(&v, 1), 0);
	EXPECT_EQ(ledger_nodes(&v.ledger, 1), 0u);
	EXPECT_STR(get(&v, &dom0, "/d/1/x/y"), "(none)");
	EXPECT_STR(get(&v, &dom0, "/d/shared/left"), "(none)");
	EXPECT_EQ(store_read(&v, &dom0, "/d/shared", &n), 0);
	EXPECT_EQ(n->perms->nr, 1u);
	done(&v);
}

TEST(children_keep_their_order)
{
	struct view v = fresh();
	struct node *n;

	put(&v, &dom0, "/d/z", "");
	put(&v, &dom0, "/d/a", "");
	put(&v, &dom0, "/d/m", "");
	store_rm(&v, &dom0, "/d/a");
	put(&v, &dom0, "/d/a", "");
	store_read(&v, &dom0, "/d", &n);
	EXPECT_EQ(n->nr, 3u);
	EXPECT_STR(n->child[0]->name, "z");
	EXPECT_STR(n->child[1]->name, "m");
	EXPECT_STR(n->child[2]->name, "a");
	EXPECT_EQ(n->childlen, 6u);
	done(&v);
}

TAP_MAIN
