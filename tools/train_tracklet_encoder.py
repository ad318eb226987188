"""`crosscam train encoder` from a clone that is not installed: see crosscam/commands/train_encoder.py."""

from __future__ import annotations

import _repo_root  # noqa: F401

from crosscam.commands import tool_main

main = tool_main("train_tracklet_encoder")

if __name__ == "__main__":
    raise SystemExit(main())
