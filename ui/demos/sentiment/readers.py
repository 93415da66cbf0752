"""The reader of Sentiment behind a model id."""

from typing import cast

from core import demos
from core.demos.sentiment.reader import TextReader
from ui.runs import readers


def reader_of(model_id: str) -> TextReader:
    """The reader of a release model or of a run."""
    return cast(TextReader, readers.model_of(demos.find("sentiment"), model_id).reader)
