"""What a reader of live results is told: identities that begin, are recognized, or turn out to be one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class IdentityEvent:
    """Something that a reader of the live results should know.

    Attributes:
        kind: "new": an identity began; "found": a track was recognized; "merged": `other` is `identity_id` now.
        time_s: When it was decided.
        identity_id: The identity.
        other: The identity that is no longer used, for "merged".
        camera_id: Where, for "new" and "found".
        track_id: Which track, for "new" and "found".
    """

    kind: Literal["new", "found", "merged"]
    time_s: float
    identity_id: int
    other: int | None = None
    camera_id: str | None = None
    track_id: int | None = None
