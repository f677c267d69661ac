/* SPDX-License-Identifier: MIT */
/*
 * Domains that were introduced: their ring, their event channel, their connection, and finding out
 * that they are gone.
 */
#ifndef XENSTORED_DOMAIN_H
#define XENSTORED_DOMAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "conn.h"

void domain_init(void);

/* All of these return 0 or a positive errno. domid 0 is never released. */
int domain_introduce(uint16_t domid, uint64_t mfn, uint32_t remote_port);
int domain_release(uint16_t domid);
int domain_resume(uint16_t domid);
int domain_set_target(uint16_t domid, uint16_t target);
bool domain_is_introduced(uint16_t domid);

/* The control domain's own kernel, where it offers a ring. */
void domain_introduce_own(void);

/* An event channel fired. */
void domain_event(uint32_t port);

/* Some domain died or shut down: releases the dead, tells of both. */
void domain_check_all(void);

unsigned int domain_count(void);

#endif
