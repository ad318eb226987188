"""`crosscam export detector` from a clone that is not installed: see crosscam/commands/export_detector.py."""

from __future__ import annotations

import _repo_root  # noqa: F401

from crosscam.commands import tool_main

main = tool_main("export_detector")

if __name__ == "__main__":
    raise SystemExit(main())
