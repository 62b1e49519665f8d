#!/usr/bin/python3
"""Compares udpecho's STAMP with what its packets must be, byte by byte (RFC 8762, RFC 8972).

Usage: stamp_by_bytes.py UDPECHO SEED COUNT

First reflects COUNT packets of udpecho --stamp, some of them wrongly in ways chosen by SEED, and
compares its counts with what was sent back. Then sends COUNT packets, valid and invalid, to
udpecho --listen --stamp and compares the answers. Prints each difference; exits with 1 if there was
one.
"""
import json
import random
import re
import socket
import struct
import subprocess
import sys
import threading

UDPECHO, SEED, COUNT = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
RANDOM = random.Random(SEED)
NTP_EPOCH = 2208988800
differences = []


def differ(what):
    if len(differences) < 20:
        print(what)
    differences.append(what)


# What is sent back to a packet, and how udpecho counts it. Each is a list of datagrams.

def answer(question, more=b"", sequence=None):
    """From a reflector whose clock is a thousandth of a second ahead."""
    time = struct.pack("!Q", struct.unpack("!Q", question[4:12])[0] + 2**32 // 1000)
    return ((question[0:4] if sequence is None else struct.pack("!I", sequence)) + time +
            b"\x80\x01" + question[14:16] + time + question[0:14] + b"\0\0" +
            bytes([64, 0, 0, 0]) + more)


def noise(least, most):
    return RANDOM.randbytes(RANDOM.randint(least, most))


def changed(packet, at):
    return packet[:at] + bytes([packet[at] ^ (1 << RANDOM.randrange(8))]) + packet[at + 1:]


KINDS = {
    "valid": (lambda q: [answer(q)], {"received": 1}),
    "another number": (lambda q: [answer(q, sequence=RANDOM.getrandbits(31))], {"received": 1}),
    "longer": (lambda q: [answer(q, noise(1, 60))], {"received": 1}),
    "TWAMP Light": (lambda q: [answer(q)[:RANDOM.randint(41, 43)]], {"received": 1}),
    "twice": (lambda q: [answer(q)] * 2, {"received": 1, "duplicated": 1}),
    "after noise": (lambda q: [noise(44, 80), answer(q)], {"received": 1, "foreign": 1}),
    "nothing": (lambda q: [], {"lost": 1}),
    "noise": (lambda q: [noise(41, 100)], {"lost": 1, "foreign": 1}),
    "short noise": (lambda q: [noise(0, 40)], {"lost": 1, "corrupted": 1}),
    "too short": (lambda q: [answer(q)[:RANDOM.randint(38, 40)]],
                  {"lost": 1, "corrupted": 1, "lost_corrupted": 1}),
    "echo": (lambda q: [q], {"lost": 1, "corrupted": 1, "lost_corrupted": 1}),
    "changed number": (lambda q: [changed(answer(q), RANDOM.randint(24, 27))],
                       {"lost": 1, "foreign": 1}),
    "changed time": (lambda q: [changed(answer(q), RANDOM.randint(28, 35))],
                     {"lost": 1, "foreign": 1}),
    "changed error": (lambda q: [changed(answer(q), RANDOM.randint(36, 37))],
                      {"lost": 1, "corrupted": 1, "lost_corrupted": 1}),
}


def look_at_question(packet, number):
    if len(packet) != 44:
        differ(f"packet {number} has {len(packet)} bytes")
    if struct.unpack("!I", packet[:4])[0] != number:
        differ(f"packet {number} has another number: {packet.hex()}")
    if packet[13] == 0 or packet[12] & 0x40 or any(packet[14:]):
        differ(f"packet {number}: an error estimate of 0, PTP, or fields that are not zero: "
               f"{packet.hex()}")


def reflect(server, expected):
    for number in range(COUNT):
        packet, sender = server.recvfrom(2048)
        look_at_question(packet, number)
        make, counts = KINDS[RANDOM.choice(list(KINDS))]
        for name, count in counts.items():
            expected[name] += count
        for datagram in make(packet):
            server.sendto(datagram, sender)


def check_sender():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    server.settimeout(30)
    expected = dict.fromkeys(["received", "lost", "lost_corrupted", "duplicated", "foreign",
                              "corrupted"], 0)
    thread = threading.Thread(target=reflect, args=(server, expected), daemon=True)
    thread.start()
    # One at a time, so that a reply is never late because the machine is busy with others.
    ran = subprocess.run([UDPECHO, "--stamp", "--json", "-q", "-c", str(COUNT), "-i", "2ms",
                          "-W", "5s", "127.0.0.1", str(server.getsockname()[1])],
                         capture_output=True, text=True, timeout=600)
    thread.join(30)
    result = json.loads(ran.stdout)
    expected.update(sent=COUNT, pending=0, late=0, misdirected=0)
    for name, count in expected.items():
        if result[name] != count:
            differ(f"{name}: {result[name]} instead of {count}")


# What udpecho --listen --stamp answers to a packet.

def random_question():
    kind = RANDOM.choice(["noise", "valid", "extensions", "TWAMP Light"])
    fields = RANDOM.randbytes(4) + struct.pack("!II", NTP_EPOCH + RANDOM.getrandbits(30),
                                               RANDOM.getrandbits(32)) + RANDOM.randbytes(2)
    if kind == "noise":
        return noise(0, 200)
    if kind == "TWAMP Light":
        return fields + noise(0, 60)
    packet = fields + RANDOM.randbytes(2) + bytes(28)
    while kind == "extensions" and RANDOM.random() < 0.7:
        length = RANDOM.choice([0, 1, 4, 4, 4, 12, 16, 20])
        if RANDOM.random() < 0.2:  # a location with an address or something else in it
            inner = RANDOM.choice([16, 16, 16, 8, 5])
            packet += struct.pack("!BBHI", 0x80, 2, inner + 8, 0)
            packet += struct.pack("!BBH", RANDOM.getrandbits(8), RANDOM.choice([1, 4, 7, 9]),
                                  RANDOM.choice([inner, inner, 16])) + RANDOM.randbytes(inner)
            continue
        said = RANDOM.choice([length, length, length, RANDOM.getrandbits(16)])
        packet += struct.pack("!BBH", RANDOM.getrandbits(8), RANDOM.choice([1, 2, 2, 3, 4, 5, 6, 7, 8, 200]),
                              said) + RANDOM.randbytes(length)
    return packet + (noise(0, 3) if kind == "extensions" else b"")


LENGTHS = {3: 4, 4: 4, 5: 12, 7: 16}  # and 1 has any, 2 at least 4


def reflect_location(value, ports):
    """Changes the value of a location; returns whether it is well-formed."""
    value[0:4] = struct.pack("!HH", *ports)
    at = 4
    while len(value) - at >= 4:
        kind, length = value[at + 1], struct.unpack("!H", value[at + 2:at + 4])[0]
        end = at + 4 + length
        if end > len(value) or {1: 8, 4: 16, 7: 16}.get(kind, length) != length:
            value[at] = 0x40 | (0 if kind in (4, 7) else 0x80)
            return False
        if kind in (4, 7):
            value[at:end] = bytes([0, kind + 1, 0, 16, 127, 0, 0, 1]) + bytes(12)
        else:
            value[at] = 0x80
        at = end
    return at == len(value)


def reflected_extensions(rest, ports):
    """The bytes after the first 44 of a STAMP packet as they come back without a session."""
    back = bytearray(rest)
    at = 0
    while len(back) - at >= 4:
        kind, length = back[at + 1], struct.unpack("!H", back[at + 2:at + 4])[0]
        value, end = at + 4, at + 4 + length
        wrong = end > len(back) or LENGTHS.get(kind, length) != length or (kind == 2 and length < 4)
        back[at] = (0 if kind in (1, 2, 3, 4, 5, 7) else 0x80) | (0x40 if wrong else 0)
        if wrong:
            break
        if kind == 2:
            inside = back[value:end]
            sound = reflect_location(inside, ports)
            back[value:end] = inside
            if not sound:
                back[at] = 0x40
                break
        if kind == 3:  # a clock that may be synchronized, and software
            back[value:end] = b"?\2?\2"
        if kind == 4:  # the DSCP and ECN that arrived are 0, the reserved bits become 0
            back[value:end] = bytes([back[value] & 0xfc, 0, 0, 0])
        if kind == 5:
            back[value + 4:end] = bytes(8)
        if kind == 7:
            back[value:end] = bytes(16)
        at = end
    return bytes(back)


def same(expected, got):
    """Whether they are equal, apart from what the expected bytes leave open."""
    return len(expected) == len(got) and all(
        a == b or (a == ord("?") and b in (1, 5)) for a, b in zip(expected, got))


def check_answer(question, got, ports):
    if len(question) < 14:
        return got is None
    if got is None or len(got) != max(44, len(question)):
        return False
    light = len(question) < 44 or any(question[16:44])
    rest = question[44:] if light else reflected_extensions(question[44:], ports)
    return (got[0:4] == question[0:4] and got[14:16] == (b"\0\0" if light else question[14:16]) and
            got[16:24] <= got[4:12] and got[24:38] == question[0:14] and
            got[38:40] == b"\0\0" and got[40] == 17 and got[41:44] == b"\0\0\0" and
            same(rest, got[44:]))


def check_reflector():
    server = subprocess.Popen([UDPECHO, "--listen", "--stamp", "-b", "127.0.0.1", "-p", "0",
                               "--udp-rate", "0"], stdout=subprocess.PIPE, text=True)
    port = int(re.search(r":(\d+) ", server.stdout.readline()).group(1))
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 17)
    client.connect(("127.0.0.1", port))
    client.settimeout(30)
    # Follows each packet, and shows that it was not answered if its own answer comes first.
    marker = b"\xff" * 14
    for _ in range(COUNT):
        question = random_question()
        client.send(question)
        client.send(marker)
        got = client.recv(65536)
        if got[24:38] == marker and question[:14] != marker:
            got = None
        elif client.recv(65536)[24:38] != marker:
            differ(f"two answers to {question.hex()}")
        if not check_answer(question, got, (port, client.getsockname()[1])):
            differ(f"{question.hex()} is answered with {got.hex() if got else None}")
    server.terminate()
    server.wait(30)


check_sender()
check_reflector()
print(f"{COUNT} packets each way, seed {SEED}: {len(differences)} differences")
sys.exit(1 if differences else 0)
