/* SPDX-License-Identifier: MIT */
/* Local clients: a stream socket in the file system. Who can open it is privileged. */
#ifndef XENSTORED_SOCKET_H
#define XENSTORED_SOCKET_H

/* Listens at path, replacing a socket that nobody serves; -1 with errno. */
int socket_listen(const char *path);

/* Takes in everybody who is waiting. */
void socket_accept(int listener);

#endif
