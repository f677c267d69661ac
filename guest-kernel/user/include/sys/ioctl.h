/* SPDX-License-Identifier: MIT */
/* ioctl, and the terminal's requests. */
#ifndef USER_SYS_IOCTL_H
#define USER_SYS_IOCTL_H

#include <sys/types.h>

struct winsize {
	unsigned short	ws_row, ws_col, ws_xpixel, ws_ypixel;
};

#define _IOC(dir, type, nr, size) \
	(((dir) << 30) | ((unsigned int)(size) << 16) | ((type) << 8) | (nr))
#define _IOC_NONE	0u
#define _IOC_WRITE	1u
#define _IOC_READ	2u
#define _IO(type, nr)		_IOC(_IOC_NONE, type, nr, 0)
#define _IOR(type, nr, what)	_IOC(_IOC_READ, type, nr, sizeof(what))
#define _IOW(type, nr, what)	_IOC(_IOC_WRITE, type, nr, sizeof(what))
#define _IOWR(type, nr, what)	_IOC(_IOC_READ | _IOC_WRITE, type, nr, sizeof(what))

#define TCGETS		0x5401
#define TCSETS		0x5402
#define TCSETSW		0x5403
#define TCSETSF		0x5404
#define TCSBRK		0x5409
#define TCFLSH		0x540B
#define TIOCSCTTY	0x540E
#define TIOCGPGRP	0x540F
#define TIOCSPGRP	0x5410
#define TIOCOUTQ	0x5411
#define TIOCGWINSZ	0x5413
#define TIOCSWINSZ	0x5414
#define FIONREAD	0x541B
#define TIOCINQ		FIONREAD
#define FIONBIO		0x5421
#define TIOCNOTTY	0x5422
#define TIOCGSID	0x5429
#define TIOCGPTN	0x80045430
#define TIOCSPTLCK	0x40045431

int ioctl(int fd, unsigned long request, ...);

#endif
