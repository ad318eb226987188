"""Errors that a user can cause and mend; commands turn them into one line and exit code 2."""

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


class CheckpointError(WeightsError):
    """A checkpoint that is missing, unreadable, contains pickled code, or does not fit the model."""


class MisfitError(CheckpointError):
    """Two files that are sound, but were not made for each other."""


class DatasetError(InputError):
    """A data set folder or file that is missing, incomplete or malformed."""


class TrainingError(InputError):
    """A training configuration or batch that cannot give a meaningful result."""
