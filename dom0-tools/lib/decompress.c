/* SPDX-License-Identifier: MIT */
/*
 * Decompression of kernels and ramdisks, through the libraries' own sources.
 *
 * Each decoder gets an output buffer of a fixed size and says whether that was too small; the driver
 * then doubles it, up to the caller's limit. A kernel's build appends the unpacked size, so the first
 * buffer normally fits and no decoder needs a window of its own.
 */
#include <errno.h>
#include <linux/xz.h>
#include <lz4.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "image.h"

enum outcome { DONE, TOO_SMALL, BROKEN };

/* Decodes @in to @out of @cap bytes; sets *@size. On BROKEN, @why says what the decoder found. */
typedef enum outcome decoder_fn(uint8_t *out, size_t cap, const uint8_t *in, size_t len, size_t *size,
				const char **why);

static void *zlib_alloc(void *opaque, unsigned int n, unsigned int size)
{
	return calloc(n, size);
}

static void zlib_free(void *opaque, void *p)
{
	free(p);
}

static enum outcome decode_gzip(uint8_t *out, size_t cap, const uint8_t *in, size_t len, size_t *size,
				const char **why)
{
	z_stream s = { .zalloc = zlib_alloc, .zfree = zlib_free };
	int ret;

	s.next_in = (uint8_t *)(uintptr_t)in;
	s.avail_in = (unsigned int)len;
	s.next_out = out;
	s.avail_out = (unsigned int)cap;
	if (inflateInit2(&s, 16 + 15) != Z_OK) {
		*why = "out of memory";
		return BROKEN;
	}
	ret = inflate(&s, Z_FINISH);
	*size = s.total_out;
	*why = s.avail_in ? s.msg ? s.msg : "bad data" : "truncated";
	inflateEnd(&s);
	if (ret == Z_STREAM_END)
		return DONE;
	return ret == Z_BUF_ERROR && !s.avail_out ? TOO_SMALL : BROKEN;
}

static enum outcome decode_xz(uint8_t *out, size_t cap, const uint8_t *in, size_t len, size_t *size,
			      const char **why)
{
	struct xz_buf b = { .in = in, .in_size = len, .out = out, .out_size = cap };
	struct xz_dec *s;
	enum xz_ret ret;

	s = xz_dec_init(XZ_SINGLE, 0);
	if (!s) {
		*why = "out of memory";
		return BROKEN;
	}
	ret = xz_dec_run(s, &b);
	xz_dec_end(s);
	*size = b.out_pos;
	switch (ret) {
	case XZ_STREAM_END:
		return DONE;
	case XZ_BUF_ERROR:
		/* Single-call mode restores the positions: the end of either buffer looks the same. */
		*why = "truncated";
		return TOO_SMALL;
	case XZ_OPTIONS_ERROR:
		*why = "a filter or option that is not supported (expected x86 BCJ and LZMA2)";
		return BROKEN;
	case XZ_FORMAT_ERROR:
		*why = "bad header";
		return BROKEN;
	default:
		*why = "bad data or checksum";
		return BROKEN;
	}
}

static enum outcome decode_zstd(uint8_t *out, size_t cap, const uint8_t *in, size_t len, size_t *size,
				const char **why)
{
	/* What follows the frame (a kernel's appended size) is not the decoder's business. */
	size_t frame = ZSTD_findFrameCompressedSize(in, len), ret;

	if (ZSTD_isError(frame)) {
		*why = ZSTD_getErrorCode(frame) == ZSTD_error_srcSize_wrong ? "truncated" :
			ZSTD_getErrorName(frame);
		return BROKEN;
	}
	ret = ZSTD_decompress(out, cap, in, frame);
	if (!ZSTD_isError(ret)) {
		*size = ret;
		return DONE;
	}
	*why = ZSTD_getErrorName(ret);
	return ZSTD_getErrorCode(ret) == ZSTD_error_dstSize_tooSmall ? TOO_SMALL : BROKEN;
}

static uint32_t le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

#define LZ4_LEGACY_MAGIC 0x184c2102u
#define LZ4_LEGACY_BLOCK (8u << 20)

/*
 * The legacy frame, which kernels use: magic, then blocks of a length and that many bytes, each
 * unpacking to at most 8 MiB. The end is the end of the input, or four bytes of unpacked size.
 */
static enum outcome decode_lz4(uint8_t *out, size_t cap, const uint8_t *in, size_t len, size_t *size,
			       const char **why)
{
	size_t pos = 4, done = 0;

	*why = "truncated";
	while (len - pos >= 4) {
		uint32_t block = le32(in + pos);
		size_t room = cap - done;
		int n;

		pos += 4;
		if (block == LZ4_LEGACY_MAGIC)
			continue;
		if (pos == len || !block)
			break;
		if (block > len - pos)
			return BROKEN;
		if (room > LZ4_LEGACY_BLOCK)
			room = LZ4_LEGACY_BLOCK;
		n = LZ4_decompress_safe((const char *)in + pos, (char *)out + done, (int)block,
					(int)room);
		if (n < 0) {
			*why = "bad data";
			return room < LZ4_LEGACY_BLOCK ? TOO_SMALL : BROKEN;
		}
		done += (size_t)n;
		pos += block;
	}
	if (!done)
		return BROKEN;
	*size = done;
	return DONE;
}

int image_decompress(struct image *out, enum image_format f, const uint8_t *in, size_t len,
		     size_t hint, size_t max, struct err *e)
{
	static decoder_fn *const decoders[] = {
		[IMAGE_GZIP] = decode_gzip, [IMAGE_XZ] = decode_xz, [IMAGE_ZSTD] = decode_zstd,
		[IMAGE_LZ4] = decode_lz4, [IMAGE_LZO] = NULL,
	};
	const char *name = image_format_name(f), *why = "too large";
	size_t cap = hint;

	memset(out, 0, sizeof(*out));
	if ((unsigned int)f >= sizeof(decoders) / sizeof(decoders[0]) || !decoders[f])
		return err_set(e, "%s compression: expected gzip, xz, zstd or lz4", name);
	/* A hint out of proportion is no hint: no decoder here gains more than this. */
	if (cap < len || cap > max || cap / 1200 > len)
		cap = len * 4 < max ? len * 4 : max;
	for (;;) {
		enum outcome o;

		if (image_alloc(out, cap))
			return err_sys(e, ENOMEM, "%s data: %zu bytes to unpack to", name, cap);
		o = decoders[f](out->data, cap, in, len, &out->size, &why);
		if (o == DONE)
			return 0;
		image_free(out);
		if (o == BROKEN)
			return err_set(e, "broken %s data: %s", name, why);
		/* A truncated xz stream asks for more for ever: LZMA2 gains less than 8,000:1. */
		if (cap == max || (f == IMAGE_XZ && cap / 32 > len && cap / 8000 > len))
			return err_set(e, "%s data: %s, or more than %zu MiB unpacked", name, why,
				       max >> 20);
		cap = cap > max / 2 ? max : cap * 2;
	}
}
