"""Rows of the benchmarks: contenders that take turns, their figures, and the goals for the ratios.

A slow minute of the machine affects all contenders of a round alike: quote the ratios, not the
figures.
"""
import contextlib
import dataclasses
import statistics
import sys
from collections.abc import Callable
from typing import Any, NamedTuple


class Figure(NamedTuple):
    """What is measured of a contender; `best` is min or max."""

    key: str
    heading: str
    best: Callable


RATE = Figure("rate_per_s", "per second", max)
CPU = Figure("cpu_us", "CPU µs", min)
CPU_BYTE = Figure("cpu_ns_byte", "CPU ns/byte", min)
P50 = Figure("p50_us", "p50 µs", min)
P99 = Figure("p99_us", "p99 µs", min)
LOST = Figure("lost_percent", "lost %", min)
WALL = Figure("wall_s", "wall s", min)
CPU_TOTAL = Figure("cpu_s", "CPU s", min)


class Missing(Exception):
    """A contender cannot take part; the text states why."""


@dataclasses.dataclass(frozen=True)
class Goal:
    """A bound of the ratio to the best of `against`, or of the figure itself without any.

    `extra` is granted on top: it is subtracted from the figure before the ratio is taken.
    """

    who: str
    figure: Figure
    bound: float
    against: tuple[str, ...] = ()
    extra: float = 0

    def is_met(self, value):
        return value <= self.bound if self.figure.best is min else value >= self.bound


@dataclasses.dataclass(frozen=True)
class Row:
    """A workload. The first contender is the one that the table's ratios refer to.

    A contender is a function of what `scene` provides; it returns its figures by key, or raises
    Missing. `scene` is a context manager of what runs during all rounds.
    """

    name: str
    title: str
    contenders: dict[str, Callable[[Any], dict[str, float]]]
    figures: tuple[Figure, ...]
    goals: tuple[Goal, ...] = ()
    scene: Callable = contextlib.nullcontext


@dataclasses.dataclass
class Result:
    """The rounds of a row, and why contenders are absent."""

    row: Row
    rounds: dict[str, list[dict[str, float]]]
    skipped: dict[str, str]
    failed: dict[str, str]

    @property
    def medians(self):
        return {name: {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
                for name, rounds in self.rounds.items() if rounds}

    @property
    def goals(self):
        """Those of contenders that take part: --engine leaves out others."""
        return [goal for goal in self.row.goals if goal.who in self.row.contenders]

    @property
    def reference(self):
        return next(iter(self.row.contenders))

    def ratios(self, name, to, figure, extra=0.0):
        """Ratios of each round, in which disturbances of both contenders cancel out."""
        return [(ours[figure.key] - extra) / theirs[figure.key]
                for ours, theirs in zip(self.rounds.get(name, ()), self.rounds.get(to, ()))
                if theirs[figure.key]]

    def judge(self, goal):
        """Returns the ratio, whom it refers to and whether the goal is met; None if unknown."""
        medians = self.medians
        if goal.who not in medians:
            return None
        if not goal.against:
            value = medians[goal.who][goal.figure.key]
            return value, None, goal.is_met(value)
        present = [name for name in goal.against if name in medians]
        if not present:
            return None
        best = goal.figure.best(present, key=lambda name: medians[name][goal.figure.key])
        ratios = self.ratios(goal.who, best, goal.figure, goal.extra)
        if not ratios:
            return None
        ratio = statistics.median(ratios)
        return ratio, best, goal.is_met(round(ratio, 3))


def hold(row, rounds):
    """Runs the contenders of a row in turn; one that fails is left out of the next rounds."""
    result = Result(row, {name: [] for name in row.contenders}, {}, {})
    try:
        with row.scene() as scene:
            for number in range(rounds):
                progress(f"{row.title}: round {number + 1} of {rounds}")
                # Rotates the order, because a contender may leave the machine warm for the next.
                order = list(row.contenders)
                for name in order[number % len(order):] + order[:number % len(order)]:
                    _take_turn(result, name, scene)
    except Missing as reason:
        result.skipped.update(dict.fromkeys(row.contenders, str(reason)))
    except (RuntimeError, OSError) as reason:
        result.failed.update(dict.fromkeys(row.contenders, str(reason)))
    progress("")
    return result


def _take_turn(result, name, scene):
    if name in result.skipped or name in result.failed:
        return
    try:
        result.rounds[name].append(result.row.contenders[name](scene))
    except Missing as reason:
        result.skipped[name] = str(reason)
    except (RuntimeError, OSError) as reason:
        result.failed[name] = str(reason)
        result.rounds[name].clear()


def progress(text):
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()
