/* SPDX-License-Identifier: MIT */
/* What CONTROL can ask of this daemon. */
#ifndef XENSTORED_CONTROL_H
#define XENSTORED_CONTROL_H

#include <stddef.h>

#include "wire.h"

/* A positive errno or 0. */
int control_request(const char *payload, size_t len, struct reply *r);

#endif
