"""Starts servers for the benchmarks, finds their ports and measures their CPU time."""
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds(session):
    """CPU time of all processes of a session and of the children they have reaped."""
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
    raise RuntimeError(f"{process.args}: is not listening")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A context manager that runs a server; `port` is where it listens.

    Each {port} in `argv` is replaced by a free port; without one, the server prints its port or
    address in its first line.
    """

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
