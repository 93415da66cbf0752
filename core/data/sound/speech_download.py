"""Getting speech onto this machine: archives of recordings that are downloaded; and speaking."""

from __future__ import annotations

from core.data.fetch import archive
from core.data.fetch.archive import Archive
from core.data.fetch.download import Cancelled, Progress, ShouldStop
from core.data.sound import speech, speech_folders, speech_synthesis

SERVER = "https://storage.googleapis.com/download.tensorflow.org/data/"

FULL = Archive(
    "speech_commands_v0.02.tar.gz",
    num_bytes=2_428_923_189,
    checksum="sha256:af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58",
    folder=speech_folders.FULL,
    base_url=SERVER,
)
TEST_SET = Archive(
    "speech_commands_test_set_v0.02.tar.gz",
    num_bytes=112_563_277,
    checksum="sha256:cc2a00c1147c2254e9be3fa0f779d8c17421dc349b86366567a8edfa9acd51df",
    folder=speech_folders.TEST_SET,
    base_url=SERVER,
)
MINI = Archive(
    "mini_speech_commands.zip", num_bytes=182_082_353, checksum=None, folder=speech_folders.MINI, base_url=SERVER
)


def fetch_full(progress: Progress, should_stop: ShouldStop) -> None:
    """Speech Commands v0.02 and its official test set."""
    archive.fetch((TEST_SET, FULL), progress=progress, should_stop=should_stop)


def fetch_mini(progress: Progress, should_stop: ShouldStop) -> None:
    """The mini set."""
    archive.fetch((MINI,), progress=progress, should_stop=should_stop)


def speak_all(progress: Progress, should_stop: ShouldStop) -> None:
    """Make the synthetic speech of the ten core words; `progress` counts clips."""
    if not speech_synthesis.make(speech.synthetic_plan(), progress=progress, should_stop=should_stop):
        raise Cancelled
