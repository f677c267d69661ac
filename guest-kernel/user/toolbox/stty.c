/* SPDX-License-Identifier: MIT */
/* stty: show and set the modes of the terminal on standard input. */
#include <sys/ioctl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include "toolbox.h"

static const struct {
	const char	*name;
	int		word;		/* 0 input, 1 output, 2 local */
	tcflag_t	flag;
} modes[] = {
	{ "icrnl", 0, ICRNL }, { "inlcr", 0, INLCR }, { "igncr", 0, IGNCR },
	{ "ixon", 0, IXON }, { "opost", 1, OPOST }, { "onlcr", 1, ONLCR },
	{ "isig", 2, ISIG }, { "icanon", 2, ICANON }, { "echo", 2, ECHO },
	{ "echoe", 2, ECHOE }, { "echok", 2, ECHOK }, { "echoctl", 2, ECHOCTL },
	{ "iexten", 2, IEXTEN }, { "tostop", 2, TOSTOP }, { "noflsh", 2, NOFLSH },
};
#define MODES (sizeof(modes) / sizeof(modes[0]))

static tcflag_t *flag_word(struct termios *t, int word)
{
	return word == 0 ? &t->c_iflag : word == 1 ? &t->c_oflag : &t->c_lflag;
}

static void make_sane(struct termios *t)
{
	t->c_iflag = ICRNL | IXON;
	t->c_oflag = OPOST | ONLCR;
	t->c_cflag = CS8 | CREAD | CLOCAL | B115200;
	t->c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
	t->c_cc[VINTR] = 3;
	t->c_cc[VQUIT] = 28;
	t->c_cc[VERASE] = 127;
	t->c_cc[VKILL] = 21;
	t->c_cc[VEOF] = 4;
	t->c_cc[VSUSP] = 26;
	t->c_cc[VMIN] = 1;
	t->c_cc[VTIME] = 0;
}

static void show(struct termios *t, const struct winsize *w)
{
	size_t column;

	column = (size_t)printf("rows %u; columns %u;", w->ws_row, w->ws_col);
	for (size_t i = 0; i < MODES; i++) {
		if (column > 66) {
			putchar('\n');
			column = 0;
		}
		column += (size_t)printf("%s%s%s", column ? " " : "",
					 *flag_word(t, modes[i].word) & modes[i].flag ? "" : "-",
					 modes[i].name);
	}
	putchar('\n');
}

static bool set_mode(struct termios *t, const char *name)
{
	bool off = *name == '-';

	for (size_t i = 0; i < MODES; i++)
		if (!strcmp(modes[i].name, name + off)) {
			tcflag_t *word = flag_word(t, modes[i].word);

			*word = off ? *word & ~modes[i].flag : *word | modes[i].flag;
			return true;
		}
	return false;
}

int stty_main(int argc, char **argv)
{
	struct winsize w = { 0 };
	struct termios t;

	if (tcgetattr(0, &t) < 0)
		return fail_errno("standard input");
	ioctl(0, TIOCGWINSZ, &w);
	if (argc == 1 || !strcmp(argv[1], "-a")) {
		show(&t, &w);
		return 0;
	}
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "sane") || !strcmp(argv[i], "-raw") ||
		    !strcmp(argv[i], "cooked")) {
			make_sane(&t);
		} else if (!strcmp(argv[i], "raw")) {
			cfmakeraw(&t);
		} else if (!strcmp(argv[i], "size")) {
			printf("%u %u\n", w.ws_row, w.ws_col);
		} else if ((!strcmp(argv[i], "rows") || !strncmp(argv[i], "col", 3)) &&
			   i + 1 < argc) {
			unsigned short value = (unsigned short)atoi(argv[i + 1]);

			if (argv[i][0] == 'r')
				w.ws_row = value;
			else
				w.ws_col = value;
			i++;
			if (ioctl(0, TIOCSWINSZ, &w) < 0)
				return fail_errno("window size");
		} else if (!set_mode(&t, argv[i])) {
			return fail_text(argv[i], "unknown mode");
		}
	}
	return tcsetattr(0, TCSADRAIN, &t) < 0 ? fail_errno("standard input") : 0;
}
