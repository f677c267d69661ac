/* SPDX-License-Identifier: MIT */
/* The widths that the system call interface has; newlib's defaults are narrower. */
#ifndef USER_MACHINE__TYPES_H
#define USER_MACHINE__TYPES_H

#include <machine/_default_types.h>

typedef unsigned long __dev_t;
typedef unsigned long __ino_t;
typedef unsigned int __uid_t;
typedef unsigned int __gid_t;
typedef unsigned short __sa_family_t;
typedef unsigned long __fsfilcnt_t;
#define __machine_dev_t_defined
#define __machine_ino_t_defined
#define __machine_uid_t_defined
#define __machine_gid_t_defined
#define __machine_sa_family_t_defined
#define __machine_fsfilcnt_t_defined
#define _CLOCKID_T_ int
#define _CLOCK_T_ unsigned long
#define __machine_clockid_t_defined
#define __machine_clock_t_defined

#endif
