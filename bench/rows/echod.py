"""Compares echod with bare loops and with other echo servers. The CPU time is the server's."""
import functools
import subprocess

from contest import CPU, CPU_BYTE, LOST, P50, P99, RATE, Goal, Missing, Row
from processes import BOTH, SERVER
from rows import loads

EPOLL, URING, THREADS, UDP = "bare epoll", "bare io_uring", "bare threads", "bare recvmmsg"
BARE = (EPOLL, URING)
ENGINES = ("auto", "epoll")


class Echod:
    """Commands of echod, and of other builds of it that are compared."""

    def __init__(self, settings):
        self.programs = {"echod": settings.bin / "echod", **settings.others}
        self.chosen = settings.engines

    def commands(self, engines=ENGINES, options=("--tcp",), workers=1, suffix=""):
        return {f"{name} {engine}{suffix}": [program, "-e", engine, "-w", workers, "-b",
                                             "127.0.0.1", "-p", 0, *options]
                for engine in self.chosen or engines for name, program in self.programs.items()}


def contender(argv, load, **cores):
    def measure(_):
        result, used = loads.serve(argv, load, **cores)
        return loads.figures(result["groups"][0], result, used)
    return measure


def contenders(commands, load, **cores):
    return {name: contender(argv, load, **cores) for name, argv in commands.items()}


class Rows:
    """Builds the rows for one setting."""

    def __init__(self, settings):
        self.settings = settings
        self.echod = Echod(settings)

    def bare(self, *names, threads=1):
        commands = {EPOLL: "bare_epoll", URING: "bare_io_uring", THREADS: "bare_threads",
                    UDP: "bare_udp"}
        return {name: [self.settings.bin / commands[name], 0, threads] for name in names}

    def peers(self):
        folder = self.settings.bin
        return {"Asio": [folder / "peer_asio", "{port}"],
                "libuv": [folder / "peer_libuv", "{port}"],
                "Go": ["env", "GOMAXPROCS=1", folder / "peer_go", "{port}"]}

    def load(self, *groups, options=()):
        return [self.settings.bin / "bare_load", "-t", self.settings.seconds, "-w",
                self.settings.warmup, *options, "{port}", *groups]

    def tcp(self, name, title, goals, options=(), groups=None, with_peers=False):
        commands = {**self.bare(*BARE), **self.echod.commands()}
        if with_peers and self.settings.peers:
            commands.update(self.peers())
        load = self.load(*(groups or [name]), options=options)
        return Row(name, title, contenders(commands, load), (RATE, CPU, P50, P99), goals)

    def small(self):
        for connections in (1, 50, 1000):
            yield self.tcp(f"{connections}x64", f"{clients(connections)}, 64 B", (
                Goal("echod auto", CPU, 0.95, (EPOLL,)), Goal("echod auto", P50, 1.05, BARE),
                Goal("echod epoll", CPU, 1.03, (EPOLL,))), with_peers=True)

    def bulk(self):
        for size, text, bounds in ((1024, "1 KiB", (1.0, 1.03)), (65536, "64 KiB", (0.9, 0.9)),
                                   (262144, "256 KiB", (0.65, 0.65))):
            goals = [Goal("echod " + engine, CPU, bound, (EPOLL,))
                     for engine, bound in zip(ENGINES, bounds)]
            goals += [Goal("echod " + engine, RATE, 1.0, (EPOLL,)) for engine in ENGINES]
            yield self.tcp(f"50x{size}", f"50 clients, {text}", tuple(goals),
                           with_peers=size > 1024)

    def pipelined(self):
        yield self.tcp("pipelined", "50 clients, 64 B, 16 messages under way", (
            Goal("echod auto", RATE, 1.0, BARE), Goal("echod auto", CPU, 0.93, (EPOLL,)),
            Goal("echod epoll", CPU, 1.0, (EPOLL,))), ("-d", 16), ["50x64"])

    def mixed(self):
        row = self.tcp("mixed", "40 clients of 64 B (rate, p50 and p99) beside 10 of 64 KiB", tuple(
            goal for engine in ENGINES for goal in (
                Goal("echod " + engine, P99, 1.2, ("echod auto", "echod epoll")),
                Goal("echod " + engine, CPU_BYTE, 0.9, (EPOLL,)))), (), ["40x64", "10x65536"])
        yield Row(row.name, row.title, row.contenders, (RATE, CPU_BYTE, P50, P99), row.goals)

    def churn(self):
        yield self.tcp("churn", "20 clients that connect, exchange 64 B and close", tuple(
            Goal("echod " + engine, CPU, 1.03, BARE) for engine in ENGINES), ("-c",), ["20x64"])

    def udp(self):
        commands = {**self.bare(UDP),
                    **self.echod.commands(options=("--udp", "--udp-rate", 0))}
        goals = tuple(Goal("echod " + engine, CPU, 0.9, (UDP,)) for engine in ENGINES)
        for size in (64, 1472):
            for train in (1, 16):
                load = [self.settings.bin / "bare_udp_load", "-t", self.settings.seconds, "-w",
                        self.settings.warmup, "-d", train, "{port}", f"50x{size}"]
                name, title = f"udp-{size}", f"UDP, 50 clients, {size} B"
                if train > 1:
                    name, title = f"{name}-trains", f"{title}, {train} at once"
                yield Row(name, title,
                          contenders(commands, load), (RATE, CPU, P50, P99, LOST), goals)

    def two_workers(self):
        commands = {**self.bare(*BARE, threads=2), **self.echod.commands(workers=2)}
        if self.settings.peers:
            commands["Go"] = [self.settings.bin / "peer_go", "{port}"]
        load = self.load("50x64", options=("-j", 2))
        yield Row("2-workers", "50 clients, 64 B, 2 workers and 2 threads of the client",
                  contenders(commands, load, server_cores=BOTH, client_cores=BOTH),
                  (RATE, CPU, P50, P99), (Goal("echod auto", RATE, 0.97, (URING,)),
                                          Goal("echod epoll", RATE, 0.97, (EPOLL,))))

    def threads(self):
        commands = {**self.bare(THREADS), **self.echod.commands(("thread",)),
                    **self.echod.commands(("pool",), workers=50)}
        if self.settings.peers:
            commands["socat, a process per client"] = [
                "socat", "TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork,backlog=4096,nodelay",
                "EXEC:/bin/cat"]
            commands["ncat, a process per client"] = [
                "ncat", "-l", "-k", "127.0.0.1", "{port}", "-m", "2000", "-e", "/bin/cat"]
        yield Row("threads", "50 clients, 64 B, blocking", contenders(commands, self.load("50x64")),
                  (RATE, CPU, P50, P99), (Goal("echod thread", CPU, 1.03, (THREADS,)),
                                          Goal("echod pool", CPU, 1.03, (THREADS,))))

    def models(self):
        for connections in (1, 50, 300):
            commands = {**self.echod.commands(("thread",)),
                        **self.echod.commands(("pool",), workers=connections),
                        **self.echod.commands(("fork",) if connections <= 50 else ()),
                        **self.echod.commands(("poll", "epoll", "io_uring"))}
            yield Row(f"models-{connections}", f"{clients(connections)}, 64 B, every engine",
                      contenders(commands, self.load(f"{connections}x64")), (RATE, CPU, P50, P99))

    def spin(self):
        """With one connection, the client spins as well: a client that sleeps has to be woken up."""
        for connections, bounds in ((1, (4.0, 0.6)), (50, (0.97, 1.03))):
            load = self.load(f"{connections}x64")
            fast = self.load(f"{connections}x64", options=("-s",) if connections == 1 else ())
            spinning = {name: self.spinning(argv, fast) for name, argv in self.echod.commands(
                options=("--tcp", "--spin", "200us"), suffix=" --spin").items()}
            goals = tuple(Goal(f"echod {engine} --spin", figure, bound, (f"echod {engine}",))
                          for engine in ENGINES for figure, bound in zip((RATE, CPU), bounds))
            yield Row(f"spin-{connections}", f"{clients(connections)}, 64 B, --spin 200us" +
                      (" and a client that spins" if connections == 1 else ""),
                      {**contenders(self.echod.commands(), load), **spinning},
                      (RATE, CPU, P50, P99), goals)

    def spinning(self, argv, load):
        def measure(scene):
            if not has_option(argv[0], "--spin"):
                raise Missing("this echod has no --spin")
            return contender(argv, load)(scene)
        return measure


@functools.cache
def has_option(program, option):
    shown = subprocess.run([program, "--help", "all"], capture_output=True, text=True, check=False)
    return option in shown.stdout


def clients(count):
    return "1 client" if count == 1 else f"{count} clients"


def rows(settings):
    build = Rows(settings)
    for group in (build.small, build.bulk, build.pipelined, build.mixed, build.churn, build.udp,
                  build.two_workers, build.threads, build.models, build.spin):
        yield from group()
