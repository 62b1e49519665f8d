#!/usr/bin/python3
"""Compares the rules that `showip --why` reports with the order that the C library chooses.

Usage: order_by_library.py SHOWIP SEED COUNT

Puts COUNT random sets of addresses into /etc/hosts, each in an order and in the reverse one, with
different files /etc/gai.conf. To be run in the world of with_addresses. For each set it checks that

- showip has the order in which getaddrinfo(3) returns the set to Python;
- a rule from 1 to 10 stands at every address but the last;
- two neighbours by rule 10 have the order of /etc/hosts;
- if there are only two, the reversal of /etc/hosts reverses them if that is by rule 10, and not by
  any other rule. (The rules are not transitive, so that more addresses may also change places.)

Prints each difference and how often each rule was seen; exits with 1 if there was a difference.
"""
import collections
import ipaddress
import json
import random
import socket
import subprocess
import sys

NETWORKS = [
    "2001:db8:1::/64", "2001:db8:10::/48", "2001:db8:2::/64", "2001:db8:3::/64", "2001:db8:4::/64",
    "2001:db8:7::/64", "2001:db8:70::/44", "2001:db8:dead::/48", "2001:db8:99::/48", "3fff:1::/32",
    "3fff:2::/32", "2a00::/16", "2001::/32", "2002::/16", "fd00:1::/64", "fd00:4::/48",
    "fd00:9::/48", "fec0::/64", "64:ff9b::/96", "64:ff9b:1::/64", "::ffff:10.1.0.0/112", "::1/128",
    "fe80::/64", "ff0e::/16", "::192.0.2.0/120",
    "10.1.0.0/16", "10.1.0.0/28", "10.4.0.0/24", "10.5.0.9/32", "10.6.0.0/24", "192.168.7.0/24",
    "192.168.8.0/24", "100.64.0.0/10", "169.254.9.0/24", "192.0.2.0/30", "203.0.113.0/24",
    "198.51.100.0/24", "8.8.8.0/24", "127.0.0.0/8", "239.1.1.0/24", "255.255.255.255/32",
]
POLICIES = [
    "",
    "precedence ::ffff:0:0/96 100\n",
    "# one precedence for all\nprecedence ::/0\n",
    "label ::/0 1\nlabel 2001:db8::/32 5\nlabel 2001:db8:1::/48 6 # longer\nlabel fc00::/7 5\n",
    "scopev4 10.0.0.0/8 5\nscopev4 ::ffff:192.168.0.0/112 5\nscopev4 0.0.0.0/0 14\n",
    "label ::1/128 0\nlabel ::/0 1\nlabel ::ffff:0:0/96 4\nlabel 2002::/16 2\nlabel 2001::/32 5\n"
    "label fc00::/7 13\nlabel ::/96 3\nlabel fec0::/10 11\n"
    "precedence ::1/128 50\nprecedence ::/0 40\nprecedence ::ffff:0:0/96 35\n"
    "precedence 2002::/16 30\nprecedence 2001::/32 5\nprecedence fc00::/7 3\n"
    "precedence ::/96 1\nprecedence fec0::/10 1\nreload yes\n",
]


def random_set(dice):
    """From 2 to 8 different addresses, half of the time 2, which often share a network."""
    networks = [ipaddress.ip_network(text) for text in dice.sample(NETWORKS, dice.randint(1, 6))]
    chosen = {str(network[dice.randrange(network.num_addresses)])
              for network in dice.choices(networks, k=dice.choice([2, dice.randint(3, 8)]))}
    return dice.sample(sorted(chosen), len(chosen)) if len(chosen) > 1 else random_set(dice)


def asked(name):
    """What getaddrinfo(3) returns, each address as its bytes."""
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return [socket.inet_pton(family, address[0].split("%")[0])
            for family, _, _, _, address in found]


def packed(node):
    family = socket.AF_INET if node["family"] == "IPv4" else socket.AF_INET6
    return socket.inet_pton(family, node["address"].split("%")[0])


def check(name, given, nodes, library):
    """The differences between what showip reports and what holds."""
    order = [packed(node) for node in nodes]
    if order != library:
        yield f"{name}: another order than the library's: {order} {library}"
    given = [ipaddress.ip_address(text).packed for text in given]
    for node, following in zip(nodes, nodes[1:]):
        rule = node["why"]["rule"]
        places = given.index(packed(node)), given.index(packed(following))
        if rule not in range(1, 11) or (rule == 10 and places[0] > places[1]):
            yield f"{name}: {node['address']} before {following['address']}: {node['why']}"
    if nodes[-1]["why"]["rule"] is not None:
        yield f"{name}: the last address has a rule"


def reversal(name, nodes, reversed_nodes):
    """The difference if a reversal of /etc/hosts has the wrong effect on two addresses."""
    rule = nodes[0]["why"]["rule"]
    kept = nodes[0]["address"] == reversed_nodes[0]["address"]
    if len(nodes) == 2 and kept == (rule == 10):
        yield f"{name}: rule {rule}, but the order {'stays' if kept else 'changes'}"


def compare(showip, policy, sets, seen):
    """Writes the files, asks about all sets and returns the differences."""
    with open("/etc/gai.conf", "w", encoding="ascii") as file:
        file.write(policy)
    lists = {}
    for number, addresses in enumerate(sets):
        lists[f"set{number}.test"] = addresses
        lists[f"reversed{number}.test"] = addresses[::-1]
    with open("/etc/hosts", "w", encoding="ascii") as file:
        for name, addresses in lists.items():
            file.writelines(f"{address} {name}\n" for address in addresses)
    answers = subprocess.run([showip, "--json", "--why", "-f", "-"], input="\n".join(lists),
                             capture_output=True, text=True, check=True).stdout.splitlines()
    # The library reads gai.conf once per process.
    library = json.loads(subprocess.run([sys.executable, __file__, *lists], capture_output=True,
                                        text=True, check=True).stdout)
    nodes = {answer["host"]: answer["addresses"] for answer in map(json.loads, answers)}
    for name, addresses in lists.items():
        yield from check(name, addresses, nodes[name], [bytes.fromhex(a) for a in library[name]])
        seen.update(node["why"]["rule"] for node in nodes[name][:-1])
        if name.startswith("set"):
            yield from reversal(name, nodes[name], nodes["reversed" + name[3:]])


def main():
    if sys.argv[1].endswith(".test"):
        print(json.dumps({name: [one.hex() for one in asked(name)] for name in sys.argv[1:]}))
        return
    showip, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    dice = random.Random(seed)
    seen = collections.Counter()
    differences = 0
    for number, policy in enumerate(POLICIES):
        sets = [random_set(dice) for _ in range(number, count, len(POLICIES))]
        for difference in compare(showip, policy, sets, seen):
            print(f"policy {number}: {difference}")
            differences += 1
    rules = {rule: seen[rule] for rule in [*range(1, 11), None] if seen[rule]}
    print(count, "sets,", differences, "differences, rules:", rules)
    sys.exit(1 if differences else 0)


main()
