"""Live identities: pending, recognized, corrected, bounded."""

from __future__ import annotations

import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from tracker.cross_camera.evidence.score_calibration import Calibration
from tracker.cross_camera.live.identity_events import IdentityEvent
from tracker.cross_camera.live.online_gallery import PER_CAMERA, OnlineGallery
from tracker.cross_camera.live.online_identities import OnlineIdentities
from tracker.cross_camera.live.online_track import MAX_KEPT, ActiveTrack, LiveTrack
from tracker.cross_camera.options import OnlineOptions

BOX = np.array([10, 10, 30, 70], np.float32)
STEEP = Calibration(np.array([-1.0, 0.3, 0.7, 1.0]), np.array([-8.0, -4.0, 4.0, 8.0]), (0.0, 0.2), (0.8, 0.1), 0.1)


def looks(people: int, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(people, 64))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def run(
    people: int,
    visits: list[tuple[float, float, str, int, int]],
    live: OnlineOptions,
    background: Executor | None = None,
) -> tuple[OnlineIdentities, dict[tuple[str, int], list[int | None]]]:
    """Five instants a second; a visit is (start s, end s, camera, track, person)."""
    vectors, rng = looks(people), np.random.default_rng(1)
    identities = OnlineIdentities(live=live, background=background)
    shown: dict[tuple[str, int], list[int | None]] = {}
    for tick in range(int(max(v[1] for v in visits) * 5) + 1):
        tracks = []
        for start, end, camera, track, person in visits:
            if start <= tick / 5 <= end:
                look = vectors[person] + rng.normal(size=64) * 0.3 / 8
                box = BOX + np.float32(40 * track) * np.array([1, 0, 1, 0], np.float32)
                tracks.append(ActiveTrack(camera, track, box, (look / np.linalg.norm(look)).astype(np.float32)))
        for key, number in identities.step(tick / 5, tracks).items():
            shown.setdefault(key, []).append(number)
    return identities, shown


def test_people_are_recognized_in_another_camera_once_the_run_is_calibrated() -> None:
    first = [(3.0 * p, 3.0 * p + 5, "a", p + 1, p) for p in range(8)]
    second = [(40 + 3.0 * p, 45 + 3.0 * p, "b", p + 1, p) for p in range(8)]
    identities, shown = run(8, first + second, OnlineOptions(recluster_s=5))
    assert shown["a", 1][0] is None  # pending at first
    for p in range(1, 9):
        assert shown["a", p][-1] == shown["b", p][-1]
    assert len({shown["a", p][-1] for p in range(1, 9)}) == 8
    events = identities.take_events()
    assert sum(e.kind == "found" for e in events) >= 6
    assert identities.take_events() == []


class Held(Executor):
    """Does the work when it is told to."""

    def __init__(self) -> None:
        self.work: list[tuple[Future, Any, tuple]] = []

    def submit(self, fn: Any, /, *args: Any, **_kwargs: Any) -> Future:
        self.work.append((Future(), fn, args))
        return self.work[-1][0]

    def release(self) -> None:
        future, function, arguments = self.work.pop(0)
        future.set_result(function(*arguments))


def test_steps_go_on_while_the_last_minutes_are_decided_in_the_background() -> None:
    background, vectors = Held(), looks(6)
    identities = OnlineIdentities(live=OnlineOptions(recluster_s=4), background=background)

    def instant(tick: int, tracks: dict[int, int]) -> dict[tuple[str, int], int | None]:
        seen = [
            ActiveTrack("a", n, BOX + np.float32(40 * n) * np.array([1, 0, 1, 0], np.float32), vectors[person])
            for n, person in tracks.items()
        ]
        return identities.step(tick / 5, seen)

    shown = [instant(tick, {1: 0, 2: 1, 3: 2}) for tick in range(16)]
    assert sorted(shown[-1].values()) == [1, 2, 3]  # type: ignore[type-var]
    assert len(background.work) == 1  # begun after three seconds, and not again while it is not done
    later = [instant(tick, {1: 0, 4: 3}) for tick in range(16, 60)]
    assert len(background.work) == 1
    assert [numbers["a", 4] for numbers in later] == [None] * len(later)  # nobody new is decided meanwhile
    background.release()
    assert instant(60, {1: 0, 4: 3}) == {("a", 1): 1, ("a", 4): 4}
    assert len(background.work) == 1  # the next one was due
    background.release()
    now = instant(61, {1: 0, 4: 3})
    assert now == {("a", 1): 1, ("a", 4): 4}


def test_the_background_changes_nothing_in_the_end() -> None:
    visits = [(3.0 * p + 12 * c, 3.0 * p + 12 * c + 5, "ab"[c], p + 1, p) for p in range(6) for c in (0, 1)]
    partitions = []
    for workers in (0, 1):
        with ThreadPoolExecutor(1) as pool:
            identities, _ = run(6, visits, OnlineOptions(recluster_s=2), pool if workers else None)
            people: dict[int | None, set[tuple[str, int]]] = {}
            for key, number in identities.finish(40.0).items():
                people.setdefault(number, set()).add(key)
        partitions.append(sorted(map(sorted, people.values())))
    assert partitions[0] == partitions[1] == [[("a", p), ("b", p)] for p in range(1, 7)]


def test_two_in_view_of_one_camera_are_never_one() -> None:
    visits = [(0.0, 20.0, "a", 1, 0), (0.0, 20.0, "a", 2, 0), (5.0, 20.0, "b", 1, 1), (8.0, 20.0, "b", 2, 2)]
    _, shown = run(3, visits, OnlineOptions(recluster_s=2))
    for one, other in zip(shown["a", 1], shown["a", 2], strict=True):
        assert one is None or one != other


def test_a_correction_keeps_the_older_number_and_is_published() -> None:
    # Nothing is known before the first re-clustering, so that everybody gets a number of their own in each camera.
    visits = [(3.0 * p + 12 * c, 3.0 * p + 12 * c + 5, "ab"[c], p + 1, p) for p in range(6) for c in (0, 1)]
    identities, shown = run(6, visits, OnlineOptions(recluster_s=0))
    assert len({numbers[-1] for numbers in shown.values()}) == 12
    before = {key: numbers[-1] for key, numbers in shown.items()}
    identities.take_events()
    identities.recluster(35.0)
    now = identities.current()
    merges = [e for e in identities.take_events() if e.kind == "merged"]
    assert len(merges) == 6
    for p in range(1, 7):
        assert now["a", p] == now["b", p]
        assert now["a", p] in (before["a", p], before["b", p])
        assert identities.identity_of(before["a", p]) == identities.identity_of(before["b", p]) == now["a", p]
    assert merges[0] == IdentityEvent("merged", 35.0, merges[0].identity_id, merges[0].other)


def test_without_appearance_everybody_gets_a_number_in_time() -> None:
    identities = OnlineIdentities(live=OnlineOptions(max_pending_s=1.0))
    numbers = [identities.step(t / 10, [ActiveTrack("a", 1, BOX)])["a", 1] for t in range(15)]
    assert numbers[:10] == [None] * 10
    assert numbers[10:] == [1] * 5


def test_the_gallery_is_bounded_and_archived_people_are_found() -> None:
    gallery, vectors = OnlineGallery(), looks(50)
    for person in range(50):
        for _ in range(10):
            gallery.add(person + 1, 0, vectors[person], time_s=float(person))
    assert len(gallery.prototypes()) <= 50 * PER_CAMERA
    gallery.archive(before_s=25.0)
    assert gallery.is_archived(1)
    assert not gallery.is_archived(40)
    numbers, odds = gallery.log_odds(gallery.centred(vectors[:1], [0]), STEEP)
    assert numbers[odds[0].argmax()] == 1
    gallery.merge(keep=40, drop=1)
    assert gallery.identities[0] == 2


def test_a_step_with_five_thousand_archived_people_is_quick() -> None:
    identities = OnlineIdentities(live=OnlineOptions(recluster_s=0))
    identities._calibration = STEEP
    identities._cameras["a"] = 0
    vectors = looks(5050, seed=3)
    for person in range(5000):
        identities.gallery.add(person + 1, 0, vectors[person], 0.0)
    identities.gallery.archive(1.0)
    tracks = [ActiveTrack("a", k + 1, BOX, vectors[5000 + k]) for k in range(50)]
    for tick in range(6):  # the fourth decides all fifty at once
        identities.step(10 + tick / 5, tracks)
    began = time.process_time()
    for tick in range(10):
        identities.step(20 + tick / 5, tracks)
    assert (time.process_time() - began) / 10 < 0.02


def test_a_long_track_ends_when_it_was_seen_last_in_bounded_memory() -> None:
    track = LiveTrack("a", 1, 0.0, 0.0)
    for tick in range(5000):
        track.see(tick / 10, ActiveTrack("a", 1, BOX + tick))
    tracklet = track.tracklet()
    assert tracklet.start_s == 0.0
    assert tracklet.end_s == 499.9
    np.testing.assert_array_equal(tracklet.boxes[-1], BOX + 4999)
    assert MAX_KEPT / 2 <= len(tracklet) <= MAX_KEPT + 1


def test_all_boxes_of_a_slow_camera_are_kept() -> None:
    track = LiveTrack("a", 1, 0.0, 0.0)
    for tick in range(100):
        track.see(tick / 5, ActiveTrack("a", 1, BOX))  # 0.6 s and 0.8 s are a little less than 0.2 s apart
    assert len(track.tracklet()) == 100


def test_who_was_taken_for_another_is_known_by_the_new_number_after_the_correction() -> None:
    gallery, vectors = OnlineGallery(), looks(2)
    for vector in vectors:  # both tracks were given to person 1
        gallery.show(1, 0, vector)
    gallery.set_recent([1, 2], [0, 0], list(vectors), np.zeros((1, 64), np.float32))
    numbers, odds = gallery.log_odds(vectors, STEEP)
    assert numbers[odds.argmax(axis=1)].tolist() == [1, 2]
    assert odds.min() < -3


def test_strangers_are_not_attracted_by_a_large_archive() -> None:
    gallery, vectors = OnlineGallery(), looks(200)
    gallery.show(1, 0, vectors[0])
    for person in range(1, 200):
        gallery.add(person + 1, 0, vectors[person], 0.0)
    numbers, odds = gallery.log_odds(vectors[:2], STEEP)
    of_itself = [odds[k, numbers == k + 1].item() for k in (0, 1)]
    assert of_itself[0] == 8.0
    assert of_itself[1] == 8.0 - np.log(199)


def test_one_wrong_guess_does_not_give_the_past_of_a_person_to_another() -> None:
    identities = OnlineIdentities(live=OnlineOptions(recluster_s=0, window_s=60))
    vectors = looks(6)

    def show(camera: str, people: range, start_s: float, end_s: float) -> None:
        for time_s in np.arange(start_s, end_s, 0.2).tolist():
            identities.step(time_s, [ActiveTrack(camera, p, BOX, vectors[p]) for p in people])

    show("a", range(6), 0.0, 10.0)
    identities.recluster(30.0)
    of_person_0 = identities.current()["a", 0]
    show("b", range(1, 6), 80.0, 90.0)
    show("c", range(1, 2), 92.0, 98.0)
    identities._tracks["c", 1].identity_id = of_person_0  # the wrong guess
    identities.take_events()
    identities.recluster(99.0)
    now = identities.current()
    assert ("a", 0) not in now
    assert now["c", 1] == now["b", 1] != of_person_0
    assert identities.identity_of(of_person_0) == of_person_0
    assert identities.take_events() == [IdentityEvent("found", 99.0, now["c", 1], None, "c", 1)]
