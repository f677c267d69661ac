/* SPDX-License-Identifier: MIT */
/*
 * The terminal discipline, between a device (console or pty) and the processes.
 *
 * Input is edited in place in the ring: `ready` marks how far a reader may go. In canonical mode it
 * moves at the end of each line, else with each byte. An end-of-file character is stored with a flag
 * and ends the read that meets it.
 *
 * Locks: tty->lock; signals are sent after letting go of it. Next: console.c, pty.c.
 */
#include "tty.h"
#include "lib.h"
#include "mm.h"
#include "task.h"

#define EOF_MARK 0x100

static const struct linux_termios default_termios = {
	.iflag = ICRNL | IXON,
	.oflag = OPOST | ONLCR,
	.cflag = 0x4bf,		/* 38400 8 bits, receiver on */
	.lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
	.cc = { 3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0 },
};

void tty_init(struct tty *t, const char *name, size_t (*output)(struct tty *, const char *, size_t))
{
	memset(t, 0, sizeof(*t));
	spin_init(&t->lock, LOCK_TTY);
	waitq_init(&t->wait);
	t->termios = default_termios;
	t->winsize = (struct linux_winsize){ 24, 80, 0, 0 };
	t->output = output;
	strlcpy(t->name, name, sizeof(t->name));
}

/* One byte through output processing; false if the device has no room. */
static bool put_processed(struct tty *t, char c)
{
	if ((t->termios.oflag & OPOST) && (t->termios.oflag & ONLCR) && c == '\n') {
		if (t->output(t, "\r\n", 2) != 2)
			return false;
		t->column = 0;
		return true;
	}
	if (c == '\r')
		t->column = 0;
	else if (c == '\b')
		t->column -= t->column > 0;
	else
		t->column++;
	return t->output(t, &c, 1) == 1;
}

static void echo(struct tty *t, u8 c)
{
	if (!(t->termios.lflag & ECHO) && !(c == '\n' && (t->termios.lflag & ECHONL)))
		return;
	if (c < 32 && c != '\n' && c != '\t' && (t->termios.lflag & ECHOCTL)) {
		put_processed(t, '^');
		put_processed(t, c + 64);
	} else {
		put_processed(t, c);
	}
}

static void erase_one(struct tty *t)
{
	u8 c = t->input[--t->head % TTY_INPUT];

	if (!(t->termios.lflag & ECHO) || !(t->termios.lflag & ECHOE))
		return;
	t->output(t, "\b \b", 3);
	if (c < 32 && c != '\t')
		t->output(t, "\b \b", 3);
}

static void store(struct tty *t, u16 c)
{
	if (t->head - t->tail < TTY_INPUT)
		t->input[t->head++ % TTY_INPUT] = c;
}

static int signal_for(struct tty *t, u8 c)
{
	const u8 *cc = t->termios.cc;

	if (!(t->termios.lflag & ISIG) || !c)
		return 0;
	return c == cc[VINTR] ? SIGINT : c == cc[VQUIT] ? SIGQUIT : c == cc[VSUSP] ? SIGTSTP : 0;
}

/* Returns true if c was an editing character. */
static bool edit_line(struct tty *t, u8 c)
{
	const u8 *cc = t->termios.cc;

	if (!c)
		return false;
	if (c == cc[VERASE] || c == '\b') {
		if (t->head != t->ready)
			erase_one(t);
	} else if (c == cc[VKILL]) {
		while (t->head != t->ready)
			erase_one(t);
	} else if (c == cc[VWERASE]) {
		while (t->head != t->ready && t->input[(t->head - 1) % TTY_INPUT] == ' ')
			erase_one(t);
		while (t->head != t->ready && t->input[(t->head - 1) % TTY_INPUT] != ' ')
			erase_one(t);
	} else if (c == cc[VEOF]) {
		store(t, EOF_MARK);
		t->ready = t->head;
	} else {
		return false;
	}
	return true;
}

static int input_char(struct tty *t, u8 c)
{
	u32 iflag = t->termios.iflag, lflag = t->termios.lflag;
	int sig;

	if (c == '\r' && (iflag & IGNCR))
		return 0;
	if (c == '\r' && (iflag & ICRNL))
		c = '\n';
	else if (c == '\n' && (iflag & INLCR))
		c = '\r';
	sig = signal_for(t, c);
	if (sig) {
		if (!(lflag & NOFLSH))
			t->head = t->ready = t->tail;
		echo(t, c);
		return sig;
	}
	if (!(lflag & ICANON)) {
		store(t, c);
		t->ready = t->head;
		echo(t, c);
		return 0;
	}
	if (edit_line(t, c))
		return 0;
	store(t, c);
	echo(t, c);
	if (c == '\n' || (c && c == t->termios.cc[VEOL]))
		t->ready = t->head;
	return 0;
}

void tty_input(struct tty *t, const char *buf, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int sig, group;

		spin_lock(&t->lock);
		sig = input_char(t, buf[i]);
		group = t->foreground;
		spin_unlock(&t->lock);
		if (sig && group)
			signal_send_group(group, sig, 0);
	}
	wake_all(&t->wait);
}

/* Background processes are stopped when they use their terminal. */
static int check_foreground(struct tty *t, int sig)
{
	struct task *c = current;
	bool background;

	spin_lock(&proc_lock);
	background = c->session && c->session->tty == t && t->foreground && t->foreground != c->pgid;
	spin_unlock(&proc_lock);
	if (!background)
		return 0;
	if (signal_ignored(c, sig))
		return sig == SIGTTIN ? -EIO : 0;
	signal_send_group(c->pgid, sig, 0);
	return -ERESTARTSYS;
}

/* Under the lock: up to n readable bytes to buf; *end when the read is complete. */
static size_t take_input(struct tty *t, char *buf, size_t n, bool *end)
{
	bool canonical = t->termios.lflag & ICANON;
	size_t k = 0;

	*end = false;
	while (k < n && t->tail != t->ready && !*end) {
		u16 c = t->input[t->tail++ % TTY_INPUT];

		if (c == EOF_MARK) {
			*end = true;
			break;
		}
		buf[k++] = c;
		*end = canonical && c == '\n';
	}
	if (!canonical && t->tail == t->ready)
		*end = true;
	return k;
}

ssize_t tty_read(struct tty *t, struct file *f, struct iobuf *io)
{
	ssize_t done = 0;
	bool end = false;
	char chunk[128];
	int ret = check_foreground(t, SIGTTIN);

	while (io->len && !end && !ret) {
		u64 deadline = 0;
		size_t n;

		spin_lock(&t->lock);
		if (!(t->termios.lflag & ICANON) && t->termios.cc[VTIME])
			deadline = plat_clock() + t->termios.cc[VTIME] * 100000000ull;
		while (t->tail == t->ready && !t->hung_up && !ret) {
			if (!(t->termios.lflag & ICANON) && !t->termios.cc[VMIN] && !deadline)
				break;
			ret = f->flags & O_NONBLOCK ? -EAGAIN : wait_locked(&t->wait, &t->lock, deadline);
		}
		n = take_input(t, chunk, min(io->len, sizeof(chunk)), &end);
		if (t->hung_up && !n)
			end = true;
		spin_unlock(&t->lock);
		if (ret == -ETIMEDOUT)
			return done;
		if (n) {
			ret = iobuf_put(io, chunk, n);
			done += n;
		} else if (!ret) {
			end = true;
		}
	}
	return done ? done : ret;
}

ssize_t tty_write(struct tty *t, struct file *f, struct iobuf *io)
{
	ssize_t done = 0;
	char chunk[128];
	int ret = t->termios.lflag & TOSTOP ? check_foreground(t, SIGTTOU) : 0;

	while (io->len && !ret) {
		size_t n = min(io->len, sizeof(chunk)), i = 0;

		ret = iobuf_get(io, chunk, n);
		spin_lock(&t->lock);
		while (!ret && i < n) {
			if (t->hung_up)
				ret = -EIO;
			else if (put_processed(t, chunk[i]))
				i++;
			else
				ret = f->flags & O_NONBLOCK ? -EAGAIN : wait_locked(&t->wait, &t->lock, 0);
		}
		spin_unlock(&t->lock);
		done += i;
	}
	return done ? done : ret;
}

unsigned tty_poll(struct tty *t, struct polltable *pt)
{
	unsigned ev = POLLOUT | POLLWRNORM;

	poll_wait(pt, &t->wait);
	spin_lock(&t->lock);
	if (t->ready != t->tail)
		ev |= POLLIN | POLLRDNORM;
	if (t->hung_up)
		ev |= POLLHUP | POLLIN;
	spin_unlock(&t->lock);
	return ev;
}

void tty_opened(struct tty *t, struct file *f)
{
	struct task *c = current;

	if (f->flags & O_NOCTTY)
		return;
	spin_lock(&proc_lock);
	if (c->session && c->session->sid == c->pid && !c->session->tty && !t->session) {
		c->session->tty = t;
		t->session = c->session;
		t->foreground = c->pgid;
	}
	spin_unlock(&proc_lock);
}

/* Under proc_lock. */
static void detach(struct tty *t)
{
	if (t->session)
		t->session->tty = NULL;
	t->session = NULL;
	t->foreground = 0;
}

/* The leader of a session has died: its foreground processes learn it. */
void tty_session_ends(struct session *s)
{
	struct tty *t;
	int group = 0;

	spin_lock(&proc_lock);
	t = s->tty;
	if (t) {
		group = t->foreground;
		detach(t);
	}
	spin_unlock(&proc_lock);
	if (group) {
		signal_send_group(group, SIGHUP, 0);
		signal_send_group(group, SIGCONT, 0);
	}
}

void tty_hangup(struct tty *t)
{
	struct session *s;
	int group, leader;

	spin_lock(&t->lock);
	t->hung_up = true;
	spin_unlock(&t->lock);
	spin_lock(&proc_lock);
	s = t->session;
	leader = s ? s->sid : 0;
	group = t->foreground;
	detach(t);
	spin_unlock(&proc_lock);
	if (leader)
		signal_send_group(leader, SIGHUP, 0);
	if (group && group != leader)
		signal_send_group(group, SIGHUP, 0);
	wake_all(&t->wait);
}

static int set_controlling(struct tty *t, bool steal)
{
	struct task *c = current;
	int ret = 0;

	spin_lock(&proc_lock);
	if (!c->session || c->session->sid != c->pid) {
		ret = -EPERM;
	} else if (t->session != c->session) {
		if (t->session && steal)
			detach(t);
		if (t->session || c->session->tty) {
			ret = -EPERM;
		} else {
			c->session->tty = t;
			t->session = c->session;
			t->foreground = c->pgid;
		}
	}
	spin_unlock(&proc_lock);
	return ret;
}

static long set_termios(struct tty *t, u64 arg, bool flush)
{
	struct linux_termios new;

	if (get_user(new, arg))
		return -EFAULT;
	spin_lock(&t->lock);
	if (flush)
		t->head = t->ready = t->tail;
	if ((t->termios.lflag & ICANON) && !(new.lflag & ICANON))
		t->ready = t->head;	/* what was being edited can be read now */
	t->termios = new;
	spin_unlock(&t->lock);
	wake_all(&t->wait);
	return 0;
}

static long set_winsize(struct tty *t, u64 arg)
{
	struct linux_winsize w;
	bool changed;

	if (get_user(w, arg))
		return -EFAULT;
	spin_lock(&t->lock);
	changed = memcmp(&w, &t->winsize, sizeof(w));
	t->winsize = w;
	spin_unlock(&t->lock);
	if (changed && t->foreground)
		signal_send_group(t->foreground, SIGWINCH, 0);
	return 0;
}

long tty_ioctl(struct tty *t, unsigned cmd, u64 arg)
{
	s32 n;
	int ret;

	switch (cmd) {
	case TCGETS:
		return put_user(t->termios, arg);
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		ret = check_foreground(t, SIGTTOU);
		return ret ? ret : set_termios(t, arg, cmd == TCSETSF);
	case TIOCGWINSZ:
		return put_user(t->winsize, arg);
	case TIOCSWINSZ:
		return set_winsize(t, arg);
	case TIOCGPGRP:
		n = t->foreground;
		return current->session && current->session->tty == t ? put_user(n, arg) : -ENOTTY;
	case TIOCSPGRP:
		if (get_user(n, arg))
			return -EFAULT;
		if (!current->session || current->session->tty != t)
			return -ENOTTY;
		ret = check_foreground(t, SIGTTOU);
		if (!ret)
			t->foreground = n;
		return ret;
	case TIOCGSID:
		n = t->session ? t->session->sid : 0;
		return n ? put_user(n, arg) : -ENOTTY;
	case TIOCSCTTY:
		return set_controlling(t, arg == 1);
	case TIOCNOTTY:
		spin_lock(&proc_lock);
		if (current->session && current->session->tty == t && current->session->sid == current->pid)
			detach(t);
		spin_unlock(&proc_lock);
		return 0;
	case FIONREAD:
		n = t->ready - t->tail;
		return put_user(n, arg);
	case TIOCOUTQ:
		n = 0;
		return put_user(n, arg);
	case TCFLSH:
		spin_lock(&t->lock);
		if (arg != 1)
			t->head = t->ready = t->tail;
		spin_unlock(&t->lock);
		return 0;
	case TCSBRK:
	case 0x5425:	/* TCSBRKP */
	case TCXONC:
	case TIOCEXCL:
		return 0;
	}
	return -ENOTTY;
}

static ssize_t file_tty_read(struct file *f, struct iobuf *io)
{
	return tty_read(f->priv, f, io);
}

static ssize_t file_tty_write(struct file *f, struct iobuf *io)
{
	return tty_write(f->priv, f, io);
}

static unsigned file_tty_poll(struct file *f, struct polltable *pt)
{
	return tty_poll(f->priv, pt);
}

static long file_tty_ioctl(struct file *f, unsigned cmd, u64 arg)
{
	return tty_ioctl(f->priv, cmd, arg);
}

struct tty *tty_of(struct file *f)
{
	return f->ops && f->ops->read == file_tty_read ? f->priv : NULL;
}

const struct file_ops tty_file_ops = {
	.read = file_tty_read,
	.write = file_tty_write,
	.poll = file_tty_poll,
	.ioctl = file_tty_ioctl,
};
