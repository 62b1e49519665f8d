#!/usr/bin/env python3
"""Tests echod with datagrams that no honest host sends, with bursts and with refused replies.

Usage: forged_datagrams.py ECHOD SCENARIO, as root in a network namespace of its own whose loopback
interface is up. If echod misbehaves, prints a line and exits with status 1.
"""
import atexit
import ctypes
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time

PATIENCE = 30


class Echod:
    def __init__(self, program, *options, bind="127.0.0.1"):
        self.process = subprocess.Popen(
            [program, "--udp", "--port", "0", "--bind", bind, "--log-format", "json", *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        atexit.register(self.end)
        self.port = int(self.process.stdout.readline().split(":")[1].split()[0])

    def counts(self):
        """echod's datagram counters."""
        self.process.send_signal(signal.SIGUSR1)
        while True:
            line = json.loads(self.process.stderr.readline())
            if line["event"] == "status":
                return line["datagrams"]

    def wait_for(self, condition):
        """The counters once they meet the condition, or at the deadline."""
        deadline = time.monotonic() + PATIENCE
        counts = self.counts()
        while not condition(counts) and time.monotonic() < deadline:
            time.sleep(0.02)
            counts = self.counts()
        return counts

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            while stat.read().rsplit(")", 1)[1].split()[0] != "T":
                stat.seek(0)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def end(self):
        self.process.kill()
        self.process.wait()


def expect(truth, *words):
    if not truth:
        sys.exit(" ".join(str(word) for word in words))


def forge(source, source_port, port, data=b"x", target="127.0.0.1"):
    """Sends a UDP datagram from any source to a port of this host, without a checksum."""
    udp = struct.pack("!HHHH", source_port, port, 8 + len(data), 0) + data
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, socket.IPPROTO_UDP, 0,
                     socket.inet_aton(source), socket.inet_aton(target))
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    raw.sendto(ip + udp, (target, 0))
    raw.close()


def forge_frame(source, target, port):
    """Injects a datagram at the link layer, for a source that the kernel would otherwise replace."""
    udp = struct.pack("!HHHH", 4242, port, 9, 0) + b"x"
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, socket.IPPROTO_UDP, 0,
                         socket.inet_aton(source), socket.inet_aton(target))
    words = sum(struct.unpack("!10H", header))
    checksum = ~((words >> 16) + (words & 0xFFFF)) & 0xFFFF
    frame = bytes(12) + b"\x08\x00" + header[:10] + struct.pack("!H", checksum) + header[12:] + udp
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind(("lo", 0))
        raw.send(frame)


class Neighbour:
    """Another host, 10.1.0.2/24, linked to ours, which is 10.1.0.1/24."""

    def __init__(self):
        self.process = subprocess.Popen(["unshare", "-n", "sh", "-c", "echo; exec cat"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        atexit.register(self.end)
        self.process.stdout.readline()
        run("ip link add ours type veth peer name theirs")
        run(f"ip link set theirs netns {self.process.pid}")
        run("ip address add 10.1.0.1/24 broadcast + dev ours")
        run("ip link set ours up")
        with self:
            run("ip address add 10.1.0.2/24 broadcast + dev theirs")
            run("ip link set theirs up")
            run("ip route add 224.0.0.0/4 dev theirs")

    def enter(self, process):
        with open(f"/proc/{process}/ns/net", "rb") as namespace:
            if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), 0) != 0:
                sys.exit("setns: " + os.strerror(ctypes.get_errno()))

    def __enter__(self):
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.enter(self.process.pid)
        return self

    def __exit__(self, *_):
        ctypes.CDLL(None).setns(self.home, 0)
        os.close(self.home)

    def end(self):
        self.process.kill()
        self.process.wait()


def run(command):
    subprocess.run(command.split(), check=True)


def client():
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    return made


def is_answered(port):
    asking = client()
    asking.sendto(b"?", ("127.0.0.1", port))
    return bool(select.select([asking], [], [], PATIENCE)[0]) and asking.recv(10) == b"?"


def sources(program):
    """Sources with service ports or non-unicast addresses get no reply and are counted."""
    echod = Echod(program)
    for port in (0, 7, 19, 53, 69, 123, 1023):
        forge("127.0.0.1", port, echod.port)
    forge("127.0.0.1", 1024, echod.port)
    nobody = ("255.255.255.255", "127.255.255.255", "224.0.0.1", "240.0.0.1")
    for source in nobody:
        forge(source, 4242, echod.port)
    expect(is_answered(echod.port), "an honest client is not answered")
    counts = echod.wait_for(lambda counts: counts["answered"] == 2)
    arrive = counts["received"] - 9  # from invalid sources, as far as the kernel lets them through
    expect(arrive > 0, "the kernel let none of", nobody, "through")
    expect(counts["dropped_source"] == arrive, counts)
    expect(counts["dropped_port"] == 7, counts)
    expect(counts["answered"] == 2, counts)
    echod.end()
    echod = Echod(program, "--answer-privileged")
    for port in (0, 1, 7, 1023):
        forge("127.0.0.1", port, echod.port)
    expect(is_answered(echod.port), "an honest client is not answered")
    counts = echod.wait_for(lambda counts: counts["answered"] == 4)
    expect(counts["answered"] == 4 and counts["dropped_port"] == 1, counts)
    echod.end()
    everywhere = Echod(program, bind="0.0.0.0")
    forge_frame("0.0.0.0", "255.255.255.255", everywhere.port)
    expect(is_answered(everywhere.port), "an honest client is not answered")
    counts = everywhere.wait_for(lambda counts: counts["answered"] == 1)
    expect(counts["dropped_source"] == 1 and counts["answered"] == 1, counts)
    everywhere.end()


def broadcast(program):
    """Datagrams to broadcast and multicast addresses are answered only if enabled."""
    neighbour = Neighbour()
    group = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    group.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                     socket.inet_aton("224.1.2.3") + socket.inet_aton("10.1.0.1"))
    with neighbour:
        asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        asking.bind(("10.1.0.2", 0))
    targets = ("10.1.0.255", "255.255.255.255", "224.1.2.3")

    def ask_all(echod):
        """The source of each reply, by target; the unicast target comes last, after all others."""
        for target in (*targets, "10.1.0.1"):
            asking.sendto(target.encode(), (target, echod.port))
        answers = {}
        while "10.1.0.1" not in answers and select.select([asking], [], [], PATIENCE)[0]:
            asked, source = asking.recvfrom(100)
            answers[asked.decode()] = source
        return answers

    echod = Echod(program, bind="0.0.0.0")
    answers = ask_all(echod)
    expect(set(answers) == {"10.1.0.1"}, "answered:", answers)
    counts = echod.wait_for(lambda counts: counts["dropped_destination"] + counts["answered"] == 4)
    expect(counts["dropped_destination"] == 3 and counts["answered"] == 1, counts)
    echod.end()

    echod = Echod(program, "--answer-broadcast", bind="0.0.0.0")
    answers = ask_all(echod)
    expect(set(answers) == {*targets, "10.1.0.1"}, "answered:", answers)
    expect(set(answers.values()) == {("10.1.0.1", echod.port)}, "answered from", answers)
    echod.end()
    neighbour.end()


def own(program):
    """A datagram from the server itself, or from its port elsewhere, starts no loop."""
    neighbour = Neighbour()
    run("ip address add 10.9.0.1/32 dev lo")
    for bind in ("127.0.0.1", "0.0.0.0"):
        echod = Echod(program, bind=bind)
        forge("127.0.0.1", echod.port, echod.port)
        forge("10.9.0.1", echod.port, echod.port)
        expect(is_answered(echod.port), "an honest client is not answered")
        counts = echod.wait_for(lambda counts: counts["answered"] == 1)
        expect(counts["dropped_own"] == 2 and counts["received"] == 3, bind, counts)
        echod.end()
    for options, answered in ((), 0), (("--answer-own-port",), 1):
        echod = Echod(program, *options, bind="0.0.0.0")
        with neighbour:
            asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            asking.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            asking.bind(("10.1.0.2", echod.port))
        asking.sendto(b"?", ("10.1.0.1", echod.port))
        for target in ("127.0.0.1", "10.1.0.1", "10.9.0.1"):
            for source in ("127.0.0.1", "10.1.0.1", "10.9.0.1"):
                forge(source, echod.port, echod.port, target=target)
        expect(is_answered(echod.port), "an honest client is not answered")
        counts = echod.wait_for(lambda counts: counts["answered"] == 1 + answered)
        expect(counts["answered"] == 1 + answered, options, counts)
        expect(counts["dropped_own"] == counts["received"] - 1 - answered >= 9, options, counts)
        asking.close()
        echod.end()
    neighbour.end()


def batch(program):
    """One bad datagram among 64 does not affect the others."""
    echod = Echod(program)
    asking = client()
    echod.pause()
    for number in range(64):
        if number == 31:
            forge("127.0.0.1", 0, echod.port)
        else:
            asking.sendto(bytes([number]), ("127.0.0.1", echod.port))
    echod.go_on()
    got = set()
    while len(got) < 63 and select.select([asking], [], [], PATIENCE)[0]:
        got.add(asking.recv(10)[0])
    expect(got == set(range(64)) - {31}, "answered:", sorted(got))
    echod.end()


def loop(program):
    """Two servers that loop on a forged packet are limited, and still serve others."""
    rate = 50
    first = Echod(program, "--udp-rate", str(rate))
    second = Echod(program, "--udp-rate", str(rate))
    begin = time.monotonic()
    forge("127.0.0.1", first.port, second.port)
    first.wait_for(lambda counts: counts["dropped_rate"] + second.counts()["dropped_rate"] > 0)
    passed = time.monotonic() - begin
    for echod in (first, second):
        expect(echod.counts()["answered"] <= rate * (passed + 2), passed, echod.counts())
    before = first.counts()["received"] + second.counts()["received"]
    # From another address, because the loop has used up the budget of the servers' own.
    asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asking.bind(("127.0.0.2", 0))
    asking.sendto(b"?", ("127.0.0.1", first.port))
    expect(select.select([asking], [], [], PATIENCE)[0], "another client is not served")
    after = first.counts()["received"] + second.counts()["received"]
    expect(after <= before + 1, "the loop goes on:", before, after)
    first.end()
    second.end()


def overflow(program):
    """Datagrams that the kernel drops because the receive buffer is full are counted."""
    echod = Echod(program, "--set", "SO_RCVBUF=2304")
    asking = client()
    echod.pause()
    for _ in range(100):
        asking.sendto(b"x", ("127.0.0.1", echod.port))
    echod.go_on()
    echod.wait_for(lambda counts: counts["received"] > 0)  # the buffer has room again
    expect(is_answered(echod.port), "not answered after the burst")
    counts = echod.wait_for(lambda counts: counts["received"] + counts["overflowed"] == 101)
    expect(counts["overflowed"] > 50, counts)
    expect(counts["received"] + counts["overflowed"] == 101, counts)
    echod.end()


def refused(program):
    """Replies that the system refuses are counted, and the server continues."""
    echod = Echod(program)
    rules = "add table ip t\nadd chain ip t c { type filter hook output priority 0 ;\n}\n"
    rules += f"add rule ip t c udp sport {echod.port} drop\n"
    subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)
    asking = client()
    for _ in range(10):
        asking.sendto(b"x", ("127.0.0.1", echod.port))
    counts = echod.wait_for(lambda counts: counts["unsent"] == 10)
    expect(counts["unsent"] == 10 and counts["answered"] == 0, counts)
    subprocess.run(["nft", "flush", "ruleset"], check=True)
    expect(is_answered(echod.port), "not answered after the rule is gone")
    echod.end()


SCENARIOS = {scenario.__name__: scenario for scenario in (sources, broadcast, own, batch, loop,
                                                             overflow, refused)}

if __name__ == "__main__":
    SCENARIOS[sys.argv[2]](sys.argv[1])
