"""Train the tracklet encoder (temporal attention) on a folder of tracklets, for the embedder of a checkpoint.

    crosscam train encoder --data mars_tracklets --weights runs/reid/best.pth --output encoder.npz

`crosscam evaluate reid --encoder` takes the file.
People whom the checkpoint keeps as held out are left out here too. Takes a few minutes on a CPU.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from crosscam.base.errors import TrainingError
from crosscam.commands.arguments import add_output_file


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line."""
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folders <person 4>C<cam>T<track 4>")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="checkpoint; default: the shipped one")
    add_output_file(parser, "the encoder, .npz", is_required=True)
    parser.add_argument("--steps", type=int, default=80, metavar="N", help="how long to train (80)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the damage that is drawn (0)")


def run(args: argparse.Namespace) -> None:
    """Read tracklets, embed their frames, train, save."""
    import numpy as np
    import torch

    from reid.checkpoint import load_checkpoint
    from reid.data.image_store import ImageStore
    from reid.data.tracklets import read_tracklets
    from reid.embedder import SHIPPED, load_embedder
    from reid.inference.tracklet_encoder import save_encoder
    from reid.training.encoder import build_bank, train_attention

    torch.set_num_threads(1)
    weights = args.weights or SHIPPED
    held_out = set(load_checkpoint(weights).training.get("held_out_people", []))
    samples = [sample for sample in read_tracklets(args.data) if sample.person_id not in held_out]
    people = sorted({sample.person_id for sample in samples})
    if len(people) < 2:
        raise TrainingError(f"'{args.data}' holds {len(people)} people besides the held-out ones, needs at least two")
    embedder = load_embedder(weights)
    height = load_checkpoint(weights).input_size[0]
    stores = [ImageStore(sample.paths[:32], height) for sample in samples]
    frames = [store.take(np.arange(len(store))) for store in stores]
    labels = np.array([people.index(sample.person_id) for sample in samples], np.int64)
    cameras = np.array([sample.camera_id for sample in samples], np.int64)
    bank = build_bank(frames, labels, cameras, embedder.embed, np.random.default_rng(args.seed))
    print(f"{len(samples)} tracklets of {len(people)} people; {len(held_out)} people held out", file=sys.stderr)
    save_encoder(train_attention(bank, steps=args.steps, seed=args.seed), embedder.name, args.output)
    print(args.output)
