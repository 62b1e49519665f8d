"""Draws the judged ratios as one self-contained SVG picture, for light and dark pages."""
from xml.sax.saxutils import escape

WIDTH, LINE, TOP = 960, 20, 56
LEFT, RIGHT, FULL = 470, 820, 1.5  # of the bars; the ratio at the right end

STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .faint { fill: #656d76 } .axis { stroke: #afb8c1 } .bound { stroke: #1f2328; stroke-width: 2 }
  .back { fill: #ffffff } .pass { fill: #2da44e } .short { fill: #d1242f }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .faint { fill: #8b949e } .axis { stroke: #484f58 }
    .bound { stroke: #e6edf3 } .back { fill: #0d1117 } .pass { fill: #3fb950 }
    .short { fill: #f85149 }
  }
"""


def draw(about, results):
    bars = [(result.row, goal, judged) for _, result in results for goal in result.goals
            if (judged := result.judge(goal)) and judged[1]]
    height = TOP + LINE * len(bars) + 16
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}"'
             f' viewBox="0 0 {WIDTH} {height}" role="img">',
             "<title>Ratios of sockbox to other programs</title>", f"<style>{STYLE}</style>",
             f'<rect class="back" width="{WIDTH}" height="{height}"/>',
             _text(12, 20, "Ratios to other programs; the mark is the goal"),
             _text(12, 38, f"{about['cores']} cores, {about['cpu']}, Linux {about['kernel']}",
                   "faint")]
    for ratio in (0, 0.5, 1):
        x = _x(ratio)
        parts.append(f'<line class="axis" x1="{x}" x2="{x}" y1="{TOP - 4}" y2="{height - 12}"/>')
        parts.append(_text(x - 4, TOP - 8, f"{ratio:g}", "faint"))
    parts += [_bar(TOP + LINE * number, *bar) for number, bar in enumerate(bars)]
    return "\n".join([*parts, "</svg>", ""])


def _x(ratio):
    return round(LEFT + (RIGHT - LEFT) * min(ratio, FULL) / FULL, 1)


def _text(x, y, text, style=None):
    style = f' class="{style}"' if style else ""
    return f'<text x="{x}" y="{y}"{style}>{escape(text)}</text>'


def _bar(top, row, goal, judged):
    ratio, best, is_met = judged
    mark = _x(goal.bound)
    name = f"{row.name}: {goal.who}, {goal.figure.heading} / {best}"
    limit = "≤" if goal.figure.best is min else "≥"
    return "\n".join([
        _text(12, top + 14, name),
        f'<rect class="{"pass" if is_met else "short"}" x="{LEFT}" y="{top + 4}"'
        f' width="{round(_x(ratio) - LEFT, 1)}" height="12"/>',
        f'<line class="bound" x1="{mark}" x2="{mark}" y1="{top + 1}" y2="{top + 19}"/>',
        _text(RIGHT + 12, top + 14, f"{ratio:.2f} ({limit} {goal.bound:g})")])
