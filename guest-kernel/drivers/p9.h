/* SPDX-License-Identifier: MIT */
/* Messages of 9P2000.L: building and taking apart, and a channel to a server. */
#ifndef GUEST_KERNEL_DRIVERS_P9_H
#define GUEST_KERNEL_DRIVERS_P9_H

#include "../kernel/types.h"

#define P9_MSIZE 65536u
#define P9_HEADER 11u		/* of Rread and Rreaddir: size, type, tag, count */

enum {
	P9_RLERROR = 7, P9_TSTATFS = 8, P9_TLOPEN = 12, P9_TLCREATE = 14, P9_TSYMLINK = 16, P9_TREADLINK = 22,
	P9_TGETATTR = 24, P9_TSETATTR = 26, P9_TREADDIR = 40, P9_TLINK = 70, P9_TMKDIR = 72, P9_TRENAMEAT = 74,
	P9_TUNLINKAT = 76, P9_TVERSION = 100, P9_TATTACH = 104, P9_TWALK = 110, P9_TREAD = 116, P9_TWRITE = 118,
	P9_TCLUNK = 120,
};

struct p9_channel;

/* One request in flight. tx and rx are P9_MSIZE bytes each. */
struct p9_request {
	struct p9_request *next;
	struct p9_channel *channel;
	u16 tag;
	bool done;
	u8 *tx, *rx;
	u32 at;		/* bytes put into tx; afterwards bytes taken from rx */
	u32 end;	/* bytes in rx */
};

struct p9_channel *p9_channel_find(const char *tag);

/* Waits for a free request; it begins with the header of a message of this type. */
struct p9_request *p9_begin(struct p9_channel *c, u8 type);
void p9_put(struct p9_request *r, u64 v, unsigned bytes);
void p9_put_string(struct p9_request *r, const char *s);
/* Sends it and waits: 0 with rx ready to be taken apart, or the server's errno, negative. */
int p9_call(struct p9_request *r);
u64 p9_take(struct p9_request *r, unsigned bytes);
void p9_end(struct p9_request *r);

#endif
