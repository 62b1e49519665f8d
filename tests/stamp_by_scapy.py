#!/usr/bin/python3
"""Tests STAMP against another implementation, scapy. Exits with 77 if scapy is not installed.

stamp_by_scapy.py send PORT [stateful]   sends packets to our reflector and checks the replies
stamp_by_scapy.py reflect                checks packets from our sender and reflects them; prints
                                         its port, and ends at EOF on standard input
"""
import select
import socket
import struct
import sys
import time

try:
    import logging
    logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
    from scapy.contrib.stamp import (STAMPSessionReflectorTestUnauthenticated,
                                     STAMPSessionSenderTestUnauthenticated)
except ImportError:
    sys.exit(77)


def check(holds, what):
    if not holds:
        print("WRONG: " + what, flush=True)
        sys.exit(1)


def ntp_seconds():
    return time.time() + 2208988800


def look_at_answer(data, asked, question, number):
    check(len(data) == len(asked), "as long as the question: %d" % len(data))
    answer = STAMPSessionReflectorTestUnauthenticated(data)
    check(answer.seq == number, "the reflector's number: %r" % answer.seq)
    check(answer.seq_sender == question.seq, "the sender's number: %r" % answer.seq_sender)
    check(bytes(data[28:38]) == bytes(asked[4:14]), "the sender's time and error, copied")
    check(answer.ttl_sender == 17, "the TTL of arrival: %r" % answer.ttl_sender)
    check(bytes(data[38:40]) == b"\0\0" and bytes(data[41:44]) == b"\0\0\0", "zeros")
    check(answer.err_estimate.multiplier != 0, "a multiplier that is not 0")
    check(answer.err_estimate.Z == 0, "NTP's format")
    received, sent = (struct.unpack("!Q", data[at:at + 8])[0] for at in (16, 4))
    check(received <= sent, "received before it was sent")
    check(abs((sent >> 32) - ntp_seconds()) < 60, "about now")


def send(port, stateful):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 17)
    sock.settimeout(10)
    sock.connect(("127.0.0.1", port))
    for count, number in enumerate((7, 8, 11)):
        question = STAMPSessionSenderTestUnauthenticated(seq=number)
        asked = bytes(question)
        check(len(asked) == 44, "scapy's question has %d bytes" % len(asked))
        sock.send(asked)
        look_at_answer(sock.recv(65536), asked, question, count if stateful else number)
    padded = bytes(STAMPSessionSenderTestUnauthenticated(seq=12)) + b"\x80\x01\x00\x08paddings"
    sock.send(padded)
    data = sock.recv(65536)
    check(len(data) == len(padded), "padding comes back")
    check(data[44:] == b"\x00\x01\x00\x08paddings", "padding is known: %r" % data[44:])
    print("good", flush=True)


def look_at_question(data, number):
    question = STAMPSessionSenderTestUnauthenticated(data)
    check(len(data) == 44, "44 bytes, not %d" % len(data))
    check(question.seq == number, "numbers from 0 on: %r" % question.seq)
    check(question.err_estimate.multiplier != 0, "a multiplier that is not 0")
    check(question.err_estimate.Z == 0, "NTP's format")
    check(bytes(data[14:44]) == bytes(30), "zeros")
    check(abs(struct.unpack("!I", data[4:8])[0] - ntp_seconds()) < 60, "about now")
    return question


def reflect():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    print(sock.getsockname()[1], flush=True)
    number = 0
    while True:
        ready, _, _ = select.select([sock, sys.stdin], [], [])
        if sys.stdin in ready:
            return
        data, client = sock.recvfrom(65536)
        question = look_at_question(data, number)
        number += 1
        now = ntp_seconds()
        wire = struct.pack("!II", int(now), int(now % 1 * 2**32))
        answer = STAMPSessionReflectorTestUnauthenticated(
            seq=question.seq, ssid=0, seq_sender=question.seq, ttl_sender=64)
        raw = bytearray(bytes(answer))
        raw[4:12] = raw[16:24] = wire
        raw[28:38] = data[4:14]  # copied as it is, not decoded and encoded again
        sock.sendto(bytes(raw), client)


def main():
    if sys.argv[1] == "send":
        send(int(sys.argv[2]), "stateful" in sys.argv[3:])
    else:
        reflect()


main()
