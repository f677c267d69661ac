/* SPDX-License-Identifier: MIT */
/* Addresses of local sockets. */
#ifndef USER_SYS_UN_H
#define USER_SYS_UN_H

#include <sys/socket.h>

struct sockaddr_un {
	sa_family_t	sun_family;
	char		sun_path[108];
};
#define SUN_LEN(s) (sizeof(sa_family_t) + __builtin_strlen((s)->sun_path))

#endif
