#!/usr/bin/python3
"""Runs a command repeatedly, each time with one system call failing, and checks how it ends.

Usage: torture.py [--cap N] [--seconds S] [--server | --varies] -- COMMAND...

strace makes each system call of a list fail, one call per run: the first N calls after those that
every program makes at startup. These outcomes are faults: death by a signal, not ending, success
with an output that differs from that of an undisturbed run, and failure without a message. With
--server the command is an echod, which has to echo some data and is then ended by SIGTERM; echoing
anything but what was sent is a fault, too.
"""
import argparse
import collections
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

FAULTS = {
    "socket": "EMFILE", "bind": "EADDRINUSE", "listen": "EADDRINUSE", "connect": "ENETUNREACH",
    "accept4": "ENFILE", "getsockname": "ENOBUFS", "getpeername": "ENOTCONN",
    "getsockopt": "ENOBUFS", "setsockopt": "ENOMEM", "sendto": "ENOBUFS", "sendmsg": "ENOBUFS",
    "sendmmsg": "ENOBUFS", "recvfrom": "ENOMEM", "recvmsg": "ENOMEM", "recvmmsg": "ENOMEM",
    "shutdown": "ENOTCONN", "poll": "ENOMEM", "ppoll": "ENOMEM", "epoll_create1": "EMFILE",
    "epoll_ctl": "ENOMEM", "epoll_wait": "EINTR", "eventfd2": "EMFILE", "pipe2": "EMFILE",
    "fcntl": "EINVAL", "openat": "EMFILE", "mmap": "ENOMEM", "clone": "EAGAIN", "clone3": "EAGAIN",
    "write": "EIO", "read": "EIO", "io_uring_setup": "ENOMEM", "io_uring_register": "ENOMEM",
    "capset": "EPERM", "prctl": "EINVAL", "seccomp": "EINVAL",
    "landlock_create_ruleset": "EOPNOTSUPP", "timerfd_create": "EMFILE", "pidfd_open": "EMFILE",
}
PATIENCE = 15  # seconds that a run may take
PAYLOAD = bytes(range(256)) * 400

Outcome = collections.namedtuple("Outcome", "status out err echo")


def end_children(strace, number=signal.SIGTERM):
    for child in children(strace.pid):
        try:
            os.kill(child, number)
        except ProcessLookupError:
            pass  # it has ended in the meantime


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def exchange(port):
    """What an echo server returns before the connection closes or fails."""
    got = b""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            client.sendall(PAYLOAD)
            client.shutdown(socket.SHUT_WR)
            while piece := client.recv(65536):
                got += piece
    except OSError:
        pass
    return got


def run(command, server, trace):
    started = subprocess.Popen(["strace", "-f", "-qq", *trace, *command], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    echo = b""
    try:
        if server:
            line = started.stdout.readline().decode()
            found = re.match(r"listening on .*:(\d+) \(tcp", line)
            if found:
                echo = exchange(int(found[1]))
            end_children(started)
        out, err = started.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        end_children(started, signal.SIGKILL)
        started.kill()
        return None
    return Outcome(started.returncode, out, err, echo)


def judge(outcome, clean, server, varies):
    """What is wrong with an outcome; None if nothing is."""
    if outcome is None:
        return "does not end"
    # A server that is giving up may be hit by our SIGTERM when it no longer handles it.
    expected = (-signal.SIGTERM,) if server else ()
    if outcome.status not in expected and (outcome.status < 0 or outcome.status > 128):
        return f"ended by a signal (status {outcome.status})"
    if server and not PAYLOAD.startswith(outcome.echo):
        return "wrong echo"
    if outcome.status > 0 and not outcome.err and not outcome.out:
        return f"silent failure (status {outcome.status})"
    if not varies and outcome.status == 0 and outcome.out != clean.out:
        return f"success with another output: {outcome.out[:200]!r}"
    return None


def calls_made(command, server):
    with tempfile.NamedTemporaryFile("r", encoding="utf-8", errors="replace") as log:
        clean = run(command, server, ["-o", log.name])
        counts = collections.Counter(re.findall(r"^\d+ +(\w+)\(", log.read(), re.M))
    return clean, counts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cap", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--server", action="store_true")
    parser.add_argument("--varies", action="store_true", help="no two outputs are alike")
    parser.add_argument("command", nargs="+")
    asked = parser.parse_args()
    _, start = calls_made([asked.command[0], "--version"], False)
    clean, counts = calls_made(asked.command, asked.server)
    if clean is None or clean.status != 0:
        sys.exit(f"torture: the undisturbed run fails: {clean}")
    end = time.monotonic() + asked.seconds
    runs = bad = 0
    for place in range(1, asked.cap + 1):
        for call, error in FAULTS.items():
            when = start[call] + place
            if asked.server and call == "write":
                continue  # mostly to eventfds, which cannot fail
            if counts[call] < when or time.monotonic() > end:
                continue
            trace = ["-o", "/dev/null", "-e", f"trace={call}",
                     "-e", f"inject={call}:error={error}:when={when}"]
            outcome = run(asked.command, asked.server, trace)
            fault = judge(outcome, clean, asked.server, asked.server or asked.varies)
            runs += 1
            if fault:
                bad += 1
                print(f"{call}#{when} {error}: {fault}")
                if outcome is not None:
                    print("   ", outcome.err.decode(errors="replace").strip())
    print(f"{runs} runs, {bad} bad")
    sys.exit(1 if bad or runs == 0 else 0)


main()
