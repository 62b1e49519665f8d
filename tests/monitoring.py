#!/usr/bin/python3
"""Tests what packaging/ has for Prometheus, VictoriaMetrics and Grafana with these programs themselves.

Usage: monitoring.py dashboard BIN

dashboard  runs every query of the Grafana dashboard on what Prometheus and victoria-metrics recorded of
           echod, echo and udpecho

BIN is the directory of the commands. Everything runs in network namespaces of its own. Prints what is
wrong and exits with 1, or with 77 and the reason if the programs or namespaces are missing here.
"""
import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
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

    def check(self):
        for name, process in self.running.items():
            if process.poll() is not None:
                log = (self.folder / f"{name}.log").read_text(errors="replace")
                fail(f"{name} ended with {process.returncode}:\n{log[-3000:]}")

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


def main():
    what, binaries = sys.argv[1], Path(sys.argv[2]).resolve()
    need("unshare", "ip", "prometheus")
    enter_namespaces()
    with tempfile.TemporaryDirectory() as name:
        programs = Programs(name)
        try:
            {"dashboard": test_dashboard}[what](programs, Path(name), binaries)
        finally:
            programs.end()


main()
