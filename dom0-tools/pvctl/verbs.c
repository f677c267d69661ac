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
	  "  -f, --defconfig=F  another way to name the config\n"
	  "  KEY=VALUE          replaces a line of the config; a string needs no quotes here\n" },
	{ "list", verb_list, "[-l] [-v] [DOMAIN...]", "List domains",
	  "  -l, --long         configs, as JSON\n"
	  "  -v, --verbose      also UUID, reason of shutdown and label\n" },
	{ "console", verb_console, "DOMAIN", "Connect to a domain's console; Ctrl-] leaves", NULL },
	{ "destroy", verb_destroy, "DOMAIN...", "End a domain at once", NULL },
	{ "pause", verb_pause, "DOMAIN", "Stop a domain's execution", NULL },
	{ "unpause", verb_unpause, "DOMAIN", "Continue a paused domain", NULL },
	{ "domid", verb_domid, "NAME", "Convert a domain's name to its id", NULL },
	{ "domname", verb_domname, "ID", "Convert a domain's id to its name", NULL },
	{ "info", verb_info, "", "Information about the host", NULL },
	{ "dmesg", verb_dmesg, "[-c]", "Read the hypervisor's log",
	  "  -c, --clear        clear the log afterwards\n" },
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
