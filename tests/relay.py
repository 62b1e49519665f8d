#!/usr/bin/python3
"""A UDP relay for tests that handles each reply of a server as specified.

relay.py SERVER_PORT [WHICH:ACTION[,ACTION]...]...

WHICH is the number of a datagram from the client, starting at 0, or "every N from M". Actions:
  drop              send no reply
  twice             send the reply twice
  delay=MS          send it this many milliseconds after the datagram arrived
  after=N           hold it until the reply to datagram N has been sent
  cut=BYTES         send only this many bytes of it
  add=BYTES         append this many bytes
  flip=OFFSET       flip a bit of this byte
  forge=OFFSET      also send a copy that differs in this byte
  number=N          also send a copy whose number (bytes 8 to 15) is N
  lose              do not forward the datagram to the server
Prints "PORT" once it listens on 127.0.0.1. For each reply it then prints the number of the datagram
and how many nanoseconds it was held, from the kernel's time of arrival to our time of sending. Ends
at EOF on standard input.
"""
import heapq
import select
import socket
import struct
import sys
import time


NANOSECOND_STAMPS = 35  # SO_TIMESTAMPNS


class Rule:
    def __init__(self, text):
        which, actions = text.split(":", 1)
        if which.startswith("every "):
            step, first = which[len("every "):].split(" from ")
            self.step, self.first = int(step), int(first)
        else:
            self.step, self.first = 0, int(which)
        self.actions = dict(action.partition("=")[::2] for action in actions.split(","))

    def fits(self, number):
        if self.step:
            return number >= self.first and (number - self.first) % self.step == 0
        return number == self.first


class Relay:
    def __init__(self, server_port, rules):
        self.server = ("127.0.0.1", server_port)
        self.rules = rules
        self.front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.front.setsockopt(socket.SOL_SOCKET, NANOSECOND_STAMPS, 1)
        self.front.bind(("127.0.0.1", 0))
        self.number = 0
        # Keyed by the socket to the server, one for each datagram: its number, client and arrival.
        self.waiting = {}
        self.due = []      # (time, order, bytes, client, number)
        self.stamps = {}   # keyed by number: the kernel's time of arrival in nanoseconds since 1970
        self.held = {}     # keyed by number: replies held until the reply to that datagram
        self.order = 0

    def actions(self, number):
        found = {}
        for rule in self.rules:
            if rule.fits(number):
                found.update(rule.actions)
        return found

    def take_question(self):
        data, ancillary, _, client = self.front.recvmsg(65536, 64)
        number, self.number = self.number, self.number + 1
        for _, _, stamp in ancillary:
            seconds, nanoseconds = struct.unpack("qq", stamp)
            self.stamps[number] = seconds * 10**9 + nanoseconds
        if "lose" in self.actions(number):
            return
        back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        back.connect(self.server)
        back.send(data)
        self.waiting[back] = (number, client, time.monotonic())

    def take_reply(self, back):
        number, client, came = self.waiting.pop(back)
        data = back.recv(65536)
        back.close()
        actions = self.actions(number)
        if "drop" in actions:
            return
        for reply in self.replies(data, actions):
            self.order += 1
            entry = (came + float(actions.get("delay", 0)) / 1000, self.order, reply, client,
                     number)
            if "after" in actions:
                self.held.setdefault(int(actions["after"]), []).append(entry)
            else:
                heapq.heappush(self.due, entry)

    @staticmethod
    def replies(data, actions):
        changed = bytearray(data)
        if "flip" in actions:
            changed[int(actions["flip"])] ^= 1
        if "cut" in actions:
            del changed[int(actions["cut"]):]
        changed += b"x" * int(actions.get("add", 0))
        found = [bytes(changed)] * (2 if "twice" in actions else 1)
        if "forge" in actions:
            forged = bytearray(data)
            forged[int(actions["forge"])] ^= 0xff
            found.append(bytes(forged))
        if "number" in actions:
            found.append(data[:8] + struct.pack("=Q", int(actions["number"])) + data[16:])
        return found

    def send_due(self):
        while self.due and self.due[0][0] <= time.monotonic():
            _, _, data, client, number = heapq.heappop(self.due)
            sent = time.time_ns()
            self.front.sendto(data, client)
            print(number, sent - self.stamps[number], flush=True)
            for entry in self.held.pop(number, []):
                heapq.heappush(self.due, (0,) + entry[1:])

    def run(self):
        while True:
            left = max(0, self.due[0][0] - time.monotonic()) if self.due else None
            ready, _, _ = select.select([self.front, sys.stdin, *self.waiting], [], [], left)
            if sys.stdin in ready:
                return
            for sock in ready:
                if sock is self.front:
                    self.take_question()
                else:
                    self.take_reply(sock)
            self.send_due()


def main():
    relay = Relay(int(sys.argv[1]), [Rule(text) for text in sys.argv[2:]])
    print(relay.front.getsockname()[1], flush=True)
    relay.run()


if __name__ == "__main__":
    main()
