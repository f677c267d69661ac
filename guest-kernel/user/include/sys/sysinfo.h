/* SPDX-License-Identifier: MIT */
/* Memory, load and uptime. */
#ifndef USER_SYS_SYSINFO_H
#define USER_SYS_SYSINFO_H

struct sysinfo {
	long		uptime;
	unsigned long	loads[3];
	unsigned long	totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	unsigned short	procs, __pad;
	unsigned long	totalhigh, freehigh;
	unsigned int	mem_unit;
	char		__pad2[4];
};

int sysinfo(struct sysinfo *info);
int get_nprocs(void);
int get_nprocs_conf(void);

#endif
