"""Runs contenders in turn for several rounds and prints medians and ratios to the first contender.

A slow minute of the machine then affects all of them alike: quote the ratios, not the figures.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent


def arguments(description, rounds=5):
    """Returns a parser with the options of every benchmark: --bin, --rounds and --json."""
    parser = argparse.ArgumentParser(description=description.strip().splitlines()[0])
    parser.add_argument("--bin", type=Path, default=HERE.parent / "build/release/bin",
                        help="directory of the programs (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=rounds,
                        help="runs of each contender (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE",
                        help="append every figure of every round to FILE")
    return parser


def run(argv, timeout=300, expect=(0,), **options):
    """Runs a program to its end; returns its wall, user and system seconds and its peak memory.

    `options` are passed to subprocess.Popen; by default the output is discarded.
    """
    options.setdefault("stdout", subprocess.DEVNULL)
    argv = [str(arg) for arg in argv]
    begin = time.monotonic()
    process = subprocess.Popen(argv, **options)
    _, status, used = wait(process, begin + timeout)
    wall = time.monotonic() - begin
    if status not in expect:
        raise RuntimeError(f"{' '.join(argv)}: exit status {status}")
    return {"wall_s": wall, "cpu_s": used.ru_utime + used.ru_stime, "user_s": used.ru_utime,
            "system_s": used.ru_stime, "memory_kib": used.ru_maxrss}


def wait(process, deadline):
    """Waits for a child and returns its resource usage; kills it at the deadline."""
    if not hasattr(os, "pidfd_open"):
        pid, status, used = os.wait4(process.pid, 0)
    else:
        import select
        descriptor = os.pidfd_open(process.pid)
        try:
            ended, _, _ = select.select([descriptor], [], [], max(0, deadline - time.monotonic()))
        finally:
            os.close(descriptor)
        if not ended:
            process.kill()
        pid, status, used = os.wait4(process.pid, 0)
        if not ended:
            raise RuntimeError(f"process {pid} did not end in time")
    process.returncode = os.waitstatus_to_exitcode(status)
    return pid, process.returncode, used


def compare(title, contenders, options, figures=None):
    """Runs each contender once per round and prints a table; returns the medians of each.

    `contenders` maps names to functions that return figures by name. The first contender is the
    baseline.
    """
    results = {name: [] for name in contenders}
    for number in range(options.rounds):
        progress(f"{title}: round {number + 1} of {options.rounds}")
        order = list(contenders)
        # Rotate the order, because a contender may leave the machine warm or busy for the next.
        for name in order[number % len(order):] + order[:number % len(order)]:
            results[name].append(contenders[name]())
    progress("")
    medians = {name: median_of(rounds) for name, rounds in results.items()}
    show(title, results, medians, figures or list(next(iter(medians.values()))))
    if options.json:
        with options.json.open("a", encoding="utf-8") as out:
            out.write(json.dumps({"benchmark": title, "rounds": results}) + "\n")
    return medians


def median_of(rounds):
    return {figure: statistics.median(one[figure] for one in rounds) for figure in rounds[0]}


def ratios(results, baseline, name, figure):
    """Ratios of each round, so that disturbances of both contenders cancel out."""
    return [ours[figure] / theirs[figure] for ours, theirs in zip(results[name], results[baseline])
            if theirs[figure]]


def show(title, results, medians, figures):
    baseline = next(iter(results))
    print(f"\n{title} ({len(results[baseline])} rounds; ratios to {baseline}: median, minimum to"
          " maximum)")
    width = max(map(len, results))
    for name in results:
        cells = []
        for figure in figures:
            cell = f"{figure} {medians[name][figure]:.4g}"
            against = ratios(results, baseline, name, figure)
            if name != baseline and against:
                cell += (f" (x {statistics.median(against):.2f},"
                         f" {min(against):.2f} to {max(against):.2f})")
            cells.append(cell)
        print(f"  {name:{width}}  " + "   ".join(cells))
    sys.stdout.flush()


def progress(text):
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()
