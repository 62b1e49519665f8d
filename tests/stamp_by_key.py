#!/usr/bin/python3
"""Compares udpecho's authenticated STAMP with RFC 8762, 4.4, and RFC 8972, 4.8, by Python's hmac.

Usage: stamp_by_key.py UDPECHO KEYFILE KEY

KEYFILE contains the text KEY. Sends packets to udpecho --listen --stamp, then reflects those of
udpecho --stamp. Prints each difference; exits with 1 if there was one.
"""
import hashlib
import hmac
import json
import re
import socket
import struct
import subprocess
import sys
import threading

UDPECHO, KEYFILE, KEY = sys.argv[1], sys.argv[2], sys.argv[3].encode()
SIZE = 112
differences = []


def differ(what):
    print(what)
    differences.append(what)


def check(holds, what):
    if not holds:
        differ(what)


def digest(text):
    return hmac.new(KEY, text, hashlib.sha256).digest()[:16]


def signed(fields, sequence, extensions=b""):
    """The first 96 bytes of a packet, its HMAC, and the extensions with one of their own."""
    packet = fields + digest(fields)
    if extensions:
        packet += extensions + b"\x80\x08\0\x10" + digest(sequence + extensions)
    return packet


def question(number, extensions=b""):
    sequence = struct.pack("!I", number)
    fields = sequence + bytes(12) + b"\xe8\1\2\3\4\5\6\7" + b"\x81\2" + b"\0\x09" + bytes(68)
    return signed(fields, sequence, extensions)


def look_at_answer(asked, got, number):
    check(len(got) == len(asked), f"{len(asked)} bytes are answered with {len(got)}")
    check(got[96:112] == digest(got[:96]), "the HMAC of an answer is wrong")
    check(struct.unpack("!I", got[:4])[0] == number, f"not number {number}: {got[:4].hex()}")
    check(got[26:28] == b"\0\x09", "the session identifier is not returned")
    check(got[48:52] == asked[:4] and got[64:74] == asked[16:26], "the question is not quoted")
    check(got[80] == 17, f"not the TTL of arrival: {got[80]}")
    check(not any(got[4:16] + got[28:32] + got[40:48] + got[52:64] + got[74:80] + got[81:96]),
          f"fields that must be zero: {got.hex()}")
    check(got[32:40] <= got[16:24], "it left before it arrived")


def check_reflector():
    server = subprocess.Popen([UDPECHO, "--listen", "--stamp", "--stateful", "-b", "127.0.0.1",
                               "-p", "0", "--json", "--stamp-key-file", KEYFILE],
                              stdout=subprocess.PIPE, text=True)
    port = json.loads(server.stdout.readline())["port"]
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 17)
    client.connect(("127.0.0.1", port))
    client.settimeout(30)

    def ask(packet):
        client.send(packet)
        return client.recv(65536)

    look_at_answer(question(7), ask(question(7)), 0)
    right = question(8)
    wrong = [right[:20] + bytes([right[20] ^ 1]) + right[21:], right[:111] + b"x", right[:96]
             + bytes(16)]
    for packet in wrong + [right[:111], right[:44], b""]:
        client.send(packet)
    look_at_answer(right, ask(right), 1)  # the others were neither answered nor counted
    # A count, and padding, which nothing protects.
    count = b"\x80\5\0\x0c\0\0\0\3" + bytes(8)
    padding = b"\x80\1\0\2zz"
    asked = question(9, count) + padding
    got = ask(asked)
    look_at_answer(asked, got, 2)
    check(got[112:128] == b"\0\5\0\x0c\0\0\0\3\0\0\0\3\0\0\0\3", f"the count: {got[112:].hex()}")
    check(got[128:148] == b"\0\x08\0\x10" + digest(got[:4] + got[112:128]),
          f"the HMAC of the extensions: {got[112:].hex()}")
    check(got[148:] == b"\0\1\0\2zz", f"the padding: {got[148:].hex()}")
    asked = question(10, count)
    asked = asked[:-1] + bytes([asked[-1] ^ 1])
    got = ask(asked)
    look_at_answer(asked, got, 3)
    check(got[112] == 0x20 and got[128] == 0x20 and got[113:128] == asked[113:128] and
          got[129:] == asked[129:], f"a wrong HMAC of the extensions: {got[112:].hex()}")
    server.terminate()
    result = json.loads(server.communicate(timeout=30)[0].splitlines()[-1])
    check((result["answered"], result["dropped_integrity"], result["dropped_form"]) == (4, 3, 3),
          f"the counts of the reflector: {result}")


def answer(asked, extensions=b""):
    sequence = asked[:4]
    fields = (sequence + bytes(12) + asked[16:24] + b"\x80\1" + asked[26:28] + bytes(4) +
              asked[16:24] + bytes(8) + sequence + bytes(12) + asked[16:26] + bytes(6) +
              bytes([64]) + bytes(15))
    return signed(fields, sequence, extensions)


def changed(packet, at):
    return packet[:at] + bytes([packet[at] ^ 1]) + packet[at + 1:]


def reflect(server):
    for number in range(6):
        asked, sender = server.recvfrom(2048)
        check(len(asked) == SIZE + 16 + 20 and asked[96:112] == digest(asked[:96]),
              f"question {number}: {asked.hex()}")
        check(asked[112:128] == b"\x80\5\0\x0c" + struct.pack("!I", number + 1) + bytes(8),
              f"the count of question {number}: {asked[112:128].hex()}")
        check(asked[128:] in (b"\0\x08\0\x10" + digest(asked[:4] + asked[112:128]),
                              b"\x80\x08\0\x10" + digest(asked[:4] + asked[112:128])),
              f"the HMAC of the extensions of question {number}: {asked[128:].hex()}")
        check(asked[128] == 0x80, "a sender sets the U flag in all extensions")
        count = b"\0\5\0\x0c" + asked[116:120] + b"\0\0\0\7\0\0\0\x09"
        good = answer(asked, count)
        reply = [good, changed(good, 40), changed(good, 111), changed(good, 127), answer(asked),
                 good][number]
        server.sendto(reply, sender)


def check_sender():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    server.settimeout(30)
    thread = threading.Thread(target=reflect, args=(server,), daemon=True)
    thread.start()
    ran = subprocess.run([UDPECHO, "--stamp", "--json", "-q", "-c", "6", "-i", "2ms", "-W", "5s",
                          "--stamp-key-file", KEYFILE, "--stamp-request", "counts", "127.0.0.1",
                          str(server.getsockname()[1])], capture_output=True, text=True,
                         timeout=120)
    thread.join(30)
    result = json.loads(ran.stdout)
    # Number 4 has no extensions, so there is nothing to be protected, nor a count.
    check((result["received"], result["corrupted"], result["lost_corrupted"]) == (4, 2, 2),
          f"what the sender counts: {ran.stdout}")
    told = result["reflector"]
    check((told["received"], told["sent"], told["unverified"]) == (7, 9, 1),
          f"what the sender was told: {told}")
    check(any("HMAC" in error["message"] for error in result["errors"]), f"{result['errors']}")
    check(KEY.decode() not in ran.stdout + ran.stderr, "the key is shown")


check_reflector()
check_sender()
print(f"{len(differences)} differences")
sys.exit(1 if differences else 0)
