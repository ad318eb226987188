"""Sequences of which both ground truth and detections are on disk: what tuning and benchmarks track again."""

from __future__ import annotations

from pathlib import Path

from crosscam.base.errors import DetectionsError
from tracker.evaluation.mot_data import MotData, read_ground_truth
from tracker.evaluation.replay import SavedSequence, load_sequence


def load_sequences(truth_folder: Path, detections_folder: Path) -> tuple[dict[str, MotData], list[SavedSequence]]:
    """Ground truth by name, and detections in the same order, of the sequences that have both.

    Args:
        truth_folder: `NAME.txt` or `NAME/gt/gt.txt`, with frame rate and image size in `NAME/seqinfo.ini`.
        detections_folder: `NAME.npy` or `NAME.txt`, see `load_sequence`.

    Raises:
        InputError: A folder is missing, no sequence is in both, or a file is malformed.
    """
    if not detections_folder.is_dir():
        raise DetectionsError(f"no folder of detections at {detections_folder}")
    files = {path.stem: path for path in sorted(detections_folder.iterdir()) if path.suffix in (".npy", ".txt")}
    truth = {name: data for name, data in read_ground_truth(truth_folder).items() if name in files}
    if not truth:
        raise DetectionsError(
            f"no sequence has both ground truth in {truth_folder} and detections in {detections_folder}"
        )
    infos = {name: truth_folder / name / "seqinfo.ini" for name in truth}
    return truth, [load_sequence(name, files[name], infos[name], truth[name].last_frame) for name in truth]
