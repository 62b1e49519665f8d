#!/usr/bin/env python3
"""Runs the commands of a manual page, in its order and in one shell, and compares their output.

Usage: page_examples.py BIN PAGE, as root below tests/with_addresses, whose network and hosts file
are its own. In the literal blocks of the page, a line that begins with "$ " is a command, lines
that begin with "> " continue it, and those after it are what it prints on both streams together.

Lines are equal but for what no two runs share: times, and numbers of processes and descriptors, are
compared by their form. Where the page quotes a setting of the kernel, its value and twice its value
stand for those of this machine. A line about a sandbox that this machine lacks is left out. Prints
each difference and exits with status 1.
"""
import contextlib
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

PATIENCE = 60  # seconds for each command, on a busy machine
MARK = "\x1e"  # begins the line that follows the output of a command
FILES = {"/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
         "/proc/sys/net/core/somaxconn": "4096",
         "/proc/sys/net/ipv4/tcp_rmem": "4096 131072 6291456"}
SHAPES = ((r"\b\d+(\.\d+)? (ns|us|ms|s)\b", "<time>"),
          (r"\b(echod|udpecho)\[\d+\] fd \d+", r"\1[<pid>] fd <fd>"))


class Example:
    """A command and the lines that it prints."""

    def __init__(self, line, command):
        self.line = line
        self.command = command
        self.output = []


def examples(page):
    """Those of a page in mdoc(7)."""
    found = []
    is_literal = is_command = False
    for number, line in enumerate(page.splitlines(), 1):
        if line.startswith((".Bd -literal", ".Ed")):
            is_literal = line.startswith(".Bd")
            continue
        if not is_literal:
            continue
        line = line.replace(r"\e", "\\")
        if line.startswith("$ "):
            found.append(Example(number, line[2:]))
            is_command = True
        elif is_command and line.startswith("> "):
            found[-1].command += "\n" + line[2:]
        else:
            found[-1].output.append(line)
            is_command = False
    return found


def read_setting(name):
    with open("/proc/sys/" + name.replace(".", "/"), encoding="ascii") as file:
        return int(file.read())


def of_this_machine(lines):
    """The lines with the kernel's settings, and what is twice as much, as they are here."""
    numbers = {}
    for name, quoted in re.findall(r"\b(net(?:\.\w+)+)\s*=\s*(\d+)", "\n".join(lines)):
        for factor in (1, 2):
            numbers[str(factor * int(quoted))] = str(factor * read_setting(name))
    return [re.sub(r"\d+", lambda number: numbers.get(number[0], number[0]), line)
            for line in lines]


def shapes(lines):
    lines = [line.rstrip() for line in lines]
    for pattern, shape in SHAPES:
        lines = [re.sub(pattern, shape, line) for line in lines]
    return lines


class Shell:
    """One that reads its commands from a pipe, so that their standard input is empty."""

    def __init__(self, path, folder):
        read_end, self.commands = os.pipe()
        environment = {name: value for name, value in os.environ.items()
                       if name.endswith("SAN_OPTIONS")}
        self.process = subprocess.Popen(
            ["bash", "--norc", "--noprofile", f"/dev/fd/{read_end}"], pass_fds=[read_end],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True, env={**environment, "LC_ALL": "C.UTF-8", "HOME": folder,
                                         "PATH": f"{path}:/usr/sbin:/usr/bin:/sbin:/bin"})
        os.close(read_end)
        self.text = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Ends what the commands left in the background as well."""
        os.close(self.commands)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def run(self, example):
        """The lines that are printed once the command has ended, by it and in the background.

        Waits for as many as the page has. Raises TimeoutError with what came instead.
        """
        os.write(self.commands, f"{example.command}\nsockbox_status=$?\nprintf '{MARK}\\n'\n"
                                "(exit $sockbox_status)\n".encode())
        until = time.monotonic() + PATIENCE
        output = self.process.stdout.fileno()
        while (MARK not in self.text or not self.text.endswith("\n")
               or len(self.lines()) < len(example.output)):
            ready, _, _ = select.select([output], [], [], max(0, until - time.monotonic()))
            got = os.read(output, 65536) if ready else b""
            if not got:
                raise TimeoutError(self.text)
            self.text += got.decode(errors="replace")
        lines = self.lines()
        self.text = ""
        return lines

    def lines(self):
        return [line for line in self.text.replace(MARK + "\n", "").splitlines()
                if not re.match(r"\w+: sandbox: skipped: ", line)]


def differences(bin_directory, page, all_examples):
    """A text for each example that prints something else; the first one that hangs is the last."""
    with tempfile.TemporaryDirectory() as folder, Shell(bin_directory, folder) as shell:
        for example in all_examples:
            expected = of_this_machine(example.output)
            is_late = False
            try:
                printed = shell.run(example)
            except TimeoutError as reason:
                printed = [*str(reason).splitlines(), f"(and then nothing for {PATIENCE} s)"]
                is_late = True
            if shapes(printed) != shapes(expected):
                yield "\n".join([f"{page}:{example.line}: $ {example.command}", "expected:",
                                 *expected, "printed:", *printed, ""])
            if is_late:
                return


def main(bin_directory, page):
    for name, content in FILES.items():
        with open(name, "w", encoding="ascii") as file:
            file.write(content)
    with open(page, encoding="utf-8") as file:
        all_examples = examples(file.read())
    if not all_examples:
        sys.exit(f"{page}: no examples")
    found = list(differences(bin_directory, page, all_examples))
    if found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
