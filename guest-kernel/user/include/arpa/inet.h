/* SPDX-License-Identifier: MIT */
/* Network byte order. */
#ifndef USER_ARPA_INET_H
#define USER_ARPA_INET_H

#include <netinet/in.h>

#undef htons
#undef htonl
#undef ntohs
#undef ntohl
#define htons(x) __builtin_bswap16(x)
#define htonl(x) __builtin_bswap32(x)
#define ntohs(x) __builtin_bswap16(x)
#define ntohl(x) __builtin_bswap32(x)

#endif
