"""The end of every run: tracks, pictures and the report."""

from __future__ import annotations

from collections.abc import Sequence

from crosscam.base.errors import VideoError
from crosscam.base.files import write_picture
from tracker.cross_camera.floor.cameras import CameraSetup
from tracker.cross_camera.floor.fusion import fuse_places
from tracker.formats.camera_tracks import camera_tracks
from tracker.formats.mot import write_mot
from tracker.output.documents.identities_json import write_identities
from tracker.output.documents.run_json import run_document, write_run
from tracker.output.people.contact_sheet import write_contact_sheets
from tracker.output.render.colors import identity_color
from tracker.output.render.top_view import draw_top_view
from tracker.output.store.records import GroundPosition
from tracker.output.store.writer import write_store
from tracker.running.build import describe_devices
from tracker.running.opening import OpenedRun
from tracker.running.summary import print_summary
from tracker.running.tracked import Tracked
from tracker.structures import TrackingResult


def write_tracks(run: OpenedRun, tracked: Tracked, setup: CameraSetup, result: TrackingResult) -> None:
    """Everything but the videos: what most depend on, first.

    Raises:
        InputError: A file cannot be written, or is not ours to replace.
    """
    folder, crops = run.folder, tracked.recording.crops
    with run.times.measure("write"):
        for camera in result.cameras:
            (path,) = folder.claim(f"{camera.name}.txt")
            write_mot(path, camera_tracks(result, camera.name))
        identities, store = folder.claim("identities.json", "tracking.sqlite")
        write_identities(identities, result)
        places = fuse_places(result.identities, setup)
        ground = [GroundPosition(p.identity_id, p.time_s, p.x_m, p.y_m, p.cameras) for p in places]
        write_store(store, result, crops, {"reid_model": run.reid_model}, ground)
        if places:
            (path,) = folder.claim("map.jpg")
            write_picture(path, draw_top_view(places, identity_color))
        write_contact_sheets(folder, result, crops)


def write_report(run: OpenedRun, tracked: Tracked, result: TrackingResult, problems: Sequence[str] = ()) -> None:
    """`run.json` and the closing table.

    Args:
        run: The run.
        tracked: What the loop left.
        result: The identities.
        problems: What went wrong after the loop.

    Raises:
        VideoError: No frame could be read.
    """
    wall_s, seconds = tracked.wall_s, run.times.seconds
    tracklets = sum(len(identity.tracklets) for identity in result.identities)
    counts = {**tracked.counts, "tracklets": tracklets, "identities": len(result.identities)}
    everything = [*tracked.problems, *problems]
    config, devices = run.config.model_dump(mode="json"), describe_devices(run.loop)
    document = run_document(config, result.cameras, counts, seconds, wall_s, devices, everything, tracked.repaired)
    (path,) = run.folder.claim("run.json")
    write_run(path, document)
    if not run.request.quiet:
        print_summary(result, wall_s, seconds, everything)
    if run.readers and not any(reader.frames_read for reader in run.readers):
        raise VideoError(f"no frame could be read from {', '.join(run.folder.sources)}")
