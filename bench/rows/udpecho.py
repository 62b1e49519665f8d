"""Measures udpecho's open-loop throughput, at rates up to more than the machine can handle.

Compares it with a bare loop of sendmmsg and recvmmsg on the same schedule, which neither times nor
compares datagrams. An older build can be added with --before, and another server used with --port.
"""
import contextlib
import json
import subprocess
from pathlib import Path

import rounds
from servers import Server


def figures_of(argv, seconds, counts):
    """The figures of a run; `counts` extracts the numbers sent and received from its output."""
    with subprocess.Popen([str(arg) for arg in argv], stdout=subprocess.PIPE,
                          text=True) as process:
        text = process.stdout.read()
        _, _, used = rounds.wait(process, rounds.time.monotonic() + 60)
    sent, came = counts(text)
    return {"sent_per_s": sent / seconds, "replies_per_s": came / seconds,
            "cpu_us_each": (used.ru_utime + used.ru_stime) * 1e6 / max(1, sent)}


def counts_of_result(text):
    result = json.loads(text)
    return result["sent"], result["received"]


def udpecho(folder, port, rate, seconds):
    argv = [folder / "udpecho", "--json", "--rate", rate, "-t", seconds, "-W", "500ms",
            "127.0.0.1", port]
    return lambda: figures_of(argv, seconds, counts_of_result)


def bare(folder, port, rate, seconds):
    argv = [folder / "bare_probes", port, 64, rate, seconds]
    return lambda: figures_of(argv, seconds, lambda text: map(int, text.split()))


def main():
    parser = rounds.arguments(__doc__)
    parser.add_argument("--before", type=Path, metavar="DIRECTORY",
                        help="also run the programs of an older build")
    parser.add_argument("--port", type=int,
                        help="use a running server on 127.0.0.1 instead of echod")
    parser.add_argument("--rates", type=int, nargs="*", default=[20000, 50000, 100000, 300000],
                        help="datagrams per second (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=2,
                        help="duration of a run (default: %(default)s)")
    options = parser.parse_args()
    echod = [options.bin / "echod", "--port", 0, "--bind", "127.0.0.1", "--udp", "--udp-rate", 0]
    with contextlib.nullcontext() if options.port else Server(echod) as server:
        port = options.port or server.port
        for rate in options.rates:
            run = (port, rate, options.seconds)
            older = {"before": udpecho(options.before, *run)} if options.before else {}
            rounds.compare(f"udpecho --rate {rate}",
                           {"bare loop": bare(options.bin, *run), **older,
                            "now": udpecho(options.bin, *run)}, options)


if __name__ == "__main__":
    main()
