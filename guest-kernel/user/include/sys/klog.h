/* SPDX-License-Identifier: MIT */
/* The kernel's log. */
#ifndef USER_SYS_KLOG_H
#define USER_SYS_KLOG_H

int klogctl(int type, char *buffer, int length);

#endif
