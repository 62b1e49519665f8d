"""Runs programs for the benchmarks: pins them to cores, and measures their time and memory."""
import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from contest import Missing

CORES = sorted(os.sched_getaffinity(0))
SERVER, CLIENT = {CORES[0]}, {CORES[-1]}
BOTH = SERVER | CLIENT


def pinned(cores):
    return lambda: os.sched_setaffinity(0, cores)


def require(argv):
    """Raises Missing unless the program of a command exists; returns the command as strings."""
    argv = [str(arg) for arg in argv]
    if shutil.which(argv[0]) is None:
        raise Missing(f"{os.path.basename(argv[0])} is not installed")
    return argv


def run(argv, timeout=300, expect=(0,), cores=BOTH, **options):
    """Runs a program to its end; returns its wall, user and system seconds and its peak memory.

    `options` are passed to subprocess.Popen; by default the output is discarded.
    """
    options.setdefault("stdout", subprocess.DEVNULL)
    argv = require(argv)
    with tempfile.TemporaryFile("w+") as errors:
        begin = time.monotonic()
        process = subprocess.Popen(argv, stderr=errors, preexec_fn=pinned(cores), **options)
        status, used = wait(process, begin + timeout)
        wall = time.monotonic() - begin
        errors.seek(0)
        if status not in expect:
            raise RuntimeError(
                f"{' '.join(argv)}: exit status {status}: {last_line(errors.read())}")
    return {"wall_s": wall, "cpu_s": used.ru_utime + used.ru_stime, "user_s": used.ru_utime,
            "system_s": used.ru_stime, "memory_kib": used.ru_maxrss}


def output_of(argv, **options):
    """Runs a program as run() does; returns its standard output and what run() returns."""
    with tempfile.TemporaryFile("w+") as out:
        used = run(argv, stdout=out, **options)
        out.seek(0)
        return out.read(), used


def last_line(text):
    return text.strip().rpartition("\n")[2]


def wait(process, deadline):
    """Waits for a child and returns its status and resource usage; kills it at the deadline."""
    descriptor = os.pidfd_open(process.pid)
    try:
        ended, _, _ = select.select([descriptor], [], [], max(0, deadline - time.monotonic()))
    finally:
        os.close(descriptor)
    if not ended:
        process.kill()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if not ended:
        raise RuntimeError(f"{' '.join(process.args)}: did not end in time")
    return process.returncode, used


def family(pid):
    """A process and its descendants."""
    found = [pid]
    for each in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{each}/task").iterdir():
                found += map(int, (task / "children").read_text(encoding="ascii").split())
    return found


def processor_seconds(pids):
    """The CPU time of processes, with all of their threads, in nanosecond resolution."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            total += time.clock_gettime_ns(~pid << 3 | 2)  # as clock_getcpuclockid(3) does
    return total / 1e9


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_in_use(port):
    """Whether a server has the port, found without a connection: some would fork for it."""
    def has(table, states):
        lines = Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]
        return any(fields[1].endswith(f":{port:04X}") and fields[3] in states
                   for fields in map(str.split, lines))
    return has("tcp", ("0A",)) or has("udp", ("07",))


class Server:
    """A context manager that runs a server; `port` is where it listens.

    Each {port} in `argv` is replaced by a free port; without one, the server prints its port or
    address in its first line.
    """

    def __init__(self, argv, cores=SERVER, patience=5):
        self.argv = require(argv)
        self.cores = cores
        self.patience = patience  # in seconds, until it listens

    def __enter__(self):
        self.port = free_port() if any("{port}" in arg for arg in self.argv) else None
        argv = [arg.replace("{port}", str(self.port)) for arg in self.argv]
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=self.errors,
                                        start_new_session=True, preexec_fn=pinned(self.cores))
        try:
            self._await()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _await(self):
        if self.port is None:
            ready, _, _ = select.select([self.process.stdout], [], [], 10)
            line = self.process.stdout.readline().decode() if ready else ""
            digits = line.split(" (")[0].rpartition(":")[2].strip()
            if not digits.isdigit():
                raise self._failure("does not print where it listens")
            self.port = int(digits)
            return
        deadline = time.monotonic() + self.patience
        while not is_in_use(self.port):
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise self._failure("does not listen")
            time.sleep(0.01)

    def _failure(self, what):
        self.errors.seek(0)
        return RuntimeError(f"{' '.join(self.argv)}: {what}: {last_line(self.errors.read())}")

    def check(self):
        """Raises unless the server is still running."""
        if self.process.poll() is not None:
            raise self._failure(f"ended with {self.process.returncode}")

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()
