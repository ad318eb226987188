"""From a validated configuration to the parts of a run. The only file that knows both `tracker` and `reid`."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor

from crosscam.base.errors import MisfitError
from tracker.cross_camera.floor.cameras import CameraSetup
from tracker.cross_camera.live.online_identities import OnlineIdentities
from tracker.cross_camera.partition.associator import Associator
from tracker.detection import build_detector
from tracker.interfaces import CrossCameraAssociator, Embedder, SingleCameraTracker
from tracker.running.loop import TrackingLoop
from tracker.running.options import EmbedderOptions, PipelineConfig
from tracker.running.stage_times import StageTimes
from tracker.single_camera.engine.tracker import build_tracker
from tracker.single_camera.tracklets.encoding import EmbeddingWeights


def build_loop(config: PipelineConfig, cameras: Sequence[str], times: StageTimes) -> TrackingLoop:
    """Load the models and put the tracking loop together, with one tracker per camera name."""
    detector = build_detector(config.detector, cameras)
    embedder = build_embedder(config.embedder)
    trackers: dict[str, SingleCameraTracker] = {
        name: build_tracker(config.tracker, name, embedder.distances if embedder else None) for name in cameras
    }
    return TrackingLoop(detector, embedder, trackers, times)


def build_embedder(options: EmbedderOptions) -> Embedder | None:
    """Load the embedder that the options name; None where they say 'none'.

    Raises:
        InputError: The weights are missing, unreadable or do not fit, or the device is absent.
    """
    if options.weights == "none":
        return None
    from reid.embedder import load_embedder

    weights = None if options.weights == "builtin" else options.weights
    return load_embedder(weights, device=options.device, runtime=options.runtime)


def build_encoder(options: EmbedderOptions, embedder: str) -> EmbeddingWeights | None:
    """What weighs the embeddings of a tracklet of the embedder of that name; None where quality alone does.

    Raises:
        CheckpointError: The encoder's file is missing, damaged or belongs to another embedder.
    """
    if options.weights == "none" or options.encoder == "none":
        return None
    from reid.inference.tracklet_encoder import encoder_for

    path = None if options.encoder == "builtin" else options.encoder
    try:
        encoder = encoder_for(embedder, path)
    except MisfitError:
        if path is None:
            return None
        raise
    return None if encoder is None else encoder.weights


def build_associator(config: PipelineConfig, setup: CameraSetup) -> CrossCameraAssociator:
    """The cross-camera stage of the configuration, for cameras of which `setup` is known."""
    return Associator(config.cross_camera, setup)


def build_online_identities(
    config: PipelineConfig, setup: CameraSetup, background: Executor | None = None
) -> OnlineIdentities:
    """The cross-camera stage for streams; it looks back in the background if there is one."""
    return OnlineIdentities(config.cross_camera, setup, config.live, background=background)


def describe_devices(loop: TrackingLoop) -> dict[str, str]:
    """What the networks of a run are and run on, for `run.json`."""
    detector, embedder = loop.detector, loop.embedder
    return {
        "detector": f"{type(detector).__name__} on {detector.device}",
        "embedder": "none" if embedder is None else f"{embedder.name} on {embedder.device}",
    }
