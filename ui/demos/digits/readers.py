"""The reader of Digits behind a model id."""

from core import demos
from core.demos.digits.reader import DigitReader
from ui.runs import readers


def reader_of(model_id: str) -> tuple[DigitReader, tuple[str, ...]]:
    """The reader, and the names of what it tells apart."""
    model = readers.model_of(demos.find("digits"), model_id)
    return model.reader, model.classes
