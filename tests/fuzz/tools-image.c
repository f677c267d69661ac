/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: kernel files around the ELF file: bzImage headers and every decompressor. Output stays
 * within the limit, whatever the size that the file promises.
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
#include "fuzz.h"
#include "dom0-tools/lib/image.h"

#define LIMIT 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = ERR_INIT;
	size_t off = 0, len = size, hint = 0;
	struct image out;
	int ret = bzimage_payload(data, size, &off, &len, &e);

	if (ret < 0) {
		MUST(e.text[0]);
		return 0;
	}
	if (ret) {
		off = 0;
		len = size;
	}
	MUST(off <= size && len <= size - off);
	if (len > 4)
		hint = data[off + len - 4] | data[off + len - 3] << 8;
	if (image_decompress(&out, image_detect(data + off, len), data + off, len, hint, LIMIT, &e)) {
		MUST(e.text[0]);
		return 0;
	}
	MUST(out.size <= LIMIT);
	image_free(&out);
	return 0;
}
