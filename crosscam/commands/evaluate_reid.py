"""Score a ReID model on a data set: CMC, mAP and mINP, with 95 % intervals over query identities.

    crosscam evaluate reid --dataset market1501 --root data/Market-1501 --weights runs/reid/best.pth --rerank
    crosscam evaluate reid --dataset mars --root data/MARS --set data.gallery=9330 --json scores.json

Data sets: market1501, cuhk03, msmt17, mars, prid2011, ilids_vid, duke_video, ls_vid, and tracklets (a folder of
<person>C<camera>T<tracklet>/*.jpg, each asking all others, same person in the same camera ignored). PRID-2011 and
iLIDS-VID are averaged over their ten splits. A Market-1501 folder without a test part is scored on the people
whom the checkpoint was kept from, or on 150 drawn ones.

Options by --config FILE (YAML) or --set: data.* of the data set (mars: gallery=11310|12180|9330; cuhk03:
boxes=detected|labeled; market1501, tracklets: held_out=N, seed=N; prid2011, ilids_vid: split_file=FILE), rerank.k1, k2,
original, own_camera (camera-aware lists with so many neighbours from the own camera).
"""

from __future__ import annotations

import argparse
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from crosscam.base.errors import InputError, MisfitError
from crosscam.base.files import create_output_folder
from crosscam.base.json_file import json_writer
from crosscam.commands.arguments import add_json, add_settings
from reid.evaluation.embedding import TrackletEncoder
from reid.evaluation.options import held_out_people, read_options
from reid.evaluation.report import ReportOptions
from reid.evaluation.run import EmbeddingOptions, evaluate_splits, read_splits


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line."""
    parser.add_argument("--dataset", required=True, metavar="NAME", help="see above")
    parser.add_argument("--root", type=Path, required=True, metavar="DIR", help="the data set's folder")
    parser.add_argument("--weights", metavar="FILE", help="checkpoint or exported model; default: the shipped weights")
    parser.add_argument(
        "--encoder", type=Path, metavar="FILE", help="tracklet encoder; default: the shipped one if it fits"
    )
    parser.add_argument("--split", type=int, metavar="N", help="one split instead of all")
    parser.add_argument("--pooling", default="auto", choices=["auto", "mean", "max", "encoder"], help="over frames")
    parser.add_argument("--max-frames", type=int, metavar="N", help="evenly spaced frames per tracklet; default: all")
    parser.add_argument("--flip", action="store_true", help="average with mirrored images (test-time augmentation)")
    parser.add_argument("--multi-query", action="store_true", help="average a query with its person's other images")
    parser.add_argument("--ap", default="rectangle", choices=["rectangle", "trapezoid"], help="definition of AP")
    parser.add_argument("--rerank", action="store_true", help="also score k-reciprocal re-ranking")
    parser.add_argument("--manifold", action="store_true", help="also score the smoothed manifold")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="write ranked_lists.png, frame_weights.png there")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--runtime", default="auto", help="auto, torch, openvino or onnx")
    add_settings(parser, "YAML with sections data and rerank", "data.gallery=9330")
    add_json(parser, "all scores")


def run(args: argparse.Namespace) -> None:
    """Read, embed, score, print and write."""
    from reid.embedder import load_embedder

    if args.max_frames is not None and args.max_frames < 1:
        raise InputError(f"--max-frames must be at least 1, got {args.max_frames}")
    write = json_writer(args.json)
    if args.pictures:
        create_output_folder(args.pictures)
    data_options, rerank_options = read_options(args.config, args.set)
    if "held_out" not in data_options:
        data_options |= held_out_people(args.dataset, args.root, args.weights)
    datasets = read_splits(args.dataset, args.root, args.split, data_options)
    missing = sorted({path for dataset in datasets for path in dataset.missing})
    if missing:
        print(f"warning: {len(missing)} listed files are absent, such as '{missing[0]}'", file=sys.stderr)
    embedder = load_embedder(args.weights, args.device, args.runtime)
    options = ReportOptions(args.ap, args.rerank, rerank_options, args.manifold, args.multi_query)
    embedding = EmbeddingOptions(args.pooling, args.max_frames, args.flip)
    start = time.perf_counter()
    wants_encoder = args.pooling in ("auto", "encoder")
    encoder = choose_encoder(args.encoder, embedder.name, args.pooling) if wants_encoder else None
    report = evaluate_splits(datasets, embedder, embedding, options, encoder, args.pictures, show_progress)
    report["seconds"] = round(time.perf_counter() - start, 2)
    print_report(report)
    if report["unreadable_images"]:
        bad = report["unreadable_images"]
        print(f"warning: {len(bad)} images could not be read and were left out, such as '{bad[0]}'", file=sys.stderr)
    write(report)


def choose_encoder(path: Path | None, embedder_name: str, pooling: str) -> TrackletEncoder | None:
    """The encoder that was asked for, or with pooling "auto" the shipped one where it belongs to this embedder.

    Raises:
        InputError: The encoder was trained on another embedder's vectors.
    """
    from reid.inference.tracklet_encoder import encoder_for

    try:
        return encoder_for(embedder_name, path)
    except MisfitError as misfit:
        if path is not None or pooling == "encoder":
            raise
        print(f"note: {misfit}: frames are averaged", file=sys.stderr)
        return None


def show_progress(done: int, total: int) -> None:
    """A counter on standard error, where it is a terminal."""
    if sys.stderr.isatty() and (done % 50 == 0 or done == total):
        print(f"\rembedded {done} of {total}", end="\n" if done == total else "", file=sys.stderr, flush=True)


def print_report(report: dict[str, Any]) -> None:
    """The scores as a table, then what they were measured on."""
    console = Console()
    console.print(score_table(report))
    print_line = partial(console.print, highlight=False, soft_wrap=True)
    print_line(f"model {report['model']}, pooling {report['pooling']}, AP {report['ap']}")
    if "ci95" in report:
        bounds = ", ".join(f"{name} {low:.1f} to {high:.1f}" for name, (low, high) in report["ci95"].items())
        print_line(f"95 % intervals over {report['identities']} query identities: {bounds}")
        unanswered = len(report["queries_without_answer"])
        print_line(f"{report['queries']} queries, {unanswered} without an answer (left out)")


def score_table(report: dict[str, Any]) -> Table:
    """One row per method and gallery, in percent."""
    names = {"mAP": "mAP", "rank1": "R1", "rank5": "R5", "rank10": "R10", "rank20": "R20", "mINP": "mINP"}
    table = Table(title=f"{report['dataset']}: {report['protocol']}")
    for column in ("percent", *names.values(), "valid queries"):
        table.add_column(column, justify="left" if column == "percent" else "right")

    def row(title: str, scores: dict[str, Any], valid: object = "") -> None:
        table.add_row(title, *(f"{scores[name]:.2f}" for name in names), str(valid))

    row("plain", report, report["valid_queries"])
    if "spread" in report:
        row("spread over splits", report["spread"])
    for method in ("rerank", "manifold"):
        if method in report:
            row(method, report[method])
    for gallery, scores in report.get("galleries", {}).items():
        row(f"gallery {gallery}", scores, scores["valid_queries"])
    return table
