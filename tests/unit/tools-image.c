/* SPDX-License-Identifier: MIT */
/*
 * Kernel images: what each decoder unpacks is what was packed, with a hint that is right, wrong or
 * missing; a file cut anywhere, or with a byte changed, is refused or unpacked within bounds.
 *
 * CFLAGS: -w -D_GNU_SOURCE -DZ_SOLO -DZSTD_DISABLE_ASM=1 -DZSTD_LEGACY_SUPPORT=0 -DZSTD_NO_INTRINSICS
 * CFLAGS: -DZSTD_TRACE=0 -Ibuild/deps/src/xz -Ibuild/deps/src/zlib -Ibuild/deps/src/lz4/lib
 * CFLAGS: -Ibuild/deps/src/zstd/lib -Idom0-tools/lib/xz
 * LINK: dom0-tools/lib/image.c dom0-tools/lib/decompress.c dom0-tools/lib/err.c
 * LINK: build/deps/src/zlib/adler32.c build/deps/src/zlib/crc32.c build/deps/src/zlib/inffast.c
 * LINK: build/deps/src/zlib/inflate.c build/deps/src/zlib/inftrees.c build/deps/src/zlib/zutil.c
 * LINK: build/deps/src/xz/xz_dec_bcj.c build/deps/src/xz/xz_dec_lzma2.c build/deps/src/xz/xz_dec_stream.c
 * LINK: build/deps/src/lz4/lib/lz4.c build/deps/src/zstd/lib/common/entropy_common.c
 * LINK: build/deps/src/zstd/lib/common/error_private.c build/deps/src/zstd/lib/common/fse_decompress.c
 * LINK: build/deps/src/zstd/lib/common/xxhash.c build/deps/src/zstd/lib/common/zstd_common.c
 * LINK: build/deps/src/zstd/lib/decompress/huf_decompress.c build/deps/src/zstd/lib/decompress/zstd_ddict.c
 * LINK: build/deps/src/zstd/lib/decompress/zstd_decompress.c
 * LINK: build/deps/src/zstd/lib/decompress/zstd_decompress_block.c
 */
#include <fcntl.h>
#include <unistd.h>

#include "tap.h"
#include "dom0-tools/lib/image.h"
#include "tools-packed.h"

#define MAX (1 << 20)

static char plain[4096];
static size_t plain_len;

static void make_plain(void)
{
	plain_len = 0;
	for (int i = 0; i < 60; i++)
		plain_len += (size_t)sprintf(plain + plain_len, "line %d of what is packed\n", i);
}

static const struct {
	enum image_format format;
	const uint8_t *data;
	size_t len;
} packed[] = {
	{ IMAGE_GZIP, packed_gzip, sizeof(packed_gzip) },
	{ IMAGE_XZ, packed_xz, sizeof(packed_xz) },
	{ IMAGE_ZSTD, packed_zstd, sizeof(packed_zstd) },
	{ IMAGE_LZ4, packed_lz4, sizeof(packed_lz4) },
};
#define NR (sizeof(packed) / sizeof(packed[0]))

TEST(formats_are_recognized)
{
	for (size_t i = 0; i < NR; i++)
		EXPECT_EQ(image_detect(packed[i].data, packed[i].len), packed[i].format);
	EXPECT_EQ(image_detect((const uint8_t *)"BZh9", 4), IMAGE_BZIP2);
	EXPECT_EQ(image_detect((const uint8_t *)"hello", 5), IMAGE_UNKNOWN);
	EXPECT_EQ(image_detect((const uint8_t *)"\375", 1), IMAGE_UNKNOWN);
}

TEST(each_format_unpacks_whatever_the_hint)
{
	make_plain();
	size_t hints[] = { plain_len, 0, 1, plain_len - 1, plain_len + 1, MAX, 1u << 31 };

	for (size_t i = 0; i < NR; i++) {
		for (size_t h = 0; h < sizeof(hints) / sizeof(hints[0]); h++) {
			struct err e = ERR_INIT;
			struct image out;

			REQUIRE_EQ(image_decompress(&out, packed[i].format, packed[i].data, packed[i].len,
						    hints[h], MAX, &e), 0);
			EXPECT_EQ(out.size, plain_len);
			EXPECT_MEM(out.data, plain, plain_len);
			image_free(&out);
		}
	}
}

/* As a kernel's build leaves it: the unpacked size behind the data. */
TEST(an_appended_size_is_no_data)
{
	make_plain();
	for (size_t i = 1; i < NR; i++) {
		uint8_t buf[4096];
		uint32_t size = (uint32_t)plain_len;
		struct err e = ERR_INIT;
		struct image out;

		memcpy(buf, packed[i].data, packed[i].len);
		memcpy(buf + packed[i].len, &size, 4);
		REQUIRE_EQ(image_decompress(&out, packed[i].format, buf, packed[i].len + 4, size, MAX, &e), 0);
		EXPECT_EQ(out.size, plain_len);
		image_free(&out);
	}
}

/* In a buffer of exactly its size, so that the sanitizer sees every byte read beyond. */
static int unpack_copy(enum image_format f, const uint8_t *data, size_t len, size_t max, struct err *e)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct image out;
	int ret;

	memcpy(copy, data, len);
	ret = image_decompress(&out, f, copy, len, 0, max, e);
	if (!ret)
		image_free(&out);
	free(copy);
	return ret;
}

TEST(every_truncation_is_refused)
{
	for (size_t i = 0; i < NR; i++) {
		unsigned int accepted = 0;

		for (size_t len = 4; len < packed[i].len; len++) {
			struct err e = ERR_INIT;

			if (unpack_copy(packed[i].format, packed[i].data, len, MAX, &e) == 0)
				accepted++;
			else
				EXPECT_NE(e.text[0], 0);
		}
		/* The legacy lz4 frame has no end mark; a cut inside a block is still found. */
		EXPECT_LE(accepted, packed[i].format == IMAGE_LZ4 ? 4 : 0);
	}
}

TEST(changed_bytes_stay_within_bounds)
{
	for (size_t i = 0; i < NR; i++) {
		for (size_t at = 0; at < packed[i].len; at++) {
			uint8_t buf[4096];
			struct err e = ERR_INIT;

			memcpy(buf, packed[i].data, packed[i].len);
			buf[at] ^= (uint8_t)(1 + at * 7);
			unpack_copy(packed[i].format, buf, packed[i].len, MAX, &e);
		}
	}
	EXPECT_TRUE(1);
}

TEST(output_beyond_the_limit_is_refused)
{
	for (size_t i = 0; i < NR; i++) {
		struct err e = ERR_INIT;

		EXPECT_EQ(unpack_copy(packed[i].format, packed[i].data, packed[i].len, 1000, &e), -1);
	}
}

TEST(other_compressions_are_named)
{
	struct err e = ERR_INIT;
	struct image out;

	EXPECT_EQ(image_decompress(&out, IMAGE_BZIP2, packed_gzip, 10, 0, MAX, &e), -1);
	EXPECT_STR(e.text, "bzip2 compression: expected gzip, xz, zstd or lz4");
}

/* --- bzImage --- */

static uint8_t bz[8192];

static size_t make_bzimage(const uint8_t *payload, size_t len)
{
	uint32_t off = 16, n = (uint32_t)len;

	memset(bz, 0, sizeof(bz));
	bz[0x1f1] = 1;
	memcpy(bz + 0x202, "HdrS", 4);
	bz[0x206] = 0x0f;
	bz[0x207] = 2;
	memcpy(bz + 0x248, &off, 4);
	memcpy(bz + 0x24c, &n, 4);
	memcpy(bz + 1024 + 16, payload, len);
	return 1024 + 16 + len;
}

TEST(the_payload_of_a_bzimage_is_found)
{
	size_t size = make_bzimage(packed_xz, sizeof(packed_xz)), off, len;
	struct err e = ERR_INIT;

	REQUIRE_EQ(bzimage_payload(bz, size, &off, &len, &e), 0);
	EXPECT_EQ(off, 1040);
	EXPECT_EQ(len, sizeof(packed_xz));
	EXPECT_EQ(bzimage_payload(packed_xz, sizeof(packed_xz), &off, &len, &e), 1);
}

TEST(no_cut_bzimage_is_read_beyond_its_end)
{
	size_t size = make_bzimage(packed_xz, sizeof(packed_xz)), off, len;

	for (size_t cut = 0; cut < size; cut++) {
		struct err e = ERR_INIT;
		uint8_t *copy = malloc(cut + 1);

		memcpy(copy, bz, cut);
		EXPECT_NE(bzimage_payload(copy, cut, &off, &len, &e), 0);
		free(copy);
	}
}

TEST(hostile_bzimage_headers_are_refused)
{
	size_t size = make_bzimage(packed_xz, sizeof(packed_xz)), off, len;
	uint32_t huge = 0xffffffff, zero = 0;
	struct err e = ERR_INIT, e2 = ERR_INIT, e3 = ERR_INIT;

	memcpy(bz + 0x248, &huge, 4);
	EXPECT_EQ(bzimage_payload(bz, size, &off, &len, &e), -1);
	make_bzimage(packed_xz, sizeof(packed_xz));
	memcpy(bz + 0x24c, &zero, 4);
	EXPECT_EQ(bzimage_payload(bz, size, &off, &len, &e2), -1);
	make_bzimage(packed_xz, sizeof(packed_xz));
	bz[0x206] = 7;
	EXPECT_EQ(bzimage_payload(bz, size, &off, &len, &e3), -1);
	EXPECT_STR(e3.text, "a bzImage with boot protocol 2.07: 2.08 or later is needed to find the kernel inside");
}

/* Loading a file by its path, as create does. */
static int unpack_file(const void *data, size_t len, struct err *e)
{
	char path[] = "/tmp/tools-image-XXXXXX";
	int fd = mkstemp(path), ret;
	struct image img;

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	close(fd);
	ret = image_read(&img, path, "kernel", e);
	if (!ret) {
		ret = image_unpack_kernel(&img, e);
		image_free(&img);
	}
	unlink(path);
	return ret;
}

TEST(files_that_are_no_kernels_say_so)
{
	struct err e = ERR_INIT, e2 = ERR_INIT, e3 = ERR_INIT;
	size_t size;

	EXPECT_EQ(unpack_file("hello, world\n", 13, &e), -1);
	EXPECT_TRUE(strstr(e.text, "neither an ELF file nor a bzImage") != NULL);
	size = make_bzimage((const uint8_t *)"\x11\x22\x33\x44\x55\x66\x77\x88", 8);
	EXPECT_EQ(unpack_file(bz, size, &e2), -1);
	EXPECT_STR(e2.text, "a bzImage with an unknown compression (it begins 11 22 33 44 55 66): "
		   "expected gzip, xz, zstd or lz4");
	EXPECT_EQ(unpack_file("ab", 2, &e3), -1);
	EXPECT_STR(e3.text, "truncated: 2 bytes");
}

TAP_MAIN
