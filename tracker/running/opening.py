"""The start of every run: everything that can be wrong is found here, before the work."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from crosscam.base.errors import VideoError
from crosscam.base.secrets import without_secrets
from tracker.cross_camera.evidence.labelled_pairs import read_calibration
from tracker.cross_camera.floor.cameras import CameraSetup, load_cameras
from tracker.cross_camera.gallery.gallery_file import check_gallery
from tracker.output.results_folder import ResultsFolder, open_results_folder
from tracker.running.build import build_encoder, build_loop
from tracker.running.loop import TrackingLoop
from tracker.running.options import PipelineConfig
from tracker.running.request import RunRequest
from tracker.running.stage_times import StageTimes
from tracker.single_camera.tracklets.encoding import EmbeddingWeights
from tracker.structures import Frame
from tracker.video.names import camera_names
from tracker.video.reader import VideoReader, open_video
from tracker.video.sources import is_address, is_webcam

TEXTS = ("identities.json", "run.json", "tracking.sqlite")


@dataclass(frozen=True, eq=False)
class OpenedRun:
    """A run whose videos are open and whose models are loaded.

    Attributes:
        request: What was asked for.
        config: The resolved configuration.
        folder: Where the results go; nobody else writes there meanwhile.
        readers: One per video.
        setup: What is known of the cameras.
        loop: From frames to tracks.
        encoder: Weighs the embeddings of a tracklet; None where quality alone does.
        times: Seconds by stage so far.
    """

    request: RunRequest
    config: PipelineConfig
    folder: ResultsFolder
    readers: tuple[VideoReader, ...]
    setup: CameraSetup
    loop: TrackingLoop
    encoder: EmbeddingWeights | None
    times: StageTimes

    @property
    def reid_model(self) -> str:
        """Name of the model that made the embeddings."""
        return self.loop.embedder.name if self.loop.embedder else "none"


@contextmanager
def opened_folder(request: RunRequest, is_live: bool) -> Iterator[ResultsFolder]:
    """The output folder, locked while the block lasts, with a claim on every file whose name is known.

    Raises:
        InputError: It cannot be used, or a file in it is not ours to replace.
    """
    sources = [_told_apart(source) for source in request.videos]
    inputs = [Path(source) for source in request.videos if not (is_address(source) or is_webcam(source))]
    inputs += [Path(path) for path in (request.cameras, request.gallery) if path is not None]
    with open_results_folder(request.output, sources, inputs, request.overwrite, keeps_earlier=is_live) as folder:
        names = [f"{name}{ending}" for name in camera_names(request.videos) for ending in (".txt", ".mp4")]
        folder.claim(*names, *TEXTS, *(["events.jsonl"] if is_live else []))
        yield folder


def _told_apart(source: str) -> str:
    """A video as the folder's list names it: `cam1.mp4` of another folder is another video."""
    return without_secrets(source) if is_address(source) or is_webcam(source) else os.path.realpath(source)


def open_run(
    request: RunRequest, config: PipelineConfig, is_live: bool, stack: ExitStack, videos: ExitStack
) -> OpenedRun:
    """Open the videos and the output folder and load the models, in this order: a wrong video leaves no folder behind.

    A stream that cannot be opened is tried again later, if any other camera is there.

    Args:
        request: What to track.
        config: The resolved configuration.
        is_live: Tracked in one pass; what an earlier live run recorded cannot be made again.
        stack: Unlocks the output folder when everything is written.
        videos: Closes the videos.

    Raises:
        InputError: A video, a model, the output folder, the gallery or another file of the run cannot be used.
    """
    origin_s = time.monotonic()  # second 0 of live sources
    times = StageTimes()
    names = camera_names(request.videos)
    setup = load_cameras(request.cameras, names) if request.cameras else CameraSetup()
    if config.cross_camera.calibration is not None:
        read_calibration(config.cross_camera.calibration)
    readers = tuple(
        _open_video(request, config, videos, setup, source, name, origin_s)
        for source, name in zip(request.videos, names, strict=True)
    )
    if readers and all(reader.is_lost for reader in readers):
        raise VideoError("no camera can be opened: " + "; ".join(str(reader.broken) for reader in readers))
    folder = stack.enter_context(opened_folder(request, is_live))
    with times.measure("load"):
        loop = build_loop(config, names, times)
        encoder = build_encoder(config.embedder, loop.embedder.name if loop.embedder else "none")
        loop.warm_up([_blank(reader) for reader in readers if reader.width])  # not those that are lost from the start
    run = OpenedRun(request, config, folder, readers, setup, loop, encoder, times)
    if request.gallery is not None:
        check_gallery(request.gallery, run.reid_model)
    return run


def _open_video(
    request: RunRequest,
    config: PipelineConfig,
    videos: ExitStack,
    setup: CameraSetup,
    source: str,
    name: str,
    origin_s: float,
) -> VideoReader:
    offset_s, may_be_lost = setup.time_offsets_s.get(name, 0.0), len(request.videos) > 1
    video = open_video(source, name, offset_s, request.max_frames, origin_s, config.streams, may_be_lost)
    return videos.enter_context(video)


def _blank(reader: VideoReader) -> Frame:
    return Frame(reader.name, 0, 0.0, np.zeros((reader.height, reader.width, 3), np.uint8))
