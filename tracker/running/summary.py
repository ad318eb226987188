"""The closing table: what was found where, and how fast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from tracker.output.render.text import clock_text
from tracker.structures import TrackingResult


def summary_table(result: TrackingResult) -> Table:
    """One row per camera, and one for all of them together."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("camera", no_wrap=True, max_width=40)
    for column in ("people", "tracklets", "boxes", "frames", "length"):
        table.add_column(column, justify="right")
    for camera in result.cameras:
        own = [(who, t) for who, t in result.tracklets() if t.camera_id == camera.name]
        table.add_row(
            camera.name,
            str(len({who for who, _ in own})),
            str(len(own)),
            str(sum(len(t) for _, t in own)),
            str(camera.frames),
            clock_text(camera.frames / camera.fps if camera.fps else 0.0, 0),
        )
    if len(result.cameras) > 1:
        table.add_section()
        every = [t for _, t in result.tracklets()]
        boxes, frames = sum(len(t) for t in every), sum(camera.frames for camera in result.cameras)
        table.add_row("all cameras", str(len(result.identities)), str(len(every)), str(boxes), str(frames), "")
    return table


def summary_line(result: TrackingResult, wall_s: float, seconds: Mapping[str, float]) -> str:
    """People, cameras, seconds and frames per second in one sentence, with the share of each stage."""
    people, cameras = len(result.identities), len(result.cameras)
    frames = sum(camera.frames for camera in result.cameras)
    several = sum(len({t.camera_id for t in i.tracklets}) > 1 for i in result.identities)
    rate = f", {frames / wall_s:.0f} frames per second" if wall_s > 0 else ""
    stages = ", ".join(f"{stage} {s:.1f} s" for stage, s in seconds.items() if s >= 0.05)
    text = f"{_plural(people, 'person', 'people')} in {_plural(cameras, 'camera', 'cameras')}"
    text += f" ({several} in more than one)" if cameras > 1 else ""
    return f"{text}, {wall_s:.1f} s{rate}" + (f"\n{stages}" if stages else "")


def print_summary(
    result: TrackingResult,
    wall_s: float,
    seconds: Mapping[str, float],
    problems: Sequence[str] = (),
    console: Console | None = None,
) -> None:
    """Print table, sentence and problems to `console`, by default standard output."""
    console = console or Console()
    console.print(summary_table(result))
    console.print()
    console.print(summary_line(result, wall_s, seconds), markup=False, highlight=False)
    for problem in problems:
        console.print(f"warning: {problem}", style="yellow", markup=False, highlight=False, soft_wrap=True)


def _plural(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
