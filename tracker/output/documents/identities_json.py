"""`identities.json`: who was where and when, small enough to read.

    {"schema": 1,
     "cameras": [{"name", "source", "fps", "frames", "width", "height"}],
     "identities": [{"id": 1, "tracklets": [{"camera", "track", "first_frame", "last_frame", "start_s", "end_s",
                                             "boxes", "confidence"}]}]}

Frames count from 0; `boxes` is the number of boxes. Every box is in `tracking.sqlite` and the MOT files.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from crosscam.base.errors import DetectionsError
from crosscam.base.files import write_text
from tracker.structures import Identity, TrackingResult

SCHEMA = 1
TIME_DIGITS = 6


def identities_document(result: TrackingResult) -> dict[str, Any]:
    """The content of `identities.json`."""
    return {
        "schema": SCHEMA,
        "cameras": [asdict(camera) for camera in result.cameras],
        "identities": [{"id": i.identity_id, "tracklets": _tracklets(i)} for i in result.identities],
    }


def write_identities(path: Path, result: TrackingResult) -> None:
    """Write the whole file or nothing.

    Raises:
        InputError: The file cannot be written.
    """
    write_text(path, json.dumps(identities_document(result), indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_identities(path: Path) -> dict[str, Any]:
    """Read the file back as the document above.

    Raises:
        DetectionsError: It cannot be read, is not JSON, or has another schema.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DetectionsError(f"cannot read {path}: {' '.join(str(error).split())}") from error
    found = document.get("schema") if isinstance(document, dict) else None
    if found != SCHEMA:
        raise DetectionsError(f"{path}: expected schema {SCHEMA}, found {found}")
    return document


def confidences(identity: Identity) -> tuple[float, ...]:
    """The confidence of each tracklet of an identity; 1 where none was given."""
    return identity.confidence or (1.0,) * len(identity.tracklets)


def _tracklets(identity: Identity) -> list[dict[str, Any]]:
    return [
        {
            "camera": tracklet.camera_id,
            "track": int(tracklet.track_id),
            "first_frame": int(tracklet.frame_indices[0]),
            "last_frame": int(tracklet.frame_indices[-1]),
            "start_s": round(tracklet.start_s, TIME_DIGITS),
            "end_s": round(tracklet.end_s, TIME_DIGITS),
            "boxes": len(tracklet),
            "confidence": round(float(sure), 4),
        }
        for tracklet, sure in zip(identity.tracklets, confidences(identity), strict=True)
    ]
