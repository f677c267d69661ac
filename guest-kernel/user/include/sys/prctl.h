/* SPDX-License-Identifier: MIT */
/* Attributes of a process. */
#ifndef USER_SYS_PRCTL_H
#define USER_SYS_PRCTL_H

#define PR_SET_PDEATHSIG	1
#define PR_SET_NAME		15

int prctl(int option, ...);

#endif
