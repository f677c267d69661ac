/* SPDX-License-Identifier: MIT */
/*
 * Kernel and ramdisk files in memory: reading, unwrapping a bzImage, decompression.
 * All of it treats the bytes as hostile: lengths are checked before use, output is bounded.
 */
#ifndef DOM0_TOOLS_LIB_IMAGE_H
#define DOM0_TOOLS_LIB_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct image {
	uint8_t *data;		/* pages of its own: they go back to the system with the image */
	size_t size;
	size_t room;		/* what is allocated */
};

/* Unpacked kernels beyond this are refused: the control domain's own memory is small. */
#define IMAGE_MAX_UNPACKED (512UL << 20)

/* Read a whole file. @what ("kernel", "ramdisk") begins the message when it fails. */
int image_read(struct image *img, const char *path, const char *what, struct err *e);
/* Room for @size bytes, present from the start. */
int image_alloc(struct image *img, size_t size);
void image_free(struct image *img);

/*
 * Turn a kernel file into the ELF file inside: takes the payload out of a bzImage and decompresses,
 * as often as needed. On failure @img still owns what it held.
 */
int image_unpack_kernel(struct image *img, struct err *e);

/* Find a bzImage's payload. 0 found, 1 not a bzImage, -1 broken. [Linux boot protocol 2.08] */
int bzimage_payload(const uint8_t *data, size_t size, size_t *off, size_t *len, struct err *e);

enum image_format {
	IMAGE_UNKNOWN, IMAGE_ELF, IMAGE_GZIP, IMAGE_XZ, IMAGE_ZSTD, IMAGE_LZ4, IMAGE_BZIP2, IMAGE_LZMA,
	IMAGE_LZO,
};

enum image_format image_detect(const uint8_t *data, size_t size);
const char *image_format_name(enum image_format f);

/*
 * Decompress @in to a new image. @hint is the expected size (0: unknown): a first guess only, the
 * buffer grows up to @max.
 */
int image_decompress(struct image *out, enum image_format f, const uint8_t *in, size_t len,
		     size_t hint, size_t max, struct err *e);

#endif
