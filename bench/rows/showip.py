"""Compares showip with getent under xargs and with a bare getaddrinfo loop; and its startup time.

The names are resolved by a private dnsmasq in new network and mount namespaces (requires root).

Startup dominates in scripts, so it is kept short: libstdc++ and libgcc are linked statically and no
library but libc is loaded (not even libm, which only the reports of other commands need); there are
no static objects to construct; a numeric host needs no lookup and so no thread; and the locale, the
name sources and the terminal are examined only if an option requires it.
"""
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import rounds

IN_WORLD = "SOCKBOX_BENCH_WORLD"


def enter_world():
    """Restarts this program in namespaces where only our own name server is reachable."""
    if os.environ.get(IN_WORLD):
        return
    os.environ[IN_WORLD] = "yes"
    os.execvp("unshare", ["unshare", "-nm", "--propagation", "private", sys.executable,
                          *sys.argv])


def start_server(folder, names):
    """Starts a dnsmasq that knows all of the names, the only name server of the namespace."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    files = {"resolv.conf": "nameserver 127.0.0.53\n", "hosts": "127.0.0.1 localhost\n",
             "nsswitch.conf": "hosts: files dns\n"}
    for name, text in files.items():
        (folder / name).write_text(text)
        subprocess.run(["mount", "--bind", folder / name, f"/etc/{name}"], check=True)
    known = folder / "known"
    known.write_text("".join(f"127.1.{i >> 8}.{i & 255} {name}\n" for i, name in enumerate(names)))
    server = subprocess.Popen(["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null",
                               "--no-resolv", "--no-hosts", f"--addn-hosts={known}",
                               "--listen-address=127.0.0.53", "--bind-interfaces", "--user=root",
                               "--pid-file=", "--local=/test/", "--dns-forward-max=10000"],
                              stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 10
    while server.poll() is None and time.monotonic() < deadline:
        if subprocess.run(["getent", "ahosts", names[-1]], stdout=subprocess.DEVNULL,
                          check=False).returncode == 0:
            return server
    server.kill()
    raise RuntimeError("dnsmasq does not respond")


def resolving(argv, list_file):
    """A contender: a command that reads names from its standard input."""
    def contender():
        with list_file.open() as names:
            used = rounds.run(argv, stdin=names)
        return {"wall_s": used["wall_s"], "cpu_s": used["cpu_s"]}
    return contender


def compare_throughput(options, folder, names):
    list_file = folder / "names"
    list_file.write_text("".join(name + "\n" for name in names))
    showip = options.bin / "showip"
    bare = options.bin / "bare_getaddrinfo"
    contenders = {"showip": resolving([showip, "--short", "-J", options.jobs, "-f", "-"],
                                      list_file),
                  f"getaddrinfo on {options.jobs} threads": resolving([bare, options.jobs],
                                                                      list_file)}
    # getent takes many names, so vary both the number of processes and the names given to each.
    for at_once in (2, 4, 8, 16):
        for each in (100, 1000):
            contenders[f"xargs -P {at_once} -n {each} getent"] = resolving(
                ["xargs", "-P", at_once, "-n", each, "getent", "ahosts"], list_file)
    rounds.compare(f"{len(names)} names", contenders, options, ["wall_s", "cpu_s"])


def starting(argv, times):
    def contender():
        used = rounds.run(["sh", "-c", f'i=0; while [ $i -lt {times} ]; do "$@"; i=$((i+1)); done',
                           "sh", *argv])
        return {"cpu_ms_each": used["cpu_s"] * 1000 / times}
    return contender


def compare_start(options):
    rounds.compare("startup: 127.0.0.1 only", {
        "getent ahosts": starting(["getent", "ahosts", "127.0.0.1"], options.starts),
        "showip --short": starting([options.bin / "showip", "--short", "127.0.0.1"],
                                   options.starts),
        "true": starting(["/bin/true"], options.starts),
    }, options)


def main():
    parser = rounds.arguments(__doc__)
    parser.add_argument("--names", type=int, default=10000,
                        help="names to resolve (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=16,
                        help="parallel lookups (default: %(default)s)")
    parser.add_argument("--starts", type=int, default=500,
                        help="processes per round (default: %(default)s)")
    options = parser.parse_args()
    enter_world()
    names = [f"host-{i}.test" for i in range(options.names)]
    with tempfile.TemporaryDirectory() as folder:
        server = start_server(Path(folder), names)
        try:
            compare_start(options)
            compare_throughput(options, Path(folder), names)
        finally:
            server.kill()
            server.wait()


if __name__ == "__main__":
    main()
