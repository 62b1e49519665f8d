#!/usr/bin/env python3
"""Compares echod's event engines with as many idle clients as one process may have.

Figures: user memory per connection; the time until every client has received the echo of the one
byte it sent; and the time from SIGTERM to the server's exit, after every client has seen EOF.
"""
import os
import resource
import selectors
import signal
import socket
import sys
import time
from pathlib import Path

import rounds
from echod import Server

IP_BIND_ADDRESS_NO_PORT = 24
SPARE = 100  # descriptors for everything else


def resident_bytes(pid):
    pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * resource.getpagesize()


def connect(port, number):
    """Connects from one of 8 addresses: the kernel is slow to find the last free ports of one."""
    client = socket.socket()
    client.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
    client.bind((f"127.0.1.{number % 8 + 1}", 0))
    client.connect(("127.0.0.1", port))
    return client


def receive_of_all(clients, expected):
    """Receives `expected` from each client, in any order."""
    with selectors.DefaultSelector() as waiting:
        for client in clients:
            waiting.register(client, selectors.EVENT_READ)
        while waiting.get_map():
            ready = waiting.select(30)
            if not ready:
                raise RuntimeError(f"{len(waiting.get_map())} clients received nothing for 30 s")
            for key, _ in ready:
                if key.fileobj.recv(10) != expected:
                    raise RuntimeError(f"received something other than {expected}")
                waiting.unregister(key.fileobj)


def contender(options, engine):
    def measure():
        server = [options.bin / "echod", "-e", engine, "-b", "127.0.0.1", "-p", 0, "--tcp"]
        with Server(server) as one:
            before = resident_bytes(one.process.pid)
            clients = [connect(one.port, number) for number in range(options.clients)]
            clients[-1].sendall(b"x")  # accepted in order, so all are open once this is echoed
            receive_of_all(clients[-1:], b"x")
            held = resident_bytes(one.process.pid) - before
            begin = time.monotonic()
            for client in clients:
                client.send(b"x")
            receive_of_all(clients, b"x")
            answered = time.monotonic() - begin
            begin = time.monotonic()
            one.process.send_signal(signal.SIGTERM)
            receive_of_all(clients, b"")
            for client in clients:
                client.close()
            os.waitid(os.P_PID, one.process.pid, os.WEXITED | os.WNOWAIT)
            ended = time.monotonic() - begin
        return {"bytes_each": held / len(clients), "answered_s": answered, "ended_s": ended}
    return measure


def main():
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    parser = rounds.arguments(__doc__, rounds=3)
    parser.add_argument("--engines", default="epoll,io_uring,poll",
                        help="comma-separated (default: %(default)s)")
    parser.add_argument("--clients", type=int, default=min(limit, 100_000) - SPARE,
                        help="default: as many as the descriptor limit allows, %(default)s")
    options = parser.parse_args()
    rounds.compare(f"{options.clients} idle clients", {
        engine: contender(options, engine) for engine in options.engines.split(",")}, options)


if __name__ == "__main__":
    sys.exit(main())
