"""The release model of the Sentiment demo: its card tells the truth, and plain sentences get plain answers."""

import hashlib

import pytest

from core.demos.sentiment.reader import TextReader, read_model
from core.demos.sentiment.release import FOLDER, release_card

POSITIVE = (
    "A wonderful film.",
    "I loved every minute of it.",
    "Funny, warm and beautifully acted.",
    "The best movie of the year.",
    "It is not bad at all.",
    "A moving and intelligent drama.",
    "Great food and friendly service.",
    "Never boring.",
    "An absolute delight from start to finish.",
    "I would recommend it to everyone.",
)
NEGATIVE = (
    "A terrible film.",
    "I hated every minute of it.",
    "Dull, cold and badly acted.",
    "The worst movie of the year.",
    "It is not good at all.",
    "A stupid and pointless mess.",
    "Awful food and rude service.",
    "It's not funny.",
    "An utter waste of time.",
    "I don't like it.",
)

BEYOND_IT = {"It is not bad at all.", "Never boring.", "I would recommend it to everyone."}  # see the model card


@pytest.fixture(scope="module")
def reader() -> TextReader:
    return read_model()


@pytest.mark.parametrize(
    ("text", "name"), [*((text, "positive") for text in POSITIVE), *((text, "negative") for text in NEGATIVE)]
)
def test_a_plain_sentence_gets_its_plain_answer(
    reader: TextReader, text: str, name: str, request: pytest.FixtureRequest
) -> None:
    if text in BEYOND_IT:
        request.applymarker(pytest.mark.xfail(strict=True, reason="beyond the model that ships"))
    assert reader.classes[reader.read(text).winner] == name


def test_the_card_describes_the_file() -> None:
    card = release_card()
    content = (FOLDER / "model.safetensors").read_bytes()
    assert card["sha256"] == hashlib.sha256(content).hexdigest()
    assert card["bytes"] == len(content) <= 10_000_000
    dev = next(figure for figure in card["figures"] if "dev" in figure["set"])
    assert dev["accuracy"] >= 81
    assert dev["expected_calibration_error"] < 0.1
