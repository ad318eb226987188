"""How people move: batched Kalman filters over all tracks at once, and the camera's own motion."""

from __future__ import annotations

from tracker.motion.filters import FILTERS, BlockFilter, DenseFilter, MotionFilter
from tracker.motion.shapes import SHAPES, BoxShape

__all__ = ["FILTERS", "SHAPES", "BlockFilter", "BoxShape", "DenseFilter", "MotionFilter"]
