/* SPDX-License-Identifier: MIT */
/* Time: clocks, sleeping, interval timers. */
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>
#include "syscall.h"

int clock_gettime(clockid_t id, struct timespec *ts) { return (int)SC2(clock_gettime, id, ts); }
int clock_getres(clockid_t id, struct timespec *ts) { return (int)SC2(clock_getres, id, ts); }
int nanosleep(const struct timespec *t, struct timespec *left)
{
	return (int)SC2(nanosleep, t, left);
}
int getitimer(int which, struct itimerval *v) { return (int)SC2(getitimer, which, v); }
unsigned int alarm(unsigned int seconds) { return (unsigned int)SC1(alarm, seconds); }
clock_t times(struct tms *t) { return (clock_t)SC1(times, t); }

int clock_settime(clockid_t id, const struct timespec *ts)
{
	return (int)SC2(clock_settime, id, ts);
}

int clock_nanosleep(clockid_t id, int flags, const struct timespec *t, struct timespec *left)
{
	return (int)-syscall6(SYS_clock_nanosleep, id, flags, (long)t, (long)left, 0, 0);
}

int setitimer(int which, const struct itimerval *v, struct itimerval *old)
{
	return (int)SC3(setitimer, which, v, old);
}

int gettimeofday(struct timeval *tv, void *zone)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_REALTIME, &ts) < 0)
		return -1;
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return 0;
}

int settimeofday(const struct timeval *tv, const struct timezone *zone)
{
	struct timespec ts = { tv->tv_sec, tv->tv_usec * 1000 };

	return clock_settime(CLOCK_REALTIME, &ts);
}

time_t time(time_t *t)
{
	struct timespec ts = { 0, 0 };

	clock_gettime(CLOCK_REALTIME, &ts);
	if (t)
		*t = ts.tv_sec;
	return ts.tv_sec;
}

clock_t clock(void)
{
	struct timespec ts = { 0, 0 };

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (clock_t)ts.tv_sec * CLOCKS_PER_SEC +
	       (clock_t)ts.tv_nsec / (1000000000 / CLOCKS_PER_SEC);
}

int usleep(useconds_t us)
{
	struct timespec ts = { (time_t)(us / 1000000), (long)(us % 1000000) * 1000 };

	return nanosleep(&ts, NULL);
}

unsigned int sleep(unsigned int seconds)
{
	struct timespec ts = { seconds, 0 }, left = { 0, 0 };

	return nanosleep(&ts, &left) < 0 ? (unsigned int)left.tv_sec + (left.tv_nsec != 0) : 0;
}

/* Days since 1970 of a date in the proleptic Gregorian calendar, counted in 400-year cycles. */
time_t timegm(struct tm *tm)
{
	long y = tm->tm_year + 1900L + tm->tm_mon / 12, m = tm->tm_mon % 12, era, yoe, doy, days;

	if (m < 0) {
		m += 12;
		y--;
	}
	if (m < 2)
		y--;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * ((m + 10) % 12) + 2) / 5 + tm->tm_mday - 1;
	days = era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
	return (days * 24 + tm->tm_hour) * 3600 + tm->tm_min * 60 + tm->tm_sec;
}

int sysinfo(struct sysinfo *info)
{
	return (int)SC1(sysinfo, info);
}
