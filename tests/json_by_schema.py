#!/usr/bin/env python3
"""Validates what every command prints with --json against the installed schema.

Usage: json_by_schema.py BIN SCHEMA. Runs each command in each of its modes on loopback, and fails if
an object does not match, or if a kind of object that the schema describes does not occur.
"""
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import jsonschema

PATIENCE = 60
RARE = {"sockopt lost"}  # only if the kernel drops a report


class Commands:
    """Runs commands, and keeps the objects that they print."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.objects = []  # with the command that printed it
        self.running = []

    def path(self, words):
        return [str(self.directory / words[0]), *words[1:]]

    def keep(self, words, lines):
        for line in lines:
            self.objects.append((" ".join(words), json.loads(line)))

    def run(self, *words, text="", status=None, interrupt_after=None, by=()):
        """Interrupts the command after so many lines, if a number of lines is given. `by` are the
        words of a program that starts it."""
        process = subprocess.Popen([*by, *self.path(words)], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        lines = []
        if interrupt_after is not None:
            lines = [process.stdout.readline() for _ in range(interrupt_after)]
            process.send_signal(signal.SIGINT)
        out, err = process.communicate(text, timeout=PATIENCE)
        if not lines and not out:
            sys.exit(f"{' '.join(words)}: nothing printed: {err}")
        if status is not None and process.returncode != status:
            sys.exit(f"{' '.join(words)}: status {process.returncode}, expected {status}: {err}")
        self.keep(words, [*lines, *out.splitlines()])

    def start(self, *words, lines=1, errors=False):
        """Starts a server; returns its process and the ports in its first lines."""
        process = subprocess.Popen(self.path(words), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE if errors else None, text=True)
        self.running.append(process)
        ready = [process.stdout.readline() for _ in range(lines)]
        self.keep(words, ready)
        return process, [str(json.loads(line)["port"]) for line in ready]

    def stop(self, process, words):
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=PATIENCE)
        self.running.remove(process)
        self.keep(words, [line for line in out.splitlines() + (err or "").splitlines()
                          if line.startswith("{")])


def run_showip(commands, port):
    commands.run("showip", "-j", "127.0.0.1")
    commands.run("showip", "-j", "--long", "--canonname", "-p", "http", "localhost")
    commands.run("showip", "-j", "--why", "--source", "-x", "-c", "-p", port, "127.0.0.1", "::1",
                 "127.1")
    commands.run("showip", "-j", "--by-source", "localhost")
    commands.run("showip", "-j", "--passive", "-p", "3490")
    commands.run("showip", "-j", "--stats", "-f", "-", text="127.0.0.1\n::1\n")
    commands.run("showip", "-j", "-6", "127.0.0.1", status=2)
    commands.run("showip", "-j", "-c", "-p", "1", "127.0.0.1")
    commands.run("showip", "-j", "--why", "--source", "255.255.255.255")
    commands.run("showip", "-j", "--socktype", "99", "127.0.0.1")


def run_sockopt(commands, port):
    for kind in ("tcp", "udp", "unix", "raw"):
        commands.run("sockopt", "-j", "--type", kind)
    commands.run("sockopt", "-j", "-a")
    commands.run("sockopt", "-j", "SO_RCVBUF=1M", "TCP_NODELAY=on", "SO_LINGER=on,5", "6:1", "TCP_INFO")
    commands.run("sockopt", "-j", "SO_RCVBUF=8M", "--strict")
    commands.run("sockopt", "-j", "SO_ERROR", "SO_TYPE")
    commands.run("sockopt", "-j", "--list")
    commands.run("sockopt", "-j", "--explain", "nodelay")
    commands.run("sockopt", "-j", "--story")
    commands.run("sockopt", "-j", "--listen", "127.0.0.1:0", "--story")
    commands.run("sockopt", "-j", "--connect", f"127.0.0.1:{port}", "TCP_INFO", "TCP_CONGESTION")
    commands.run("sockopt", "-j", "--connect", "127.0.0.1:1", status=3)
    commands.run("sockopt", "-j", "--port", port, "--story")
    commands.run("sockopt", "-j", "-v", "--port", port, "--listening", "SO_RCVBUF=128K")
    commands.run("sockopt", "-j", "--pid", "2147483647", status=3)
    commands.run("sockopt", "-j", "--diff", "SO_KEEPALIVE=on")
    run_foreign(commands)


def run_foreign(commands):
    """Sockets of another network namespace, and of a process that may not be looked into."""
    if os.geteuid() != 0:
        return
    words = ["sockopt", "--type", "udp", "--listen", "127.0.0.1:0", "--", "cat"]
    for by in ((), ("unshare", "--net", "sh", "-c", 'ip link set lo up; exec "$@"', "sh")):
        with subprocess.Popen([*by, *commands.path(words)], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as holder:
            holder.stdin.write(b"\n")
            holder.stdin.flush()
            holder.stdout.readline()
            commands.run("sockopt", "-j", "--pid", str(holder.pid), "SO_RCVBUF")
            holder.stdin.close()
    weak = ("setpriv", "--bounding-set", "-all", "--inh-caps", "-all")
    with socket.create_server(("127.0.0.1", 0)) as own:
        commands.run("sockopt", "-j", "--port", str(own.getsockname()[1]), by=weak)


def run_watch(commands, port):
    """Sockets that come, change and go."""
    words = ("sockopt", "-j", "--watch=100ms", "--port", port)
    watch = subprocess.Popen(commands.path(words), stdout=subprocess.PIPE, text=True)
    lines = [watch.stdout.readline()]
    client = subprocess.Popen(commands.path(("echo", "-j", "-q", "-c", "0", "-i", "20ms",
                                             "127.0.0.1", port)), stdout=subprocess.PIPE, text=True)
    seen = set()
    while "gone" not in seen:
        lines.append(watch.stdout.readline())
        seen.add(json.loads(lines[-1])["event"])
        if {"appeared", "changed"} <= seen:
            client.send_signal(signal.SIGINT)
    watch.send_signal(signal.SIGINT)
    lines += watch.communicate(timeout=PATIENCE)[0].splitlines()
    commands.keep(("echo", "-c", "0"), client.communicate(timeout=PATIENCE)[0].splitlines())
    commands.keep(words, lines)


def run_echo(commands, port):
    to = ("127.0.0.1", port)
    commands.run("echo", "-j", *to, "hello")
    commands.run("echo", "-j", *to, text="one\ntwo\n")
    commands.run("echo", "-j", "127.0.0.1", "1", "hello", status=3)
    commands.run("echo", "-j", "-c", "2", "-i", "1ms", "127.0.0.1", "1", status=3)
    commands.run("echo", "-j", "host.invalid", "1", "hello", status=2)
    commands.run("echo", "-j", "-c", "3", "-i", "10ms", "--tcp-info", "--assert", "p99<1s", *to)
    commands.run("echo", "-j", "-t", "300ms", "--rate", "100", "--report-interval", "100ms", *to)
    commands.run("echo", "-j", "-c", "20", "-i", "1ms", "--source-port", "21100-21103", *to)
    commands.run("echo", "-j", "--find-rate=20-40", "-t", "100ms", "--assert", "loss<1%", *to)
    commands.run("echo", "-j", "--load", "1", "-c", "5", *to)
    commands.run("echo", "-j", "--find-idle=1s", "-P", "2", *to)
    commands.run("echo", "-j", "-c", "3", "-i", "1ms", "--target", "127.0.0.1:1", *to)


def run_udpecho(commands, port):
    to = ("127.0.0.1", port)
    commands.run("udpecho", "-j", *to, "hello")
    commands.run("udpecho", "-j", *to, text="one\ntwo\n")
    commands.run("udpecho", "-j", "127.0.0.1", "1", "hello", status=4)
    commands.run("udpecho", "-j", "127.0.0.1", "1", text="one\ntwo\n", status=4)
    commands.run("udpecho", "-j", "--source", "203.0.113.1", *to, "hello", status=3)
    commands.run("udpecho", "-j", "-c", "1", "--source", "203.0.113.1", *to, status=3)
    commands.run("udpecho", "-j", "--trace", "--source", "203.0.113.1", *to, status=3)
    commands.run("udpecho", "-j", "-c", "1", "host.invalid", "1", status=2)
    commands.run("udpecho", "-j", "-c", "3", "-i", "10ms", "--ecn", "2", "--assert", "jitter<1s", *to)
    commands.run("udpecho", "-j", "-c", "3", "-i", "10ms", "-s", "1", *to)
    commands.run("udpecho", "-j", "-c", "2", "-i", "1ms", "127.0.0.1", "1", status=4)
    commands.run("udpecho", "-j", "-c", "20", "-i", "1ms", "--source-port", "21100-21103", *to)
    commands.run("udpecho", "-j", "--find-rate=20-40", "-t", "100ms", "--assert", "loss<1%", *to)
    commands.run("udpecho", "-j", "--load", "1", "-c", "5", *to)
    commands.run("udpecho", "-j", "--mtu", *to)
    commands.run("udpecho", "-j", "--trace", *to)
    commands.run("udpecho", "-j", "-c", "20", "-i", "20ms", "-q", "--report-interval", "100ms", *to)


def run_without_servers(commands, tool):
    with tempfile.NamedTemporaryFile("w", suffix=".targets") as targets:
        targets.write("[]")
        targets.flush()
        commands.run(tool, "-j", "-c", "1", "--targets", targets.name, status=4)


def run_endless(commands, tool, port):
    """Targets that come from a file, and a name that does not resolve."""
    with tempfile.NamedTemporaryFile("w", suffix=".targets") as targets:
        targets.write(f"127.0.0.1:{port} site=a\n127.0.0.2:1\n")
        targets.flush()
        words = (tool, "-j", "-c", "0", "-i", "50ms", "--metrics", "127.0.0.1:0", "--targets",
                 targets.name)
        client = subprocess.Popen(commands.path(words), stdout=subprocess.PIPE, text=True)
        lines = [client.stdout.readline()]
        targets.write("127.0.0.1:2\n")
        targets.flush()
        while json.loads(lines[-1])["event"] != "targets":
            lines.append(client.stdout.readline())
        client.send_signal(signal.SIGINT)
        commands.keep(words, lines + client.communicate(timeout=PATIENCE)[0].splitlines())

    commands.run(tool, "-j", "-q", "-c", "0", "host.invalid", port, interrupt_after=1)


def run_servers(commands):
    words = ("echod", "-j", "--log-format", "json", "-v", "-p", "0", "-b", "127.0.0.1", "--metrics",
             "127.0.0.1:0", "--fault", "delay=1ms")
    faulty, ports = commands.start(*words, lines=3, errors=True)
    commands.run("echo", "-j", "127.0.0.1", ports[0], "hello")
    faulty.send_signal(signal.SIGUSR1)
    while json.loads(line := faulty.stderr.readline())["event"] != "status":
        commands.keep(words, [line])
    commands.keep(words, [line])
    commands.stop(faulty, words)
    commands.run("echod", "-j", "--log-format", "json", "-b", "192.0.2.1", "-p", "0", status=3)
    words = ("udpecho", "-j", "--listen", "--stamp", "--stateful", "-p", "0", "-b", "127.0.0.1",
             "--no-sandbox")
    reflector, ports = commands.start(*words)
    requests = [word for what in ("location", "clock", "counts", "follow-up")
                for word in ("--stamp-request", what)]
    commands.run("udpecho", "-j", "--stamp", "-c", "3", "-i", "10ms", "--ecn", "2", *requests,
                 "127.0.0.1", ports[0])
    commands.stop(reflector, words)


def check(commands, schema):
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    mistakes = Counter()
    seen = set()
    for words, instance in commands.objects:
        kind = f"{instance['tool']} {instance['event']}"
        matching = schema["$defs"].get(kind)
        if matching is None:
            mistakes[f"{words}: no such kind of object: {kind}"] += 1
            continue
        seen.add(kind)
        of_kind = validator.evolve(schema={"$ref": f"#/$defs/{kind.replace(' ', '%20')}",
                                           "$defs": schema["$defs"]})
        errors = list(of_kind.iter_errors(instance)) or list(validator.iter_errors(instance))
        for error in errors[:3]:
            best = jsonschema.exceptions.best_match([error])
            mistakes[f"{words}: {best.json_path}: {best.message[:300]}"] += 1
    for kind in schema["$defs"]:
        if " " in kind and kind not in seen | RARE:
            mistakes[f"the schema has a kind of object that did not occur: {kind}"] += 1
    return list(mistakes)


def main(directory, schema):
    commands = Commands(directory)
    try:
        echod = ("echod", "-j", "--log-format", "json", "-p", "0", "-b", "127.0.0.1")
        server, ports = commands.start(*echod, lines=2)
        run_showip(commands, ports[0])
        run_sockopt(commands, ports[0])
        run_watch(commands, ports[0])
        run_echo(commands, ports[0])
        run_udpecho(commands, ports[1])
        for tool, port in zip(("echo", "udpecho"), ports):
            run_endless(commands, tool, port)
            run_without_servers(commands, tool)
        commands.stop(server, echod)
        run_servers(commands)
    finally:
        for process in commands.running:
            process.kill()
    mistakes = check(commands, json.loads(Path(schema).read_text(encoding="utf-8")))
    if mistakes:
        sys.exit("\n".join(mistakes[:20]))


if __name__ == "__main__":
    main(*sys.argv[1:])
