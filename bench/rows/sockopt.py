#!/usr/bin/env python3
"""Compares sockopt, printing all options of a process's sockets, with ss.

A process holds TCP connections to itself, in a network namespace of its own if we may create one.
ss lists them; sockopt prints every option of each. Its memory and descriptors must not grow with the
number of sockets.
"""
import os
import resource
import socket
import subprocess
import sys

import rounds

FEW = 100


def hold(count):
    """Holds `count` TCP sockets until EOF on standard input; prints a line when it has them."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    held = []
    while len(held) < count - 1:
        held.append(socket.create_connection(listener.getsockname()))
        held.append(listener.accept()[0])
    print(len(held) + 1, flush=True)
    sys.stdin.read()


class Holder:
    """A context manager that runs a process holding sockets; yields its process ID."""

    def __init__(self, count):
        self.argv = [sys.executable, __file__, "--hold", str(count)]

    def __enter__(self):
        self.process = subprocess.Popen(self.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if not self.process.stdout.readline():
            raise RuntimeError("the sockets could not be created")
        return self.process.pid

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


def footprint(argv):
    """Peak memory and descriptors of a program while its output is read slowly."""
    with subprocess.Popen([str(arg) for arg in argv], stdout=subprocess.PIPE) as process:
        memory = descriptors = 0
        while process.stdout.read1(1 << 18):
            try:
                with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
                    memory = max([memory] + [int(line.split()[1]) for line in status
                                             if line.startswith("VmHWM")])
                descriptors = max(descriptors, len(os.listdir(f"/proc/{process.pid}/fd")))
            except FileNotFoundError:
                break
        return memory, descriptors


def in_namespace():
    """Restarts in an empty network namespace, so that ss lists no other sockets."""
    if "SOCKBOX_BENCH_APART" in os.environ or os.geteuid() != 0:
        return
    os.environ["SOCKBOX_BENCH_APART"] = "1"
    script = 'ip link set lo up && exec "$@"'
    os.execvp("unshare", ["unshare", "--net", "sh", "-c", script, "sh", sys.executable, *sys.argv])


def main():
    parser = rounds.arguments(__doc__, rounds=7)
    parser.add_argument("--sockets", type=int, default=10000,
                        help="sockets of the large process (default: %(default)s)")
    parser.add_argument("--hold", type=int,
                        help="only hold this many sockets until EOF on standard input")
    options = parser.parse_args()
    if options.hold:
        return hold(options.hold)
    in_namespace()
    command = [options.bin / "sockopt", "--pid"]
    for count in (FEW, options.sockets):
        with Holder(count) as pid:
            rounds.compare(f"{count} sockets of one process", {
                "ss -tmie": lambda: rounds.run(["ss", "-tmie"]),
                "sockopt --pid": lambda: rounds.run([*command, pid]),
                "sockopt --pid, one option": lambda: rounds.run([*command, pid, "nodelay"]),
            }, options, ["wall_s", "cpu_s"])
            memory, descriptors = footprint([*command, pid])
            print(f"  sockopt's peak: {memory} KiB, {descriptors} descriptors")


if __name__ == "__main__":
    main()
