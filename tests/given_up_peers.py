#!/usr/bin/env python3
"""Tests that the kernel gives up a peer that vanished when sockopt --story predicted it.

Usage: given_up_peers.py SOCKOPT RETRIES2, as root in a network namespace of its own whose loopback
interface is up. RETRIES2 becomes net.ipv4.tcp_retries2. If a prediction fails, prints a line and
exits with status 1; with 77 if it may not set tcp_retries2.
"""
import json
import re
import socket
import subprocess
import sys
import threading
import time

# Besides the 5 %: for this program and its threads to be scheduled on a busy machine.
SCHEDULING = 0.1
SOCKET = {"SO_KEEPALIVE": socket.SO_KEEPALIVE, "SO_LINGER": socket.SO_LINGER}
TCP = {"TCP_KEEPIDLE": 4, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 6, "TCP_SYNCNT": 7, "TCP_USER_TIMEOUT": 18,
       "TCP_RTO_MIN_US": 45}
PROBING = {"SO_KEEPALIVE": 1, "TCP_KEEPINTVL": 1}
IDLE, IN_FLIGHT, CONNECT, CLOSE = ("dead peer, idle", "dead peer, data in flight", "unanswered connect",
                                   "close")

# What is tried with each value of tcp_retries2. A timeout that starts at 50 ms shows that the setting
# stands for a time, not for a number of retransmissions.
CASES = {
    3: [(IN_FLIGHT, {}),
        (IN_FLIGHT, {"TCP_RTO_MIN_US": 50000}),
        (IN_FLIGHT, {"TCP_USER_TIMEOUT": 700}),
        (IN_FLIGHT, {"TCP_USER_TIMEOUT": 3500}),
        (CONNECT, {"TCP_SYNCNT": 1}),
        (CONNECT, {"TCP_USER_TIMEOUT": 2500}),
        (CLOSE, {"SO_LINGER": (1).to_bytes(4, sys.byteorder) + (2).to_bytes(4, sys.byteorder)}),
        (IDLE, {**PROBING, "TCP_KEEPIDLE": 1, "TCP_KEEPCNT": 2}),
        (IDLE, {**PROBING, "TCP_KEEPIDLE": 2, "TCP_KEEPCNT": 3}),
        (IDLE, {**PROBING, "TCP_KEEPIDLE": 1, "TCP_KEEPCNT": 1, "TCP_KEEPINTVL": 2}),
        (IDLE, {**PROBING, "TCP_KEEPIDLE": 1, "TCP_KEEPCNT": 9, "TCP_USER_TIMEOUT": 2500}),
        (IDLE, {**PROBING, "TCP_KEEPIDLE": 1, "TCP_KEEPCNT": 1, "TCP_USER_TIMEOUT": 3500}),
        (IDLE, {**PROBING, "TCP_KEEPIDLE": 3, "TCP_KEEPCNT": 1, "TCP_USER_TIMEOUT": 1000})],
    4: [(IN_FLIGHT, {}),
        (IN_FLIGHT, {"TCP_RTO_MIN_US": 50000}),
        (IN_FLIGHT, {"TCP_RTO_MIN_US": 50000, "TCP_USER_TIMEOUT": 1500})],
    5: [(IN_FLIGHT, {"TCP_RTO_MIN_US": 50000}),
        (IN_FLIGHT, {"TCP_USER_TIMEOUT": 5000})],
}


class Case:
    def __init__(self, sockopt, about, options, listener, silent_port):
        self.sockopt, self.about, self.options = sockopt, about, options
        self.silent = ("127.0.0.1", silent_port)
        self.failure = ""
        self.client = socket.socket()
        if about != CONNECT:
            self.client.connect(listener.getsockname())
            self.server = listener.accept()[0]
        for name, value in options.items():
            level = socket.SOL_SOCKET if name in SOCKET else socket.SOL_TCP
            self.client.setsockopt(level, {**SOCKET, **TCP}[name], value)
        # Several, so that the round-trip time is known before the story is read.
        for _ in range(5 if about != CONNECT else 0):
            self.exchange()
        self.predicted = self.story()
        self.since = time.monotonic()

    def exchange(self):
        for sender, receiver in ((self.client, self.server), (self.server, self.client)):
            sender.send(b"x")
            receiver.recv(1)
        self.since = time.monotonic()

    def story(self):
        out = subprocess.run([self.sockopt, "--fd", str(self.client.fileno()), "--story", "--json"],
                             pass_fds=[self.client.fileno()], stdout=subprocess.PIPE, check=True).stdout
        line = next(line for line in json.loads(out)["story"] if line["about"] == self.about)
        # Of two times, after_ns is the later one.
        earlier = re.search(r"after ([\d.]+)s to ", line["summary"])
        return ([float(earlier[1])] if earlier else []) + [line["after_ns"] / 1e9]

    def wait_for_the_end(self):
        if self.about != IDLE:
            self.since = time.monotonic()
        try:
            if self.about == CONNECT:
                self.client.connect(self.silent)
            if self.about in (IN_FLIGHT, CLOSE):
                self.client.send(b"x")
            if self.about == CLOSE:
                self.client.close()
                raise TimeoutError
            self.client.recv(1)
            self.failure = "not given up"
        except TimeoutError:
            lasted = time.monotonic() - self.since
            found = f"predicted {self.predicted} s, lasted {lasted:.3f} s"
            if any(abs(lasted - after) <= after * 0.05 + SCHEDULING for after in self.predicted):
                print(f"{self}: {found}")
            else:
                self.failure = found

    def __str__(self):
        return f"{self.about} {self.options}"


def main(sockopt, retries):
    try:
        with open("/proc/sys/net/ipv4/tcp_retries2", "w", encoding="ascii") as setting:
            setting.write(retries)
    except OSError:
        sys.exit(77)
    silent = socket.create_server(("127.0.0.1", 0))
    listener = socket.create_server(("127.0.0.1", 0))
    cases = []
    for about, options in CASES[int(retries)]:
        try:
            cases.append(Case(sockopt, about, options, listener, silent.getsockname()[1]))
        except OSError:
            if "TCP_RTO_MIN_US" not in options:  # Linux 6.15
                raise
    for case in cases:
        if case.about == IDLE:  # what it took to prepare the others does not count
            case.exchange()
    ports = f"{{ {silent.getsockname()[1]}, {listener.getsockname()[1]} }}"
    rules = "add table ip t\nadd chain ip t c { type filter hook input priority 0 ;\n}\n"
    rules += f"add rule ip t c tcp sport {ports} drop\nadd rule ip t c tcp dport {ports} drop\n"
    subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)
    threads = [threading.Thread(target=case.wait_for_the_end) for case in cases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    failures = [f"{case}: {case.failure}" for case in cases if case.failure]
    if failures:
        sys.exit("\n".join(failures))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
