"""Errors that a user of the tracker can cause and mend; tools turn them into one line and exit code 2."""

from __future__ import annotations


class InputError(ValueError):
    """Wrong input: a file, a configuration or an argument. The message says which, what was found and expected."""


class ConfigError(InputError):
    """A configuration that is not valid: unknown key or name, wrong type or range."""


class VideoError(InputError):
    """A video, image folder or stream that cannot be read or written."""


class DetectionsError(InputError):
    """A file of detections, tracks or ground truth that is malformed."""


class WeightsError(InputError):
    """Network weights that are missing, unreadable or do not fit the model."""
