"""udpecho's rate: replies a second in open loop, where more is asked than the machine can do.

An older build (--before FOLDER) or another server (--port of one that runs already) may be compared.
"""
import contextlib
import json
import subprocess
from pathlib import Path

import rounds
from servers import Server


def measure(udpecho, port, rate, seconds):
    """What a run of udpecho comes to."""
    with subprocess.Popen([udpecho, "--json", "--rate", str(rate), "-t", str(seconds), "-W",
                           "500ms", "127.0.0.1", str(port)], stdout=subprocess.PIPE,
                          text=True) as process:
        text = process.stdout.read()
        rounds.wait(process, rounds.time.monotonic() + 60)
    result = json.loads(text)
    return {"sent_per_s": result["sent"] / seconds, "replies_per_s": result["received"] / seconds,
            "loss": result["lost"] / max(1, result["sent"])}


def main():
    parser = rounds.arguments(__doc__)
    parser.add_argument("--before", type=Path, help="folder of an older build's programs")
    parser.add_argument("--port", type=int, help="of a server on 127.0.0.1, in place of echod")
    parser.add_argument("--rates", type=int, nargs="*", default=[20000, 50000, 100000, 300000])
    parser.add_argument("--seconds", type=float, default=2)
    options = parser.parse_args()
    echod = [options.bin / "echod", "--port", 0, "--bind", "127.0.0.1", "--udp", "--udp-rate", 0]
    with contextlib.nullcontext() if options.port else Server(echod) as server:
        port = options.port or server.port
        for rate in options.rates:
            folders = {"before": options.before} if options.before else {}
            rounds.compare(f"udpecho --rate {rate}", {
                name: lambda folder=folder, rate=rate: measure(folder / "udpecho", port, rate,
                                                               options.seconds)
                for name, folder in (folders | {"now": options.bin}).items()}, options)


if __name__ == "__main__":
    main()
