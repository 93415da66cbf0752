"""The errors that people read. Each message says what was wrong, what is allowed and what to do next."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """What is wrong or doubtful with an input that could be read. `blocking`: nothing must be predicted from it."""

    code: str  # "blank", "clipped", "too_long"; for scripts
    message: str  # with what to do
    blocking: bool


class GlassboxError(Exception):
    """Base of every error that is meant for a person; `str(error)` is shown as it is."""


class InvalidSettingError(GlassboxError, ValueError):
    """A knob, an address parameter or an environment setting has a value that is not allowed."""


class InvalidInputError(GlassboxError, ValueError):
    """An uploaded or given input cannot be used: not an image, too large, truncated, empty."""


class NotFoundError(GlassboxError, LookupError):
    """A run, a demo or a file that was asked for does not exist."""


class DataUnavailableError(GlassboxError):
    """A data set is not on this machine, or its download failed or was corrupt."""


class StorageError(GlassboxError):
    """A checkpoint or the run store could not be written or read: full disk, read-only folder, damaged file."""


class LeaseLostError(GlassboxError):
    """A worker tried to write to a run that another attempt owns by now; it must stop without writing."""
