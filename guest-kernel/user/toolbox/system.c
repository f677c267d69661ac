/* SPDX-License-Identifier: MIT */
/* free, uptime, dmesg, date, mount, umount, df, du: the state of the system. */
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "toolbox.h"

int free_main(int argc, char **argv)
{
	struct options o;
	struct sysinfo s;
	char total[24], used[24], unused[24];
	unsigned long unit;

	if (options_parse(&o, argc, argv, "hkm") < 0)
		return 2;
	if (sysinfo(&s) < 0)
		return fail_errno("sysinfo");
	unit = s.mem_unit ? s.mem_unit : 1;
	if (opt(&o, 'h')) {
		format_size(total, sizeof(total), s.totalram * unit, true);
		format_size(used, sizeof(used), (s.totalram - s.freeram) * unit, true);
		format_size(unused, sizeof(unused), s.freeram * unit, true);
	} else {
		int shift = opt(&o, 'm') ? 20 : 10;

		snprintf(total, sizeof(total), "%lu", s.totalram * unit >> shift);
		snprintf(used, sizeof(used), "%lu", (s.totalram - s.freeram) * unit >> shift);
		snprintf(unused, sizeof(unused), "%lu", s.freeram * unit >> shift);
	}
	printf("%18s %11s %11s\nMem:   %11s %11s %11s\n", "total", "used", "free", total, used,
	       unused);
	return 0;
}

int uptime_main(int argc, char **argv)
{
	struct sysinfo s;
	time_t now = time(NULL);
	const struct tm *tm = gmtime(&now);
	long minutes;

	if (sysinfo(&s) < 0)
		return fail_errno("sysinfo");
	minutes = s.uptime / 60;
	printf("%02d:%02d:%02d up ", tm->tm_hour, tm->tm_min, tm->tm_sec);
	if (minutes >= 1440)
		printf("%ld days, ", minutes / 1440);
	if (minutes)
		printf("%ld:%02ld", minutes / 60 % 24, minutes % 60);
	else
		printf("%ld s", s.uptime);
	printf(", load average:");
	for (int i = 0; i < 3; i++)
		printf("%s %lu.%02lu", i ? "," : "", s.loads[i] >> 16,
		       (s.loads[i] & 65535) * 100 >> 16);
	putchar('\n');
	return 0;
}

/* Messages come as "<LEVEL>text". */
int dmesg_main(int argc, char **argv)
{
	struct options o;
	int size, n, bol = 1;
	char *text;

	if (options_parse(&o, argc, argv, "c") < 0)
		return 2;
	size = klogctl(10, NULL, 0);
	if (size <= 0)
		size = 65536;
	text = must(malloc((size_t)size));
	n = klogctl(opt(&o, 'c') ? 4 : 3, text, size);
	if (n < 0)
		return fail_errno("kernel log");
	for (int i = 0; i < n; i++) {
		if (bol && text[i] == '<') {
			while (i < n && text[i] != '>')
				i++;
			bol = 0;
			continue;
		}
		putchar(text[i]);
		bol = text[i] == '\n';
	}
	if (!bol)
		putchar('\n');
	free(text);
	return 0;
}

int date_main(int argc, char **argv)
{
	struct options o;
	int first = options_parse(&o, argc, argv, "us:");
	const char *format = "%a %b %e %H:%M:%S UTC %Y";
	struct timespec now;
	char out[256];

	if (first < 0)
		return 2;
	if (opt(&o, 's')) {
		long seconds;

		if (!parse_number(o.value['s'] + (o.value['s'][0] == '@'), &seconds))
			return fail_text(o.value['s'], "not seconds since 1970");
		now = (struct timespec){ seconds, 0 };
		return clock_settime(CLOCK_REALTIME, &now) < 0 ? fail_errno("clock") : 0;
	}
	if (first < argc) {
		if (argv[first][0] != '+')
			return fail_usage();
		format = argv[first] + 1;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	/* Nanoseconds and seconds since 1970, which strftime() may not have. */
	for (; *format; format++) {
		char one[4] = { '%', format[1], '\0' };

		if (*format != '%' || !format[1]) {
			putchar(*format);
			continue;
		}
		format++;
		if (*format == 's')
			printf("%lld", (long long)now.tv_sec);
		else if (*format == 'N')
			printf("%09ld", now.tv_nsec);
		else if (strftime(out, sizeof(out), one, gmtime(&now.tv_sec)))
			fputs(out, stdout);
	}
	putchar('\n');
	return 0;
}

/* ---- mount ---- */

static int show_mounts(void)
{
	char line[512];
	FILE *f = fopen("/proc/mounts", "r");

	if (!f)
		return fail_errno("/proc/mounts");
	while (fgets(line, sizeof(line), f)) {
		const char *source = strtok(line, " \n"), *target = strtok(NULL, " \n");
		const char *type = strtok(NULL, " \n"), *options = strtok(NULL, " \n");

		if (type)
			printf("%s on %s type %s (%s)\n", source, target, type,
			       options ? options : "");
	}
	fclose(f);
	return 0;
}

/* Options with flags of their own; the others are the file system's. */
static unsigned long mount_flags(char *options, char *data, size_t size)
{
	static const struct {
		const char	*name;
		unsigned long	set, clear;
	} known[] = {
		{ "ro", MS_RDONLY, 0 }, { "rw", 0, MS_RDONLY }, { "nosuid", MS_NOSUID, 0 },
		{ "nodev", MS_NODEV, 0 }, { "noexec", MS_NOEXEC, 0 }, { "remount", MS_REMOUNT, 0 },
		{ "bind", MS_BIND, 0 }, { "defaults", 0, 0 },
	};
	unsigned long flags = 0;

	data[0] = '\0';
	for (char *name = strtok(options, ","); name; name = strtok(NULL, ",")) {
		bool found = false;

		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (!strcmp(known[i].name, name)) {
				flags = (flags & ~known[i].clear) | known[i].set;
				found = true;
			}
		if (!found && strlen(data) + strlen(name) + 2 < size) {
			if (data[0])
				strcat(data, ",");
			strcat(data, name);
		}
	}
	return flags;
}

int mount_main(int argc, char **argv)
{
	char data[256] = "", options[256] = "";
	const char *source, *target, *type = "";
	unsigned long flags = 0;
	struct options o;
	int first;

	if (argc == 1)
		return show_mounts();
	first = options_parse(&o, argc, argv, "t:o:r");
	if (first < 0)
		return 2;
	if (argc - first < 1 || argc - first > 2)
		return fail_usage();
	if (opt(&o, 't'))
		type = o.value['t'];
	if (opt(&o, 'o')) {
		snprintf(options, sizeof(options), "%s", o.value['o']);
		flags = mount_flags(options, data, sizeof(data));
	}
	if (opt(&o, 'r'))
		flags |= MS_RDONLY;
	source = argc - first == 2 ? argv[first] : *type ? type : "none";
	target = argv[argc - 1];
	return mount(source, target, type, flags, data) < 0 ? fail_errno(target) : 0;
}

int umount_main(int argc, char **argv)
{
	struct options o;
	int first = options_parse(&o, argc, argv, "fl"), status = 0;

	if (first < 0)
		return 2;
	if (first == argc)
		return fail_usage();
	for (int i = first; i < argc; i++)
		if (umount2(argv[i], opt(&o, 'l') ? MNT_DETACH : opt(&o, 'f') ? MNT_FORCE : 0) < 0)
			status = fail_errno(argv[i]);
	return status;
}

/* ---- df ---- */

static int df_one(const char *source, const char *target, bool human, bool all)
{
	char size[24], used[24], avail[24];
	struct statfs s;
	unsigned long unit;

	if (statfs(target, &s) < 0)
		return fail_errno(target);
	if (!s.f_blocks && !all)
		return 0;
	unit = (unsigned long)s.f_bsize;
	format_size(size, sizeof(size), s.f_blocks * unit / (human ? 1 : 1024), human);
	format_size(used, sizeof(used), (s.f_blocks - s.f_bfree) * unit / (human ? 1 : 1024),
		    human);
	format_size(avail, sizeof(avail), s.f_bavail * unit / (human ? 1 : 1024), human);
	printf("%-16s %10s %10s %10s %3lu%% %s\n", source, size, used, avail,
	       s.f_blocks ? (s.f_blocks - s.f_bfree) * 100 / s.f_blocks : 0, target);
	return 0;
}

int df_main(int argc, char **argv)
{
	struct options o;
	int first = options_parse(&o, argc, argv, "hk"), status = 0;
	char line[512];
	FILE *f;

	if (first < 0)
		return 2;
	printf("%-16s %10s %10s %10s %4s %s\n", "Filesystem", opt(&o, 'h') ? "size" : "1K-blocks",
	       "used", "available", "use", "mounted on");
	for (int i = first; i < argc; i++)
		status |= df_one("-", argv[i], opt(&o, 'h'), true);
	if (first < argc)
		return status;
	f = fopen("/proc/mounts", "r");
	if (!f)
		return fail_errno("/proc/mounts");
	while (fgets(line, sizeof(line), f)) {
		const char *source = strtok(line, " \n"), *target = strtok(NULL, " \n");

		if (target)
			status |= df_one(source, target, opt(&o, 'h'), false);
	}
	fclose(f);
	return status;
}

/* ---- du ---- */

static unsigned long du_tree(const char *path, const struct options *o, int depth, int *status)
{
	unsigned long total;
	struct dirent *e;
	struct stat st;
	char text[24];
	DIR *d = NULL;

	if (lstat(path, &st) < 0) {
		*status = fail_errno(path);
		return 0;
	}
	total = (unsigned long)st.st_blocks * 512;
	if (S_ISDIR(st.st_mode) && !(d = opendir(path)))
		*status = fail_errno(path);
	while (d && (e = readdir(d)) != NULL) {
		char *inner;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		inner = join_path(path, e->d_name);
		total += du_tree(inner, o, depth + 1, status);
		free(inner);
	}
	if (d)
		closedir(d);
	if (!depth || (!opt(o, 's') && (d || opt(o, 'a')))) {
		format_size(text, sizeof(text), opt(o, 'h') ? total : total / 1024, opt(o, 'h'));
		printf("%s\t%s\n", text, path);
	}
	return total;
}

int du_main(int argc, char **argv)
{
	struct options o;
	int first = options_parse(&o, argc, argv, "ahsk"), status = 0;

	if (first < 0)
		return 2;
	if (first == argc)
		du_tree(".", &o, 0, &status);
	for (int i = first; i < argc; i++)
		du_tree(argv[i], &o, 0, &status);
	return status;
}
