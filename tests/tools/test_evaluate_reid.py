from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import evaluate_reid
import numpy as np
import pytest


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Four people in two cameras, two frames each, clothes of their own colours."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "data"
    for person in range(1, 5):
        colours = np.random.default_rng(person).integers(0, 255, (2, 3))
        for camera in (1, 2):
            tracklet = folder / f"{person:04d}C{camera}T0001"
            tracklet.mkdir(parents=True)
            for frame in range(2):
                image = np.repeat(colours, 48, axis=0)[:, None].repeat(48, axis=1) + rng.integers(-5, 5, (96, 48, 3))
                assert cv2.imwrite(str(tracklet / f"{frame}.jpg"), np.clip(image, 0, 255).astype(np.uint8))
    return folder


def evaluate(root: Path, *arguments: str) -> int:
    return evaluate_reid.main(["--dataset", "tracklets", "--root", str(root), "--weights", "descriptor", *arguments])


def test_scores_and_json(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, pictures = tmp_path / "scores.json", tmp_path / "pictures"
    options = ["--rerank", "--manifold", "--multi-query", "--json", str(file), "--pictures", str(pictures)]
    assert evaluate(root, *options) == 0
    report = json.loads(file.read_text())
    assert {"mAP", "rank1", "rank5", "rank10", "rank20", "mINP", "valid_queries", "protocol"} <= set(report)
    assert report["mAP"] == 100.0
    assert report["valid_queries"] == 8
    assert report["rerank"]["mAP"] > 0
    assert (pictures / "ranked_lists.png").is_file()
    assert "each tracklet against all others" in " ".join(capsys.readouterr().out.split())


def test_options_of_re_ranking(root: Path, tmp_path: Path) -> None:
    config, file = tmp_path / "options.yaml", tmp_path / "scores.json"
    config.write_text("rerank: {k1: 3, own_camera: 0}\n")
    assert evaluate(root, "--rerank", "--config", str(config), "--set", "rerank.k2=2", "--json", str(file)) == 0
    rerank = json.loads(file.read_text())["rerank"]
    assert (rerank["k1"], rerank["k2"], rerank["uses_cameras"]) == (3, 2, True)


def test_a_tracklet_encoder_weighs_the_frames(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from reid.embedder import load_embedder
    from reid.inference.tracklet_encoder import save_encoder
    from reid.models.tracklet import TemporalAttention

    embedder = load_embedder("descriptor")
    encoder, file, pictures = tmp_path / "encoder.npz", tmp_path / "scores.json", tmp_path / "pictures"
    save_encoder(TemporalAttention(embedder.dimension), embedder.name, encoder)
    assert evaluate(root, "--encoder", str(encoder), "--json", str(file), "--pictures", str(pictures)) == 0
    assert json.loads(file.read_text())["pooling"] == "encoder"
    assert (pictures / "frame_weights.png").is_file()
    save_encoder(TemporalAttention(embedder.dimension), "another model", encoder)
    assert evaluate(root, "--encoder", str(encoder)) == 2
    assert "belongs to embedder 'another model'" in capsys.readouterr().err


def test_a_shipped_encoder_that_does_not_fit_is_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(root) == 0
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "encoder" in line]
    assert line.startswith("note: encoder 'tracklet_attention.npz' belongs to embedder 'pyramid")
    assert evaluate(root, "--pooling", "mean") == 0
    assert "encoder" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "rerank.k3=1"], "unknown option 'rerank.k3'; available: k1, k2, original, own_camera"),
        (["--set", "rerank.k1=many"], "rerank.k1 must be int, got 'many'"),
        (["--set", "k1=3"], "--set k1=3: expected the sections data and rerank, got 'k1'"),
        (["--set", "data.gallery=9330"], "data set 'tracklets' has no option 'gallery'; available: held_out, seed"),
        (["--set", "data.held_out=99"], "cannot hold out 99 identities: 4 are seen by at least two cameras"),
        (["--set", "data.held_out=many"], "held_out must be a number of identities or a list of them, got 'many'"),
        (["--set", "data.held_out=[1"], "--set 'data.held_out=[1': the value is not valid YAML"),
        (["--json", "."], "--json needs a file, got the folder '.'"),
        (["--pictures", "setup.cfg"], "cannot write to output folder setup.cfg"),
        (["--split", "1"], "has one split"),
        (["--max-frames", "0"], "--max-frames must be at least 1"),
        (["--pooling", "encoder"], "encoder 'tracklet_attention.npz' belongs to embedder"),
        (["--config", "absent.yaml"], "cannot read configuration absent.yaml"),
        (["--weights", "absent.pth"], "absent.pth"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2(
    root: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(root, *arguments) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_wrong_folder_and_unknown_data_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate_reid.main(["--dataset", "mars", "--root", str(tmp_path)]) == 2
    assert "expected the MARS root" in capsys.readouterr().err
    file = tmp_path / "file"
    file.write_text("")
    for dataset in ("mars", "market1501", "tracklets", "prid2011", "ls_vid"):
        assert evaluate_reid.main(["--dataset", dataset, "--root", str(file)]) == 2
        assert f"'{file}' is a file, expected a folder" in capsys.readouterr().err
    assert evaluate_reid.main(["--dataset", "nothing", "--root", str(tmp_path)]) == 2
    assert "unknown data set 'nothing'" in capsys.readouterr().err


def test_damaged_images_are_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "0001C1T0001" / "0.jpg").write_bytes(b"damaged")
    assert evaluate(root) == 0
    assert "1 images could not be read and were left out" in capsys.readouterr().err


@pytest.mark.shared_data
@pytest.mark.slow
def test_osnet_on_real_tracklets(shared: Path, tmp_path: Path) -> None:
    """torchreid's OSNet x0.25 trained on MSMT17, on 40 identities of the development tracklets."""
    file = tmp_path / "scores.json"
    weights = shared / "weights" / "osnet_x0_25_msmt17.pth"
    data = ["--dataset", "tracklets", "--root", str(shared / "data" / "mars_tracklets")]
    options = ["--set", "data.held_out=40", "--max-frames", "2", "--json", str(file)]
    assert evaluate_reid.main([*data, "--weights", str(weights), *options]) == 0
    report = json.loads(file.read_text())
    assert 45 < report["mAP"] < 85
    assert report["identities"] == 40


def test_people_whom_the_weights_were_kept_from_are_scored(tmp_path: Path) -> None:
    from reid.evaluation.options import held_out_people

    folder = tmp_path / "market" / "bounding_box_train"
    folder.mkdir(parents=True)
    for person in range(1, 6):
        for camera in (1, 2):
            (folder / f"{person:04d}_c{camera}s1_000001_00.jpg").touch()
    weights = tmp_path / "own.pth"
    save_checkpoint_of([2, 5], weights)
    assert held_out_people("market1501", folder.parent, weights) == {"held_out": [2, 5]}
    save_checkpoint_of([2, 77], weights)
    assert held_out_people("market1501", folder.parent, weights) == {}
    assert held_out_people("tracklets", folder.parent, weights) == {}
    (folder.parent / "query").mkdir()
    (folder.parent / "bounding_box_test").mkdir()
    save_checkpoint_of([2, 5], weights)
    assert held_out_people("market1501", folder.parent, weights) == {}


def save_checkpoint_of(held_out: list[int], path: Path) -> None:
    from reid.checkpoint import load_checkpoint, save_checkpoint
    from reid.embedder import SHIPPED

    save_checkpoint(replace(load_checkpoint(SHIPPED), training={"held_out_people": held_out}), path)
