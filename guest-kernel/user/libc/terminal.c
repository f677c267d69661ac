/* SPDX-License-Identifier: MIT */
/* Terminals and pseudo terminals: ioctl under POSIX's names. */
#include <fcntl.h>
#include <pty.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "syscall.h"

int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	long arg;

	va_start(ap, request);
	arg = va_arg(ap, long);
	va_end(ap);
	return (int)SC3(ioctl, fd, request, arg);
}

int tcgetattr(int fd, struct termios *t) { return ioctl(fd, TCGETS, t); }
int tcflush(int fd, int queue) { return ioctl(fd, TCFLSH, (long)queue); }
int tcdrain(int fd) { return ioctl(fd, TCSBRK, 1l); }
int tcsendbreak(int fd, int duration) { return ioctl(fd, TCSBRK, 0l); }
int tcsetpgrp(int fd, pid_t group) { return ioctl(fd, TIOCSPGRP, &group); }
speed_t cfgetospeed(const struct termios *t) { return t->c_cflag & CBAUD; }
speed_t cfgetispeed(const struct termios *t) { return t->c_cflag & CBAUD; }
int cfsetispeed(struct termios *t, speed_t speed) { return cfsetospeed(t, speed); }
int cfsetspeed(struct termios *t, speed_t speed) { return cfsetospeed(t, speed); }

int tcsetattr(int fd, int when, const struct termios *t)
{
	return ioctl(fd, TCSETS + (unsigned long)when, t);
}

int cfsetospeed(struct termios *t, speed_t speed)
{
	t->c_cflag = (t->c_cflag & ~(tcflag_t)CBAUD) | speed;
	return 0;
}

void cfmakeraw(struct termios *t)
{
	t->c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
	t->c_oflag &= ~(tcflag_t)OPOST;
	t->c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	t->c_cflag = (t->c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
	t->c_cc[VMIN] = 1;
	t->c_cc[VTIME] = 0;
}

pid_t tcgetpgrp(int fd)
{
	pid_t group;

	return ioctl(fd, TIOCGPGRP, &group) < 0 ? -1 : group;
}

pid_t tcgetsid(int fd)
{
	pid_t session;

	return ioctl(fd, TIOCGSID, &session) < 0 ? -1 : session;
}

int isatty(int fd)
{
	struct winsize w;

	return ioctl(fd, TIOCGWINSZ, &w) == 0;
}

int ttyname_r(int fd, char *name, size_t size)
{
	char link[32];
	ssize_t n;

	if (!isatty(fd))
		return ENOTTY;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, name, size - 1);
	if (n < 0)
		return errno;
	name[n] = '\0';
	return 0;
}

char *ttyname(int fd)
{
	static char name[64];

	errno = ttyname_r(fd, name, sizeof(name));
	return errno ? NULL : name;
}

int posix_openpt(int flags) { return open("/dev/ptmx", flags); }
int grantpt(int fd) { return 0; }

int unlockpt(int fd)
{
	int locked = 0;

	return ioctl(fd, TIOCSPTLCK, &locked);
}

int ptsname_r(int fd, char *name, size_t size)
{
	unsigned int number;

	if (ioctl(fd, TIOCGPTN, &number) < 0)
		return errno;
	snprintf(name, size, "/dev/pts/%u", number);
	return 0;
}

char *ptsname(int fd)
{
	static char name[32];

	return ptsname_r(fd, name, sizeof(name)) ? NULL : name;
}

int openpty(int *master, int *slave, char *name, const struct termios *t, const struct winsize *w)
{
	char path[32];

	*master = posix_openpt(O_RDWR | O_NOCTTY);
	if (*master < 0)
		return -1;
	if (unlockpt(*master) < 0 || ptsname_r(*master, path, sizeof(path)) ||
	    (*slave = open(path, O_RDWR | O_NOCTTY)) < 0) {
		close(*master);
		return -1;
	}
	if (t)
		tcsetattr(*slave, TCSANOW, t);
	if (w)
		ioctl(*slave, TIOCSWINSZ, w);
	if (name)
		strcpy(name, path);
	return 0;
}

int login_tty(int fd)
{
	setsid();
	if (ioctl(fd, TIOCSCTTY, 0l) < 0)
		return -1;
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
	return 0;
}

pid_t forkpty(int *master, char *name, const struct termios *t, const struct winsize *w)
{
	int slave;
	pid_t pid;

	if (openpty(master, &slave, name, t, w) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		close(*master);
		if (login_tty(slave) < 0)
			_exit(1);
		return 0;
	}
	close(slave);
	if (pid < 0)
		close(*master);
	return pid;
}
