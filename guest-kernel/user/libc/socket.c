/* SPDX-License-Identifier: MIT */
/* Sockets: one system call each. */
#include <sys/socket.h>
#include <stddef.h>
#include "syscall.h"

int socket(int domain, int type, int protocol) { return (int)SC3(socket, domain, type, protocol); }
int bind(int fd, const struct sockaddr *a, socklen_t n) { return (int)SC3(bind, fd, a, n); }
int connect(int fd, const struct sockaddr *a, socklen_t n) { return (int)SC3(connect, fd, a, n); }
int listen(int fd, int backlog) { return (int)SC2(listen, fd, backlog); }
int accept(int fd, struct sockaddr *a, socklen_t *n) { return (int)SC3(accept, fd, a, n); }
int shutdown(int fd, int how) { return (int)SC2(shutdown, fd, how); }
int getsockname(int fd, struct sockaddr *a, socklen_t *n)
{
	return (int)SC3(getsockname, fd, a, n);
}
int getpeername(int fd, struct sockaddr *a, socklen_t *n)
{
	return (int)SC3(getpeername, fd, a, n);
}
ssize_t sendmsg(int fd, const struct msghdr *m, int flags) { return SC3(sendmsg, fd, m, flags); }
ssize_t recvmsg(int fd, struct msghdr *m, int flags) { return SC3(recvmsg, fd, m, flags); }

int accept4(int fd, struct sockaddr *a, socklen_t *n, int flags)
{
	return (int)SC4(accept4, fd, a, n, flags);
}

int socketpair(int domain, int type, int protocol, int fds[2])
{
	return (int)SC4(socketpair, domain, type, protocol, fds);
}

ssize_t sendto(int fd, const void *p, size_t n, int flags, const struct sockaddr *to,
	       socklen_t to_n)
{
	return SC6(sendto, fd, p, n, flags, to, to_n);
}

ssize_t recvfrom(int fd, void *p, size_t n, int flags, struct sockaddr *from, socklen_t *from_n)
{
	return SC6(recvfrom, fd, p, n, flags, from, from_n);
}

ssize_t send(int fd, const void *p, size_t n, int flags)
{
	return sendto(fd, p, n, flags, NULL, 0);
}

ssize_t recv(int fd, void *p, size_t n, int flags)
{
	return recvfrom(fd, p, n, flags, NULL, NULL);
}

int getsockopt(int fd, int level, int option, void *value, socklen_t *n)
{
	return (int)SC5(getsockopt, fd, level, option, value, n);
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t n)
{
	return (int)SC5(setsockopt, fd, level, option, value, n);
}
