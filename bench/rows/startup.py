"""Compares commands that do next to nothing: the time to start dominates in scripts.

It is kept short: libstdc++ and libgcc are linked statically and no library but libc is loaded;
there are no static objects to construct; a numeric host needs no lookup and so no thread; and the
locale, the name sources and the terminal are examined only if an option requires it.
"""
import tempfile

from contest import Figure, Goal, Row
from processes import CLIENT, require, run

CPU_EACH = Figure("cpu_ms", "CPU ms", min)
WALL_EACH = Figure("wall_ms", "wall ms", min)
LOOP = 'i=0; while [ $i -lt {times} ]; do "$@" <"$input"; i=$((i+1)); done'
COMMANDS = ("showip", "sockopt", "echod", "echo", "udpecho")


def starting(argv, times):
    """A contender that runs a command many times, each with a line as its input."""
    def measure(_):
        command = require(argv)
        with tempfile.NamedTemporaryFile("w") as line:
            line.write("hello\n")
            line.flush()
            script = f'input={line.name}; {LOOP.replace("{times}", str(times))}'
            used = run(["sh", "-c", script, "sh", *command], cores=CLIENT)
        return {"cpu_ms": used["cpu_s"] * 1000 / times, "wall_ms": used["wall_s"] * 1000 / times}
    return measure


def rows(settings):
    times = 50 if settings.short else 500
    contenders = {"busybox true": starting(["busybox", "true"], times)}
    contenders.update({name: starting([settings.bin / name, "--version"], times)
                       for name in COMMANDS})
    yield Row("version", "--version of each command", contenders, (CPU_EACH, WALL_EACH), tuple(
        Goal(name, WALL_EACH, 1.0, ("busybox true",), extra=0.5) for name in COMMANDS))
    getent = "getent ahosts"
    yield Row("numeric", "showip --short 127.0.0.1", {
        getent: starting(["getent", "ahosts", "127.0.0.1"], times),
        "showip": starting([settings.bin / "showip", "--short", "127.0.0.1"], times),
    }, (CPU_EACH, WALL_EACH), tuple(
        Goal("showip", figure, 0.8, (getent,)) for figure in (CPU_EACH, WALL_EACH)))
