/* SPDX-License-Identifier: MIT */
/* Sockets; the guest kernel has the local (AF_UNIX) family. */
#ifndef USER_SYS_SOCKET_H
#define USER_SYS_SOCKET_H

#include <sys/types.h>
#include <sys/uio.h>

typedef __sa_family_t sa_family_t;
typedef unsigned int socklen_t;

struct sockaddr {
	sa_family_t	sa_family;
	char		sa_data[14];
};
struct sockaddr_storage {
	sa_family_t	ss_family;
	char		__data[118];
	unsigned long	__align;
};
struct msghdr {
	void		*msg_name;
	socklen_t	msg_namelen;
	struct iovec	*msg_iov;
	size_t		msg_iovlen;
	void		*msg_control;
	size_t		msg_controllen;
	int		msg_flags;
};
struct cmsghdr {
	size_t	cmsg_len;
	int	cmsg_level, cmsg_type;
};
struct ucred {
	pid_t	pid;
	uid_t	uid;
	gid_t	gid;
};
#define CMSG_ALIGN(n)	(((n) + sizeof(size_t) - 1) & ~(sizeof(size_t) - 1))
#define CMSG_SPACE(n)	(CMSG_ALIGN(sizeof(struct cmsghdr)) + CMSG_ALIGN(n))
#define CMSG_LEN(n)	(CMSG_ALIGN(sizeof(struct cmsghdr)) + (n))
#define CMSG_DATA(c)	((unsigned char *)((struct cmsghdr *)(c) + 1))
#define CMSG_FIRSTHDR(m) \
	((m)->msg_controllen >= sizeof(struct cmsghdr) ? (struct cmsghdr *)(m)->msg_control : NULL)

#define AF_UNSPEC	0
#define AF_UNIX		1
#define AF_LOCAL	1
#define AF_INET		2
#define AF_INET6	10
#define PF_UNSPEC	AF_UNSPEC
#define PF_UNIX		AF_UNIX
#define PF_INET		AF_INET
#define SOCK_STREAM	1
#define SOCK_DGRAM	2
#define SOCK_RAW	3
#define SOCK_SEQPACKET	5
#define SOCK_NONBLOCK	04000
#define SOCK_CLOEXEC	02000000
#define SOL_SOCKET	1
#define SO_REUSEADDR	2
#define SO_TYPE		3
#define SO_ERROR	4
#define SO_SNDBUF	7
#define SO_RCVBUF	8
#define SO_KEEPALIVE	9
#define SO_PASSCRED	16
#define SO_PEERCRED	17
#define SO_RCVTIMEO	20
#define SO_SNDTIMEO	21
#define SOMAXCONN	128
#define MSG_PEEK	0x02
#define MSG_TRUNC	0x20
#define MSG_DONTWAIT	0x40
#define MSG_WAITALL	0x100
#define MSG_NOSIGNAL	0x4000
#define SHUT_RD		0
#define SHUT_WR		1
#define SHUT_RDWR	2
#define SCM_RIGHTS	1

int socket(int domain, int type, int protocol);
int socketpair(int domain, int type, int protocol, int fds[2]);
int bind(int fd, const struct sockaddr *addr, socklen_t length);
int connect(int fd, const struct sockaddr *addr, socklen_t length);
int listen(int fd, int backlog);
int accept(int fd, struct sockaddr *addr, socklen_t *length);
int accept4(int fd, struct sockaddr *addr, socklen_t *length, int flags);
ssize_t send(int fd, const void *data, size_t length, int flags);
ssize_t recv(int fd, void *data, size_t length, int flags);
ssize_t sendto(int fd, const void *data, size_t length, int flags, const struct sockaddr *to,
	       socklen_t to_length);
ssize_t recvfrom(int fd, void *data, size_t length, int flags, struct sockaddr *from,
		 socklen_t *from_length);
ssize_t sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t recvmsg(int fd, struct msghdr *message, int flags);
int shutdown(int fd, int how);
int getsockopt(int fd, int level, int option, void *value, socklen_t *length);
int setsockopt(int fd, int level, int option, const void *value, socklen_t length);
int getsockname(int fd, struct sockaddr *addr, socklen_t *length);
int getpeername(int fd, struct sockaddr *addr, socklen_t *length);

#endif
