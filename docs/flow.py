"""Drawings of how parts follow one another: lines of `first -> second -> third`, as SVG."""

from __future__ import annotations

import io

BOX, GAP, HEIGHT = 1.55, 0.45, 0.75
INK, PAPER = "#3949ab", "#e8eaf6"


def flow_svg(text: str) -> str:
    """One row of boxes and arrows for each line; `\\n` in a name begins a new line in its box."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot as plt

    rows = [[part.strip().replace("\\n", "\n") for part in line.split("->")] for line in text.strip().splitlines()]
    width = max(map(len, rows)) * (BOX + GAP) - GAP
    figure, axes = plt.subplots(figsize=(width, len(rows) * (HEIGHT + GAP)))
    axes.set_xlim(-0.05, width + 0.05)
    axes.set_ylim(-len(rows) * (HEIGHT + GAP) + GAP - 0.05, 0.05)
    axes.axis("off")
    for row, parts in enumerate(rows):
        middle = -row * (HEIGHT + GAP) - HEIGHT / 2
        for column, part in enumerate(parts):
            left = column * (BOX + GAP)
            box = plt.Rectangle((left, middle - HEIGHT / 2), BOX, HEIGHT, facecolor=PAPER, edgecolor=INK, linewidth=1)
            axes.add_patch(box)
            axes.text(left + BOX / 2, middle, part, ha="center", va="center", fontsize=8.5, color="#212121")
            if column:
                axes.annotate(
                    "", (left, middle), (left - GAP, middle), arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 1.2}
                )
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", bbox_inches="tight", transparent=True)
    plt.close(figure)
    svg = drawn.getvalue()
    return "".join(line.strip() + " " for line in svg[svg.index("<svg") :].splitlines())
