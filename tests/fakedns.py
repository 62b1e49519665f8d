#!/usr/bin/python3
"""A scripted DNS server for tests, at 127.0.0.53 port 53 in a network namespace of its own.

The first label of a name selects the answer; every name is in the domain "test".
"""
import socket
import struct
import threading

A, CNAME, PTR, AAAA = 1, 5, 12, 28
NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5


def wire_name(name):
    labels = [label for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(l)]) + l.encode() for l in labels) + b"\0"


def record(name, kind, data):
    return wire_name(name) + struct.pack("!HHIH", kind, 1, 60, len(data)) + data


def v4(name, address):
    return record(name, A, socket.inet_pton(socket.AF_INET, address))


def v6(name, address):
    return record(name, AAAA, socket.inet_pton(socket.AF_INET6, address))


def addresses(name, kind):
    """The response code and records for a forward query; None means no response."""
    label = name.split(".")[0]
    if label == "silent":
        return None
    codes = {"nxdomain": NXDOMAIN, "servfail": SERVFAIL, "refused": REFUSED}
    if label in codes:
        return codes[label], []
    if label == "nodata":
        return NOERROR, []
    if label == "loop":
        return NOERROR, [record(name, CNAME, wire_name(name))]
    if label == "chain":
        rest = [v4("end.test", "192.0.2.9")] if kind == A else []
        return NOERROR, [record(name, CNAME, wire_name("middle.test")),
                         record("middle.test", CNAME, wire_name("end.test"))] + rest
    if label == "many":
        return NOERROR, [v4(name, f"10.9.{i // 250}.{i % 250 + 1}")
                         for i in range(500)] if kind == A else []
    if label == "dup":
        return NOERROR, [v4(name, "192.0.2.7")] * 3 if kind == A else []
    if label == "mapped":
        return NOERROR, [v6(name, "::ffff:127.0.0.1")] if kind == AAAA else []
    if label == "ll":
        return NOERROR, [v6(name, "fe80::1")] if kind == AAAA else []
    if label == "xn--bcher-kva":
        return NOERROR, [v4(name, "192.0.2.8")] if kind == A else []
    if label == "dual":
        return NOERROR, [v4(name, "127.0.0.1")] if kind == A else [v6(name, "::1")]
    if label == "half4":  # the question for its IPv6 address is not answered
        return (NOERROR, [v4(name, "127.0.0.1")]) if kind == A else None
    if label == "half6":
        return (NOERROR, [v6(name, "::1")]) if kind == AAAA else None
    if label == "far":  # no route to its IPv6 address
        return NOERROR, [v4(name, "127.0.0.1")] if kind == A else [v6(name, "2001:db8::5")]
    if label == "lookalike":  # its reverse name points elsewhere
        return NOERROR, [v4(name, "127.0.0.77")] if kind == A else []
    if label.startswith("n") and label[1:].isdigit():
        return NOERROR, [v4(name, "127.0.0.1")] if kind == A else []
    return NXDOMAIN, []


def answer(name, kind):
    if name.endswith(".in-addr.arpa"):
        known = {"1.0.0.127": "dual.test", "77.0.0.127": "dual.test",
                 "66.0.0.127": "\x1b[31mred.test"}
        target = known.get(name[:-len(".in-addr.arpa")])
        return (NOERROR, [record(name, PTR, wire_name(target))]) if target else (NXDOMAIN, [])
    if kind in (A, AAAA):
        return addresses(name, kind)
    return NOERROR, []


def question(packet):
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("latin-1"))
        at += packet[at] + 1
    kind = struct.unpack("!H", packet[at + 1:at + 3])[0]
    return ".".join(labels).lower(), kind, packet[12:at + 5]


def reply(packet, most):
    """The response to a packet, truncated if longer than `most` bytes; None for no response."""
    name, kind, asked = question(packet)
    found = answer(name, kind)
    if found is None:
        return None
    code, records = found
    body = b"".join(records)
    fits = 12 + len(asked) + len(body) <= most
    head = packet[:2] + struct.pack("!HHHHH", (0x8580 if fits else 0x8780) | code, 1,
                                    len(records) if fits else 0, 0, 0)
    return head + asked + (body if fits else b"")


def serve_stream(listener):
    while True:
        client, _ = listener.accept()
        with client:
            stream = client.makefile("rwb")
            while len(size := stream.read(2)) == 2:  # A and AAAA queries share a connection
                packet = stream.read(struct.unpack("!H", size)[0])
                text = reply(packet, 65535)
                stream.write(struct.pack("!H", len(text)) + text)
                stream.flush()


def main():
    where = ("127.0.0.53", 53)
    listener = socket.create_server(where)
    threading.Thread(target=serve_stream, args=(listener,), daemon=True).start()
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    server.bind(where)
    print("ready", flush=True)
    while True:
        packet, client = server.recvfrom(4096)
        text = reply(packet, 512)
        if text is not None:
            server.sendto(text, client)


if __name__ == "__main__":
    main()
