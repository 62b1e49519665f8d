#!/usr/bin/env python3
"""Lets connections come and go at a rate while `sockopt --watch` reads a port, and accounts for each.

usage: short_lived_sockets.py SOCKOPT NUMBER PER_SECOND

Runs in a network namespace of its own. The ground truth is the client's own list of its ports: each
connection was accepted, answered and closed. Prints one line with what sockopt reported.
"""
import collections
import json
import socket
import subprocess
import sys
import threading
import time

PATIENCE = 60


def serve(listener, number):
    for _ in range(number):
        accepted, _ = listener.accept()
        accepted.recv(16)
        accepted.sendall(b"world")
        accepted.recv(1)
        accepted.close()


def connect(address, number, per_second):
    ports = collections.Counter()
    start = time.monotonic()
    for i in range(number):
        pause = start + i / per_second - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        with socket.create_connection(address) as client:
            ports[client.getsockname()[1]] += 1
            client.sendall(b"hello")
            client.recv(16)
    return ports


def read_events(process, events, first):
    for line in process.stdout:
        events.append(json.loads(line))
        first.set()


def main():
    sockopt, number, per_second = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    address = listener.getsockname()
    server = threading.Thread(target=serve, args=(listener, number), daemon=True)
    server.start()
    watch = subprocess.Popen([sockopt, "--port", str(address[1]), "--watch", "--json"],
                             stdout=subprocess.PIPE, text=True)
    events, first = [], threading.Event()
    reader = threading.Thread(target=read_events, args=(watch, events, first))
    reader.start()
    first.wait(PATIENCE)
    ports = connect(address, number, per_second)
    server.join(PATIENCE)

    deadline = time.monotonic() + PATIENCE
    while (sum(event["event"] == "gone" for event in events) < number
           and time.monotonic() < deadline):
        time.sleep(0.05)
    with open(f"/proc/{watch.pid}/status", encoding="ascii") as status:
        peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
    watch.terminate()
    watch.wait()
    reader.join()

    reported, unread = collections.Counter(), 0
    for event in events:
        if event["event"] == "gone":
            reported[int(event["socket"]["peer"].rsplit(":", 1)[1])] += 1
            unread += event["options"][0]["value"]["bytes_received"] != len(b"hello") + 1
    counts = collections.Counter(event["event"] for event in events)
    print(f"gone {counts['gone']} missing {sum((ports - reported).values())}"
          f" extra {sum((reported - ports).values())} wrong {unread} lost {counts['lost']}"
          f" peak_kb {peak}")


main()
