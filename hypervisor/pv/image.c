/* SPDX-License-Identifier: MIT
 *
 * A boot domain's kernel file: an ELF as it is, or the payload of a Linux
 * bzImage. At run time the control domain's builder unpacks every format; here, where
 * no domain runs yet that could, XZ is enough for the stock kernel.
 *
 * [Linux Documentation/x86/boot.rst: payload_offset, payload_length]
 */
#include <xz.h>
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/domain_mm.h"
#include "pv/builder.h"

static int unpack_xz(const uint8_t *in, size_t in_size, struct kernel_image *img, char *why, size_t why_size)
{
	struct xz_buf b = { .in = in, .in_size = in_size };
	struct xz_dec *dec;
	uint32_t size;
	enum xz_ret r;

	/* The build of the kernel puts the unpacked size behind the stream. */
	memcpy(&size, in + in_size - 4, 4);
	b.in_size -= 4;
	if (size < 4096 || size > 256U << 20) {
		snprintf(why, why_size, "unpacked size %u: not between 4 kB and 256 MB", size);
		return -ENOEXEC;
	}
	img->buffer_size = size;
	img->buffer = vmap_boot_alloc(size);
	xz_crc32_init();
	dec = img->buffer ? xz_dec_init(XZ_SINGLE, 0) : NULL;
	if (!dec) {
		snprintf(why, why_size, "no %u bytes of memory to unpack it to", size);
		return -ENOMEM;
	}
	b.out = img->buffer;
	b.out_size = size;
	r = xz_dec_run(dec, &b);
	xz_dec_end(dec);
	if (r != XZ_STREAM_END || b.out_pos != size) {
		snprintf(why, why_size, "the XZ payload is damaged (decoder says %d at byte %zu)", (int)r, b.in_pos);
		return -ENOEXEC;
	}
	img->elf = img->buffer;
	img->size = size;
	return 0;
}

int image_open(const void *file, size_t size, struct kernel_image *img, char *why, size_t why_size)
{
	const uint8_t *f = file;
	uint32_t offset, length;

	*img = (struct kernel_image){ .elf = file, .size = size };
	if (size < 0x260 || memcmp(f + 0x202, "HdrS", 4) || !memcmp(f, "\177ELF", 4))
		return 0;
	memcpy(&offset, f + 0x248, 4);
	memcpy(&length, f + 0x24c, 4);
	offset += ((f[0x1f1] ? f[0x1f1] : 4U) + 1U) * 512U;
	if (offset > size || length > size - offset || length < 16) {
		snprintf(why, why_size, "bzImage payload at %u, %u bytes: outside the file (truncated?)", offset, length);
		return -ENOEXEC;
	}
	if (!memcmp(f + offset, "\177ELF", 4)) {
		img->elf = f + offset;
		img->size = length;
		return 0;
	}
	if (memcmp(f + offset, "\3757zXZ\0", 6)) {
		snprintf(why, why_size,
			 "bzImage payload is compressed with neither xz nor nothing: for a boot domain unpack it first");
		return -ENOEXEC;
	}
	return unpack_xz(f + offset, length, img, why, why_size);
}

void image_release(struct kernel_image *img)
{
	if (img->buffer)
		vmap_boot_free(img->buffer, img->buffer_size);
	img->buffer = NULL;
}
