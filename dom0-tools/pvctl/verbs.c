/* SPDX-License-Identifier: MIT */
/* The table of verbs. */
#include <stdio.h>
#include <string.h>

#include "verbs.h"

const struct verb verbs[] = {
	{ "create", verb_create, "CONFIG [-p] [-c] [-q] [-n] [-f FILE] [KEY=VALUE...]",
	  "Create a domain from a config",
	  "  -p, --paused       leave it paused\n"
	  "  -c, --console      connect to its console\n"
	  "  -q, --quiet        print nothing but errors\n"
	  "  -n, --dryrun       check the config, print what it means, create nothing\n"
	  "  -e                 do not start domaind, which acts on its shutdown, if none runs\n"
	  "  -f, --defconfig=F  another way to name the config\n"
	  "  KEY=VALUE          replaces a line of the config; a string needs no quotes here\n" },
	{ "list", verb_list, "[-l] [-v] [DOMAIN...]", "List domains",
	  "  -l, --long         configs, as JSON\n"
	  "  -v, --verbose      also UUID, reason of shutdown and label\n" },
	{ "console", verb_console, "DOMAIN", "Connect to a domain's console; Ctrl-] leaves",
	  "  So does the end of the input, when the console is silent for half a second, or after 5 s:\n"
	  "  `pvctl console DOMAIN </dev/null` shows what the domain has printed.\n" },
	{ "destroy", verb_destroy, "DOMAIN...", "End a domain at once", NULL },
	{ "shutdown", verb_shutdown, "[-F] [-w] {-a | DOMAIN...}", "Ask a domain to power off",
	  "  -a, --all          all domains but the control domain\n"
	  "  -F                 switch off a fully virtualized domain, which cannot be asked\n"
	  "  -w, --wait         until they have\n" },
	{ "reboot", verb_reboot, "[-F] [-w] {-a | DOMAIN...}", "Ask a domain to start again",
	  "  -a, --all          all domains but the control domain\n"
	  "  -F                 reset a fully virtualized domain, which cannot be asked\n"
	  "  -w, --wait         until they have shut down for it\n" },
	{ "pause", verb_pause, "DOMAIN", "Stop a domain's execution", NULL },
	{ "unpause", verb_unpause, "DOMAIN", "Continue a paused domain", NULL },
	{ "explain", verb_explain, "DOMAIN", "Why a domain crashed: reason, registers, stack, trace, console",
	  "  A domain stays to be explained when its config has on_crash = \"preserve\".\n" },
	{ "rename", verb_rename, "DOMAIN NAME", "Give a domain another name", NULL },
	{ "domid", verb_domid, "NAME", "Convert a domain's name to its id", NULL },
	{ "domname", verb_domname, "ID", "Convert a domain's id to its name", NULL },
	{ "info", verb_info, "", "Information about the host", NULL },
	{ "dmesg", verb_dmesg, "[-c]", "Read the hypervisor's log",
	  "  -c, --clear        clear the log afterwards\n" },
	{ "top", verb_top, "[-b] [-d SECONDS] [-i ROUNDS]", "Watch who uses the CPUs; q leaves",
	  "  -b                 print below one another, for scripts\n"
	  "  -d SECONDS         between updates (3)\n"
	  "  -i ROUNDS          end after so many\n" },
	{ "uptime", verb_uptime, "[-s] [DOMAIN...]", "How long domains have been up", NULL },
	{ "vcpu-list", verb_vcpu_list, "[DOMAIN...]", "List vCPUs, where they run and may run", NULL },
	{ "vcpu-pin", verb_vcpu_pin, "DOMAIN VCPU|all HARD|- [SOFT|-]", "Set the CPUs that vCPUs may run on",
	  "  HARD and SOFT are all, 0-3,5 or all,^2; - leaves that affinity as it is\n" },
	{ "vcpu-set", verb_vcpu_set, "DOMAIN VCPUS", "Set the number of vCPUs a domain should use", NULL },
	{ "sched-credit", verb_sched_credit, "[-d DOMAIN [-w WEIGHT] [-c CAP]]", "Show or set scheduler weights and caps",
	  "  -d, --domain=D     one domain instead of all\n"
	  "  -w, --weight=N     1 to 65535; a domain of twice the weight gets twice the CPU\n"
	  "  -c, --cap=PERCENT  of one CPU; 0 is no cap\n" },
	{ "mem-set", verb_mem_set, "DOMAIN MEGABYTES", "Ask a domain to use so much memory", NULL },
	{ "mem-max", verb_mem_max, "DOMAIN MEGABYTES", "Limit what a domain may ever use", NULL },
	{ "dump-core", verb_dump_core, "DOMAIN FILE", "Write a domain's memory and registers as a core file", NULL },
	{ "trigger", verb_trigger, "DOMAIN nmi [VCPU]", "Send a domain an NMI", NULL },
	{ "sysrq", verb_sysrq, "DOMAIN LETTER", "Send a domain a magic SysRq key", NULL },
	{ "debug-keys", verb_debug_keys, "KEYS", "Have the hypervisor print to its log; h lists the keys", NULL },
	{ "config", verb_config, "convert IN OUT | check FILE", "Convert configs between xl.cfg and device trees", NULL },
	{ "help", verb_help, "[VERB]", "This list, or one verb in detail", NULL },
	{ "version", verb_version, "", "Versions of this program and of the hypervisor", NULL },
	{ NULL, NULL, NULL, NULL, NULL }
};

const struct verb *verb_find(const char *word, struct err *e)
{
	const struct verb *v, *found = NULL;
	char list[512] = "";
	size_t len = strlen(word);

	for (v = verbs; v->name; v++) {
		size_t used = strlen(list);

		if (!strcmp(v->name, word))
			return v;
		if (strncmp(v->name, word, len))
			continue;
		snprintf(list + used, sizeof(list) - used, "%s%s", found ? ", " : "", v->name);
		found = v;
	}
	if (found && !strchr(list, ','))
		return found;
	if (found)
		err_set(e, "%s is ambiguous: %s", word, list);
	return NULL;
}
