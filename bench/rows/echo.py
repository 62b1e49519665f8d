#!/usr/bin/env python3
"""Compares echo with a bare client under load, and its pipe and startup with other clients.

Unlike echo, the bare client compares no bytes and times no messages. The server is a bare epoll
loop for the load and echod for everything else. For the pipe, the share of the input that comes
back is shown too: a client that exits before everything has come back has not won.
"""
import json
import sys
import tempfile
from pathlib import Path

import rounds
import servers

LOADS = {"50 connections, 64 B": (50, 64), "16 connections, 16 KiB": (16, 16384),
         "1 connection, 64 B": (1, 64)}


def loading(argv, seconds, messages):
    """A contender; `messages` extracts the number of messages that came back from its output."""
    def contender():
        with tempfile.TemporaryFile("w+") as out:
            used = rounds.run(argv, stdout=out)
            out.seek(0)
            back = messages(out.read())
        return {"messages_per_s": back / seconds, "cpu_us_each": used["cpu_s"] * 1e6 / back}
    return contender


def compare_load(options, title, connections, size):
    with servers.Server([options.bin / "bare_echo"]) as server:
        common = (connections, size, options.seconds)
        bare = [options.bin / "bare_client", server.port, *common]
        echo = [options.bin / "echo", "--json", "-P", connections, "-s", size, "--threads", 1,
                "-t", options.seconds, "127.0.0.1", server.port]
        rounds.compare(title, {
            "bare client": loading(bare, options.seconds, int),
            "echo": loading(echo, options.seconds,
                            lambda text: json.loads(text.splitlines()[-1])["received"]),
        }, options)


def clients(options, port):
    """Commands that send their input to the server and print what comes back."""
    return {"echo": [options.bin / "echo", "127.0.0.1", port],
            "nc": ["nc", "-N", "127.0.0.1", port],
            "socat": ["socat", "-t", "30", "-b", "65536", "-", f"TCP:127.0.0.1:{port}"],
            "ncat": ["ncat", "127.0.0.1", str(port)]}


def piping(argv, source, folder):
    def contender():
        copy = folder / "copy"
        with source.open("rb") as data, copy.open("wb") as out:
            used = rounds.run(argv, stdin=data, stdout=out, expect=(0, 1))
        back = copy.stat().st_size / source.stat().st_size
        copy.unlink()
        return {"wall_s": used["wall_s"], "cpu_s": used["cpu_s"], "returned": back}
    return contender


def compare_pipe(options, port, folder):
    source = folder / "source"
    with source.open("wb") as data:
        for _ in range(options.mebibytes):
            data.write(bytes(range(256)) * 4096)
    rounds.compare(f"pipe: {options.mebibytes} MiB to the server and back", {
        name: piping(argv, source, folder) for name, argv in clients(options, port).items()},
        options)


def starting(argv, times):
    loop = f'i=0; while [ $i -lt {times} ]; do echo hello | "$@"; i=$((i+1)); done'

    def contender():
        used = rounds.run(["sh", "-c", loop, "sh", *argv])
        return {"cpu_ms_each": used["cpu_s"] * 1000 / times,
                "wall_ms_each": used["wall_s"] * 1000 / times}
    return contender


def main():
    parser = rounds.arguments(__doc__)
    parser.add_argument("--seconds", type=float, default=2,
                        help="duration of a load run (default: %(default)s)")
    parser.add_argument("--mebibytes", type=int, default=256,
                        help="size of the pipe's input (default: %(default)s)")
    parser.add_argument("--starts", type=int, default=100,
                        help="processes per round (default: %(default)s)")
    options = parser.parse_args()
    for title, (connections, size) in LOADS.items():
        compare_load(options, title, connections, size)
    echod = [options.bin / "echod", "-b", "127.0.0.1", "-p", 0, "--tcp"]
    shared_memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with servers.Server(echod) as server, tempfile.TemporaryDirectory(dir=shared_memory) as folder:
        compare_pipe(options, server.port, Path(folder))
        rounds.compare("startup: one line to the server and back", {
            name: starting(argv, options.starts)
            for name, argv in clients(options, server.port).items()}, options)


if __name__ == "__main__":
    sys.exit(main())
