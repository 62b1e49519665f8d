#!/usr/bin/python3
"""Usage: socket_activation.py KINDS COMMAND...: runs COMMAND with sockets passed as by systemd.

KINDS is a comma-separated list of tcp, udp (both on one free port of 127.0.0.1), connected, unix,
unbound (UDP) and file; they become descriptors from 3 on.
"""
import errno
import os
import socket
import sys


def open_one(kind, port):
    if kind == "file":
        return os.open("/dev/null", os.O_RDWR)
    if kind == "unix":
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind("")  # a free abstract name
        listener.listen()
        return listener.detach()
    if kind == "connected":
        with socket.create_server(("127.0.0.1", 0)) as listener:
            return socket.create_connection(listener.getsockname()).detach()
    stream = kind == "tcp"
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM)
    if stream:  # closed connections may still occupy the port
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if kind != "unbound":
        opened.bind(("127.0.0.1", port))
    if stream:
        opened.listen()
    return opened.detach()


def open_all(kinds):
    """Opens all kinds on one port; tries another if the chosen port is in use for the other kind."""
    for attempt in range(100):
        opened = []
        port = 0
        try:
            for kind in kinds:
                opened.append(open_one(kind, port))
                if kind in ("tcp", "udp") and port == 0:
                    with socket.socket(fileno=os.dup(opened[-1])) as first:
                        port = first.getsockname()[1]
            return opened
        except OSError as error:
            if error.errno != errno.EADDRINUSE or attempt == 99:
                raise
            for descriptor in opened:
                os.close(descriptor)


def main():
    opened = open_all(sys.argv[1].split(","))
    # Move the descriptors out of the way first, so that none overwrites another.
    high = [os.dup2(descriptor, 100 + place) for place, descriptor in enumerate(opened)]
    for place, descriptor in enumerate(high):
        os.dup2(descriptor, 3 + place)
        os.set_inheritable(3 + place, True)
        os.close(descriptor)
    os.environ["LISTEN_FDS"] = str(len(high))
    os.environ["LISTEN_PID"] = str(os.getpid())
    os.environ["LISTEN_FDNAMES"] = ":".join(["echod"] * len(high))
    os.execv(sys.argv[2], sys.argv[2:])


main()
