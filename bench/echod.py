#!/usr/bin/env python3
"""echod's engines beside a bare epoll loop and other echo servers.

Every server is started anew for each round and driven by the same client; the figures are echoes a
second and the server's processor time for an echo.
"""
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import rounds

TICKS = os.sysconf("SC_CLK_TCK")
WORKLOADS = {"50 clients, 64 B": (50, 64), "16 clients, 64 KiB": (16, 65536),
             "1 client, 64 B": (1, 64)}


def processor_seconds(session):
    """Of all processes of the session, and of those they have reaped."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[3]) == session:
            ticks += sum(map(int, fields[11:15]))
    return ticks / TICKS


def wait_for_port(port, process):
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise RuntimeError(f"{process.args}: does not listen")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One run of a server: as a context, its port; ended with it."""

    def __init__(self, argv):
        self.argv = [str(arg) for arg in argv]

    def __enter__(self):
        self.port = free_port() if any("{port}" in arg for arg in self.argv) else None
        argv = [arg.replace("{port}", str(self.port)) for arg in self.argv]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        start_new_session=True)
        if self.port is None:
            ready = self.process.stdout.readline().decode()
            digits = ready.split(" (")[0].rpartition(":")[2] if ":" in ready else ready
            self.port = int(digits)
        else:
            wait_for_port(self.port, self.process)
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()


def contender(argv, client, connections, size, seconds):
    def measure():
        with Server(argv) as server:
            load = [client, "-j", "-P", connections, "--threads", 1, "-s", size, "-t", seconds,
                    "127.0.0.1", server.port]
            before = processor_seconds(server.process.pid)
            done = subprocess.run([str(arg) for arg in load], capture_output=True, check=True,
                                  timeout=60)
            used = processor_seconds(server.process.pid) - before
        result = json.loads(done.stdout.splitlines()[-1])
        return {"echoes_per_s": result["rate_per_s"],
                "cpu_us_per_echo": used * 1e6 / result["received"],
                "p99_us": result["rtt"]["p99_ns"] / 1000}
    return measure


def servers(options):
    found = {"bare epoll": [options.bin / "bare_echo"]}
    for engine in options.engines.split(","):
        found[engine] = [options.bin / "echod", "-e", engine, "-w", 1, "-b", "127.0.0.1", "-p", 0,
                         "--tcp"]
    if options.peers:
        found["socat, a process a client"] = [
            "socat", "TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork,backlog=4096,nodelay",
            "EXEC:/bin/cat"]
        found["ncat"] = ["ncat", "-l", "-k", "127.0.0.1", "{port}", "-m", "2000", "-e", "/bin/cat"]
    return found


def main():
    parser = rounds.arguments(__doc__)
    parser.add_argument("--engines", default="epoll,io_uring,thread,pool,poll")
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--no-peers", dest="peers", action="store_false")
    parser.add_argument("--workload", action="append", metavar="CONNECTIONSxBYTES",
                        help="such as 50x64; may be repeated")
    options = parser.parse_args()
    workloads = WORKLOADS
    if options.workload:
        workloads = {text: tuple(map(int, text.split("x"))) for text in options.workload}
    for title, (connections, size) in workloads.items():
        rounds.compare(title, {
            name: contender(argv, options.bin / "echo", connections, size, options.seconds)
            for name, argv in servers(options).items()}, options)


if __name__ == "__main__":
    sys.exit(main())
