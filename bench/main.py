#!/usr/bin/env python3
"""Compares the release with comparable programs: bare loops without features, and other tools.

The contenders of a row take turns; its table has the medians of the rounds and the ratios.
"""
import argparse
import dataclasses
import importlib
import json
import os
import resource
import sys
from pathlib import Path

import contest
import machine
import picture
import report

HERE = Path(__file__).resolve().parent
NAMES = ("echod", "memory", "echo", "udpecho", "fleet", "showip", "sockopt", "startup")
OWN = ("bare", "echo", "showip", "sockopt", "udpecho")  # beginnings of our names in rows
ENGINES = ("auto", "epoll", "io_uring", "poll", "thread", "pool", "fork", "iterative")


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the rows are built for."""

    bin: Path
    others: dict[str, Path]  # other builds of echod by name
    engines: tuple[str, ...]  # empty: those that a row names
    peers: bool
    short: bool
    seconds: float
    warmup: float


class Parser(argparse.ArgumentParser):
    """Reports usage errors as the commands of sockbox do."""

    def error(self, message):
        text = message.removeprefix("argument ")
        sys.exit(f"bench: {text}\nbench: see 'scripts/bench --help'")


def arguments():
    parser = Parser(prog="scripts/bench", description=__doc__.splitlines()[0], epilog=(
        "Installs missing packages, and builds only the programs that are measured."))
    parser.add_argument("names", nargs="*", metavar="NAME",
                        help="a benchmark (default: all): " + ", ".join(NAMES))
    parser.add_argument("--row", action="append", default=[], metavar="ROW",
                        help="run only this row, for example 50x64; may be repeated")
    parser.add_argument("--list", action="store_true", help="list the rows instead of running them")
    parser.add_argument("--rounds", type=int, help="runs of each contender (default: 5)")
    parser.add_argument("--seconds", type=float, help="duration of a load (default: 1)")
    parser.add_argument("--short", action="store_true",
                        help="one round, with small loads: whether the benchmarks work")
    parser.add_argument("--engine", action="append", default=[], metavar="NAME",
                        help="run echod with this engine in place of the row's; may be repeated")
    parser.add_argument("--with", action="append", default=[], dest="others", metavar="NAME=PATH",
                        help="run another build of echod as well; may be repeated")
    parser.add_argument("--no-peers", dest="peers", action="store_false",
                        help="leave out other servers than echod and the bare loops")
    parser.add_argument("--bin", type=Path, default=HERE.parent / "build/release/bin",
                        help="directory of the programs (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to FILE")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw the ratios into FILE")
    parser.add_argument("--markdown", type=Path, metavar="FILE",
                        help="write the judged ratios to FILE as a table")
    parser.add_argument("--check", action="store_true", help=argparse.SUPPRESS)
    return parser


def other_builds(parser, options):
    others = {}
    for text in options.others:
        name, _, path = text.partition("=")
        if not name or not os.access(path, os.X_OK) or Path(path).is_dir():
            parser.error(f"--with: '{text}' is not NAME=PATH of a program")
        others[name] = Path(path).resolve()
    return others


def settings_of(parser, options):
    """Refuses what cannot be run, before anything is installed or built."""
    for name in options.names:
        if name not in NAMES:
            parser.error(f"'{name}' is not one of {', '.join(NAMES)}")
    for engine in options.engine:
        if engine not in ENGINES:
            parser.error(f"--engine: '{engine}' is not one of {', '.join(ENGINES)}")
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds: must be at least 1")
    if options.seconds is not None and not 0.05 <= options.seconds <= 600:
        parser.error("--seconds: must be between 0.05 and 600")
    for option, file in (("--json", options.json), ("--svg", options.svg),
                         ("--markdown", options.markdown)):
        if file and not file.absolute().parent.is_dir():
            parser.error(f"{option}: {file.parent}: no such directory")
    options.rounds = options.rounds or (1 if options.short else 5)
    seconds = options.seconds or (0.3 if options.short else 1)
    return Settings(options.bin.absolute(), other_builds(parser, options), tuple(options.engine),
                    options.peers, options.short, seconds, min(0.2, seconds / 3))


def chosen_rows(parser, options, settings):
    rows = [(name, row) for name in dict.fromkeys(options.names or NAMES)
            for row in importlib.import_module(f"rows.{name}").rows(settings)]
    unknown = set(options.row) - {row.name for _, row in rows}
    if unknown:
        parser.error(f"--row: '{min(unknown)}' is not one of"
                     f" {', '.join(row.name for _, row in rows)}")
    return [(name, row) for name, row in rows if not options.row or row.name in options.row]


def write(options, about, results):
    if options.json:
        text = json.dumps({"machine": about, "rounds": options.rounds, "rows": [
            report.to_json(name, result) for name, result in results]}, indent=1)
        options.json.write_text(text + "\n", encoding="utf-8")
    if options.svg:
        options.svg.write_text(picture.draw(about, results), encoding="utf-8")
    if options.markdown:
        options.markdown.write_text(report.to_markdown(about, results), encoding="utf-8")


def main():
    parser = arguments()
    options = parser.parse_args()
    settings = settings_of(parser, options)
    rows = chosen_rows(parser, options, settings)
    if options.check:
        return 0
    if options.list:
        for name, row in rows:
            print(f"{name:8}  {row.name:15}  {row.title}")
        return 0
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    about = machine.describe()
    print(machine.to_text(about))
    results = []
    for name, row in rows:
        results.append((name, contest.hold(row, options.rounds)))
        report.show(results[-1][1])
        sys.stdout.flush()
        write(options, about, results)
    # A peer that fails is only shown; a program of this project that fails also fails the run.
    return 1 if any(name.startswith(OWN) for _, result in results for name in result.failed) else 0


if __name__ == "__main__":
    sys.exit(main())
