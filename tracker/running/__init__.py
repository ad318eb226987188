"""Whole runs, recorded and live: `build` makes the parts, `loop` moves frames through them."""
