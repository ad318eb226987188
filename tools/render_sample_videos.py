"""Render videos of people who walk through rooms, with exact ground truth and calibration.

    python tools/render_sample_videos.py --output sample_videos                 # what the repository ships
    python tools/render_sample_videos.py --people 20 --cameras 4 --seconds 60 --output scene
    python tools/render_sample_videos.py --random-scenes 500 --output images    # training images for a detector

Writes <camera>.mp4, gt/<camera>.txt (MOT format, one identity space) and cameras.yaml; with --random-scenes
images/*.jpg and labels.csv. Needs pyvista: pip install -e '.[render]'. The same seed gives the same videos.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import _repo_root  # noqa: F401

from crosscam.base.progress import progress_bar
from crosscam.commands.ending import exit_code
from scenes.files import write_scene
from scenes.random_scenes import write_random_scenes
from scenes.scene import Scene, SceneOptions

SAMPLE_SEED = 32
"""The seed of `sample_videos/`: all five people are seen for several seconds by both cameras."""


def parse_size(text: str) -> tuple[int, int]:
    """`640x360` as (640, 360)."""
    width, cross, height = text.lower().partition("x")
    if not (cross and width.isdigit() and height.isdigit()):
        raise argparse.ArgumentTypeError(f"expected WIDTHxHEIGHT such as 640x360, got {text!r}")
    if int(width) % 2 or int(height) % 2:
        raise argparse.ArgumentTypeError(f"H.264 needs an even width and height, got {text}")
    return int(width), int(height)


def parse_arguments(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder to write to")
    parser.add_argument("--people", type=int, default=5, help="number of people (5)")
    parser.add_argument("--cameras", type=int, default=2, help="number of cameras, one room each (2)")
    parser.add_argument("--seconds", type=float, default=12.0, help="length of the videos (12)")
    parser.add_argument("--size", type=parse_size, default=(640, 360), metavar="WxH", help="of the pictures (640x360)")
    parser.add_argument("--fps", type=float, default=25.0, help="pictures per second (25)")
    parser.add_argument("--seed", type=int, default=SAMPLE_SEED, help=f"of everything left to chance ({SAMPLE_SEED})")
    parser.add_argument("--random-scenes", type=int, metavar="N", help="N single pictures of random rooms instead")
    return parser.parse_args(argv)


def run(args: argparse.Namespace) -> None:
    """Render what was asked for."""
    if args.random_scenes is not None:
        with progress_bar("rendering", args.random_scenes) as step:
            boxes = write_random_scenes(args.output, args.random_scenes, args.size, args.seed, step)
        print(f"{args.random_scenes} images with {boxes} people in {args.output}")
        return
    width, height = args.size
    options = SceneOptions(args.people, args.cameras, args.seconds, width, height, args.fps, args.seed)
    scene = Scene(options)
    with progress_bar("rendering", options.frames) as step:
        write_scene(scene, args.output, step)
    scene.close()
    print(f"{options.cameras} videos of {options.frames} frames with {options.people} people in {args.output}")


def main(argv: list[str] | None = None) -> int:
    """Run the tool; returns the exit code."""
    args = parse_arguments(argv)
    return exit_code(lambda: run(args))


if __name__ == "__main__":
    sys.exit(main())
