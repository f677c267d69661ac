/* SPDX-License-Identifier: MIT */
/* What XZ Embedded asks of the program around it when it is not in a kernel. */
#ifndef XZ_CONFIG_H
#define XZ_CONFIG_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define XZ_DEC_SINGLE 1
#define XZ_DEC_X86 1
/* zlib's CRC-32 works on eight bytes at a time, XZ Embedded's on one: a fifth of a kernel's unpacking. */
#define XZ_INTERNAL_CRC32 0
#define xz_crc32(buf, size, crc) ((uint32_t)crc32_z(crc, buf, size))
#include <linux/xz.h>
#include <zlib.h>

#define kmalloc(size, flags) malloc(size)
#define kfree(ptr) free(ptr)
#define vmalloc(size) malloc(size)
#define vfree(ptr) free(ptr)
#define memeq(a, b, size) (memcmp(a, b, size) == 0)
#define memzero(buf, size) memset(buf, 0, size)
#define min_t(type, x, y) ((type)(x) < (type)(y) ? (type)(x) : (type)(y))
#define min(x, y) ((x) < (y) ? (x) : (y))
#define fallthrough __attribute__((__fallthrough__))
#define __always_inline inline __attribute__((__always_inline__))

static inline uint32_t get_unaligned_le32(const uint8_t *buf)
{
	return buf[0] | (uint32_t)buf[1] << 8 | (uint32_t)buf[2] << 16 | (uint32_t)buf[3] << 24;
}

static inline void put_unaligned_le32(uint32_t val, uint8_t *buf)
{
	buf[0] = (uint8_t)val;
	buf[1] = (uint8_t)(val >> 8);
	buf[2] = (uint8_t)(val >> 16);
	buf[3] = (uint8_t)(val >> 24);
}

#define get_le32 get_unaligned_le32

#endif
