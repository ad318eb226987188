"""Training images with their labels, and the held-out people on whom checkpoints are chosen."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crosscam.base.errors import TrainingError
from reid.data import DATASETS, ReidDataset, Sample
from reid.data.image_store import ImageStore
from reid.training.options import Data, DataSet


@dataclass(frozen=True, eq=False)
class HeldOut:
    """A validation set: every sample is an image or a tracklet; queries and gallery are positions of samples.

    Attributes:
        name: For the log.
        frames: Images of each sample.
        person_ids: int64 (S,).
        camera_ids: int64 (S,).
        query: Positions of the queries, int64 (Q,).
        gallery: Positions of the gallery, int64 (G,).
    """

    name: str
    frames: list[list[np.ndarray]]
    person_ids: np.ndarray
    camera_ids: np.ndarray
    query: np.ndarray
    gallery: np.ndarray


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Everything that a run needs, in memory.

    Attributes:
        images: The training images.
        labels: Class number of each, int64 (M,), 0 to classes - 1.
        classes: Number of training identities.
        held_out: Validation sets, maybe none.
        held_out_people: Person ids that were kept away from training.
    """

    images: ImageStore
    labels: np.ndarray
    classes: int
    held_out: list[HeldOut]
    held_out_people: list[int]


def read_sets(options: Data) -> tuple[list[tuple[int, Sample]], list[tuple[str, ReidDataset]], set[int]]:
    """Training samples with the number of their set, validation sets, and the held-out person ids."""
    first = read_set(options.sets[0], options)
    held = {sample.person_id for sample in first.query} if options.held_out else set()
    train = [(0, sample) for sample in (first.train or first.gallery)]
    validation = [(first.name, first)] if options.held_out else []
    for number, entry in enumerate(options.sets[1:], start=1):
        if not options.same_people:
            found = read_set(entry, options)
            train += [(number, sample) for sample in (found.train or found.gallery)]
            validation += [(found.name, found)] if options.held_out else []
            continue
        found = DATASETS[known(entry.name)].read(entry.root, **entry.options)
        samples = found.train or found.gallery
        train += [(0, sample) for sample in samples if sample.person_id not in held]
        kept = tuple(sample for sample in samples if sample.person_id in held)
        if kept:
            protocol = "each sample of the held-out identities against all others"
            validation.append((found.name, ReidDataset(found.name, (), kept, kept, protocol)))
    return train, validation, held


def known(name: str) -> str:
    """The name itself.

    Raises:
        TrainingError: There is no such data set.
    """
    if name not in DATASETS:
        raise TrainingError(f"unknown data set '{name}'; available: {', '.join(DATASETS)}")
    return name


def read_set(entry: DataSet, options: Data) -> ReidDataset:
    """One set with its held-out identities.

    Raises:
        TrainingError: The reader cannot hold identities out.
    """
    reader = DATASETS[known(entry.name)]
    if not options.held_out:
        all_of_it = {"held_out": 1} if "held_out" in reader.options else {}
        found = reader.read(entry.root, **{**all_of_it, **entry.options})
        everyone = found.train + (found.gallery + found.query if all_of_it else ())
        return ReidDataset(found.name, tuple(dict.fromkeys(everyone)), (), (), found.protocol)
    if "held_out" not in inspect.signature(reader.read).parameters:
        raise TrainingError(f"data set '{entry.name}' cannot hold identities out; put another one first")
    return reader.read(entry.root, **{"held_out": options.held_out, "seed": options.seed, **entry.options})


def load_data(options: Data, input_height: int, max_frames: int = 8) -> TrainingData:
    """Read, split and decode everything.

    Args:
        options: Which sets, and how many identities are held out.
        input_height: Of the network, in pixels; larger images are shrunk towards it.
        max_frames: Frames of a validation tracklet that are used, evenly spaced.

    Raises:
        DatasetError: A set is missing or malformed.
        TrainingError: Nothing is left to train on.
    """
    train, validation, held = read_sets(options)
    pairs = [((number, sample.person_id), path) for number, sample in train for path in sample.paths]
    if len({person for person, _ in pairs}) < 2:
        raise TrainingError("training needs images of at least two identities")
    store = ImageStore([path for _, path in pairs], input_height)
    people = [pairs[i][0] for i in store.readable]
    numbers = {person: number for number, person in enumerate(sorted(set(people)))}
    labels = np.array([numbers[person] for person in people], np.int64)
    sets = [decode_held_out(name, found, input_height, max_frames) for name, found in validation]
    return TrainingData(store, labels, len(numbers), sets, sorted(held))


def decode_held_out(name: str, found: ReidDataset, input_height: int, max_frames: int) -> HeldOut:
    """A validation set in memory. Where query and gallery are the same samples, they are decoded once."""
    samples: Sequence[Sample] = list(dict.fromkeys(found.query + found.gallery))
    position = {sample: index for index, sample in enumerate(samples)}
    frames = []
    for sample in samples:
        chosen = np.linspace(0, len(sample.paths) - 1, min(len(sample.paths), max_frames)).round().astype(int)
        store = ImageStore([sample.paths[i] for i in chosen], input_height)
        frames.append([store[i] for i in range(len(store))])
    return HeldOut(
        name,
        frames,
        np.array([sample.person_id for sample in samples], np.int64),
        np.array([sample.camera_id for sample in samples], np.int64),
        np.array([position[sample] for sample in found.query], np.int64),
        np.array([position[sample] for sample in found.gallery], np.int64),
    )
