/* SPDX-License-Identifier: MIT */
/*
 * The fuzz target of xenstored's requests, with streams that a generator with a fixed seed makes: mostly
 * well-formed requests on few paths, in and out of transactions, some of them damaged. Whatever comes,
 * nothing may be read out of bounds, lost or miscounted.
 *
 * LINK: dom0-tools/xenstored/transaction.c dom0-tools/xenstored/exec.c dom0-tools/xenstored/wire.c
 * LINK: dom0-tools/xenstored/store.c dom0-tools/xenstored/node.c dom0-tools/xenstored/perms.c
 * LINK: dom0-tools/xenstored/path.c dom0-tools/xenstored/quota.c dom0-tools/xenstored/watch.c
 * CFLAGS: -D_GNU_SOURCE
 */
#include "tap.h"
#include "tests/fuzz/xenstored-requests.c"

static uint8_t stream[8192];
static size_t stream_len;

static void emit(const void *data, size_t len)
{
	if (stream_len + len <= sizeof(stream)) {
		memcpy(stream + stream_len, data, len);
		stream_len += len;
	}
}

static void emit_request(void)
{
	static const char *const path[] = {
		"/", "a", "a/b", "a/b/c", "/local", "/local/domain/1", "/local/domain/1/a", "/local/domain/0",
		"b", "/x/y/z", "//", "a/", "@releaseDomain",
	};
	static const char *const rest[] = { "", "value", "n1", "b1", "r0", "0", "T", "F", "token" };
	const char *p = path[rand() % (sizeof(path) / sizeof(path[0]))];
	const char *v = rest[rand() % (sizeof(rest) / sizeof(rest[0]))];
	struct xsd_sockmsg hdr = { .type = (uint32_t)rand() % XS_TYPE_COUNT, .tx_id = rand() % 2 };
	size_t plen = strlen(p) + (rand() % 20 != 0), vlen = rand() % 3 ? strlen(v) + rand() % 2 : 0;

	if (hdr.type == XS_TRANSACTION_END) {
		p = rand() % 4 ? "T" : "F";
		plen = 2;
		vlen = 0;
	}
	hdr.len = (uint32_t)(plen + vlen);
	emit(&hdr, sizeof(hdr));
	emit(p, plen);
	emit(v, vlen);
}

TEST(generated_streams_break_nothing)
{
	srand(20);
	for (int i = 0; i < 3000; i++) {
		uint8_t first = (uint8_t)rand();

		stream_len = 0;
		emit(&first, 1);
		for (int n = rand() % 120; n > 0; n--)
			emit_request();
		for (int n = rand() % 4 ? 0 : rand() % 10; n > 0; n--)
			stream[(size_t)rand() % stream_len] = (uint8_t)rand();
		LLVMFuzzerTestOneInput(stream, stream_len);
	}
	quota_init();
	EXPECT_EQ(quota_nodes(1), 0u);
}

TAP_MAIN
