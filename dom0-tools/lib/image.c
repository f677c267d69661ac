/* SPDX-License-Identifier: MIT */
/* Kernel and ramdisk files in memory: see image.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image.h"

int image_read(struct image *img, const char *path, const char *what, struct err *e)
{
	struct stat st;
	size_t done = 0;
	int fd;

	memset(img, 0, sizeof(*img));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, "%s %s", what, path);
	if (fstat(fd, &st)) {
		err_sys(e, errno, "%s %s", what, path);
		goto err_close;
	}
	if (!S_ISREG(st.st_mode)) {
		err_set(e, "%s %s: not a regular file", what, path);
		goto err_close;
	}
	if (!st.st_size || (uint64_t)st.st_size > IMAGE_MAX_UNPACKED) {
		err_set(e, "%s %s: %lld bytes, expected 1 to %lu", what, path,
			(long long)st.st_size, IMAGE_MAX_UNPACKED);
		goto err_close;
	}
	if (image_alloc(img, (size_t)st.st_size)) {
		err_sys(e, ENOMEM, "%s %s: %lld bytes", what, path, (long long)st.st_size);
		goto err_close;
	}
	while (done < img->size) {
		ssize_t n = read(fd, img->data + done, img->size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (n)
				err_sys(e, errno, "%s %s: reading at %zu", what, path, done);
			else
				err_set(e, "%s %s: ends at %zu of %zu bytes", what, path, done,
					img->size);
			image_free(img);
			goto err_close;
		}
		done += (size_t)n;
	}
	close(fd);
	return 0;

err_close:
	close(fd);
	return -1;
}

#ifndef MAP_POPULATE
#define MAP_POPULATE 0
#endif

int image_alloc(struct image *img, size_t size)
{
	void *p;

	memset(img, 0, sizeof(*img));
	/* One by one, page faults would cost more than what is done with the pages. */
	p = mmap(NULL, size ? size : 1, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (p == MAP_FAILED)
		return -1;
	img->data = p;
	img->size = size;
	img->room = size ? size : 1;
	return 0;
}

void image_free(struct image *img)
{
	if (img->data)
		munmap(img->data, img->room);
	memset(img, 0, sizeof(*img));
}

static uint32_t le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static unsigned int le16(const uint8_t *p)
{
	return p[0] | (unsigned int)p[1] << 8;
}

/* Offsets in the setup header. [Linux Documentation/x86/boot.rst] */
#define BZ_SETUP_SECTS 0x1f1
#define BZ_MAGIC 0x202
#define BZ_VERSION 0x206
#define BZ_PAYLOAD_OFFSET 0x248
#define BZ_PAYLOAD_LENGTH 0x24c
#define BZ_HEADER_END 0x250

int bzimage_payload(const uint8_t *data, size_t size, size_t *off, size_t *len, struct err *e)
{
	uint64_t start, o, l;

	if (size < BZ_VERSION + 2 || memcmp(data + BZ_MAGIC, "HdrS", 4))
		return 1;
	if (le16(data + BZ_VERSION) < 0x208)
		return err_set(e, "a bzImage with boot protocol %u.%02u: 2.08 or later is needed to "
			       "find the kernel inside", data[BZ_VERSION + 1], data[BZ_VERSION]);
	if (size < BZ_HEADER_END)
		return err_set(e, "truncated: a bzImage of %zu bytes", size);
	start = ((data[BZ_SETUP_SECTS] ? data[BZ_SETUP_SECTS] : 4u) + 1u) * 512u;
	o = start + le32(data + BZ_PAYLOAD_OFFSET);
	l = le32(data + BZ_PAYLOAD_LENGTH);
	if (!l)
		return err_set(e, "a bzImage whose payload is empty");
	if (o > size || l > size - o)
		return err_set(e, "truncated: the bzImage's payload is at 0x%llx+0x%llx, the file has "
			       "0x%zx bytes", (unsigned long long)o, (unsigned long long)l, size);
	*off = (size_t)o;
	*len = (size_t)l;
	return 0;
}

static const struct {
	enum image_format format;
	unsigned int len;
	const char *magic, *name;
} formats[] = {
	{ IMAGE_ELF, 4, "\177ELF", "ELF" },
	{ IMAGE_GZIP, 2, "\037\213", "gzip" },
	{ IMAGE_XZ, 6, "\3757zXZ\0", "xz" },
	{ IMAGE_ZSTD, 4, "\050\265\057\375", "zstd" },
	{ IMAGE_LZ4, 4, "\002!L\030", "lz4" },
	{ IMAGE_BZIP2, 3, "BZh", "bzip2" },
	{ IMAGE_LZMA, 3, "\135\0\0", "lzma" },
	{ IMAGE_LZO, 4, "\211LZO", "lzo" },
};

enum image_format image_detect(const uint8_t *data, size_t size)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (size >= formats[i].len && !memcmp(data, formats[i].magic, formats[i].len))
			return formats[i].format;
	return IMAGE_UNKNOWN;
}

const char *image_format_name(enum image_format f)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (formats[i].format == f)
			return formats[i].name;
	return "unknown";
}

int image_unpack_kernel(struct image *img, struct err *e)
{
	int depth;

	for (depth = 0; depth < 4; depth++) {
		size_t off = 0, len = img->size, hint = 0;
		enum image_format f;
		struct image out;
		int bz;

		bz = bzimage_payload(img->data, img->size, &off, &len, e);
		if (bz < 0)
			return -1;
		f = image_detect(img->data + off, len);
		if (f == IMAGE_ELF && bz)
			return 0;
		if (f == IMAGE_ELF) {
			memmove(img->data, img->data + off, len);
			img->size = len;
			return 0;
		}
		if (f == IMAGE_UNKNOWN) {
			const uint8_t *p = img->data + off;

			if (len < 8)
				return err_set(e, "truncated: %zu bytes", len);
			return err_set(e, "%s (it begins %02x %02x %02x %02x %02x %02x): expected "
				       "%sgzip, xz, zstd or lz4",
				       bz ? "neither an ELF file nor a bzImage, nor compressed in a "
				       "known way" : "a bzImage with an unknown compression",
				       p[0], p[1], p[2], p[3], p[4], p[5], bz ? "ELF, bzImage, " : "");
		}
		/* A kernel's build puts the unpacked size behind the payload. */
		if (len >= 4)
			hint = le32(img->data + off + len - 4);
		if (image_decompress(&out, f, img->data + off, len, hint, IMAGE_MAX_UNPACKED, e))
			return -1;
		image_free(img);
		*img = out;
	}
	return err_set(e, "compressed more than %d times over", depth);
}
