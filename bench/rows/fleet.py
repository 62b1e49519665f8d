"""Watches many servers with one process: threads, memory, processor time and scrapes."""
import tempfile
import time
import urllib.request
from pathlib import Path

from contest import Figure, Goal, Missing, Row
from processes import BOTH, Server, family, processor_seconds, require

THREADS = Figure("threads", "threads", min)
MEMORY = Figure("resident_mib", "MiB", min)
CORE = Figure("core_percent", "% of a core", min)
SCRAPE = Figure("scrape_ms", "ms a scrape", min)
LATE = Figure("late_p99_ms", "sent late p99 ms", min)


def addresses(count):
    return [f"127.1.{number // 250}.{number % 250 + 1}" for number in range(count)]


def scrape(port):
    begin = time.monotonic()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    return text, (time.monotonic() - begin) * 1000


def figures(pid, port, seconds):
    """What a process takes while it runs for some seconds, beside three scrapes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    values = dict(line.split(":", 1) for line in status)
    begin, used = time.monotonic(), processor_seconds(family(pid))
    time.sleep(seconds)
    used, wall = processor_seconds(family(pid)) - used, time.monotonic() - begin
    text, _ = scrape(port)
    times = sorted(scrape(port)[1] for _ in range(3))
    return {"threads": int(values["Threads"]), "resident_mib": int(values["VmRSS"].split()[0]) / 1024,
            "core_percent": used / wall * 100, "scrape_ms": times[1]}, text


def lateness(text):
    """The 99th percentile of all sends, interpolated within the buckets of all servers' histograms."""
    counts = {}
    for line in text.splitlines():
        if line.startswith("udpecho_late_seconds_bucket"):
            labels, _, value = line.rpartition(" ")
            bound = float(labels.rpartition('le="')[2].rstrip('"}'))
            counts[bound] = counts.get(bound, 0) + float(value)
    wanted = 0.99 * counts[float("inf")]
    low = below = 0
    for bound, count in sorted(counts.items()):
        if count >= wanted:
            return low + (bound - low) * (wanted - below) / (count - below)
        low, below = bound, count


def udpecho(settings, count, seconds):
    def measure(_):
        echod = [settings.bin / "echod", "--udp", "-b", "0.0.0.0", "-p", "0", "--udp-rate", "0"]
        with Server(echod, BOTH) as server, tempfile.NamedTemporaryFile("w") as targets:
            for address in addresses(count):
                targets.write(f"{address}:{server.port}\n")
            targets.flush()
            with Server([settings.bin / "udpecho", "-c", "0", "-i", "1", "--metrics", "0",
                         "--targets", targets.name], BOTH) as client:
                time.sleep(3)  # each server has answered twice
                found, text = figures(client.process.pid, client.port, seconds)
        up = sum(line.startswith("udpecho_up{") and line.endswith(" 1") for line in text.splitlines())
        if up < count * 0.9:  # a reply may be late on a busy machine
            raise RuntimeError(f"only {up} of {count} servers answer")
        return {**found, "late_p99_ms": lateness(text) * 1000}
    return measure


def smokeping(count, seconds):
    def measure(_):
        argv = ["prometheus-smokeping-prober", "--privileged", "--ping.interval=1s",
                "--web.listen-address=127.0.0.1:{port}", *addresses(count)]
        require(argv)
        try:
            with Server(argv, BOTH, patience=30) as prober:
                time.sleep(3)
                found, text = figures(prober.process.pid, prober.port, seconds)
        except RuntimeError as error:  # with many hosts it takes longer to start than others
            raise Missing(str(error).rpartition(": ")[2][:200]) from error
        if "smokeping_requests_total" not in text:
            raise Missing("prometheus-smokeping-prober does not send here")
        return {**found, "late_p99_ms": float("nan")}  # which it does not report
    return measure


def rows(settings):
    count = 50 if settings.short else 1000
    seconds = 1 if settings.short else 10
    contenders = {"udpecho": udpecho(settings, count, seconds)}
    if settings.peers:
        contenders["smokeping_prober"] = smokeping(count, seconds)
    yield Row("fleet", f"{count:,} servers, a probe a second each", contenders,
              (THREADS, MEMORY, CORE, SCRAPE, LATE), () if settings.short else (
                  Goal("udpecho", THREADS, 4), Goal("udpecho", MEMORY, 32),
                  Goal("udpecho", CORE, 5), Goal("udpecho", SCRAPE, 50),
                  Goal("udpecho", LATE, 1)))
