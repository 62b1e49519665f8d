#!/usr/bin/env python3
"""Tests that --load measures the delay that a queue adds.

Usage: loaded_path.py BIN, as root in a network namespace of its own. A link to a second namespace
has a queue in one direction, whose real length is read while the command measures. If a result is
wrong, prints a line and exits with status 1; if this machine has no such queue, with status 77 and
the reason.
"""
import json
import os
import subprocess
import sys
import threading
import time

RATE = 1_000_000  # bytes per second
LIMIT = 500_000  # bytes
PORT = "3490"
FLOWS = "6"
SECONDS = 4


def run(*words):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout


class Path:
    """This namespace and another one, which is a process that does nothing else."""

    def __init__(self):
        self.other = subprocess.Popen(["unshare", "-n", "cat"], stdin=subprocess.PIPE)
        here = os.readlink("/proc/self/ns/net")
        until = time.monotonic() + 30
        while os.readlink(f"/proc/{self.other.pid}/ns/net") == here and time.monotonic() < until:
            time.sleep(0.01)
        run("ip", "link", "add", "there", "type", "veth", "peer", "name", "back", "netns",
            str(self.other.pid))
        self.set_up("there", "10.8.0.1/24")
        self.set_up("back", "10.8.0.2/24")

    def inside(self, device):
        return () if device == "there" else ("nsenter", "-n", "-t", str(self.other.pid))

    def set_up(self, device, address):
        for words in (("ip", "address", "add", address, "dev", device),
                      ("ip", "link", "set", device, "up"), ("ip", "link", "set", "lo", "up")):
            run(*self.inside(device), *words)
        # BBR, where it is the default, keeps a queue empty. The windows of the flows are small, so
        # that they alone determine the length of the queue: with losses, it would rise and fall.
        for name, value in (("tcp_congestion_control", "reno"),
                            ("tcp_rmem", "4096 65536 65536")):
            run(*self.inside(device), "sh", "-c", f"echo {value} >/proc/sys/net/ipv4/{name}")

    def add_queue(self, device):
        command = [*self.inside(device), "tc", "qdisc", "add", "dev", device, "root", "tbf", "rate",
                   f"{RATE}bps", "burst", "16k", "limit", str(LIMIT)]
        if subprocess.run(command, stderr=subprocess.DEVNULL).returncode:
            skip("no tc with tbf here")

    def remove_queue(self, device):
        run(*self.inside(device), "tc", "qdisc", "del", "dev", device, "root")

    def backlog(self, device):
        shown = run(*self.inside(device), "tc", "-s", "-j", "qdisc", "show", "dev", device)
        return json.loads(shown)[0]["backlog"]

    def serve(self, *command):
        server = subprocess.Popen([*self.inside("back"), *command], stdout=subprocess.PIPE,
                                  text=True)
        server.stdout.readline()
        return server


def measure(path, device, command):
    """The result, and the median delay of the queue in the time that was measured: before its end,
    after which the queue empties."""
    path.add_queue(device)
    client = subprocess.Popen(
        [*command, "-j", "--load", FLOWS, "-t", str(SECONDS), "10.8.0.2", PORT],
        stdout=subprocess.PIPE, text=True)
    samples = []

    def watch():
        while client.poll() is None:
            samples.append((time.monotonic(), path.backlog(device)))
            time.sleep(0.03)

    watcher = threading.Thread(target=watch)
    watcher.start()
    out = client.communicate()[0]
    watcher.join()
    path.remove_queue(device)
    half = max(backlog for _, backlog in samples) / 2
    end = max(at for at, backlog in samples if backlog >= half)
    loaded = sorted(backlog for at, backlog in samples if end - SECONDS <= at <= end)
    if client.returncode or half == 0 or len(loaded) < 20:
        sys.exit(f"{command}: status {client.returncode}, {len(loaded)} samples: {out}")
    low, median, high = (loaded[len(loaded) * part // 4] for part in (1, 2, 3))
    if high - low > 0.05 * median:
        skip(f"the queue was not constant on this busy machine: {low} to {high} bytes")
    return json.loads(out), median / RATE * 1e9


def skip(reason):
    print(reason, file=sys.stderr)
    sys.exit(77)


def expect_near(what, value, expected, tolerance):
    if value is None or abs(value - expected) > tolerance:
        sys.exit(f"{what}: {value}, expected {expected} +- {tolerance}")


def main(bin_directory):
    path = Path()
    udpecho = f"{bin_directory}/udpecho"
    servers = [path.serve(f"{bin_directory}/echod", "--tcp", "-p", PORT, "-b", "10.8.0.2"),
               path.serve(udpecho, "--listen", "--stamp", "-p", PORT, "-b", "10.8.0.2")]
    try:
        for command, device in (((f"{bin_directory}/echo",), "there"),
                                ((udpecho, "--stamp"), "there"), ((udpecho, "--stamp"), "back")):
            result, queued = measure(path, device, command)
            added = result["added"]
            what = f"{command} {device}: {json.dumps(result)}"
            expect_near(what, added["p50_ns"], queued, queued * 0.05)
            expect_near(what, result["round_trips_per_minute"] / 60e9 * result["rtt"]["mean_ns"], 1,
                        1e-6)
            # Without the headers, and the acknowledgments that share the queue.
            expect_near(what, result["load_bytes_per_s"], RATE * 0.9, RATE * 0.1)
            expect_near(what, result["idle"]["rtt"]["p50_ns"], 0, queued * 0.05)
            expect_near(what, result["idle_after"]["rtt"]["p50_ns"], 0, queued * 0.05)
            if "--stamp" in command:
                full, empty = ("forward", "backward") if device == "there" else ("backward",
                                                                                "forward")
                expect_near(what, added[full]["p50_ns"], queued, queued * 0.05)
                expect_near(what, added[full]["mean_ns"], queued, queued * 0.05)
                expect_near(what, added[empty]["p50_ns"], 0, queued * 0.05)
    finally:
        for process in (*servers, path.other):
            process.kill()
            process.wait()


if __name__ == "__main__":
    main(sys.argv[1])
