/* SPDX-License-Identifier: MIT */
/*
 * The names that are events and not nodes: @introduceDomain and @releaseDomain. Each has
 * permissions, which say who hears of it; at first only domain 0 does.
 */
#ifndef XENSTORED_SPECIAL_H
#define XENSTORED_SPECIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "perms.h"
#include "wire.h"

#define SPECIAL_INTRODUCE "@introduceDomain"
#define SPECIAL_RELEASE   "@releaseDomain"

bool special_init(void);
void special_fire(const char *name);
/* A domain is no more: who comes after it with its number does not inherit what it might hear. */
void special_forget_domain(uint16_t domid);

/* GET_PERMS and SET_PERMS on a special name; a positive errno or 0. */
int special_get_perms(const struct caller *who, const char *name, struct reply *r);
int special_set_perms(const struct caller *who, const char *name, struct perms *perms);

#endif
