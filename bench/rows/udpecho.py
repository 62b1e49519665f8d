"""Compares udpecho at a rate with a bare loop on the same schedule, and its probes with others.

The bare loop of sendmmsg and recvmmsg neither times nor compares datagrams. The CPU time is the
client's.
"""
import json
import re

from contest import CPU, RATE, Figure, Goal, Row
from processes import CLIENT, Server, output_of

SENT = Figure("sent_share", "sent/due", max)
BARE = "bare sendmmsg"
DATAGRAMS = 300_000  # a second
PROBES = 1000  # a second


def echod(settings):
    return [settings.bin / "echod", "-w", 1, "-b", "127.0.0.1", "-p", 0, "--udp", "--udp-rate", 0]


def at_rate(argv, seconds, counts):
    """A contender; `counts` extracts the numbers sent and received from its output."""
    def measure(server):
        text, used = output_of([server.port if arg == "{port}" else arg for arg in argv],
                               cores=CLIENT)
        sent, received = counts(text)
        return {"rate_per_s": received / seconds, "cpu_us": used["cpu_s"] * 1e6 / max(1, sent),
                "sent_share": sent / (DATAGRAMS * seconds)}
    return measure


def of_result(text):
    result = json.loads(text.splitlines()[-1])
    return result["sent"], result["received"]


def rate(settings):
    seconds = settings.seconds
    bare = [settings.bin / "bare_probes", "{port}", 64, DATAGRAMS, seconds]
    udpecho = [settings.bin / "udpecho", "--json", "--rate", DATAGRAMS, "-t", f"{seconds}s", "-W",
               "500ms", "127.0.0.1", "{port}"]
    return Row("rate", f"udpecho --rate {DATAGRAMS}: replies, and CPU per datagram sent", {
        BARE: at_rate(bare, seconds, lambda text: map(int, text.split())),
        "udpecho": at_rate(udpecho, seconds, of_result),
    }, (RATE, CPU, SENT), (Goal("udpecho", SENT, 0.9999), Goal("udpecho", RATE, 1.0, (BARE,))),
        lambda: Server(echod(settings)))


def probing(server, client, seconds, pattern):
    """A contender with a server of its own; `pattern` finds the number of replies in its output."""
    def measure(_):
        with Server(server) as running:
            command = [str(arg).replace("{port}", str(running.port)) for arg in client]
            text, used = output_of(command, cores=CLIENT)
        found = re.search(pattern, text)
        if not found:
            raise RuntimeError(f"{command[0]}: does not print how many replies came")
        replies = int(found[1])
        return {"rate_per_s": replies / seconds, "cpu_us": used["cpu_s"] * 1e6 / max(1, replies)}
    return measure


def ping(settings):
    seconds = max(1, round(settings.seconds))
    irtt = ["irtt", "client", "-i", f"{1000 // PROBES}ms", "-d", f"{seconds}s", "-q", "-l", 64,
            "127.0.0.1:{port}"]
    sockperf = ["sockperf", "ping-pong", "-i", "127.0.0.1", "-p", "{port}", "-m", 64,
                f"--mps={PROBES}", "-t", seconds]
    udpecho = [settings.bin / "udpecho", "--json", "-i", f"{1000 // PROBES}ms", "-t",
               f"{seconds}s", "127.0.0.1", "{port}"]
    return Row("ping", f"{PROBES:,} probes of 64 B a second", {
        "irtt": probing(["irtt", "server", "-b", "127.0.0.1:{port}", "-i", 0], irtt, seconds,
                        r"packets sent/received: \d+/(\d+)"),
        "sockperf": probing(["sockperf", "server", "-i", "127.0.0.1", "-p", "{port}"], sockperf,
                            seconds, r"ReceivedMessages=(\d+)"),
        "udpecho": probing(echod(settings), udpecho, seconds, r'"received":(\d+)'),
    }, (RATE, CPU), (Goal("udpecho", CPU, 1.0, ("irtt", "sockperf")),))


def rows(settings):
    yield rate(settings)
    yield ping(settings)
