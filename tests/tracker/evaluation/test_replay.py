"""Saved detections tracked again, and the tool that tunes on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tune_tracker

from crosscam.base.boxes import xyxy_to_ltwh
from tracker.evaluation.replay import load_sequence, mot_rows, replay
from tracker.formats.seqinfo import SequenceInfo
from tracker.single_camera.options import TrackerOptions
from tracker.single_camera.refinement import RefinementOptions


@pytest.fixture
def saved(tmp_path: Path, scenes: Any) -> Path:
    """Folders `gt` and `det` of one sequence of four walkers over 60 frames, with embeddings."""
    detections, truth = [], []
    for t, found in enumerate(scenes.walkers(4, 60), 1):
        boxes = xyxy_to_ltwh(found.boxes)
        head = np.column_stack([np.full(4, t), np.full(4, -1), boxes, found.scores, np.full((4, 3), -1)])
        detections.append(np.concatenate([head, found.embeddings], axis=1))
        truth.append(np.column_stack([np.full(4, t), np.arange(1, 5), boxes, np.ones(4)]))
    (tmp_path / "det").mkdir()
    (tmp_path / "gt").mkdir()
    np.save(tmp_path / "det" / "hall.npy", np.concatenate(detections).astype(np.float32))
    np.savetxt(tmp_path / "gt" / "hall.txt", np.concatenate(truth), delimiter=",", fmt="%g")
    return tmp_path


def test_replay_gives_one_tracklet_per_walker(saved: Path) -> None:
    sequence = load_sequence("hall", saved / "det" / "hall.npy")
    for refinement in (None, RefinementOptions()):
        tracklets = replay(sequence, TrackerOptions(), refinement)
        assert [len(t) for t in tracklets] == [60] * 4
    assert mot_rows(tracklets).shape == (240, 7)


def test_only_refined_tracks_begin_before_they_were_confirmed(saved: Path) -> None:
    sequence = load_sequence("hall", saved / "det" / "hall.npy")
    options = TrackerOptions(confirm_at_start=False, min_hits=3)
    assert [t.frame_indices[0] for t in replay(sequence, options, None)] == [2] * 4
    assert [t.frame_indices[0] for t in replay(sequence, options, RefinementOptions())] == [0] * 4
    assert mot_rows([]).shape == (0, 7)


def test_frame_rate_comes_from_seqinfo(saved: Path) -> None:
    info = saved / "seqinfo.ini"
    info.write_text("[Sequence]\nframeRate=7\nimWidth=768\nimHeight=576\n", encoding="utf-8")
    sequence = load_sequence("hall", saved / "det" / "hall.npy", info)
    assert sequence.info == SequenceInfo(7.0, 768, 576)


def test_tuning_writes_a_preset_no_worse_than_the_start(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    preset = saved / "best.yaml"
    arguments = ["--ground-truth", str(saved / "gt"), "--detections", str(saved / "det"), "--trials", "3"]
    assert tune_tracker.main([*arguments, "--output", str(preset), "--json", str(saved / "trials.json")]) == 0
    assert "HOTA on hall" in capsys.readouterr().out
    assert preset.read_text(encoding="utf-8").startswith("# Tuned for HOTA on hall")
    assert (saved / "trials.json").is_file()


def test_missing_folder_is_one_line(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tune_tracker.main(["--ground-truth", str(saved / "gt"), "--detections", str(saved / "nowhere")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    (saved / "empty").mkdir()
    assert tune_tracker.main(["--ground-truth", str(saved / "gt"), "--detections", str(saved / "empty")]) == 2
    assert "no sequence has both" in capsys.readouterr().err
