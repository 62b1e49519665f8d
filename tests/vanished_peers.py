#!/usr/bin/env python3
"""Tests that echod gives up clients that vanish silently, on each of its engines.

Usage: vanished_peers.py ECHOD ENGINE..., as root in a network namespace of its own whose loopback
interface is up. If echod misbehaves, prints a line and exits with status 1.
"""
import atexit
import json
import signal
import socket
import subprocess
import sys

PATIENCE = 60
PROBING = ("SO_KEEPALIVE=on", "TCP_KEEPIDLE=1", "TCP_KEEPINTVL=1", "TCP_KEEPCNT=2")
# A connection with unacknowledged data is not probed (tcp(7)), so it needs a timeout.
IMPATIENT = ("TCP_USER_TIMEOUT=2s",)


class Echod:
    def __init__(self, program, engine, settings):
        options = [word for setting in settings for word in ("--set", setting)]
        self.process = subprocess.Popen(
            [program, "--tcp", "--port", "0", "--bind", "127.0.0.1", "--engine", engine, "--workers",
             "1", "--log-format", "json", "-v", *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        atexit.register(self.end)
        self.port = int(self.process.stdout.readline().split(":")[1].split()[0])
        self.name = engine
        self.client = socket.create_connection(("127.0.0.1", self.port))
        self.client.sendall(b"x")
        self.client.recv(1)

    def fill(self):
        """Sends without reading until the server has output that it cannot send."""
        self.client.settimeout(0.3)
        try:
            while True:
                self.client.send(bytes(65536))
        except TimeoutError:
            pass

    def end_of_client(self):
        for line in self.process.stderr:
            event = json.loads(line)
            if event["event"] == "connection":
                return event
        return {}

    def end(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def main(program, engines):
    quiet = [Echod(program, engine, PROBING) for engine in engines]
    pending = [Echod(program, engine, IMPATIENT) for engine in engines]
    for server in pending:
        server.fill()
    servers = quiet + pending
    ports = ", ".join(str(server.port) for server in servers)
    rules = "add table ip t\nadd chain ip t c { type filter hook input priority 0 ;\n}\n"
    rules += f"add rule ip t c tcp sport {{ {ports} }} drop\nadd rule ip t c tcp dport {{ {ports} }} drop\n"
    subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)
    signal.signal(signal.SIGALRM, lambda *_: sys.exit("nobody is given up"))
    signal.alarm(PATIENCE)
    for server in servers:
        event = server.end_of_client()
        lasted = event["duration_ns"] / 1e9
        if event["reason"] != "failed" or event["error"]["symbol"] != "ETIMEDOUT" or lasted < (2.5 if server in quiet else 1.8):
            sys.exit(f"{server.name}: {event}")
        if lasted > PATIENCE / 2:
            sys.exit(f"{server.name}: gone only after {lasted} s")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
