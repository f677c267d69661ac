/* SPDX-License-Identifier: MIT
 *
 * A second, unprivileged domain that runs code of the same test image.
 *
 * A test that runs as control domain builds it through domctl, as a toolstack would: a copy of the image as it was
 * before its first instruction, page tables, start_info, one vCPU that enters at start_domu. There, with traps caught and
 * the shared_info mapped, runs the function that the test named; everything of testlib.h works in it. Its results do not go to the console: they come
 * back through a channel, a few pages that both see, and domu_report() makes one result of them.
 *
 *	static void attack(void *unused) { EXPECT_EQ(HYPERVISOR_domctl(&op), -XEN_EPERM); }
 *	...
 *	books_read(&before);
 *	domu_run(&(struct domu_config){ .main = attack }, "attack");
 *	books_compare(&before, "attack");
 *
 * The two domains share the code, not the variables: what is to be passed goes into domu_config.arg or the
 * channel's words. A domain that crashes, powers off early, or does not end in time is a failure, unless the
 * test waits by itself (domu_wait()).
 */
#ifndef TESTS_GUEST_LIB_DOMU_H
#define TESTS_GUEST_LIB_DOMU_H

#include <pv-abi/domctl.h>
#include <pv-abi/sysctl.h>
#include "testlib.h"

#define DOMU_PAGES      1024UL          /* what a domain has that asks for nothing else: also the least */
#define DOMU_PAGES_MAX  8192UL
#define DOMU_TEXT       (2 * PAGE_SIZE)

/* Written by both sides at any time: a test reads it as what it is, a claim of the other's. */
struct domu_channel {
	void (*main)(void *arg);
	unsigned long arg;
	volatile uint32_t done;         /* main() has returned */
	volatile uint32_t passed, failed, lost;         /* lost: lines for which there was no room */
	volatile uint32_t text_size;
	volatile unsigned long word[256];       /* the test's own */
	char text[DOMU_TEXT];           /* failures and notes, one a line */
};
#define DOMU_CHANNEL_PAGES ((sizeof(struct domu_channel) + PAGE_SIZE - 1) / PAGE_SIZE)

/* 0 means the usual: 1 vCPU, DOMU_PAGES now and at most, 1024 ports, 4 grant and 4 maptrack frames. */
struct domu_config {
	void (*main)(void *arg);        /* runs in the new domain */
	unsigned long arg;
	unsigned int vcpus;
	unsigned long pages, max_pages;
	unsigned int max_port, grant_frames, maptrack_frames;
};

struct domu {
	unsigned int domid;
	struct domu_channel *channel;   /* mapped until domu_destroy() */
	unsigned long pages;
	xen_pfn_t *p2m;                 /* its frames as they were given to it */
};

enum domu_end {
	DOMU_RUNS,                      /* not ended in time */
	DOMU_DONE,                      /* main() returned */
	DOMU_SHUT_DOWN,                 /* by a shutdown of its own; the code is in domu_shutdown_code() */
	DOMU_CRASHED,
	DOMU_GONE,
};

/* In the control domain. These die when what they need is refused: the test is at fault, or the hypervisor. */
void domu_create(struct domu *u, const struct domu_config *c);          /* paused */
void domu_start(struct domu *u);
enum domu_end domu_wait(struct domu *u, uint64_t ns);
enum domu_end domu_state(struct domu *u);
unsigned int domu_shutdown_code(struct domu *u);
/* One result: that the domain ended with main()'s return and no check of it failed; its notes and failures before. */
void domu_report(struct domu *u, const char *name);
/* Returns when the domain is gone, name and all; false when it is not after domu_patience_ns: ten seconds. */
extern uint64_t domu_patience_ns;
bool domu_destroy(struct domu *u);
/* All of the above, with a minute's patience. */
void domu_run(const struct domu_config *c, const char *name);

/*
 * A bystander. Its main function is domu_neighbour: every few milliseconds it checks that its memory is as it left it and that
 * its time goes on, and counts. domu_neighbour_lives() is one result: it has counted on since the last call, and found no fault.
 */
void domu_neighbour(void *unused);
void domu_neighbour_lives(struct domu *u, const char *when);

/* What must come back: free frames, pages and bound ports of the control domain. */
struct books {
	unsigned long free_pages, own_pages, ports;
};
void books_read(struct books *b);
/* One result; what is freed late has two seconds to come. */
void books_compare(const struct books *before, const char *what);

/* Control operations with the interface version filled in. */
long domu_domctl(struct xen_domctl *op, uint32_t cmd, unsigned int domid);
long domu_sysctl(struct xen_sysctl *op, uint32_t cmd);

/* In the new domain: the channel; in the control domain NULL. */
extern struct domu_channel *domu_channel;

#endif
