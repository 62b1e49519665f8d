"""Runs the bare load clients against a server and measures the server meanwhile."""
import json
import select
import subprocess
import time

from processes import (CLIENT, SERVER, Server, family, last_line, pinned, processor_seconds,
                       require, wait)

PATIENCE = 60  # seconds


def serve(argv, load, server_cores=SERVER, client_cores=CLIENT):
    """Starts a server and loads it; returns the client's result and the server's CPU seconds."""
    with Server(argv, server_cores) as server:
        client = require([str(server.port) if arg == "{port}" else arg for arg in load])
        with subprocess.Popen(client, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, bufsize=0,
                              preexec_fn=pinned(client_cores)) as process:
            try:
                return _follow(server, process)
            finally:
                process.kill()


def _follow(server, client):
    """Reads the server's clocks when the client prints "begin" and "end"."""
    _expect(server, client, b"begin\n")
    pids, begin = family(server.process.pid), time.monotonic()
    before = processor_seconds(pids)
    _expect(server, client, b"end\n")
    used, elapsed = processor_seconds(pids) - before, time.monotonic() - begin
    server.check()
    client.stdin.close()
    status, _ = wait(client, time.monotonic() + PATIENCE)
    if status != 0:
        raise _failure(client)
    result = json.loads(client.stdout.read())
    return result, used / elapsed * result["seconds"]


def _expect(server, client, mark):
    ready, _, _ = select.select([client.stdout], [], [], PATIENCE)
    if not ready:
        raise RuntimeError(f"load client: no progress for {PATIENCE} s")
    if client.stdout.readline() != mark:
        server.check()
        raise _failure(client)


def _failure(client):
    return RuntimeError(f"load client: {last_line(client.stderr.read().decode())}")


def figures(group, result, used):
    """The figures of one group of connections."""
    if group["messages"] == 0:
        raise RuntimeError("load client: nothing came back")
    total = sum(one["messages"] for one in result["groups"])
    bytes_moved = sum(one["messages"] * one["bytes"] for one in result["groups"])
    return {"rate_per_s": group["messages"] / result["seconds"], "cpu_us": used * 1e6 / total,
            "cpu_ns_byte": used * 1e9 / bytes_moved, "p50_us": group["p50_us"],
            "p99_us": group["p99_us"],
            "lost_percent": 100 * result.get("lost", 0) / (total + result.get("lost", 0))}
