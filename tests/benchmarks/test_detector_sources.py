"""Which variants there are, what each leaves out, and that one folder never mixes two recipes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.detection import sources as bench
from benchmarks.detection.variants import groups, only, read_options, variants, without
from crosscam.base.errors import ConfigError
from tracker.detector_training.data import TrainingData
from tracker.detector_training.options import TrainingOptions
from tracker.detector_training.packed_images import Sample
from tracker.evaluation.detection import ImageBoxes

RECIPE = TrainingOptions.model_validate(
    {
        "sources": [{"path": "photos/labels.csv"}, {"path": "clips/a/a.json"}, {"path": "clips/b/b.json"}],
        "paste_from": "crops/train",
        "steps": 3,
    }
)


def paths(options: TrainingOptions) -> list[str]:
    return [source.path for source in options.sources]


def sample(people: int) -> Sample:
    boxes = np.tile(np.array([[2, 2, 20, 40]], np.float32), (people, 1))
    return Sample(np.zeros((48, 48, 3), np.uint8), boxes, np.zeros((0, 4), np.float32))


def test_a_source_is_the_first_folder_of_its_paths() -> None:
    assert groups(RECIPE) == ["photos", "clips", "pasted crops"]
    assert groups(RECIPE.model_copy(update={"paste_from": None})) == ["photos", "clips"]


def test_leaving_out_takes_all_of_a_source_and_nothing_else() -> None:
    clips = without(RECIPE, "clips")
    assert paths(clips) == ["photos/labels.csv"]
    assert clips.paste_from == "crops/train"
    assert paths(only(RECIPE, "clips")) == ["clips/a/a.json", "clips/b/b.json"]
    pasted = without(RECIPE, "pasted crops")
    assert paths(pasted) == paths(RECIPE)
    assert pasted.paste_from is None
    with pytest.raises(ConfigError, match="no source 'clip' in the recipe; there are: photos, clips, pasted crops"):
        without(RECIPE, "clip")


def test_variants_differ_in_one_thing() -> None:
    found = variants(RECIPE, ["clips", "pasted crops"], [7])
    assert list(found) == ["all sources", "without clips", "without pasted crops", "all sources, seed 7"]
    assert found["all sources"] == RECIPE
    assert found["without clips"].seed == RECIPE.seed
    assert found["all sources, seed 7"] == RECIPE.model_copy(update={"seed": 7})


def test_overrides_are_checked_and_the_length_is_in_steps(tmp_path: Path) -> None:
    config = tmp_path / "recipe.yaml"
    config.write_text("sources: [{path: photos/labels.csv}]\nsize: 288\n", encoding="utf-8")
    options = read_options(config, ["steps=40", "size=224"])
    assert (options.steps, options.size) == (40, 224)
    with pytest.raises(ConfigError, match="steps=N"):
        read_options(config, [])
    with pytest.raises(ConfigError, match="stepps"):
        read_options(config, ["stepps=40"])


def test_scores_pool_what_is_held_out_and_average_the_sequences(monkeypatch: pytest.MonkeyPatch) -> None:
    """A detector that finds everybody when there is one, and half of two: equal boxes are found once."""

    def first_only(network: object, samples: list[Sample], size: int) -> list[ImageBoxes]:
        return [ImageBoxes(s.people[:1], np.ones(len(s.people[:1])), s.people, s.ignored) for s in samples]

    monkeypatch.setattr(bench, "detect_samples", first_only)
    sources = {"photos": TrainingData([], [sample(1)], None), "clips": TrainingData([sample(1)], [], None)}
    sources["rooms"] = TrainingData([], [sample(2)], None)
    material = bench.Material(sources, None, {"A": [sample(1)], "B": [sample(2), sample(2)]})
    scores = bench.score(None, material, 64)  # type: ignore[arg-type]
    ap50 = {name: figures["ap50"] for name, figures in scores.items()}
    mean = {"A": 100.0, "B": 50.0, "mean of the sequences": 75.0}
    assert ap50 == {"held out": 66.67, "held out, photos": 100.0, "held out, rooms": 50.0, **mean}


def test_changes_are_against_all_sources() -> None:
    results = {"all sources": {"scores": {"held out": {"ap50": 30.0}}}}
    assert bench.changes(results) == {}
    results["without clips"] = {"scores": {"held out": {"ap50": 27.5}}}
    assert bench.changes(results) == {"without clips": {"held out": -2.5}}


def test_a_finished_training_is_not_repeated_and_a_folder_keeps_its_recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    class Finished:
        """Stands for the trainer: its folder fills, and later it is resumed."""

        average = "network"

        def __init__(self, options: object, samples: object, held_out: object, crops: object, folder: Path, n: int):
            folder.mkdir(parents=True, exist_ok=True)
            self._folder = folder

        def resume(self) -> None:
            calls.append("resume")

        def run(self) -> None:
            calls.append("run")
            (self._folder / "last.pt").touch()

    monkeypatch.setattr(bench, "Trainer", Finished)
    for _ in range(2):
        assert bench.train(RECIPE, [sample(1)], None, tmp_path / "all", 0) == "network"
    assert calls == ["run", "resume", "run"]
    with pytest.raises(ConfigError, match="other options"):
        bench.train(without(RECIPE, "clips"), [sample(1)], None, tmp_path / "all", 0)


def test_the_plot_is_a_picture(tmp_path: Path) -> None:
    bench.plot_changes({"without clips": {"held out": -2.5, "A": 1.0}}, tmp_path / "changes.png")
    assert (tmp_path / "changes.png").read_bytes().startswith(b"\x89PNG")
