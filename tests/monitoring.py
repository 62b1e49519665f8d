#!/usr/bin/python3
"""Tests what packaging/ has for Prometheus, VictoriaMetrics and Grafana with these programs themselves.

Usage: monitoring.py dashboard|mesh BIN

dashboard  runs every query of the Grafana dashboard on what Prometheus and victoria-metrics recorded of
           echod, echo and udpecho
mesh       lets three sites measure each other by STAMP, with loss and delay in one direction between two
           of them, and asks the databases where they are

BIN is the directory of the commands. Everything runs in network namespaces of its own. Prints what is
wrong and exits with 1, or with 77 and the reason if the programs or namespaces are missing here.
"""
import fcntl
import heapq
import json
import math
import os
import re
import select
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

PACKAGING = Path(__file__).resolve().parent.parent / "packaging"
PATIENCE = 50  # seconds until everything must be as it should
DEADLINE = time.monotonic() + PATIENCE


def skip(reason):
    print(reason)
    sys.exit(77)


def fail(what):
    print(what)
    sys.exit(1)


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            skip(f"{program} is not installed")


def enter_namespaces():
    """Runs this script again in namespaces that end, with every process in them, when it does."""
    unshare = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
               "--propagation", "private"]
    if os.environ.pop("SOCKBOX_PRIVATE_WORLD", "") != "yes":
        if subprocess.run(unshare + ["true"], stderr=subprocess.DEVNULL).returncode != 0:
            skip("no namespaces of its own here")
        os.environ["SOCKBOX_PRIVATE_WORLD"] = "yes"
        os.execvp(unshare[0], unshare + [sys.executable, "-B", *sys.argv])
    ip("link set lo up")
    os.environ["no_proxy"] = "*"


def ip(words, namespace=None):
    inside = ["-n", namespace] if namespace else []
    subprocess.run(["ip", *inside, *words.split()], check=True)


class Programs:
    """Processes, each with its output in a file, that are ended at the end."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.running = {}

    def start(self, name, words, namespace=None, **environment):
        inside = ["ip", "netns", "exec", namespace] if namespace else []
        with open(self.folder / f"{name}.log", "wb") as log:
            self.running[name] = subprocess.Popen(
                inside + [str(word) for word in words], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd=self.folder, env={**os.environ, **environment})

    def log(self, name):
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def check(self):
        for name, process in self.running.items():
            if process.poll() is not None:
                fail(f"{name} ended with {process.returncode}:\n{self.log(name)[-3000:]}")

    def end(self):
        for process in self.running.values():
            process.send_signal(signal.SIGKILL)
        for process in self.running.values():
            process.wait()

    def until(self, holds, what):
        """Waits until holds() is true; what() says what is missing."""
        while not holds():
            self.check()
            if time.monotonic() > DEADLINE:
                fail(f"after {PATIENCE} s: {what()}")
            time.sleep(0.1)


def get(url):
    """The body of an answer, or None if there is none."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        if error.code == 503:  # it is starting
            return None
        fail(f"{url}: {error}: {error.read().decode(errors='replace')}")
    except OSError:
        return None


class Database:
    """The HTTP interface of Prometheus, which victoria-metrics has, too."""

    def __init__(self, name, port):
        self.name, self.address = name, f"http://127.0.0.1:{port}"

    def ask(self, path, **values):
        body = get(f"{self.address}/api/v1/{path}?{urllib.parse.urlencode(values)}")
        if body is None:
            return []
        answer = json.loads(body)
        if answer["status"] != "success":
            fail(f"{self.name}: {values}: {answer}")
        return answer["data"]

    def query(self, expression):
        """A list of labels and values."""
        data = self.ask("query", query=expression) or {"result": []}
        return [(row["metric"], float(row["value"][1])) for row in data["result"]]


def prometheus(programs, folder, config, port=9090):
    programs.start("prometheus", ["prometheus", f"--config.file={config}",
                                  f"--storage.tsdb.path={folder}/prometheus",
                                  f"--web.listen-address=127.0.0.1:{port}"])
    return Database("prometheus", port)


def victoria_metrics(programs, folder, *more):
    # Without an offset: by default the latest 30 s are not shown.
    programs.start("victoria-metrics", ["victoria-metrics", "-httpListenAddr=:8428",
                                        f"-storageDataPath={folder}/victoria",
                                        "-search.latencyOffset=0s", "-search.disableCache", *more])
    return Database("victoria-metrics", 8428)


# The dashboard.

def queries_of(dashboard):
    """(title, query) of every panel, with the variables as Grafana replaces them."""
    seen, places = set(), []
    for panel in dashboard["panels"]:
        if panel["id"] in seen:
            fail(f"two panels have the id {panel['id']}")
        seen.add(panel["id"])
        place = panel["gridPos"]
        for x in range(place["x"], place["x"] + place["w"]):
            places += [(x, y) for y in range(place["y"], place["y"] + place["h"])]
        for target in panel.get("targets", []):
            yield panel["title"], replace_variables(target["expr"])
    if len(places) != len(set(places)) or max(x for x, _ in places) > 23:
        fail("panels overlap, or are outside of the grid")


def replace_variables(query):
    for name, value in {"job": ".*", "site": ".*", "target": ".*", "__rate_interval": "5s"}.items():
        query = query.replace(f"${name}", value)
    if "$" in query:
        fail(f"a variable that the dashboard does not have: {query}")
    return query


def values_of_variable(database, variable):
    found = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["definition"])
    return database.ask(f"label/{found[2]}/values",
                        **{"match[]": replace_variables(found[1])})


def test_dashboard(programs, folder, binaries):
    dashboard = json.loads((PACKAGING / "grafana/sockbox.json").read_text())
    variables = [one for one in dashboard["templating"]["list"] if one["type"] == "query"]
    if [one["name"] for one in variables] != ["job", "site", "target"]:
        fail(f"variables: {variables}")
    queries = list(queries_of(dashboard))
    (folder / "targets").write_text("127.0.0.1:862\n127.0.0.1:9\n")  # nothing is at port 9
    programs.start("echod", [binaries / "echod", "-p", "7000", "--metrics", "9465"])
    programs.start("reflector", [binaries / "udpecho", "--listen", "--stamp", "--stateful",
                                 "--metrics", "9467"])
    programs.start("udpecho", [binaries / "udpecho", "--stamp", "--stateful", "-c", "0", "-i",
                               "50ms", "-q", "--metrics", "9466", "--targets", "targets"])
    programs.start("echo", [binaries / "echo", "-c", "0", "-i", "50ms", "-q", "--reconnect",
                            "--metrics", "9468", "127.0.0.1", "7000"])
    config = folder / "scrape.yml"
    config.write_text(json.dumps({
        "global": {"scrape_interval": "500ms", "scrape_timeout": "500ms"},
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": [f"127.0.0.1:{port}" for port in ports],
                                                  "labels": {"site": "here"}}]}
            for job, ports in [("sockbox", [9466, 9468]), ("echod", [9465]), ("reflector", [9467])]]}))
    databases = [prometheus(programs, folder, config)]
    if shutil.which("victoria-metrics"):
        databases.append(victoria_metrics(programs, folder, f"-promscrape.config={config}"))
    for database in databases:
        open_ones = dict.fromkeys(queries)

        def answered():
            for title, query in list(open_ones):
                open_ones[title, query] = rows = database.query(query)
                if any(math.isfinite(value) for _, value in rows):
                    del open_ones[title, query]
            return not open_ones

        programs.until(answered, lambda: f"{database.name} has no data for {open_ones}")
        for variable in variables:
            if not values_of_variable(database, variable):
                fail(f"{database.name} has no value for {variable['name']}")
    print(f"{len(queries)} queries of {', '.join(one.name for one in databases)}")


# Three sites in a full mesh.

SITES = {"a": 1, "b": 2, "c": 3}
DELAY = 0.1  # seconds from c to a


def address(site):
    return f"10.9.{SITES[site]}.2"


def build_sites():
    """Sites a, b and c are namespaces, linked by this one, which forwards."""
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
    os.mkdir("/run/netns")
    for path in ("net/ipv4/ip_forward", "net/ipv4/conf/all/rp_filter"):
        Path("/proc/sys", path).write_text("1" if path.endswith("forward") else "0")
    for site, number in SITES.items():
        ip(f"netns add {site}")
        ip(f"link add to_{site} type veth peer name eth netns {site}")
        ip(f"addr add 10.9.{number}.1/24 dev to_{site}")
        ip(f"link set to_{site} up")
        ip("link set lo up", site)
        ip(f"addr add {address(site)}/24 dev eth", site)
        ip("link set eth up", site)
        ip(f"route add default via 10.9.{number}.1", site)


def lose_from_a_to_b():
    """Every tenth packet of a and every tenth reply to b: both see loss in the same direction."""
    rules = "".join(f"ip saddr {address('a')} ip daddr {address('b')} udp {port} 862 "
                    "numgen inc mod 10 == 3 drop\n" for port in ("dport", "sport"))
    subprocess.run(["nft", "-f", "-"], check=True, text=True, input=(
        "table ip lossy {\nchain way {\ntype filter hook forward priority 0;\n" + rules + "}\n}\n"))


def delay_from_c_to_a():
    """Sends packets from c to a through a TUN interface, which returns them later."""
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH", b"slow", 0x1001))  # TUNSETIFF, no header
    Path("/proc/sys/net/ipv4/conf/slow/rp_filter").write_text("0")
    ip("link set slow up")
    ip("route add default dev slow table 100")
    ip(f"rule add iif to_c to {address('a')} lookup 100")

    def relay():
        waiting = []
        while True:
            left = max(0, waiting[0][0] - time.monotonic()) if waiting else None
            if select.select([tun], [], [], left)[0]:
                heapq.heappush(waiting, (time.monotonic() + DELAY, os.read(tun, 2048)))
            while waiting and waiting[0][0] <= time.monotonic():
                os.write(tun, heapq.heappop(waiting)[1])

    threading.Thread(target=relay, daemon=True).start()


def command_of(unit, replacements):
    """The words of ExecStart of a unit, for this place."""
    text = (PACKAGING / "victoria-metrics" / unit).read_text().replace("\\\n", " ")
    line = re.search("^ExecStart=/usr/bin/(.*)$", text, re.MULTILINE)[1]
    for old, new in replacements.items():
        if old not in line:
            fail(f"{unit} does not contain {old}")
        line = line.replace(old, str(new))
    return shlex.split(line)


def start_reflectors(programs, binaries):
    """Returns when all are ready: what a probe sends before would be lost."""
    for site in SITES:
        programs.start(f"reflector-{site}",
                       [binaries / "udpecho", "--listen", "--stamp", "--stateful"], site)
    programs.until(lambda: all("listening" in programs.log(f"reflector-{site}") for site in SITES),
                   lambda: "no reflector is ready")


def start_site(programs, folder, binaries, site):
    home = folder / site
    home.mkdir()
    programs.start(f"probe-{site}", [
        binaries / "udpecho", "--stamp", "--stateful", "-c", "0", "-i", "20ms", "-W", "3s", "-q",
        "--metrics", f"{address(site)}:9466", "--targets", folder / "targets", "--skip-self"], site)
    for job in ("sockbox", "echod"):
        (home / f"{job}.json").write_text(json.dumps(
            [{"targets": [f"{address(site)}:9466"]}] if job == "sockbox" else []))
    config = (PACKAGING / "victoria-metrics/vmagent.yml").read_text()
    (home / "vmagent.yml").write_text(
        config.replace("/etc/sockbox/scrape", str(home)).replace("15s", "500ms"))
    (home / "token").write_text("secret\n")
    programs.start(f"vmagent-{site}", command_of("vmagent.service", {
        "/etc/sockbox/": f"{home}/", "${CREDENTIALS_DIRECTORY}": home,
        "${STATE_DIRECTORY}": home / "queue",
        "${CENTRE}": f"http://10.9.{SITES[site]}.1:8428/api/v1/write"}), site, SITE=site)


def start_vmalert(programs):
    programs.start("vmalert", command_of("vmalert.service", {
        "/etc/sockbox": PACKAGING / "prometheus", "=15s": "=1s"}))


def samples_wait(folder, site):
    """Whether vmagent has written samples to the disk, after it could not send them for 5 s."""
    return any(file.stat().st_size > 0 and re.fullmatch("[0-9A-F]{16}", file.name)
               for file in (folder / site / "queue").rglob("*"))


def rows_by_way(rows):
    """(from, to) of a packet by the probe's site, its target and the direction; value."""
    names = {f"{address(site)}:862": site for site in SITES}
    found = {}
    for labels, value in rows:
        ends = [labels["site"], names[labels["target"]]]
        way = tuple(ends if labels["direction"] == "forward" else reversed(ends))
        found[labels["site"], way] = value
    return found


LOSS = ("sum by (site, target, direction) (rate(udpecho_direction_lost_total[8s])) "
        "/ on (site, target) group_left sum by (site, target) (rate(udpecho_messages_sent_total[8s]))")
MEAN_DELAY = ("sum by (site, target, direction) (rate(udpecho_delay_seconds_sum[8s])) "
              "/ sum by (site, target, direction) (rate(udpecho_delay_seconds_count[8s]))")
RECORDED = "target_direction:echo_loss:ratio_rate5m"


def is_right(values, way, lowest, highest, elsewhere):
    """Whether both probes saw it on its way, and all other 10 values are at most `elsewhere`."""
    return len(values) == 12 and all(
        lowest <= value <= highest if one == way else value <= elsewhere
        for (_, one), value in values.items())


def first_sample_time(database):
    """In seconds since 1970, of any series of a probe in victoria-metrics."""
    body = get(f"{database.address}/api/v1/export?match[]=udpecho_up") or ""
    times = [time for line in body.splitlines() for time in json.loads(line)["timestamps"]]
    return min(times, default=math.inf) / 1000


def test_mesh(programs, folder, binaries):
    build_sites()
    lose_from_a_to_b()
    has_delay = os.path.exists("/dev/net/tun")
    if has_delay:
        delay_from_c_to_a()
    (folder / "targets").write_text("".join(f"{address(site)}:862\n" for site in SITES))
    start_reflectors(programs, binaries)
    for site in SITES:
        start_site(programs, folder, binaries, site)
    config = folder / "prometheus.yml"
    config.write_text(json.dumps({
        "global": {"scrape_interval": "500ms", "scrape_timeout": "500ms"},
        "scrape_configs": [{"job_name": "sockbox", "static_configs": [
            {"targets": [f"{address(site)}:9466"], "labels": {"site": site}} for site in SITES]}]}))
    databases = [prometheus(programs, folder, config)] if shutil.which("prometheus") else []
    # The centre cannot be reached yet: samples wait at the sites.
    programs.until(lambda: all(samples_wait(folder, site) for site in SITES),
                   lambda: "no samples in the queue on the disk")
    centre_started = time.time()
    databases.append(victoria_metrics(programs, folder))
    start_vmalert(programs)
    for database in databases:
        loss, delay = {}, {}

        def holds():
            nonlocal loss, delay
            loss = rows_by_way(database.query(LOSS))
            delay = rows_by_way(database.query(MEAN_DELAY))
            return (is_right(loss, ("a", "b"), 0.085, 0.115, 0)
                    and (not has_delay or is_right(delay, ("c", "a"), DELAY, 1.5 * DELAY, DELAY / 2)))

        programs.until(holds, lambda: f"{database.name}: loss {loss}, delay {delay}")
        print(f"{database.name}: loss from a to b {loss['a', ('a', 'b')]:.4f}"
              + (f", delay from c to a {delay['a', ('c', 'a')]:.4f} s" if has_delay else ""))
    recorded = {}

    def is_recorded():
        nonlocal recorded
        recorded = rows_by_way(databases[-1].query(RECORDED))
        return is_right(recorded, ("a", "b"), 0.085, 0.115, 0)

    programs.until(is_recorded, lambda: f"vmalert recorded {recorded}")
    if first_sample_time(databases[-1]) >= centre_started:
        fail("samples from before the centre was reachable are missing")
    if not has_delay:
        print("there is no /dev/net/tun, with which to delay packets: loss alone")


def main():
    what, binaries = sys.argv[1], Path(sys.argv[2]).resolve()
    if what == "dashboard":
        need("unshare", "ip", "prometheus")
    else:
        need("unshare", "ip", "nft", "victoria-metrics", "vmagent", "vmalert")
    enter_namespaces()
    with tempfile.TemporaryDirectory() as name:
        programs = Programs(name)
        try:
            (test_dashboard if what == "dashboard" else test_mesh)(programs, Path(name), binaries)
        finally:
            programs.end()


main()
