"""Holds TCP sockets for the benchmark of sockopt."""
import resource
import socket
import sys


def hold(count):
    """Holds `count` TCP sockets until EOF on standard input; prints a line when it has them."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    held = []
    while len(held) < count - 1:
        held.append(socket.create_connection(listener.getsockname()))
        held.append(listener.accept()[0])
    print(len(held) + 1, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    hold(int(sys.argv[1]))
