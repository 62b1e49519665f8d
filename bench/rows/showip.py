"""Compares showip with getent under xargs and with a bare getaddrinfo loop.

The names are resolved by a private dnsmasq in new network and mount namespaces (requires root).
"""
import os
import subprocess
import tempfile
import time
from pathlib import Path

from contest import CPU_TOTAL, WALL, Goal, Missing, Row
from processes import require, run

JOBS = 16
BARE = f"getaddrinfo on {JOBS} threads"
FILES = {"resolv.conf": "nameserver 127.0.0.53\n", "hosts": "127.0.0.1 localhost\n",
         "nsswitch.conf": "hosts: files dns\n"}
SCRIPT = ('ip link set lo up; for name in resolv.conf hosts nsswitch.conf; do'
          ' mount --bind "$0/$name" "/etc/$name"; done; exec "$@"')


class World:
    """A context manager of namespaces in which only a dnsmasq that knows all names is reachable."""

    def __init__(self, count):
        self.names = [f"host-{number}.test" for number in range(count)]

    def __enter__(self):
        if os.geteuid() != 0:
            raise Missing("network namespaces need root")
        require(["dnsmasq"])
        self.temporary = tempfile.TemporaryDirectory()
        folder = Path(self.temporary.name)
        for name, text in FILES.items():
            (folder / name).write_text(text)
        self.list = folder / "names"
        self.list.write_text("".join(name + "\n" for name in self.names))
        known = folder / "known"
        known.write_text("".join(f"127.1.{number >> 8}.{number & 255} {name}\n"
                                 for number, name in enumerate(self.names)))
        self.process = subprocess.Popen(
            ["unshare", "-nm", "--propagation", "private", "sh", "-c", SCRIPT, folder,
             "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv",
             "--no-hosts", f"--addn-hosts={known}", "--listen-address=127.0.0.53",
             "--bind-interfaces", "--user=root", "--pid-file=", "--local=/test/",
             "--dns-forward-max=10000"], stderr=subprocess.DEVNULL)
        try:
            self._await()
        except BaseException:
            self.__exit__()
            raise
        return self

    def inside(self, argv):
        return ["nsenter", "-t", self.process.pid, "-n", "-m", *argv]

    def _await(self):
        deadline = time.monotonic() + 10
        while self.process.poll() is None and time.monotonic() < deadline:
            asked = [str(arg) for arg in self.inside(["getent", "ahosts", self.names[-1]])]
            if subprocess.run(asked, capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.05)
        raise RuntimeError("dnsmasq does not respond")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.temporary.cleanup()


def resolving(argv):
    """A contender: a command that reads names from its standard input."""
    def measure(world):
        with world.list.open() as names:
            return run(world.inside(argv), stdin=names)
    return measure


def rows(settings):
    count = 1000 if settings.short else 10_000
    yield Row("names", f"showip -f: {count:,} names", {
        BARE: resolving([settings.bin / "bare_getaddrinfo", JOBS]),
        "showip": resolving([settings.bin / "showip", "--short", "-J", JOBS, "-f", "-"]),
        "xargs -P 8 -n 100 getent": resolving(["xargs", "-P", 8, "-n", 100, "getent", "ahosts"]),
    }, (WALL, CPU_TOTAL), tuple(Goal("showip", figure, 1.0, (BARE,))
                                for figure in (WALL, CPU_TOTAL)), lambda: World(count))
