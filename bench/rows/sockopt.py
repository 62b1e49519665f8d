"""Compares sockopt, printing all options of a process's sockets, with ss.

A process holds TCP connections to itself, in a network namespace of its own if we may create one,
so that ss lists no other sockets. The memory of sockopt must not grow with the number of sockets.
"""
import contextlib
import os
import subprocess
import sys
from pathlib import Path

from contest import CPU_TOTAL, WALL, Figure, Goal, Row
from processes import run

PEAK = Figure("peak_mib", "peak MiB", min)
FEW = 500  # more than are under way at once
HOLD = Path(__file__).resolve().parent.parent / "hold_sockets.py"


class Holder:
    """A context manager that runs a process holding sockets."""

    def __init__(self, count):
        self.argv = [sys.executable, HOLD, str(count)]
        self.is_apart = os.geteuid() == 0
        if self.is_apart:
            self.argv = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh",
                         *self.argv]

    def __enter__(self):
        self.process = subprocess.Popen(self.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if not self.process.stdout.readline():
            self.__exit__()
            raise RuntimeError("the sockets could not be created")
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    @property
    def pid(self):
        return self.process.pid

    def run(self, argv):
        return run(["nsenter", "-t", self.pid, "-n", *argv] if self.is_apart else argv)


def peak_mib(argv):
    """Peak memory of a program while its output is read slowly."""
    kibibytes = 0
    with subprocess.Popen([str(arg) for arg in argv], stdout=subprocess.PIPE) as process:
        while process.stdout.read1(1 << 18):
            with contextlib.suppress(FileNotFoundError):
                status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
                kibibytes = max([kibibytes] + [int(line.split()[1]) for line in status.splitlines()
                                               if line.startswith("VmHWM")])
    return kibibytes / 1024


def peak(program, count):
    def measure(_):
        with Holder(count) as holder:
            return {"peak_mib": peak_mib([program, "--pid", holder.pid])}
    return measure


def rows(settings):
    program = settings.bin / "sockopt"
    count = 1000 if settings.short else 10_000
    every, one, ss = "sockopt --pid", "sockopt --pid, one option", "ss -tmie"
    yield Row("sockets", f"{count:,} sockets of one process", {
        ss: lambda holder: holder.run(["ss", "-tmie"]),
        every: lambda holder: run([program, "--pid", holder.pid]),
        one: lambda holder: run([program, "--pid", holder.pid, "nodelay"]),
    }, (WALL, CPU_TOTAL), (Goal(every, WALL, 3, (ss,)), Goal(one, WALL, 0.8, (ss,))),
        lambda: Holder(count))
    few, many = f"{FEW} sockets", f"{count:,} sockets"
    yield Row("peak", "memory of sockopt --pid", {few: peak(program, FEW),
                                                  many: peak(program, count)},
              (PEAK,), (Goal(many, PEAK, 1.05, (few,)),))
