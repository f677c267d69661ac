/* SPDX-License-Identifier: MIT */
/* The system as a whole: its names, log, configuration, end; random bytes; users. */
#include <sys/klog.h>
#include <sys/random.h>
#include <sys/reboot.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "syscall.h"

int uname(struct utsname *names) { return (int)SC1(uname, names); }
int sethostname(const char *name, size_t n) { return (int)SC2(sethostname, name, n); }
int klogctl(int type, char *p, int n) { return (int)SC3(syslog, type, p, n); }
ssize_t getrandom(void *p, size_t n, unsigned int flags) { return SC3(getrandom, p, n, flags); }

/* The two magic numbers keep a stray call from ending the system. */
int reboot(int command)
{
	return (int)SC3(reboot, 0xfee1dead, 672274793, command);
}

int gethostname(char *name, size_t length)
{
	struct utsname u;

	if (uname(&u) < 0)
		return -1;
	if (strlcpy(name, u.nodename, length) >= length) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

int getentropy(void *buffer, size_t length)
{
	return getrandom(buffer, length, 0) == (ssize_t)length ? 0 : -1;
}

/* One line "cpuN ..." of /proc/stat a processor. */
int get_nprocs(void)
{
	char line[256];
	FILE *f = fopen("/proc/stat", "r");
	int n = 0;

	if (!f)
		return 1;
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, "cpu", 3) && line[3] >= '0' && line[3] <= '9')
			n++;
	fclose(f);
	return n ? n : 1;
}

int get_nprocs_conf(void)
{
	return get_nprocs();
}

long sysconf(int name)
{
	struct sysinfo info;

	switch (name) {
	case _SC_PAGESIZE:
		return 4096;
	case _SC_OPEN_MAX:
		return 1024;
	case _SC_CLK_TCK:
		return 100;
	case _SC_ARG_MAX:
		return 131072;
	case _SC_NPROCESSORS_CONF:
	case _SC_NPROCESSORS_ONLN:
		return get_nprocs();
	case _SC_PHYS_PAGES:
	case _SC_AVPHYS_PAGES:
		if (sysinfo(&info) < 0)
			return -1;
		return (long)((name == _SC_PHYS_PAGES ? info.totalram : info.freeram) *
			      info.mem_unit / 4096);
	}
	errno = EINVAL;
	return -1;
}

int clearenv(void)
{
	static char *empty[1];

	environ = empty;
	return 0;
}

char *secure_getenv(const char *name)
{
	return getenv(name);
}

/* There is one user. */
static struct passwd root_user = {
	.pw_name = (char *)"root", .pw_passwd = (char *)"x", .pw_gecos = (char *)"root",
	.pw_comment = (char *)"", .pw_dir = (char *)"/root", .pw_shell = (char *)"/bin/sh",
};
static char *no_members[1];
static struct group root_group = {
	.gr_name = (char *)"root", .gr_passwd = (char *)"x", .gr_mem = no_members,
};

struct passwd *getpwuid(uid_t uid) { return uid ? NULL : &root_user; }
struct passwd *getpwnam(const char *name) { return strcmp(name, "root") ? NULL : &root_user; }
struct group *getgrgid(gid_t gid) { return gid ? NULL : &root_group; }
struct group *getgrnam(const char *name) { return strcmp(name, "root") ? NULL : &root_group; }
char *getlogin(void) { return root_user.pw_name; }
