/* SPDX-License-Identifier: MIT */
/* Device numbers as the kernel packs them. */
#ifndef USER_SYS_SYSMACROS_H
#define USER_SYS_SYSMACROS_H

#define major(d) ((unsigned)((((unsigned long)(d) >> 8) & 0xfff) | (((unsigned long)(d) >> 32) & ~0xffful)))
#define minor(d) ((unsigned)(((unsigned long)(d) & 0xff) | (((unsigned long)(d) >> 12) & ~0xfful)))
#define makedev(ma, mi) \
	((((unsigned long)(ma) & 0xfff) << 8) | (((unsigned long)(ma) & ~0xffful) << 32) | \
	 ((unsigned long)(mi) & 0xff) | (((unsigned long)(mi) & ~0xfful) << 12))

#endif
