"""Tracklet attention against the mean when 0, 25 and 50 % of the frames are damaged, on people held out from training.

    python benchmarks/reid/temporal_attention.py --data mars_tracklets --json FILE

Damage: most of the crop covered by another person, an empty scene, or frames of somebody else. Queries and gallery are
both damaged. Intervals resample query identities; the difference is paired by query.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cv2
import numpy as np

from benchmarks.record import write_record
from reid.checkpoint import load_checkpoint
from reid.data.image_store import ImageStore
from reid.data.tracklets import read_tracklets
from reid.embedder import SHIPPED, load_embedder
from reid.evaluation.bootstrap import bootstrap_interval
from reid.evaluation.ranking import RankingResult, evaluate_embeddings
from reid.inference.tracklet_encoder import TrackletAttention, load_encoder
from reid.training.encoder import DamagedClips, FrameBank, build_bank, damage_clips


def held_out_tracklets(root: Path, weights: Path, height: int) -> tuple[list[list[np.ndarray]], np.ndarray, np.ndarray]:
    """Frames, person and camera of the tracklets of people that the checkpoint has not seen."""
    held = set(load_checkpoint(weights).training["held_out_people"])
    samples = [sample for sample in read_tracklets(root) if sample.person_id in held]
    stores = [ImageStore(sample.paths, height) for sample in samples]
    frames = [store.take(np.arange(len(store))) for store in stores]
    people = np.array([sample.person_id for sample in samples], np.int64)
    return frames, people, np.array([sample.camera_id for sample in samples], np.int64)


def encode_all(clips: DamagedClips, encoder: TrackletAttention | None) -> np.ndarray:
    """Unit embeddings (S, D): by the encoder, or the mean where there is none."""
    found = []
    for frames, mask in zip(clips.frames, clips.mask, strict=True):
        real = frames[mask]
        mean = real.mean(0)
        found.append(encoder.encode(real)[0] if encoder else mean / np.linalg.norm(mean))
    return np.stack(found)


def score(clips: DamagedClips, encoder: TrackletAttention | None, bank: FrameBank) -> RankingResult:
    """Every tracklet asks all others."""
    vectors = encode_all(clips, encoder)
    return evaluate_embeddings(vectors, vectors, bank.labels, bank.cameras, bank.labels, bank.cameras)


def compare(bank: FrameBank, encoder: TrackletAttention, share: float, seeds: int) -> dict[str, object]:
    """Scores of both over several draws of the damage, with intervals."""
    everyone = np.arange(len(bank.labels))
    values: dict[str, list[np.ndarray]] = {"mean": [], "attention": []}
    rank1: dict[str, list[float]] = {"mean": [], "attention": []}
    on_damaged = []
    for seed in range(seeds):
        clips = damage_clips(bank, everyone, np.full(len(everyone), share), np.random.default_rng(seed))
        for name, used in (("mean", None), ("attention", encoder)):
            result = score(clips, used, bank)
            values[name].append(100 * result.average_precisions)
            rank1[name].append(100 * result.rank(1))
        weights = [
            encoder.weights(f[m]) @ d[m] for f, m, d in zip(clips.frames, clips.mask, clips.damaged, strict=True)
        ]
        on_damaged.append(float(np.mean(weights)))
    queries = bank.labels[result.valid]
    averages = {name: np.mean(found, axis=0) for name, found in values.items()}
    gain = averages["attention"] - averages["mean"]
    row: dict[str, object] = {"damaged_share": share, "valid_queries": len(queries)}
    for name, found in averages.items():
        row[f"{name}_mAP"] = round(float(found.mean()), 2)
        row[f"{name}_mAP_95"] = [round(v, 2) for v in bootstrap_interval(found, queries)]
        row[f"{name}_rank1"] = round(float(np.mean(rank1[name])), 2)
    row["gain_mAP"] = round(float(gain.mean()), 2)
    row["gain_mAP_95"] = [round(v, 2) for v in bootstrap_interval(gain, queries)]
    row["weight_on_damaged"] = round(float(np.mean(on_damaged)), 3)
    return row


def draw_weights(
    path: Path, frames: list[list[np.ndarray]], embedder_frames: FrameBank, encoder: TrackletAttention, rows: int
) -> None:
    """A picture of a few tracklets in which a stranger's frames were mixed: each frame with its weight below it."""
    random = np.random.default_rng(3)
    lines = []
    for tracklet in random.choice(len(frames), rows, replace=False):
        stranger = int(random.choice(np.flatnonzero(embedder_frames.labels != embedder_frames.labels[tracklet])))
        length = len(frames[tracklet])
        foreign = set(random.choice(length, length // 3, replace=False).tolist())
        source = [stranger if t in foreign else int(tracklet) for t in range(length)]
        vectors = np.stack(
            [embedder_frames.variants[s, t % embedder_frames.lengths[s], 0] for t, s in enumerate(source)]
        )
        weights = encoder.weights(vectors)
        tiles = []
        for t, s in enumerate(source):
            picture = cv2.resize(frames[s][t % len(frames[s])], (64, 128))
            bar = np.full((24, 64, 3), 255, np.uint8)
            colour = (0, 0, 200) if t in foreign else (0, 120, 0)
            cv2.putText(bar, f"{weights[t]:.2f}", (12, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, 1, cv2.LINE_AA)
            tiles.append(np.concatenate([picture, bar]))
        lines.append(np.concatenate(tiles, axis=1))
    width = max(line.shape[1] for line in lines)
    padded = [np.pad(line, ((0, 8), (0, width - line.shape[1]), (0, 0)), constant_values=255) for line in lines]
    cv2.imwrite(str(path), np.concatenate(padded))


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="mars_tracklets")
    parser.add_argument("--weights", type=Path, default=SHIPPED, metavar="FILE")
    parser.add_argument("--encoder", type=Path, metavar="FILE", help="default: the shipped one")
    parser.add_argument("--seeds", type=int, default=5, help="draws of the damage; default: 5")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="PNG of the weights of a few tracklets")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args(argv)
    embedder, encoder = load_embedder(args.weights, "cpu"), load_encoder(args.encoder)
    if encoder.embedder != embedder.name:
        print(f"error: the encoder is for '{encoder.embedder}', not for '{embedder.name}'", file=sys.stderr)
        return 2
    frames, people, cameras = held_out_tracklets(args.data, args.weights, 128)
    bank = build_bank(frames, people, cameras, embedder.embed, np.random.default_rng(0))
    rows = [compare(bank, encoder, share, args.seeds) for share in (0.0, 0.25, 0.375, 0.5)]
    for row in rows:
        print("  ".join(f"{key} {value}" for key, value in row.items()))
    if args.picture:
        draw_weights(args.picture, frames, bank, encoder, 5)
    write_record(args.json, {"people": len(set(people.tolist())), "tracklets": len(people), "rows": rows})
    return 0


if __name__ == "__main__":
    sys.exit(main())
