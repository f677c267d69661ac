#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# user-terminal: the shell's line editor on a pseudo terminal: editing keys, history, completion, Ctrl-C and Ctrl-D.
# Each check types keys and looks at what the commands print.
# RUN: timeout=60
import os, pty, re, select, signal, sys, tempfile, termios, time

top = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
build = os.path.join(top, os.environ.get("BUILD", "build"))
work = tempfile.mkdtemp()
bindir = os.path.join(work, "bin")
os.mkdir(bindir)
names = re.findall(r'^APPLET\("([^"]*)"', open(os.path.join(top, "guest-kernel/user/toolbox/applets.def")).read(), re.M)
for name in names:
    os.symlink(os.path.join(build, "user/bin/toolbox"), os.path.join(bindir, name))
home = os.path.join(work, "home")
os.mkdir(home)
open(os.path.join(home, "uniquefile.txt"), "w").write("content of it\n")
os.mkdir(os.path.join(home, "somedir"))
open(os.path.join(home, "somedir", "inner"), "w").write("inner text\n")

pid, fd = pty.fork()
if pid == 0:
    os.chdir(home)
    os.execve(os.path.join(bindir, "sh"), ["sh"], {"PATH": bindir, "HOME": home, "PS1": "PROMPT> ", "TERM": "vt100"})


def read_until(text, limit=5.0):
    got, end = "", time.time() + limit
    while text not in got and time.time() < end:
        if select.select([fd], [], [], 0.05)[0]:
            try:
                data = os.read(fd, 4096)
            except OSError:
                break
            if not data:
                break
            got += data.decode("latin-1")
    return got


def keys(text):
    os.write(fd, text.encode("latin-1"))


def command(text, limit=5.0):
    """Type keys that end a line; everything up to the next prompt."""
    keys(text)
    return read_until("\nPROMPT> ", limit)


results = []


def check(name, got, wanted):
    ok = wanted in got
    results.append(ok)
    print("%sok %d - %s" % ("" if ok else "not ", len(results), name))
    if not ok:
        print("# wanted %r\n# got    %r" % (wanted, got))


UP, DOWN, LEFT, RIGHT = "\033[A", "\033[B", "\033[D", "\033[C"
check("prompt", read_until("PROMPT> "), "PROMPT> ")
# Whoever sees the prompt may type at once: the terminal must not echo any more, or the keys show twice.
check("no-echo-at-the-prompt", str(termios.tcgetattr(fd)[3] & termios.ECHO), "0")
check("plain-line", command("echo one two\r"), "echo one two\r\none two\r\n")
check("backspace", command("echo abx\x7fc\r"), "\nabc\r\n")
check("left-and-insert", command("echo ac" + LEFT + "b\r"), "\nabc\r\n")
check("home-and-end", command("cho x\x01e\x05y\r"), "\nxy\r\n")
check("delete-key", command("echo axb" + LEFT + LEFT + "\033[3~\r"), "\nab\r\n")
check("kill-line", command("garbage\x15echo kept\r"), "\nkept\r\n")
check("kill-to-end-and-yank", command("echo tail" + LEFT * 4 + "\x0bhead \x19\r"), "\nhead tail\r\n")
check("kill-word", command("echo one two\x17three\r"), "\none three\r\n")
check("history-up", command(UP + "\r"), "\none three\r\n")
check("history-up-and-edit", command(UP + " four\r"), "\none three four\r\n")
check("history-down", command(UP + UP + DOWN + "\r"), "\none three four\r\n")
check("history-search", command("\x12tail\r"), "\nhead tail\r\n")
check("complete-command", command("hostn\t > /dev/null; echo $?\r"), "\n0\r\n")
check("complete-path", command("cat uniq\t\r"), "content of it")
check("complete-directory", command("cat some\tin\t\r"), "inner text")
keys("true un\t")
check("complete-again", command("\r"), "PROMPT> ")
keys("se\t\t")
check("list-completions", read_until("PROMPT> se\033[J", 2), "seq")
keys("\x03")
check("interrupt-line", read_until("PROMPT> "), "^C")
check("status-after-interrupt", command("echo $?\r"), "\n130\r\n")
keys("sleep 20\r")
read_until("sleep 20\r\n")
time.sleep(0.3)
before = time.time()
check("interrupt-command", command("\x03"), "\nPROMPT> ")
check("interrupt-is-quick", str(time.time() - before < 3), "True")
keys("while true; do true; done\r")
read_until("done\r\n")
time.sleep(0.3)
check("interrupt-loop", command("\x03"), "\nPROMPT> ")
check("continuation", command("for i in 1 2\rdo echo n$i\rdone\r"), "\nn1\r\nn2\r\n")
check("here-document", command("cat <<E\rtext\rE\r"), "\ntext\r\n")
check("syntax-error-goes-on", command(")\r"), "syntax error")
check("still-there", command("echo still\r"), "\nstill\r\n")
check("background", command("sleep 0.1 &\r"), "[1] ")
time.sleep(0.3)
check("background-done", command("\r") + command("\r"), "done, status 0: sleep")
check("terminal-is-cooked-for-commands", command("stty\r"), " icanon")
check("long-line", command("echo " + "x" * 120 + " end\r"), "x end\r\n")


def screen(text, columns=80):
    """What a terminal shows after text: rows without the blanks at their ends."""
    rows, row, column = [[]], 0, 0
    for m in re.finditer(r"\033\[(\d*)([A-Z])|(.)", text, re.S):
        n = int(m.group(1) or 1)
        if m.group(2) == "A":
            row = max(0, row - n)
        elif m.group(2) == "C":
            column = min(columns - 1, column + n)
        elif m.group(2) == "D":
            column = max(0, column - n)
        elif m.group(2) in ("J", "K"):
            rows[row] = rows[row][:column]
            if m.group(2) == "J":
                rows = rows[:row + 1]
        elif m.group(3) == "\r":
            column = 0
        elif m.group(3) == "\n":
            row += 1
        elif m.group(3) == "\b":
            column = max(0, column - 1)
        elif m.group(3):
            if column == columns:
                row, column = row + 1, 0
            while len(rows) <= row:
                rows.append([])
            rows[row] += [" "] * (column + 1 - len(rows[row]))
            rows[row][column] = m.group(3)
            column += 1
        while len(rows) <= row:
            rows.append([])
    return ["".join(r).rstrip() for r in rows]


def typed(text):
    """What the screen shows while a line is typed, from its prompt on; the line is then given up."""
    keys(text)
    time.sleep(0.5)
    shown, more = "", read_until("never", 0.5)
    while more:                         # until it has been quiet for a while: the editor may be slow
        shown, more = shown + more, read_until("never", 0.3)
    keys("\x03")
    left = read_until("^C")             # a redrawn line has a prompt, too: the new one comes behind ^C
    if "PROMPT> " not in left.split("^C")[-1]:
        read_until("PROMPT> ")
    return repr(screen("PROMPT> " + shown))


digits = "0123456789" * 20
check("wrapped-line", typed(digits[:100]), repr(["PROMPT> " + digits[:72], digits[72:100]]))
check("wrapped-exactly", typed(digits[:72] + "x"), repr(["PROMPT> " + digits[:72], "x"]))
check("wrapped-insert-at-home", typed(digits[:100] + "\x01X"), repr(["PROMPT> X" + digits[:71], digits[71:100]]))
check("wrapped-home-and-end", typed(digits[:100] + "\x01X\x05Y"), repr(["PROMPT> X" + digits[:71], digits[71:100] + "Y"]))
check("wrapped-backspace", typed(digits[:74] + "\x7f" * 4), repr(["PROMPT> " + digits[:70]]))
check("wrapped-three-rows", typed(digits[:160] + "\x01" + RIGHT * 80 + "ZZ"),
      repr(["PROMPT> " + digits[:72], digits[72:80] + "ZZ" + digits[80:150], digits[150:160]]))
check("wrapped-kill-line", typed(digits[:160] + "\x15ab"), repr(["PROMPT> ab"]))
keys("exit 7\r")
status = 0
for i in range(50):
    done, status = os.waitpid(pid, os.WNOHANG)
    if done:
        break
    time.sleep(0.1)
check("exit-status", str(os.WEXITSTATUS(status) if done else "still running"), "7")
print("1..%d" % len(results))
os.system("rm -rf '%s'" % work)
sys.exit(0 if all(results) else 1)
