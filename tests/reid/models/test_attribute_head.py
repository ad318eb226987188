from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from crosscam.base.errors import DatasetError, TrainingError
from reid.data.market_attributes import BINARY, COLOUR_FIELDS, NAMES, read_attributes
from reid.models.attributes import AttributeHead, fit, join_attributes


def write_labels(file: Path, people: list[str]) -> None:
    fields: dict[str, object] = {name: np.ones(len(people)) for name in (*BINARY, *COLOUR_FIELDS)}
    fields |= {"backpack": np.arange(len(people)) % 2 + 1, "age": np.full(len(people), 3.0)}
    fields["image_index"] = np.array(people, dtype=object)
    savemat(str(file), {"market_attribute": {"train": fields}})


def test_market_attributes(tmp_path: Path) -> None:
    file = tmp_path / "market_attribute.mat"
    write_labels(file, ["0002", "0007", "0010"])
    labels = read_attributes(file)
    assert len(labels.names) == 9 + 8 + 9 + 4
    values = labels.of(np.array([7, 2, 99]))
    assert values[:, NAMES.index("backpack")].tolist() == [1, 0, -1]
    assert values[0, NAMES.index("adult")] == 1
    assert labels.frequencies()[NAMES.index("backpack")] == pytest.approx(1 / 3)


def test_a_foreign_attribute_file_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "market_attribute.mat"
    with pytest.raises(DatasetError, match="not found"):
        read_attributes(file)
    savemat(str(file), {"something": np.ones(3)})
    with pytest.raises(DatasetError, match="is not Market-1501's attribute file"):
        read_attributes(file)


def labelled(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Unit embeddings of which two directions carry an attribute each; the second is rare."""
    embeddings = np.random.default_rng(seed).normal(size=(400, 16)).astype(np.float32)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    return embeddings, np.stack([embeddings[:, 0] > 0, embeddings[:, 1] > 0.35], axis=1).astype(np.int64)


def test_a_head_learns_frequent_and_rare_attributes() -> None:
    embeddings, labels = labelled()
    labels[::7, 0] = -1  # unknown for some
    head = AttributeHead(16, ["backpack", "hat"])
    fit(head, embeddings, labels)
    unseen, truth = labelled(seed=1)
    found = head.predict(unseen) > 0.5
    for attribute in (0, 1):
        recall = found[truth[:, attribute] == 1, attribute].mean()
        rejected = (~found[truth[:, attribute] == 0, attribute]).mean()
        assert (recall + rejected) / 2 > 0.9
    assert head.describe(np.array([0.6, 0.9])) == ["hat", "backpack"]
    assert head.describe(np.array([0.6, 0.2])) == ["backpack"]


def test_training_input_is_checked() -> None:
    embeddings, labels = labelled()
    head = AttributeHead(16, ["backpack", "hat"])
    with pytest.raises(TrainingError, match="shape"):
        fit(head, embeddings, labels[:, :1])
    with pytest.raises(TrainingError, match="nobody has a label for attribute 'hat'"):
        fit(head, embeddings, np.stack([labels[:, 0], np.full(400, -1)], axis=1))
    with pytest.raises(ValueError, match="differ"):
        AttributeHead(16, ["hat", "hat"])


def test_joined_vectors_add_the_two_similarities() -> None:
    embeddings, _ = labelled()
    probabilities = np.random.default_rng(2).random((400, 3))
    joined = join_attributes(embeddings, probabilities, weight=0.25)
    assert joined.shape == (400, 19)
    centred = (probabilities - 0.5) / np.linalg.norm(probabilities - 0.5, axis=1, keepdims=True)
    expected = 0.75 * embeddings @ embeddings.T + 0.25 * centred @ centred.T
    np.testing.assert_allclose(joined @ joined.T, expected, atol=1e-5)
