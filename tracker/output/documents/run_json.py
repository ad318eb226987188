"""`run.json`: how a run was done and what it cost, for people to read and programs to compare.

write_run(path, run_document(config.model_dump(mode="json"), cameras, counts, times.seconds, wall_s, device))
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from crosscam.base.files import write_text
from crosscam.base.secrets import without_secrets
from tracker.structures import CameraInfo

SCHEMA = 1
PACKAGES = (
    "av",
    "lap",
    "numpy",
    "onnxruntime",
    "opencv-python",
    "openvino",
    "pydantic",
    "scipy",
    "torch",
    "torchvision",
    "ultralytics",
)


def run_document(
    config: Mapping[str, Any],
    cameras: Sequence[CameraInfo],
    counts: Mapping[str, int],
    seconds: Mapping[str, float],
    wall_s: float,
    device: Mapping[str, str] | str,
    problems: Sequence[str] = (),
    repaired: Mapping[str, Mapping[str, int]] | None = None,
) -> dict[str, Any]:
    """The content of `run.json`.

    Args:
        config: The resolved configuration.
        cameras: As they were read.
        counts: How many frames, detections, identities, ... there were.
        seconds: By stage; stages that run side by side add up to more than `wall_s`.
        wall_s: From start to end, in seconds.
        device: What the models ran on.
        problems: One line each: a video that broke, a run that was interrupted.
        repaired: By camera: how often something in its video was mended, by kind.
    """
    frames = sum(camera.frames for camera in cameras)
    return {
        "schema": SCHEMA,
        "finished": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "command": [without_secrets(word) for word in sys.argv],
        "problems": list(problems),
        "counts": dict(counts),
        "seconds": {"total": round(wall_s, 3), **{stage: round(s, 3) for stage, s in seconds.items()}},
        "frames_per_second": {
            "total": _rate(frames, wall_s),
            **{stage: _rate(frames, s) for stage, s in seconds.items()},
        },
        "peak_memory_mb": peak_memory_mb(),
        "cameras": [_camera(camera, (repaired or {}).get(camera.name, {})) for camera in cameras],
        "device": device if isinstance(device, str) else dict(device),
        "versions": versions(),
        "config": _without_secrets(config),
    }


def write_run(path: Path, document: Mapping[str, Any]) -> None:
    """Write the whole file or nothing.

    Raises:
        InputError: The file cannot be written.
    """
    write_text(path, json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n")


def versions() -> dict[str, str | None]:
    """Versions of Python, the system, the packages and, in a git checkout, the commit; None where absent."""
    found: dict[str, str | None] = {"python": platform.python_version(), "system": platform.platform()}
    found["processor"] = f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"
    found["crosscam"] = _version("crosscam")
    found["commit"] = git_commit()
    return found | {package: _version(package) for package in PACKAGES}


def git_commit() -> str | None:
    """The commit of the checkout that holds this file, with '-modified' where files differ; None outside of git."""
    root = Path(__file__).resolve().parents[3]
    if not (root / ".git").exists():
        return None
    command = ["git", "-C", str(root), "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty=-modified"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None


def peak_memory_mb() -> float | None:
    """The largest resident size of this process so far, in MB; None on systems that do not tell."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10), 1)  # bytes on macOS, else kB


def _without_secrets(value: Any) -> Any:
    """The same with every address in it cut."""
    if isinstance(value, Mapping):
        return {key: _without_secrets(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_secrets(inner) for inner in value]
    return without_secrets(value) if isinstance(value, str) else value


def _camera(camera: CameraInfo, repaired: Mapping[str, int]) -> dict[str, Any]:
    return {
        "name": camera.name,
        "source": camera.source,
        "frames": camera.frames,
        "fps": camera.fps,
        "size": f"{camera.width}x{camera.height}",
        "repaired": dict(repaired),
    }


def _rate(frames: int, seconds: float) -> float | None:
    return round(frames / seconds, 1) if seconds > 0 else None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
