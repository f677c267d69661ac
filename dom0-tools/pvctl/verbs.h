/* SPDX-License-Identifier: MIT */
/*
 * pvctl's verbs. Each is one file and one line of the table in verbs.c, which lists their names, the
 * line of usage and what they do; a verb gets argv with its own name as argv[0] and returns the exit
 * status: 0 done, 1 failed (one message was printed), 2 wrong usage.
 */
#ifndef DOM0_TOOLS_PVCTL_VERBS_H
#define DOM0_TOOLS_PVCTL_VERBS_H

#include "../lib/launch.h"

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

typedef int verb_fn(int argc, char **argv);

struct verb {
	const char *name;
	verb_fn *fn;
	const char *usage;	/* what follows the name */
	const char *help;	/* one line */
	const char *options;	/* further lines, or NULL */
};

verb_fn verb_create, verb_list, verb_destroy, verb_pause, verb_unpause, verb_domid, verb_domname,
	verb_info, verb_dmesg, verb_console, verb_help, verb_version, verb_domaind, verb_shutdown,
	verb_reboot, verb_rename, verb_vcpu_list, verb_vcpu_pin, verb_vcpu_set, verb_sched_credit,
	verb_mem_set, verb_mem_max, verb_top, verb_uptime, verb_trigger, verb_sysrq, verb_debug_keys,
	verb_dump_core, verb_explain, verb_config;

extern const struct verb verbs[];	/* ends with a NULL name */

/* The verb of that name or unambiguous prefix; NULL with a message in @e. */
const struct verb *verb_find(const char *word, struct err *e);

/* Print "pvctl: message"; returns EXIT_FAILED. */
int complain(const struct err *e);
/* The same for a usage error, with the verb's usage line; returns EXIT_USAGE. */
int complain_usage(const char *verb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The domain that an argument (id or name) names, which exists; -1 with a message. */
int arg_domain(struct host *host, const char *arg, domid_t *dom, struct err *e);
/* A decimal number in a range; -1 with a message "WHAT "ARG": expected MIN to MAX". */
int arg_number(const char *what, const char *arg, long long min, long long max, long long *n,
	       struct err *e);

/* Open with XenStore and find the one domain; the start of most verbs. */
int open_domain(struct host *host, const char *arg, domid_t *dom, struct err *e);

#define SHOW_DOMAINS 128
/* All domains, malloc'ed; their number or -1. */
long all_domains(struct host *host, struct xen_domctl_getdomaininfo **list, struct err *e);

/* A domain's config, as xl shows it in JSON, into @b. @dom is DOMID_NONE when it is not created. */
struct strbuf;
void config_json(struct strbuf *b, const struct domcfg *d, domid_t dom, int indent);

/* Read a config of either syntax: xl.cfg text or a device tree blob. */
int config_read(struct cfg *c, const char *path, struct err *e);

/* Connect this terminal to a domain's console; returns an exit status. */
int console_attach(domid_t dom, struct err *e);
/* The connection alone, so that it can be made before the domain runs. */
int console_connect(domid_t dom, struct err *e);
int console_run(int fd);

/* Is the daemon that carries out on_reboot and its siblings there? */
int domaind_runs(void);

extern int pvctl_verbose;

#endif
