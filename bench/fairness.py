#!/usr/bin/env python3
"""Measures, for each engine of echod, how a greedy client affects a hundred small ones.

All figures are those of the small clients, which send in an open loop at a fixed rate: round trips
count from the scheduled send, so there is no coordinated omission. `quiet` is the same engine
without the greedy client.
"""
import json
import subprocess
import sys

import rounds
from echod import Server


class Greedy:
    """A client that sends as fast as its data comes back; does nothing unless `wanted`."""

    def __init__(self, program, port, wanted):
        self.argv = [program, "127.0.0.1", str(port)] if wanted else ["sleep", "infinity"]

    def __enter__(self):
        with open("/dev/zero", "rb") as zeros:
            self.process = subprocess.Popen(self.argv, stdin=zeros, stdout=subprocess.DEVNULL)

    def __exit__(self, *_):
        ended = self.process.poll()
        self.process.kill()
        self.process.wait()
        if ended is not None:
            raise RuntimeError(f"the greedy client ended with {ended}")


def contender(options, engine, greedy):
    def measure():
        server = [options.bin / "echod", "-e", engine, "-b", "127.0.0.1", "-p", 0, "--tcp"]
        with Server(server) as one, Greedy(options.bin / "echo", one.port, greedy):
            load = [options.bin / "echo", "-j", "-P", 100, "--rate", options.rate, "-s", 64, "-t",
                    options.seconds, "--warmup", "500ms", "127.0.0.1", one.port]
            done = subprocess.run([str(arg) for arg in load], capture_output=True, check=True,
                                  timeout=60)
        result = json.loads(done.stdout.splitlines()[-1])
        return {"p99_ms": result["rtt"]["p99_ns"] / 1e6, "max_ms": result["rtt"]["max_ns"] / 1e6,
                "lost": result["lost"]}
    return measure


def main():
    parser = rounds.arguments(__doc__)
    parser.add_argument("--engines", default="epoll,io_uring,poll,thread,pool,fork",
                        help="comma-separated (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=3,
                        help="duration of a run (default: %(default)s)")
    parser.add_argument("--rate", type=int, default=2000,
                        help="messages per second, all clients together (default: %(default)s)")
    options = parser.parse_args()
    for engine in options.engines.split(","):
        rounds.compare(f"{engine}: 100 clients and a greedy one", {
            "quiet": contender(options, engine, False),
            "greedy": contender(options, engine, True)}, options)


if __name__ == "__main__":
    sys.exit(main())
