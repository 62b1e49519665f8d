#!/usr/bin/python3
"""Compares what showip reports with what getaddrinfo(3) returns to Python for the same hints.

Usage: getaddrinfo_by_python.py SHOWIP SEED COUNT

Asks for all hosts below with COUNT combinations of service and hints, chosen by SEED; COUNT 0
stands for all of them. To be run in the world of with_fakedns. Prints each difference and the
number of comparisons; exits with 1 if there was a difference.
"""
import itertools
import json
import random
import socket
import subprocess
import sys

HOSTS = ["localhost", "files.test", "n5", "n1.test", "n1.test.", "n1", "dual.test", "nodata.test",
         "nxdomain.test", "servfail.test", "refused.test", "loop.test", "chain.test", "dup.test",
         "mapped.test", "ll.test", "far.test", "many.test", "127.0.0.1", "127.1", "0x7f.1", "::1",
         "::ffff:127.0.0.1", "fe80::1", "fe80::1%1", "2001:db8::1", "256.1.1.1", "a..b", "x" * 64]
SERVICES = [None, "0", "7", "65535", "http", "tftp", "nosuchservice"]
FAMILIES = [[], ["-4"], ["-6"]]
TYPES = ["any", "stream", "dgram", "raw", "seqpacket"]
PROTOCOLS = [None, "tcp", "udp"]
FLAGS = ["passive", "canonname", "numerichost", "numericserv", "v4mapped", "all", "addrconfig"]
FLAG_SETS = [set(chosen) for count in range(4) for chosen in itertools.combinations(FLAGS, count)]


def number(prefix, name):
    return getattr(socket, prefix + name.upper())


def expected(host, service, family, kind, protocol, flags):
    """The code of the error, or a list of what each node must be."""
    wanted_family = {"-4": socket.AF_INET, "-6": socket.AF_INET6}.get("".join(family), 0)
    bits = sum(number("AI_", flag) for flag in flags)
    try:
        found = socket.getaddrinfo(host.encode(), service.encode() if service else None,
                                   wanted_family, 0 if kind == "any" else number("SOCK_", kind),
                                   number("IPPROTO_", protocol) if protocol else 0, bits)
    except socket.gaierror as error:
        return error.errno, ""
    nodes = []
    for node_family, node_kind, node_protocol, _, address in found:
        scope = address[3] if node_family == socket.AF_INET6 else 0
        packed = socket.inet_pton(node_family, address[0].split("%")[0])
        nodes.append((packed, address[1], scope, int(node_kind), node_protocol))
    return nodes, found[0][3]


def symbol_number(value):
    return value if isinstance(value, int) else int(getattr(socket, value))


def shown(line):
    answer = json.loads(line)
    if "error" in answer:
        return answer["error"]["code"], ""
    nodes = []
    for node in answer["addresses"]:
        family = socket.AF_INET if node["family"] == "IPv4" else socket.AF_INET6
        packed = socket.inet_pton(family, node["address"].split("%")[0])
        nodes.append((packed, node["port"], node["scope_id"], symbol_number(node["socktype"]),
                      symbol_number(node["protocol"])))
    return nodes, answer["canonical_name"] or ""


def compare(showip, service, family, kind, protocol, flags):
    words = [showip, "--json", "--socktype", kind] + family
    words += ["--service", service] if service else []
    words += ["--protocol", protocol] if protocol else []
    words += ["--flags", ",".join(sorted(flags))] if flags else []
    lines = subprocess.run(words + ["--"] + HOSTS, capture_output=True, text=True,
                           check=False).stdout.splitlines()
    if len(lines) != len(HOSTS):
        print(words, "printed", len(lines), "lines")
        return 1
    differences = 0
    for host, line in zip(HOSTS, lines):
        want, got = expected(host, service, family, kind, protocol, flags), shown(line)
        if want != got:
            print(" ".join(words[1:]), host, "\n  getaddrinfo:", want, "\n  showip:     ", got)
            differences += 1
    return differences


def main():
    showip, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    every = list(itertools.product(SERVICES, FAMILIES, TYPES, PROTOCOLS, FLAG_SETS))
    chosen = random.Random(seed).sample(every, count) if count else every
    differences = sum(compare(showip, *combination) for combination in chosen)
    print(len(chosen) * len(HOSTS), "comparisons,", differences, "differences")
    sys.exit(1 if differences else 0)


main()
