"""The picture at the top of the README, from a run over the sample videos.

    crosscam track --videos sample_videos/cam1.mp4 sample_videos/cam2.mp4 --output output
    python docs/preview.py --results output            # writes sample_videos/preview.jpg
    python docs/preview.py --results output --check    # is it what the present run gives?

It shows both cameras at the moment at which most people are seen by both.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import av
import cv2
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "sample_videos" / "preview.jpg"
CAMERAS = ("cam1", "cam2")
HEIGHT_PX = 360
MAX_DIFFERENCE = 6.0
"""Mean difference of the grey levels that JPEG and other versions of the encoder may make; other numbers make more."""


def best_frame(results: Path) -> int:
    """The frame in which most people are seen by both cameras; of equal ones the middle one."""
    content = json.loads((results / "identities.json").read_text(encoding="utf-8"))
    frames = min(camera["frames"] for camera in content["cameras"])
    seen = np.zeros((len(content["identities"]), len(CAMERAS), frames), bool)
    for row, identity in enumerate(content["identities"]):
        for stay in identity["tracklets"]:
            seen[row, CAMERAS.index(stay["camera"]), stay["first_frame"] : stay["last_frame"] + 1] = True
    shared = seen.all(axis=1).sum(axis=0)
    best = np.flatnonzero(shared == shared.max())
    return int(best[len(best) // 2])


def preview(results: Path) -> np.ndarray:
    """Both annotated videos side by side at one moment, uint8 (H, W, 3) BGR."""
    index = best_frame(results)
    views = []
    for camera in CAMERAS:
        with av.open(str(results / f"{camera}.mp4")) as video:
            image = next(f for i, f in enumerate(video.decode(video=0)) if i == index).to_ndarray(format="bgr24")
        scale = HEIGHT_PX / image.shape[0]
        views.append(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    return np.concatenate(views, axis=1)


def main(argv: list[str] | None = None) -> int:
    """Write or check the picture; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, required=True, metavar="DIR", help="output folder of the run")
    parser.add_argument("--check", action="store_true", help="compare with the picture that is there; write nothing")
    args = parser.parse_args(argv)
    picture = preview(args.results)
    if not args.check:
        cv2.imwrite(str(PICTURE), picture, [cv2.IMWRITE_JPEG_QUALITY, 88])
        print(f"written to {PICTURE}")
        return 0
    old = cv2.imread(str(PICTURE))
    if old is None or old.shape != picture.shape:
        print(f"{PICTURE} has another shape than the present run's picture", file=sys.stderr)
        return 1
    difference = float(np.abs(old.astype(int) - picture).mean())
    print(f"mean difference from {PICTURE.name}: {difference:.2f} grey levels (at most {MAX_DIFFERENCE})")
    return int(difference > MAX_DIFFERENCE)


if __name__ == "__main__":
    sys.exit(main())
