"""Errors that a user of the ReID toolbox can cause and mend; tools turn them into one line and exit code 2."""

from __future__ import annotations


class ReidError(ValueError):
    """Wrong input to the ReID toolbox. The message names the file or option, what was found and what was expected."""


class CheckpointError(ReidError):
    """A checkpoint that is missing, unreadable, contains pickled code, or does not fit the model."""


class MisfitError(CheckpointError):
    """Two files that are sound, but were not made for each other."""


class DatasetError(ReidError):
    """A data set folder or file that is missing, incomplete or malformed."""


class TrainingError(ReidError):
    """A training configuration or batch that cannot give a meaningful result."""
