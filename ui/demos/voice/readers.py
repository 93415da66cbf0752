"""The reader of Voice behind a model id."""

from typing import cast

from core import demos
from core.demos.voice.hearing import VoiceReader
from ui.runs import readers


def reader_of(model_id: str) -> VoiceReader:
    """The reader of a release model or of a run."""
    return cast(VoiceReader, readers.model_of(demos.find("voice"), model_id).reader)
