"""Prints where a connection went before a firewall redirected it, by SOCKOPT, over IPv4 and IPv6.

original_destination.py SOCKOPT, as root of a network namespace of its own. Exits with 77 if the
firewall cannot redirect here.
"""
import socket
import subprocess
import sys

RULES = """
add table inet t
add chain inet t out { type nat hook output priority -100; }
add rule inet t out tcp dport 81 redirect to :8080
"""

if subprocess.run(['nft', RULES], check=False).returncode != 0:
    sys.exit(77)
for family, host, option in ((socket.AF_INET, '127.0.0.1', 'SO_ORIGINAL_DST'),
                             (socket.AF_INET6, '::1', 'IP6T_SO_ORIGINAL_DST')):
    listener = socket.create_server((host, 8080), family=family)
    client = socket.create_connection((host, 81), timeout=10)
    server = listener.accept()[0]
    subprocess.run([sys.argv[1], '-n', '--fd', str(server.fileno()), option],
                   pass_fds=[server.fileno()], check=True)
