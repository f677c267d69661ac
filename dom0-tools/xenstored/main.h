/* SPDX-License-Identifier: MIT */
/* The daemon's one store, and its log. */
#ifndef XENSTORED_MAIN_H
#define XENSTORED_MAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "store.h"
#include "wire.h"

extern struct view main_store;

/* After each request: the counts are settled and watches fire. */
void main_store_changed(void);

/* A domain is gone: so is what it owned. */
void main_forget_domain(uint16_t domid);

/* A line to the log (standard error until the daemon detaches, then a file if there is one). */
__attribute__((format(printf, 1, 2))) void say(const char *fmt, ...);

/* Requests and answers, to the trace file; off at first unless there is one (-T). */
extern bool main_tracing;
struct conn;
void trace_request(const struct conn *c, const struct message *m);
void trace_reply(const struct conn *c, const struct reply *r);

#endif
