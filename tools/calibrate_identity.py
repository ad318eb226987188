"""`crosscam calibrate identity` from a clone that is not installed: see crosscam/commands/calibrate_identity.py."""

from __future__ import annotations

import _repo_root  # noqa: F401

from crosscam.commands import tool_main

main = tool_main("calibrate_identity")

if __name__ == "__main__":
    raise SystemExit(main())
