"""Prints the result of a row as a table, and turns results into JSON and Markdown."""
import statistics

import machine


def show(result):
    row = result.row
    count = max(map(len, result.rounds.values()))
    print(f"\n{row.name}: {row.title} ({count} {'round' if count == 1 else 'rounds'}; x: ratio to"
          f" {result.reference})")
    lines = [["", *(figure.heading for figure in row.figures)]]
    lines += [_cells(result, name) for name in result.medians]
    widths = [max(map(len, column)) for column in zip(*lines)]
    for first, *others in lines:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:])]
        print("  " + "  ".join([first.ljust(widths[0]), *cells]).rstrip())
    for name, reason in result.skipped.items():
        print(f"  {name}: skipped: {reason}")
    for name, reason in result.failed.items():
        print(f"  {name}: FAILED: {reason}")
    for goal in result.goals:
        print(f"  {_verdict(result, goal)}")


def _cells(result, name):
    cells = [name]
    for figure in result.row.figures:
        ratios = result.ratios(name, result.reference, figure)
        ratio = f"  x {statistics.median(ratios):5.2f}" if ratios else " " * 9
        if name == result.reference:
            ratio = " " * 9
        cells.append(number(result.medians[name][figure.key]) + ratio)
    return cells


def number(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _verdict(result, goal):
    what = f"{goal.who}, {goal.figure.heading}"
    judged = result.judge(goal)
    limit = "at most" if goal.figure.best is min else "at least"
    if judged is None:
        return f"-----  {what}: not measured"
    value, best, is_met = judged
    text = f"{value:.3f} x {best}" if best else number(value)
    granted = f" + {number(goal.extra)}" if goal.extra else ""
    return (f"{'pass ' if is_met else 'SHORT'}  {what}: {text}{granted}"
            f" ({limit} {goal.bound:g})")


def to_json(benchmark, result):
    return {"benchmark": benchmark, "row": result.row.name, "title": result.row.title,
            "reference": result.reference,
            "contenders": {name: {"median": median, "rounds": result.rounds[name]}
                           for name, median in result.medians.items()},
            "skipped": result.skipped, "failed": result.failed,
            "goals": [_goal_to_json(result, goal) for goal in result.goals]}


def _goal_to_json(result, goal):
    value, best, is_met = result.judge(goal) or (None, None, None)
    return {"contender": goal.who, "figure": goal.figure.key,
            "bound": "at_most" if goal.figure.best is min else "at_least", "limit": goal.bound,
            "extra": goal.extra, "against": best, "value": value, "pass": is_met}


def to_markdown(about, results):
    """One line for each row and figure that has goals."""
    lines = [machine.to_text(about), "", "| load | figure | ratio | goal |", "|---|---|---|---|"]
    for _, result in results:
        for figure in dict.fromkeys(goal.figure for goal in result.goals):
            goals = [goal for goal in result.goals if goal.figure == figure]
            lines.append(f"| {result.row.title} | {figure.heading} |"
                         f" {'<br>'.join(_ratio(result, goal) for goal in goals)} |"
                         f" {'<br>'.join(map(_bound, goals))} |")
    return "\n".join(lines) + "\n"


def _ratio(result, goal):
    judged = result.judge(goal)
    if judged is None:
        return f"{goal.who}: not measured"
    value, best, is_met = judged
    text = f"{goal.who}: {number(value)}" + (f" × {best}" if best else "")
    return text if is_met else f"**{text}**"


def _bound(goal):
    return ("≤ " if goal.figure.best is min else "≥ ") + f"{goal.bound:g}"
