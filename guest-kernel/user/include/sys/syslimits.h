/* SPDX-License-Identifier: MIT */
/* Limits of the system call interface. */
#ifndef USER_SYS_SYSLIMITS_H
#define USER_SYS_SYSLIMITS_H

#define ARG_MAX		131072
#define CHILD_MAX	1024
#define LINK_MAX	127
#define MAX_CANON	255
#define MAX_INPUT	255
#define NAME_MAX	255
#define NGROUPS_MAX	32
#define OPEN_MAX	1024
#define PATH_MAX	4096
#define PIPE_BUF	4096
#define IOV_MAX		1024
#define LINE_MAX	2048
#define RE_DUP_MAX	255
#define HOST_NAME_MAX	64

#endif
