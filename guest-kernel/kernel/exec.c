/* SPDX-License-Identifier: MIT */
/*
 * execve: static ELF64 programs and "#!" scripts.
 *
 * The new address space is built beside the old one and becomes live only when nothing can fail any
 * more. Arguments travel in one kernel buffer, copied in from the old space and out through the new
 * stack's pages.
 */
#include "lib.h"
#include "mm.h"
#include "process.h"
#include "syscall.h"
#include "task.h"
#include "vfs.h"

#define ARGS_MAX (128ul << 10)
#define STACK_TOP 0x3ffff000ul
#define INTERP_DEPTH 4

struct elf64_ehdr {
	u8 ident[16];
	u16 type, machine;
	u32 version;
	u64 entry, phoff, shoff;
	u32 flags;
	u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf64_phdr {
	u32 type, flags;
	u64 offset, vaddr, paddr, filesz, memsz, align;
};

#define PT_LOAD 1
#define PF_X 1
#define PF_W 2
#define PF_R 4

/* argv then envp as consecutive strings. */
struct exec_args {
	char *buf;
	size_t len;
	unsigned argc, envc;
};

static int args_add(struct exec_args *a, const char *s)
{
	size_t n = strlen(s) + 1;

	if (a->len + n > ARGS_MAX)
		return -E2BIG;
	memcpy(a->buf + a->len, s, n);
	a->len += n;
	return 0;
}

static int args_add_user_vector(struct exec_args *a, u64 vec, unsigned *count)
{
	for (; vec; vec += 8) {
		u64 s;
		ssize_t n;

		if (get_user(s, vec))
			return -EFAULT;
		if (!s)
			break;
		n = copy_string_from_user(a->buf + a->len, s, ARGS_MAX - a->len);
		if (n < 0)
			return n == -ENAMETOOLONG ? -E2BIG : n;
		a->len += n + 1;
		(*count)++;
	}
	return 0;
}

/* Replaces argv[0] by the interpreter, its argument and the script's path. */
static int args_prepend(struct exec_args *a, const char *interp, const char *arg, const char *script)
{
	size_t first = a->argc ? strlen(a->buf) + 1 : 0;
	size_t add = strlen(interp) + 1 + (arg ? strlen(arg) + 1 : 0) + strlen(script) + 1;
	char *p = a->buf;

	if (a->len - first + add > ARGS_MAX)
		return -E2BIG;
	memmove(a->buf + add, a->buf + first, a->len - first);
	a->len += add - first;
	a->argc += (arg ? 3 : 2) - (first ? 1 : 0);
	p += strlcpy(p, interp, ARGS_MAX) + 1;
	if (arg)
		p += strlcpy(p, arg, ARGS_MAX) + 1;
	strlcpy(p, script, ARGS_MAX);
	return 0;
}

static int load_segment(struct mm *mm, struct file *f, const struct elf64_phdr *ph)
{
	u64 start = page_down(ph->vaddr), file_end = ph->vaddr + ph->filesz, end = ph->vaddr + ph->memsz;
	u32 prot = (ph->flags & PF_R ? PROT_READ : 0) | (ph->flags & PF_W ? PROT_WRITE : 0) |
		   (ph->flags & PF_X ? PROT_EXEC : 0);
	int ret = 0;

	if (end < ph->vaddr || file_end < ph->vaddr || end > STACK_TOP || ph->filesz > ph->memsz ||
	    ((ph->vaddr ^ ph->offset) & ~PAGE_MASK))
		return -ENOEXEC;
	if (ph->filesz)
		ret = mm_map(mm, start, file_end - start, prot, MAP_PRIVATE, f, page_down(ph->offset), NULL);
	if (ret)
		return -ENOEXEC;
	if (ph->memsz > ph->filesz && (prot & PROT_WRITE)) {
		if ((file_end & ~PAGE_MASK) && ph->filesz) {
			u8 *p = mm_page(mm, file_end, true);

			if (!p)
				return -ENOMEM;
			memset(p, 0, min(PAGE_SIZE - (file_end & ~PAGE_MASK), end - file_end));
		}
		start = ph->filesz ? page_up(file_end) : start;
		if (page_up(end) > start)
			ret = mm_map(mm, start, page_up(end) - start, prot, MAP_PRIVATE, NULL, 0, NULL);
	}
	if (prot & PROT_WRITE || page_up(end) > mm->brk_start)
		mm->brk_start = max(mm->brk_start, page_up(end));
	return ret;
}

static int load_elf(struct mm *mm, struct file *f, const struct elf64_ehdr *eh, u64 *phdr_va)
{
	struct elf64_phdr ph[16];
	ssize_t size = eh->phnum * sizeof(ph[0]);
	int ret;

	if (memcmp(eh->ident, "\177ELF\2\1", 6) || eh->type != 2 || eh->machine != 62 ||
	    eh->phentsize != sizeof(ph[0]) || !eh->phnum || eh->phnum > ARRAY_SIZE(ph) ||
	    file_read_kernel(f, ph, size, eh->phoff) != size)
		return -ENOEXEC;
	*phdr_va = 0;
	for (unsigned i = 0; i < eh->phnum; i++) {
		if (ph[i].type != PT_LOAD)
			continue;
		if (ph[i].offset <= eh->phoff && eh->phoff < ph[i].offset + ph[i].filesz)
			*phdr_va = ph[i].vaddr + eh->phoff - ph[i].offset;
		ret = load_segment(mm, f, &ph[i]);
		if (ret)
			return ret;
	}
	mm->brk = mm->brk_start;
	return 0;
}

/* Writes n bytes to the new stack, page by page. */
static int stack_write(struct mm *mm, u64 addr, const void *src, size_t n)
{
	while (n) {
		size_t k = min(n, PAGE_SIZE - (addr & ~PAGE_MASK));
		void *p = mm_page(mm, addr, true);

		if (!p)
			return -ENOMEM;
		memcpy(p, src, k);
		addr += k;
		src = (const u8 *)src + k;
		n -= k;
	}
	return 0;
}

/*
 * From the top: strings, 16 random bytes, then (16-byte aligned) auxiliary vector, NULL, envp, NULL,
 * argv, argc, where the stack pointer ends up.
 */
static int build_stack(struct mm *mm, const struct exec_args *a, const struct elf64_ehdr *eh, u64 phdr_va,
		       u64 *sp_out)
{
	u64 strings = (STACK_TOP - 64 - a->len) & ~15ul, random = strings - 16, s = strings;
	u64 aux[] = {
		3, phdr_va, 4, sizeof(struct elf64_phdr), 5, eh->phnum, 6, PAGE_SIZE, 7, 0, 8, 0, 9, eh->entry,
		11, 0, 12, 0, 13, 0, 14, 0, 16, 0x078bfbfd, 17, 100, 23, 0, 25, random, 31, strings, 0, 0,
	};
	u64 words = 1 + a->argc + 1 + a->envc + 1, *w = kmalloc(words * 8 + sizeof(aux)), i = 0;
	u64 sp = (random - words * 8 - sizeof(aux)) & ~15ul, seed[2] = { random_u64(), random_u64() };
	const char *p = a->buf;
	int ret;

	if (!w)
		return -ENOMEM;
	w[i++] = a->argc;
	for (unsigned n = 0; n < a->argc + a->envc; n++) {
		if (n == a->argc)
			w[i++] = 0;
		w[i++] = s;
		s += strlen(p) + 1;
		p += strlen(p) + 1;
	}
	if (!a->envc)
		w[i++] = 0;
	w[i++] = 0;
	memcpy(&w[words], aux, sizeof(aux));
	ret = stack_write(mm, strings, a->buf, a->len);
	if (!ret)
		ret = stack_write(mm, random, seed, sizeof(seed));
	if (!ret)
		ret = stack_write(mm, sp, w, words * 8 + sizeof(aux));
	kfree(w);
	*sp_out = sp;
	return ret;
}

/* "#! interpreter [argument]" in the first line. */
static int parse_script(char *head, char **interp, char **arg)
{
	char *p = head + 2, *end = strchr(head, '\n');

	if (!end)
		return -ENOEXEC;
	*end = 0;
	while (*p == ' ' || *p == '\t')
		p++;
	*interp = p;
	while (*p && *p != ' ' && *p != '\t')
		p++;
	if (*p)
		*p++ = 0;
	while (*p == ' ' || *p == '\t')
		p++;
	*arg = *p ? p : NULL;
	return **interp ? 0 : -ENOEXEC;
}

/* Opens the program, following "#!" lines; the arguments grow at the front. */
static int open_program(const char *path, struct exec_args *a, struct file **out, struct elf64_ehdr *eh)
{
	char *head = kmalloc(256), *name = kstrdup(path);
	int ret = -ENOMEM;

	for (int depth = 0; head && name && depth < INTERP_DEPTH; depth++) {
		char *interp, *arg;
		struct file *f;
		ssize_t n;

		ret = file_open(AT_FDCWD, name, O_RDONLY, 0, &f);
		if (ret)
			break;
		ret = -EACCES;
		if (!f->inode || !S_ISREG(f->inode->mode) || !(f->inode->mode & 0111)) {
			file_put(f);
			break;
		}
		n = file_read_kernel(f, head, 255, 0);
		ret = -ENOEXEC;
		if (n >= (ssize_t)sizeof(*eh) && head[0] == '\177') {
			memcpy(eh, head, sizeof(*eh));
			*out = f;
			ret = 0;
			break;
		}
		file_put(f);
		if (n < 3 || head[0] != '#' || head[1] != '!')
			break;
		head[n] = 0;
		ret = parse_script(head, &interp, &arg);
		if (!ret)
			ret = args_prepend(a, interp, arg, name);
		if (ret)
			break;
		kfree(name);
		name = kstrdup(interp);
		ret = -ELOOP;
	}
	kfree(head);
	kfree(name);
	return ret;
}

/* Bytes of argv in the buffer, as far as /proc shows them. */
static size_t args_length(const struct exec_args *a)
{
	size_t len = 0;

	for (unsigned i = 0; i < a->argc; i++)
		len += strlen(a->buf + len) + 1;
	return min(len, 1024ul);
}

static void become(struct mm *mm, const char *path, u64 entry, u64 sp, const struct exec_args *a)
{
	struct task *t = current;
	struct mm *old = t->mm;
	struct trapframe *tf = task_frame(t);
	const char *base = strrchr(path, '/');
	size_t len = args_length(a);
	char *cmdline = kmalloc(len + 1), *old_cmdline;
	u64 irq;

	if (old)
		mm_unmap_drivers(old);
	plat_mm_enliven(mm);
	spin_lock(&proc_lock);
	irq = plat_irq_save();
	t->mm = mm;
	t->fsbase = 0;
	plat_set_thread(t);
	if (!t->fpu)
		t->fpu = fpu_alloc();
	fpu_reset(t->fpu);
	fpu_restore(t->fpu);
	plat_irq_restore(irq);
	spin_unlock(&proc_lock);
	if (old)
		mm_put(old);

	strlcpy(t->name, base ? base + 1 : path, sizeof(t->name));
	files_close_on_exec(t->files);
	if (cmdline)
		memcpy(cmdline, a->buf, len);
	spin_lock(&proc_lock);
	old_cmdline = t->cmdline;
	t->cmdline = cmdline;
	t->cmdline_len = len;
	for (int i = 1; i <= NSIG; i++)
		if (t->actions[i].handler != 1)
			t->actions[i] = (struct sigaction_k){ 0 };
	t->altstack = t->altstack_size = 0;
	t->did_exec = true;
	spin_unlock(&proc_lock);
	kfree(old_cmdline);
	if (t->parent)
		wake_all(&t->parent->child_wait);

	memset(tf, 0, sizeof(*tf));
	tf->vector = ~0ul;
	tf->rip = entry;
	tf->rsp = sp;
	tf->rflags = FLAG_IF;
	plat_user_segments(&tf->cs, &tf->ss);
}

static int exec_args(const char *path, struct exec_args *a)
{
	struct elf64_ehdr eh;
	struct file *f;
	struct mm *mm;
	u64 phdr_va, sp;
	int ret;

	ret = open_program(path, a, &f, &eh);
	if (ret)
		return ret;
	mm = mm_create();
	ret = -ENOMEM;
	if (mm) {
		ret = load_elf(mm, f, &eh, &phdr_va);
		if (!ret)
			ret = mm_map(mm, STACK_TOP - 4 * PAGE_SIZE, 4 * PAGE_SIZE, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_GROWSDOWN, NULL, 0, NULL);
		if (!ret)
			ret = build_stack(mm, a, &eh, phdr_va, &sp);
		if (ret)
			mm_put(mm);
	}
	file_put(f);
	if (!ret)
		become(mm, path, eh.entry, sp, a);
	return ret;
}

long sys_execve(long path, long argv, long envp)
{
	struct exec_args a = { .buf = kmalloc(ARGS_MAX) };
	char *name = get_user_path(path);
	int ret = -ENOMEM;

	if (IS_ERR(name)) {
		kfree(a.buf);
		return PTR_ERR(name);
	}
	if (a.buf)
		ret = args_add_user_vector(&a, argv, &a.argc);
	if (!ret)
		ret = args_add_user_vector(&a, envp, &a.envc);
	if (!ret)
		ret = exec_args(name, &a);
	kfree(a.buf);
	kfree(name);
	return ret;
}

/* For the first process: the caller is a kernel thread that returns into the program. */
int exec_kernel(const char *path, const char *const argv[], const char *const envp[])
{
	struct exec_args a = { .buf = kmalloc(ARGS_MAX) };
	int ret = a.buf ? 0 : -ENOMEM;

	for (; !ret && *argv; argv++, a.argc++)
		ret = args_add(&a, *argv);
	for (; !ret && *envp; envp++, a.envc++)
		ret = args_add(&a, *envp);
	if (!ret)
		ret = exec_args(path, &a);
	kfree(a.buf);
	return ret;
}
