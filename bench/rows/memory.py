"""Measures what echod holds in memory: at its start, and for each idle connection."""
import contextlib
import resource
import socket
from pathlib import Path

from contest import Figure, Goal, Row
from processes import BOTH, Server
from rows.echod import ENGINES, Echod

START = Figure("start_mib", "MiB at start", min)
EACH = Figure("bytes_each", "bytes/connection", min)
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


def idling(argv, count):
    def measure(_):
        with Server(argv, BOTH) as server, contextlib.ExitStack() as clients:
            start = resident_bytes(server.process.pid)
            for number in range(count):
                last = clients.enter_context(connect(server.port, number))
            last.settimeout(30)
            last.sendall(b"x")  # accepted in order, so all are open once this is echoed
            if last.recv(1) != b"x":
                raise RuntimeError("the last connection received something other than it sent")
            held = resident_bytes(server.process.pid) - start
        return {"start_mib": start / 2**20, "bytes_each": held / count}
    return measure


def rows(settings):
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(most - SPARE, 2000 if settings.short else 19_900)
    commands = Echod(settings).commands()
    yield Row("idle", f"{count:,} idle connections",
              {name: idling(argv, count) for name, argv in commands.items()}, (START, EACH), tuple(
                  goal for engine in ENGINES for goal in (
                      Goal("echod " + engine, START, 4), Goal("echod " + engine, EACH, 200))))
