"""IDF1 over the difficulty of appearance, for several ways to find identities: measured, as a table, as a picture."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.identity.modes import Evidence, Labels, bounds, offline, online
from benchmarks.identity.scores import BoxTruth, compare_boxes
from benchmarks.worlds.world import World

SIMILARITIES = (0.6, 0.45, 0.3)
"""From easy to hard; see `sightings`."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Panel:
    """One kind of world, and what is measured in it.

    Attributes:
        title: Its name.
        make: From similarity and seed; can be pickled.
        offline: Kinds of evidence to decide by afterwards.
        online: Kinds of evidence to decide by as the world goes on.
        seeds: Worlds of each similarity.
        facts: Noted with each row.
    """

    title: str
    make: Callable[[float, int], World]
    offline: tuple[Evidence, ...]
    online: tuple[Evidence, ...] = ()
    seeds: int = 1
    facts: Row = field(default_factory=dict)

    def measure(self, similarity: float) -> list[Row]:
        """One row per way and kind of evidence: means over seeds."""
        found: dict[tuple[str, str], list[Row]] = {}
        for seed in range(self.seeds):
            for row in self._score(self.make(similarity, seed)):
                found.setdefault((row.pop("way"), row.pop("evidence")), []).append(row)
        rows = []
        for (way, by), of_seeds in found.items():
            means = {key: round(float(np.mean([row[key] for row in of_seeds])), 3) for key in of_seeds[0]}
            rows.append({"world": self.title, "similarity": similarity, "way": way, "evidence": by, **means})
        return [{**row, "seeds": self.seeds, **self.facts} for row in rows]

    def _score(self, world: World) -> Iterator[Row]:
        boxes = compare_boxes(world)
        facts = {"tracklets": len(world.tracklets), "separability": world.separability(), "rank1": world.rank1()}
        for way, labels in bounds(world, boxes).items():
            yield _row(way, "", boxes, labels, 0.0) | facts
        for find, kinds in ((offline, self.offline), (online, self.online)):
            for kind in kinds:
                began = time.process_time()
                labelled = find(world, boxes, kind)
                seconds = time.process_time() - began
                for way, labels in labelled.items():
                    yield _row(way, kind.name, boxes, labels, seconds) | facts


def measure_all(panels: Sequence[Panel], jobs: int) -> Iterator[list[Row]]:
    """All rows so far, in order of panel and similarity, each time that more are known; prints the new ones."""
    found: dict[tuple[int, int], list[Row]] = {}
    # Forked children would share locks of libraries that have threads.
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        tasks = {
            pool.submit(panel.measure, similarity): (k, number)
            for k, panel in enumerate(panels)
            for number, similarity in enumerate(SIMILARITIES)
        }
        for task in as_completed(tasks):
            found[tasks[task]] = task.result()
            print("\n".join(_line(row) for row in task.result()), flush=True)
            yield [row for key in sorted(found) for row in found[key]]


def _row(way: str, evidence: str, boxes: BoxTruth, labels: Labels, seconds: float) -> Row:
    return {"way": way, "evidence": evidence, **boxes.scores(labels), "cpu_s": seconds}


def _line(row: Row) -> str:
    return (
        f"{row['world']:45} {row['similarity']:.2f}  rank-1 {row['rank1']:5.1f}  {row['way']:19} {row['evidence']:26} "
        f"IDF1 {row['IDF1']:5.1f}  merges {row['wrong_merges']:5.1f}  splits {row['wrong_splits']:6.1f}  "
        f"{row['cpu_s']:6.1f} s"
    )


COLOURS = {
    "appearance": "tab:orange", "appearance + time": "tab:blue", "appearance + place": "tab:green",
    "appearance + time + place": "tab:purple", "": "black",
}  # fmt: skip
DASHES = {
    "offline": "-", "online, in the end": "--", "online, as shown": ":", "perfect linking": "-", "no linking": ":",
}  # fmt: skip


def draw_curves(rows: Sequence[Row], columns: int, path: Path) -> None:
    """One panel per kind of world, IDF1 over similarity from easy to hard; colour is evidence, dashes are the way."""
    from matplotlib.figure import Figure

    worlds = list(dict.fromkeys(row["world"] for row in rows))
    height = -(-len(worlds) // columns)
    figure = Figure(figsize=(4.2 * columns, 3.4 * height + 1.2), layout="constrained")
    axes = figure.subplots(height, columns, squeeze=False, sharex=True, sharey=True)
    named: dict[str, Any] = {}
    for place, title in zip(axes.flat, worlds, strict=False):
        of_world = [row for row in rows if row["world"] == title]
        for key in dict.fromkeys((row["way"], row["evidence"]) for row in of_world):
            mine = sorted((row["similarity"], row["IDF1"]) for row in of_world if (row["way"], row["evidence"]) == key)
            label = ", ".join(part for part in key if part)
            width = 4.5 - 1.2 * (key[1].count("+") + (key[0] != "offline"))  # who lies below is seen at both sides
            (named[label],) = place.plot(
                *zip(*mine, strict=True), DASHES[key[0]], color=COLOURS[key[1]], marker=".", linewidth=width
            )
        place.set_title(title, fontsize=9)
        place.grid(alpha=0.3)
    for place in axes.flat[len(worlds) :]:
        place.set_axis_off()
    axes[0, 0].invert_xaxis()
    for place in axes[-1]:
        place.set_xlabel("similarity of one person in two cameras", fontsize=9)
    figure.supylabel("IDF1 over all cameras, %", fontsize=9)
    figure.legend(named.values(), named.keys(), loc="outside lower center", ncols=min(3, columns + 1), fontsize=8)
    figure.savefig(path, dpi=110)
