#!/usr/bin/env python3
"""Tests the harness of the benchmarks with contenders that measure nothing."""
import contextlib
import dataclasses
import io
import json
import subprocess
import sys
import unittest
import xml.etree.ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "bench"))

import contest  # noqa: E402
import main  # noqa: E402
import picture  # noqa: E402
import processes  # noqa: E402
import report  # noqa: E402
from contest import CPU, RATE, Goal, Missing, Row  # noqa: E402

MACHINE = {"cpu": "<fast>", "cores": 2, "kernel": "6.1", "system": "Debian", "load": 0.0}


def scripted(*figures):
    """A contender that returns the next of (rate, CPU) at each turn."""
    turns = iter(figures)

    def measure(_):
        return dict(zip((RATE.key, CPU.key), next(turns)))
    return measure


def row(goals=(), **contenders):
    return Row("name", "title <&>", contenders, (RATE, CPU), tuple(goals))


def verdict(goal, **contenders):
    judged = contest.hold(row([goal], **contenders), 1).judge(goal)
    return judged and judged[1:]


class Rounds(unittest.TestCase):
    def test_contenders_take_turns_in_a_rotating_order(self):
        order = []

        def named(name):
            return lambda _: order.append(name) or {RATE.key: 1, CPU.key: 1}
        contest.hold(row(one=named("a"), two=named("b"), three=named("c")), 3)
        self.assertEqual("".join(order), "abcbcacab")

    def test_medians_and_the_ratios_of_each_round(self):
        result = contest.hold(row(one=scripted((1, 2), (2, 8), (9, 4)),
                                  two=scripted((2, 2), (2, 4), (9, 6))), 3)
        self.assertEqual(result.medians["one"], {RATE.key: 2, CPU.key: 4})
        self.assertEqual(result.ratios("two", "one", CPU), [1, 0.5, 1.5])

    def test_an_absent_contender_is_reported_with_the_reason(self):
        def absent(_):
            raise Missing("not installed")

        def broken(_):
            raise RuntimeError("wrong echo")
        result = contest.hold(row([Goal("two", CPU, 1, ("one",))], one=scripted((1, 1)),
                                  two=absent, three=broken), 1)
        self.assertEqual(result.skipped, {"two": "not installed"})
        self.assertEqual(result.failed, {"three": "wrong echo"})
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            report.show(result)
        self.assertIn("two: skipped: not installed", out.getvalue())
        self.assertIn("three: FAILED: wrong echo", out.getvalue())
        self.assertIn("two, CPU µs: not measured", out.getvalue())

    def test_a_scene_that_cannot_be_set_skips_all(self):
        @contextlib.contextmanager
        def scene():
            raise Missing("needs root")
            yield
        result = contest.hold(dataclasses.replace(row(one=scripted((1, 1))), scene=scene), 1)
        self.assertEqual(result.skipped, {"one": "needs root"})


class Goals(unittest.TestCase):
    def test_less_is_better_for_costs_and_more_for_rates(self):
        both = {"one": scripted((10, 10)), "two": scripted((9, 9))}
        self.assertEqual(verdict(Goal("two", CPU, 0.9, ("one",)), **both), ("one", True))
        both = {"one": scripted((10, 10)), "two": scripted((9, 9))}
        self.assertEqual(verdict(Goal("two", RATE, 1, ("one",)), **both), ("one", False))

    def test_the_best_of_several_counts(self):
        three = {"one": scripted((1, 5)), "two": scripted((2, 4)), "three": scripted((1.5, 4.5))}
        self.assertEqual(verdict(Goal("three", CPU, 1, ("one", "two")), **three), ("two", False))

    def test_an_allowance_and_a_bound_without_an_opponent(self):
        both = {"one": scripted((1, 2)), "two": scripted((1, 2.5))}
        self.assertEqual(verdict(Goal("two", CPU, 1, ("one",), extra=0.5), **both), ("one", True))
        self.assertEqual(verdict(Goal("one", CPU, 1.5), one=scripted((1, 2))), (None, False))


class Output(unittest.TestCase):
    def setUp(self):
        goals = [Goal("two", CPU, 0.9, ("one",)), Goal("two", RATE, 1, ("one",))]
        self.result = contest.hold(row(goals, one=scripted((10, 1)), two=scripted((5, 0.5))), 1)

    def test_table(self):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            report.show(self.result)
        self.assertIn("pass   two, CPU µs: 0.500 x one (at most 0.9)", out.getvalue())
        self.assertIn("SHORT  two, per second: 0.500 x one (at least 1)", out.getvalue())

    def test_json(self):
        got = json.loads(json.dumps(report.to_json("echod", self.result)))
        self.assertEqual(got["contenders"]["two"]["median"], {RATE.key: 5, CPU.key: 0.5})
        self.assertEqual([goal["pass"] for goal in got["goals"]], [True, False])

    def test_markdown_marks_what_falls_short(self):
        text = report.to_markdown(MACHINE, [("echod", self.result)])
        self.assertIn("| CPU µs | two: 0.5 × one | ≤ 0.9 |", text)
        self.assertIn("| per second | **two: 0.5 × one** | ≥ 1 |", text)

    def test_picture_is_well_formed(self):
        text = picture.draw(MACHINE, [("echod", self.result)])
        self.assertEqual(xml.etree.ElementTree.fromstring(text).tag,
                         "{http://www.w3.org/2000/svg}svg")


class Declared(unittest.TestCase):
    """The rows that are in the benchmarks."""

    def test_goals_name_contenders_and_figures_of_their_row(self):
        parser = main.arguments()
        options = parser.parse_args([])
        for _, one in main.chosen_rows(parser, options, main.settings_of(parser, options)):
            for goal in one.goals:
                with self.subTest(row=one.name, goal=goal):
                    self.assertLessEqual({goal.who, *goal.against}, set(one.contenders))
                    self.assertIn(goal.figure, one.figures)

    def test_wrong_arguments_are_refused_before_anything_is_built(self):
        for wrong in (["nonsense"], ["--nonsense"], ["--row", "nonsense"], ["--rounds", "0"],
                      ["--engine", "nonsense"], ["--with", "name=/nonexistent"],
                      ["--json", "/nonexistent/file"]):
            with self.subTest(wrong):
                done = subprocess.run([ROOT / "scripts/bench", *wrong], capture_output=True,
                                      text=True, timeout=60, check=False)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertRegex(done.stderr, "^bench: .+\nbench: see 'scripts/bench --help'\n$")


class Processes(unittest.TestCase):
    def test_the_time_of_another_process_and_its_children_is_seen(self):
        script = "sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo; read x'; :"
        with subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            found = processes.family(process.pid)
            self.assertEqual(len(found), 2)
            self.assertGreater(processes.processor_seconds(found), 0.001)
            process.stdin.close()

    def test_a_missing_program_is_no_failure(self):
        with self.assertRaisesRegex(Missing, "nonexistent is not installed"):
            processes.run(["/nonexistent"])


if __name__ == "__main__":
    unittest.main()
