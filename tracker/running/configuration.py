"""Configuration of a run: presets, files and `--set section.key=value`, merged and validated into one `PipelineConfig`.

Each stage's options are a pydantic model beside the stage (`options.py` puts them together): defaults, types and ranges
live there, once. Unknown keys and names are errors, raised before any model is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from crosscam.base.errors import ConfigError
from crosscam.base.settings import apply_override, merged, read_settings, validated
from tracker.detection.builtin import BuiltinOptions
from tracker.running.options import PipelineConfig

PRESET_FOLDER = Path(__file__).resolve().parent.parent / "presets"
PRESET_FILES = (".yaml", ".yml")


def load_config(
    file: str | Path | None = None,
    preset: str | Path | None = None,
    overrides: Sequence[str] = (),
    sections: Mapping[str, Any] | None = None,
    device: str | None = None,
) -> PipelineConfig:
    """Merge defaults, a preset, a file, sections, a device and overrides, each winning over those before it.

    Args:
        file: YAML with any of the sections of `PipelineConfig`.
        preset: Name of a file in `tracker/presets`, such as "bytetrack", or the path of a file like those.
        overrides: Texts of the form "section.key=value"; the value is read as YAML.
        sections: Further values by section, as a program would give them.
        device: What all networks run on: auto, cpu, cuda or cuda:N.

    Raises:
        ConfigError: A file, key, name or value that is not valid; the message names where it came from.
    """
    # The name of the default detector is there from the start: which options are valid depends on it.
    values: dict[str, Any] = {"detector": {"name": BuiltinOptions().name}}
    sources = [(str(path), read_settings(path)) for path in _files(file, preset)]
    if sections:
        sources.append(("arguments", dict(sections)))
    for source, extra in sources:
        values = merged(values, extra)
        validated(PipelineConfig, values, source)  # one by one, so that a message names the source at fault
    if device is not None:
        values = _with_device(values, device)
    for text in overrides:
        extra = {}
        apply_override(extra, text)
        values = merged(values, extra)
        validated(PipelineConfig, values, f"--set {text}")
    return validated(PipelineConfig, values, "defaults")


def available_presets() -> list[str]:
    """Names that `--tracker` takes."""
    return sorted(path.stem for path in PRESET_FOLDER.glob("*.yaml"))


def _files(file: str | Path | None, preset: str | Path | None) -> list[Path]:
    files = []
    if preset is not None:
        is_file = Path(preset).suffix.lower() in PRESET_FILES
        if not is_file and str(preset) not in available_presets():
            names = ", ".join(available_presets())
            raise ConfigError(f"unknown tracker {str(preset)!r}; available: {names}, or a .yaml file like those")
        files.append(Path(preset) if is_file else PRESET_FOLDER / f"{preset}.yaml")
    if file is not None:
        files.append(Path(file))
    return files


def _with_device(values: dict[str, Any], device: str) -> dict[str, Any]:
    """The device for the embedder, and for the detector where it is a network."""
    detector = validated(PipelineConfig, values, "arguments").detector
    sections = ["embedder", *(["detector"] if hasattr(detector, "device") else [])]
    changed = merged(values, {section: {"device": device} for section in sections})
    validated(PipelineConfig, changed, f"--device {device}")
    return changed
