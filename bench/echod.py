#!/usr/bin/env python3
"""Compares echod's engines with a bare epoll loop and other echo servers.

Every server is restarted for each round and driven by the same client. The figures are echoes per
second, the server's CPU time per echo, and the 99th percentile of the round-trip times.
"""
import json
import subprocess
import sys

import rounds
from servers import Server, processor_seconds

WORKLOADS = {"50 clients, 64 B": (50, 64), "16 clients, 64 KiB": (16, 65536),
             "1 client, 64 B": (1, 64)}


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


def contestants(options):
    found = {"bare epoll": [options.bin / "bare_echo"]}
    for engine in options.engines.split(","):
        found[engine] = [options.bin / "echod", "-e", engine, "-w", 1, "-b", "127.0.0.1", "-p", 0,
                         "--tcp"]
    if options.peers:
        found["socat, a process per client"] = [
            "socat", "TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork,backlog=4096,nodelay",
            "EXEC:/bin/cat"]
        found["ncat"] = ["ncat", "-l", "-k", "127.0.0.1", "{port}", "-m", "2000", "-e", "/bin/cat"]
    return found


def main():
    parser = rounds.arguments(__doc__)
    parser.add_argument("--engines", default="epoll,io_uring,thread,pool,poll",
                        help="comma-separated (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=2,
                        help="duration of a run (default: %(default)s)")
    parser.add_argument("--no-peers", dest="peers", action="store_false",
                        help="leave out servers other than echod")
    parser.add_argument("--workload", action="append", metavar="CONNECTIONSxBYTES",
                        help="for example 50x64; may be repeated")
    options = parser.parse_args()
    workloads = WORKLOADS
    if options.workload:
        workloads = {text: tuple(map(int, text.split("x"))) for text in options.workload}
    for title, (connections, size) in workloads.items():
        rounds.compare(title, {
            name: contender(argv, options.bin / "echo", connections, size, options.seconds)
            for name, argv in contestants(options).items()}, options)


if __name__ == "__main__":
    sys.exit(main())
