"""Find a person in the results of a run: by a photo, a box in a video, an identity, or the colours of the clothes.

Lists the tracklets that fit best and shows them in a picture, `search.jpg` in the results folder.

    crosscam search --results output --image photo.jpg
    crosscam search --results output --video cam1.mp4 --time 12.4 --box 310 80 60 170
    crosscam search --results output --identity 3
    crosscam search --results output --upper red --lower black

Colours are judged from the pixels of torso and legs: a backpack counts as the shirt, and bare legs look brown.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crosscam.base.errors import InputError
from crosscam.base.files import write_picture
from crosscam.base.images import read_image
from crosscam.base.json_file import json_writer
from crosscam.commands.arguments import add_device, add_json
from reid.clothing import COLOURS, clothing_colours
from tracker.cross_camera.gallery.search import Hit, search_tracklets
from tracker.detection.border_crops import body_crops
from tracker.output.people.crops import Crop
from tracker.output.people.search_picture import crops_within, search_picture
from tracker.output.render.text import clock_text
from tracker.output.store.reader import StoreReader, store_file
from tracker.running.configuration import load_config
from tracker.structures import Frame, Tracklet

MIN_FIT = 0.05
"""Share of the asked colours from which on somebody is listed: in a run without any red, the best is at 0.03."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line."""
    add = parser.add_argument
    add("--results", type=Path, required=True, metavar="DIR", help="output folder of a run, or its tracking.sqlite")
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--image", type=Path, metavar="FILE", help="photo; the largest person in it is looked for")
    who.add_argument("--video", type=Path, metavar="FILE", help="video with the person, with --time and --box")
    who.add_argument("--identity", type=int, metavar="N", help="identity of the run: who else looks like it")
    for name, part in (("--upper", "upper"), ("--lower", "lower")):
        add(name, choices=[*COLOURS, "gray"], metavar="COLOUR", help=f"of the {part} body: {', '.join(COLOURS)}")
    add("--time", type=float, default=0.0, metavar="S", help="with --video: moment in seconds (0)")
    add("--box", type=float, nargs=4, metavar=("LEFT", "TOP", "WIDTH", "HEIGHT"), help="in pixels; no detector is run")
    add("--reid", metavar="WEIGHTS", help="ReID weights of the run; default: the shipped model")
    add("--detector", metavar="NAME_OR_WEIGHTS", help="finds the person in a photo (builtin)")
    add_device(parser)
    add("--top", type=int, default=10, metavar="N", help="tracklets listed (10)")
    add("--picture", type=Path, metavar="FILE", help="where the hits are shown (search.jpg in the results folder)")
    add_json(parser, "the hits")


def check_arguments(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Arguments that must fit each other."""
    is_described = args.upper is not None or args.lower is not None
    if is_described == (args.image is not None or args.video is not None or args.identity is not None):
        parser.error("give one of --image, --video, --identity, or colours: --upper, --lower")
    if args.video and not args.box:
        parser.error("--video needs --box LEFT TOP WIDTH HEIGHT")
    if args.top < 1:
        parser.error("--top must be at least 1")


def run(args: argparse.Namespace) -> None:
    """Look the person up, print the list, write the picture."""
    write = json_writer(args.json)
    file = store_file(args.results)
    with StoreReader(file) as store:
        pairs = store.result().tracklets()
        crops = {number: store.crops(number) for number in {number for number, _ in pairs}}
        model = store.meta().get("reid_model", "none")
    pictures = [crops_within(tracklet, crops[number]) for number, tracklet in pairs]
    shown = None
    if args.upper or args.lower:
        hits = _dressed(pictures, args.upper, args.lower)
    else:
        hits, shown = _alike(args, pairs, model, file)
    hits = hits[: args.top]
    rows = [_row(hit, pairs[hit.index]) for hit in hits]
    print(f"{'identity':>8}  {'camera':<16} {'from':>9} {'to':>9}  {'score':>6}  {'sure':>5}")
    for row in rows:
        span = f"{clock_text(row['start_s']):>9} {clock_text(row['end_s']):>9}"
        sure = "-" if row["probability"] is None else f"{row['probability']:.0%}"
        print(f"{row['identity']:>8}  {row['camera']:<16} {span}  {row['score']:6.3f}  {sure:>5}")
    picture = args.picture or file.parent / "search.jpg"
    image = search_picture(shown, rows, [pictures[hit.index] for hit in hits])
    write_picture(picture, image)
    print(f"shown in {picture}")
    write({"hits": rows})


def _dressed(pictures: list[list[Crop]], upper: str | None, lower: str | None) -> list[Hit]:
    """Tracklets by how well the clothes fit the description, the best first; those that do not fit are left out."""
    hits = []
    for index, crops in enumerate(pictures):
        if crops:
            score = clothing_colours([crop.image() for crop in crops]).match(upper, lower)
            hits.append(Hit(index, score, None, None))
    if not hits:
        raise InputError("the results hold no pictures of people")
    return sorted((hit for hit in hits if hit.score >= MIN_FIT), key=lambda hit: (-hit.score, hit.index))


def _alike(args: argparse.Namespace, pairs: Any, model: str, file: Path) -> tuple[list[Hit], NDArray[np.uint8] | None]:
    """Tracklets by likeness to a person, and the crop of that person to show."""
    tracklets = [tracklet for _, tracklet in pairs]
    if all(t.embedding is None and len(t.samples) == 0 for t in tracklets):
        made = "the run was made without a ReID model" if model == "none" else f"no track was embedded with {model}"
        raise InputError(f"{file} holds no embeddings: {made}")
    query, camera, shown = _query(args, pairs, model)
    return [h for h in search_tracklets(query, tracklets, camera) if pairs[h.index][0] != args.identity], shown


def _query(
    args: argparse.Namespace, pairs: Any, model: str
) -> tuple[NDArray[np.float32], str | None, NDArray[np.uint8] | None]:
    """Vectors of the person, the camera they come from if it is one of the run, and a crop to show."""
    if args.identity is not None:
        mine = [t for number, t in pairs if number == args.identity]
        vectors = [t.embedding for t in mine if t.embedding is not None]
        if not vectors:
            known = sorted({number for number, _ in pairs})
            raise InputError(f"identity {args.identity} is not in the results; they have {known[0]} to {known[-1]}")
        cameras = {t.camera_id for t in mine}
        return np.stack(vectors), cameras.pop() if len(cameras) == 1 else None, None
    image = _read_image(args.image) if args.image else _read_frame(args.video, args.time)
    box = _given_box(args, image) if args.box else _largest_person(args, image)
    (crop,) = body_crops(image, box[None])
    from tracker.running.build import build_embedder

    sections = {"embedder": {"weights": args.reid}} if args.reid else {}
    embedder = build_embedder(load_config(sections=sections, device=args.device).embedder)
    if embedder is None:
        raise InputError("--reid none: a person cannot be looked for without a ReID model")
    if embedder.name != model:
        raise InputError(f"the run used ReID model {model!r}, the search uses {embedder.name!r}; give the same --reid")
    return embedder.embed([crop]), None, crop


def _read_image(path: Path) -> NDArray[np.uint8]:
    if not path.is_file():
        raise InputError(f"cannot read image {path}: no such file")
    image = read_image(path)
    if image is None:
        raise InputError(f"cannot read image {path}: not an image")
    return image


def _read_frame(path: Path, time_s: float) -> NDArray[np.uint8]:
    from tracker.video.reader import open_video

    with open_video(str(path), path.stem, 0.0, None) as reader:
        for frame in reader:
            if frame.time_s >= time_s - 1e-3:
                return frame.image
    raise InputError(f"{path} ends before {time_s} s")


def _given_box(args: argparse.Namespace, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    left, top, width, height = args.box
    box = np.array([left, top, left + width, top + height], np.float32)
    inside = np.clip(box, 0, [image.shape[1], image.shape[0]] * 2)
    if inside[2] - inside[0] < 2 or inside[3] - inside[1] < 2:
        raise InputError(f"--box {args.box} lies outside of the image of {image.shape[1]}x{image.shape[0]} pixels")
    return inside


def _largest_person(args: argparse.Namespace, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    from tracker.detection import build_detector, detector_section

    sections = {"detector": detector_section(args.detector)} if args.detector else {}
    detector = build_detector(load_config(sections=sections, device=args.device).detector, ["image"])
    found = detector.detect([Frame("image", 0, 0.0, image)])[0]
    if len(found) == 0:
        raise InputError(
            f"no person found in {args.image or args.video}; cut the person out and give --box 0 0 WIDTH HEIGHT"
        )
    area = (found.boxes[:, 2] - found.boxes[:, 0]) * (found.boxes[:, 3] - found.boxes[:, 1])
    return found.boxes[int((area * found.scores).argmax())]


def _row(hit: Hit, pair: tuple[int, Tracklet]) -> dict[str, Any]:
    number, tracklet = pair
    return {
        "identity": number,
        "camera": tracklet.camera_id,
        "track": tracklet.track_id,
        "start_s": round(tracklet.start_s, 3),
        "end_s": round(tracklet.end_s, 3),
        "score": round(hit.score, 4),
        "probability": None if hit.probability is None else round(hit.probability, 4),
    }
