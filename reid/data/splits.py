"""Splits by identity: no person is both trained on and evaluated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

import numpy as np

from crosscam.base.errors import DatasetError
from reid.data.samples import DISTRACTOR, JUNK, Sample


def cross_camera_identities(samples: Sequence[Sample]) -> list[int]:
    """Identities seen by at least two cameras, ascending: only these can be asked for and found."""
    cameras: dict[int, set[int]] = defaultdict(set)
    for sample in samples:
        cameras[sample.person_id].add(sample.camera_id)
    return sorted(p for p, seen in cameras.items() if len(seen) > 1 and p not in (JUNK, DISTRACTOR))


def choose_held_out(samples: Sequence[Sample], held_out: int | Collection[int], seed: int = 0) -> frozenset[int]:
    """Draw identities seen by at least two cameras without replacement, or check the ones that are named.

    Args:
        samples: Images or tracklets.
        held_out: How many to draw, or the person ids themselves.
        seed: Of the draw.

    Raises:
        DatasetError: Fewer identities than that are seen by two cameras, or a named one is not.
    """
    if isinstance(held_out, str) or not isinstance(held_out, int | Collection):
        raise DatasetError(f"held_out must be a number of identities or a list of them, got {held_out!r}")
    candidates = cross_camera_identities(samples)
    if not isinstance(held_out, int):
        unknown = sorted(set(held_out) - set(candidates))
        if unknown or not held_out:
            raise DatasetError(f"cannot hold out identities {unknown[:5]}: not seen by at least two cameras")
        return frozenset(held_out)
    if not 0 < held_out <= len(candidates):
        raise DatasetError(f"cannot hold out {held_out} identities: {len(candidates)} are seen by at least two cameras")
    chosen = np.random.default_rng(seed).choice(candidates, size=held_out, replace=False)
    return frozenset(int(p) for p in chosen)


def split_by_identity(samples: Sequence[Sample], held_out: Collection[int]) -> tuple[list[Sample], list[Sample]]:
    """Samples of the other identities, and samples of the held-out ones."""
    held = set(held_out)
    train = [s for s in samples if s.person_id not in held]
    return train, [s for s in samples if s.person_id in held]


def one_query_per_camera(samples: Sequence[Sample], seed: int = 0) -> tuple[list[Sample], list[Sample]]:
    """Query and gallery as Market-1501 makes them: one random sample of every identity and camera asks the others.

    Identities of a single camera have no answer and stand in the gallery only.
    """
    answerable = set(cross_camera_identities(samples))
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for index, sample in enumerate(samples):
        if sample.person_id in answerable:
            groups[sample.person_id, sample.camera_id].append(index)
    generator = np.random.default_rng(seed)
    # An identity's only sample of a camera asks too, so it stays in the gallery for the other cameras' queries.
    chosen = {key: int(generator.choice(groups[key])) for key in sorted(groups)}
    queries = set(chosen.values())
    keep = {index for key, index in chosen.items() if len(groups[key]) == 1}
    gallery = [s for i, s in enumerate(samples) if i not in queries or i in keep]
    return [samples[i] for i in sorted(queries)], gallery


def random_halves(names: Sequence[str], splits: int = 10, seed: int = 0) -> list[tuple[list[str], list[str]]]:
    """Train and test halves of people for data sets whose official split file is absent, each sorted.

    The same names and seed give the same splits on every machine; with an odd number the test half is the larger.
    """
    ordered = sorted(names)
    generator = np.random.default_rng(seed)
    halves = []
    for _ in range(splits):
        order = generator.permutation(len(ordered))
        middle = len(ordered) // 2
        train = sorted(ordered[i] for i in order[:middle])
        halves.append((train, sorted(ordered[i] for i in order[middle:])))
    return halves
