/* SPDX-License-Identifier: MIT */
#include "syscall.h"
#include "lib.h"
#include "errno.h"
#include "mm.h"
#include "vfs.h"
#include "tty.h"
#include "../drivers/drivers.h"
long sys_socket(long a, long b, long c) { return -ENOSYS; }
long sys_connect(long a, long b, long c) { return -ENOSYS; }
long sys_accept(long a, long b, long c) { return -ENOSYS; }
long sys_accept4(long a, long b, long c, long d) { return -ENOSYS; }
long sys_sendto(long a, long b, long c, long d, long e, long f) { return -ENOSYS; }
long sys_recvfrom(long a, long b, long c, long d, long e, long f) { return -ENOSYS; }
long sys_sendmsg(long a, long b, long c) { return -ENOSYS; }
long sys_recvmsg(long a, long b, long c) { return -ENOSYS; }
long sys_shutdown(long a, long b) { return -ENOSYS; }
long sys_bind(long a, long b, long c) { return -ENOSYS; }
long sys_listen(long a, long b) { return -ENOSYS; }
long sys_getsockname(long a, long b, long c) { return -ENOSYS; }
long sys_getpeername(long a, long b, long c) { return -ENOSYS; }
long sys_socketpair(long a, long b, long c, long d) { return -ENOSYS; }
long sys_setsockopt(long a, long b, long c, long d, long e) { return -ENOSYS; }
long sys_getsockopt(long a, long b, long c, long d, long e) { return -ENOSYS; }
struct fs *p9_create(const char *tag) { return ERR_PTR(-ENODEV); }
void pty_init(void) { }
void drivers_init(void) { }
void demo_init(void) { panic("no init"); }
