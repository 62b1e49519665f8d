"""Compares echo under load with a bare client, and its pipe and single messages with other clients.

The bare client compares and times every message, too. The CPU time is the client's.
"""
import contextlib
import json
import subprocess
import tempfile
from pathlib import Path

from contest import CPU, CPU_TOTAL, RATE, Figure, Goal, Missing, Row
from processes import CLIENT, Server, output_of, run
from rows.startup import CPU_EACH, WALL_EACH, starting

SPEED = Figure("mib_per_s", "MiB/s", max)
BARE = "bare client"


def loading(argv, seconds, count):
    """A contender; `count` extracts the number of messages that came back from its last line."""
    def measure(server):
        command = [server.port if arg == "{port}" else arg for arg in argv]
        text, used = output_of(command, cores=CLIENT, stdin=subprocess.DEVNULL)
        back = count(json.loads(text.splitlines()[-1]))
        return {"rate_per_s": back / seconds, "cpu_us": used["cpu_s"] * 1e6 / max(1, back)}
    return measure


def under_load(settings, connections, size, bound):
    seconds = settings.seconds
    bare = [settings.bin / "bare_load", "-t", seconds, "{port}", f"{connections}x{size}"]
    echo = [settings.bin / "echo", "--json", "-P", connections, "-s", size, "--threads", 1, "-t",
            seconds, "127.0.0.1", "{port}"]
    return Row(f"{connections}x{size}", f"echo -P {connections} -s {size}", {
        BARE: loading(bare, seconds, lambda result: result["groups"][0]["messages"]),
        "echo": loading(echo, seconds, lambda result: result["received"]),
    }, (RATE, CPU), (Goal("echo", CPU, bound, (BARE,)),),
        lambda: Server([settings.bin / "bare_epoll"]))


def echod(settings):
    return Server([settings.bin / "echod", "-w", 1, "-b", "127.0.0.1", "-p", 0, "--tcp"])


class Pipe:
    """A context manager of a server and a folder with the input, in memory if possible."""

    def __init__(self, settings):
        self.settings = settings
        self.mebibytes = 64 if settings.short else 1024

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.port = stack.enter_context(echod(self.settings)).port
            memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
            self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=memory)))
            block = bytes(range(256)) * 4096
            with (self.folder / "input").open("wb") as out:
                for _ in range(self.mebibytes):
                    out.write(block)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()


def piping(argv):
    """A client that exits before everything has come back has not won."""
    def measure(pipe):
        command = [str(arg).replace("{port}", str(pipe.port)) for arg in argv]
        copy = pipe.folder / "copy"
        with (pipe.folder / "input").open("rb") as data, copy.open("wb") as out:
            used = run(command, stdin=data, stdout=out, expect=(0, 1), cores=CLIENT)
            back = out.seek(0, 2) / 2**20
        copy.unlink()
        if back != pipe.mebibytes:
            raise Missing(f"returned only {back / pipe.mebibytes:.0%} of its input")
        return {"mib_per_s": back / used["wall_s"], "cpu_s": used["cpu_s"]}
    return measure


def pipe(settings):
    scene = Pipe(settings)
    return Row("pipe", f"echo <file, {scene.mebibytes} MiB to the server and back", {
        "nc -N": piping(["nc", "-N", "127.0.0.1", "{port}"]),
        "socat": piping(["socat", "-t", "30", "-b", "65536", "-", "TCP:127.0.0.1:{port}"]),
        "ncat": piping(["ncat", "127.0.0.1", "{port}"]),
        "echo": piping([settings.bin / "echo", "127.0.0.1", "{port}"]),
    }, (SPEED, CPU_TOTAL), (Goal("echo", SPEED, 1.4, ("nc -N", "socat")),), lambda: scene)


def message(settings):
    times = 20 if settings.short else 100

    def sending(argv):
        return lambda server: starting(
            [server.port if arg == "{port}" else arg for arg in argv], times)(server)
    return Row("message", "echo 127.0.0.1 PORT hello, as a whole process", {
        "nc -N": sending(["nc", "-N", "127.0.0.1", "{port}"]),
        "socat": sending(["socat", "-", "TCP:127.0.0.1:{port}"]),
        "ncat": sending(["ncat", "127.0.0.1", "{port}"]),
        "echo": sending([settings.bin / "echo", "127.0.0.1", "{port}", "hello"]),
    }, (CPU_EACH, WALL_EACH), tuple(
        Goal("echo", figure, 1.0, ("nc -N",)) for figure in (CPU_EACH, WALL_EACH)),
        lambda: echod(settings))


def rows(settings):
    for load in ((50, 64, 1.0), (1, 64, 1.1), (16, 16384, 1.0)):
        yield under_load(settings, *load)
    yield pipe(settings)
    yield message(settings)
