"""Track people through several videos of one place: one number per person in all cameras and after every absence.

    crosscam track --videos cam1.mp4 cam2.mp4 --output results
    crosscam track --videos rtsp://hall/stream rtsp://door/stream --live --cameras cameras.yaml

The output folder gets, for each camera, the annotated video <camera>.mp4 and the tracks <camera>.txt (MOT format), for
all of them identities.json, tracking.sqlite (to search), people/<number>.jpg (crops of one person) and run.json, with
--cameras map.jpg, with --live events.jsonl.
"""

from __future__ import annotations

import argparse
import logging
from typing import Any

from crosscam.base.config_text import DEFAULT_HEADER, config_text
from crosscam.commands.arguments import add_device, add_settings
from tracker.running.configuration import available_presets, load_config
from tracker.running.options import PipelineConfig


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line."""
    add = parser.add_argument
    add("--videos", nargs="+", default=[], metavar="VIDEO", help="file, folder of images, img1/ folder or stream")
    add("--output", default="output", metavar="DIR", help="folder for videos, tracks and pictures (output)")
    add("--detector", metavar="NAME_OR_WEIGHTS", help="weights: .onnx, .xml, .pt, or a YOLO name (builtin)")
    add("--detections", nargs="+", metavar="FILE", help="one file per video instead of a detector: MOT text or .npy")
    add("--reid", metavar="WEIGHTS", help="ReID weights: .pth, .onnx, .xml; descriptor or none (builtin)")
    add_device(parser)
    add("--tracker", metavar="PRESET", help=f"{', '.join(available_presets())}, or a YAML file (default)")
    add("--cameras", metavar="FILE", help="YAML with names, time offsets, calibration and travel times")
    add("--gallery", metavar="FILE", help="SQLite file that keeps identities between runs; not with --live")
    add_settings(parser, "YAML with any sections that --print-config shows", "tracker.max_lost_s=2")
    add("--max-frames", type=int, metavar="N", help="stop each video after N frames")
    add("--live", action="store_true", help="one pass with online identities, for streams")
    add(
        "--print-config",
        action="store_true",
        help="print the resolved configuration with comments, and do nothing else",
    )
    add("--overwrite", action="store_true", help="replace the results of another run in the output folder")
    add("--no-video", action="store_true", help="write no annotated videos")
    add("--quiet", action="store_true", help="no progress bars and no closing table")


def check_arguments(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Arguments that must fit each other."""
    if not args.videos and not args.print_config:
        parser.error("the following arguments are required: --videos")


def configuration(args: argparse.Namespace) -> PipelineConfig:
    """The configuration files with the command line's own flags on top."""
    from tracker.detection import detector_section

    sections: dict[str, Any] = {}
    if args.detections:
        sections["detector"] = {"name": "mot_file", "files": args.detections}
    elif args.detector:
        sections["detector"] = detector_section(args.detector)
    if args.reid:
        sections["embedder"] = {"weights": args.reid}
    if args.no_video:
        sections["output"] = {"video": False}
    return load_config(args.config, args.tracker, args.set, sections, args.device)


def run(args: argparse.Namespace) -> None:
    """Track what the command line asks for."""
    level = logging.ERROR if args.quiet else logging.WARNING
    logging.basicConfig(level=level, format="%(levelname)s: %(message)s")
    config = configuration(args)
    if args.print_config:
        print(DEFAULT_HEADER + config_text(config), end="")
        return
    from tracker.running.live import track_live
    from tracker.running.recorded import track_videos
    from tracker.running.request import RunRequest

    request = RunRequest(
        args.videos, args.output, args.cameras, args.gallery, args.max_frames, args.quiet, args.overwrite
    )
    (track_live if args.live else track_videos)(request, config)
