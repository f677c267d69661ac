/* SPDX-License-Identifier: MIT */
#include "verbs.h"
int verb_domaind(int argc, char **argv)
{
	return EXIT_OK;
}
