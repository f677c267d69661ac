/* SPDX-License-Identifier: MIT */
/*
 * What a domain config means: every key with its type and allowed values, in one table.
 *
 * domcfg_check() turns parsed assignments into this structure or says what is wrong: an unknown key
 * with the nearest known one, a known xl key that has no effect here and is therefore refused, a value
 * with what would be allowed.
 */
#ifndef DOM0_TOOLS_LIB_DOMCFG_H
#define DOM0_TOOLS_LIB_DOMCFG_H

#include <stdint.h>

#include "cfg.h"
#include "cpuset.h"

enum dom_action {
	ACTION_DESTROY, ACTION_RESTART, ACTION_RENAME_RESTART, ACTION_PRESERVE,
	ACTION_COREDUMP_DESTROY, ACTION_COREDUMP_RESTART,
};

/* In the order of config's words; the names end with NULL. */
enum dom_type { DOM_PV, DOM_HVM, DOM_PVH };
enum dom_virt { VIRT_SVM_NPT, VIRT_SVM_SHADOW, VIRT_TANDE };

extern const char *const dom_action_names[], *const dom_type_names[], *const dom_virt_names[];

#define DOMCFG_MAX_VCPUS 32
#define DOMCFG_NAME_MAX 80

struct domcfg {
	long long type, virt;		/* enum dom_type; for DOM_HVM enum dom_virt */
	char *name, *kernel, *ramdisk;
	char *cmdline, *root, *extra;
	long long memory, maxmem;	/* MiB */
	long long vcpus, maxvcpus;
	long long weight, cap;		/* -1: not given */
	long long on_poweroff, on_reboot, on_crash, on_watchdog;	/* enum dom_action */
	long long max_grant_frames, max_maptrack_frames;	/* -1: default */
	long long max_event_channels;
	uint8_t uuid[16];
	int uuid_given;
	struct cpuset *cpus;		/* one for all vCPUs, or one each */
	unsigned int nr_cpusets;
};

/* What the machine has, for ranges; 0: not known. */
struct domcfg_limits {
	uint64_t free_mb;
	unsigned int nr_cpus;
};

/* Fills @d with defaults and what @c says. @d needs domcfg_free() in either case. */
int domcfg_check(struct domcfg *d, const struct cfg *c, const struct domcfg_limits *lim, struct err *e);
void domcfg_free(struct domcfg *d);

/* The command line for the guest: cmdline, or root and extra joined. malloc'ed, or NULL. */
char *domcfg_cmdline(const struct domcfg *d);

/* "8-4-4-4-12" form; @buf has 37 bytes. */
char *uuid_format(const uint8_t *uuid, char *buf);
int uuid_parse(uint8_t *uuid, const char *text);
void uuid_generate(uint8_t *uuid);

/* A relative path lies below /host, or below what PVCTL_ROOT says. malloc'ed. */
char *domcfg_path(const char *path);

/* The candidate nearest to @word, or NULL when none is near. @next(ctx, i) lists them. */
const char *nearest_word(const char *word, const char *(*next)(void *ctx, unsigned int i), void *ctx);

#endif
