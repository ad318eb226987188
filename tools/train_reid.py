"""`crosscam train reid` from a clone that is not installed: see crosscam/commands/train_reid.py."""

from __future__ import annotations

import _repo_root  # noqa: F401

from crosscam.commands import tool_main

main = tool_main("train_reid")

if __name__ == "__main__":
    raise SystemExit(main())
