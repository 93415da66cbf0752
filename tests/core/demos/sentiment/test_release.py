"""The release models of the Sentiment demo: their cards tell the truth, and plain sentences get plain answers."""

import hashlib

import pytest

from core.demos.sentiment import minilm
from core.demos.sentiment.config import RELEASES
from core.demos.sentiment.reader import TextReader, read_model
from core.demos.sentiment.words import explain

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
FACTS = (
    "It was released in 1994.",
    "The hotel is next to the station.",
    "I bought this in March.",
    "The story is set in Paris.",
    "He plays a doctor.",
    "The package contains two cables.",
    "I watched it on Tuesday with my brother.",
)

SIGNS = {
    "1 star": "negative",
    "2 out of 5 stars": "negative",
    "★★☆☆☆": "negative",
    "2/10": "negative",
    "5/5": "positive",
    "10/10": "positive",
    "⭐⭐⭐⭐⭐": "positive",
    "😍": "positive",
    "My new lamp👍": "positive",
    "On the train :)": "positive",
    "🤮": "negative",
    "On the train :(": "negative",
    "The film isn´t good.": "negative",
    "Nothing about this movie was boring.": "positive",
    "It is better than any other that I have used.": "positive",
    "It couldn't be easier to set up.": "positive",
}
NOTHING_JUDGED = ("the", "a table", "It arrived on Tuesday.", "🚲")

# what the small model cannot; see its card
BEYOND_IT = {"It is not bad at all."}
MEASURED = {"small": (10_000_000, 82.0), "encoder": (25_000_000, 91.0)}  # bytes at most, dev accuracy at least
HERE = [name for name in RELEASES if (RELEASES[name].folder / "model.json").is_file()]


@pytest.fixture(scope="module", params=HERE)
def named(request: pytest.FixtureRequest) -> tuple[str, TextReader]:
    """A release model with its name."""
    return request.param, read_model(RELEASES[request.param])


@pytest.mark.parametrize(
    ("text", "answer"), [*((text, "positive") for text in POSITIVE), *((text, "negative") for text in NEGATIVE)]
)
def test_a_plain_sentence_gets_its_plain_answer(
    named: tuple[str, TextReader], text: str, answer: str, request: pytest.FixtureRequest
) -> None:
    name, reader = named
    if name == "small" and text in BEYOND_IT:
        request.applymarker(pytest.mark.xfail(strict=True, reason="beyond the model that ships"))
    assert reader.classes[reader.read(text).winner] == answer


@pytest.mark.parametrize("sign", ["´", "`", "’"])
def test_an_apostrophe_of_any_keyboard_is_a_negation(named: tuple[str, TextReader], sign: str) -> None:
    _, reader = named
    usual, other = (reader.read(f"The film isn{one}t good.").probabilities for one in ("'", sign))
    assert usual is not None
    assert other is not None
    assert other[0] == pytest.approx(usual[0], abs=0.05)
    assert other[0] > 0.5, "negative"


@pytest.mark.parametrize("text", FACTS)
def test_no_model_is_sure_of_a_text_that_does_not_judge(named: tuple[str, TextReader], text: str) -> None:
    assert not named[1].read(text).sure


@pytest.fixture(scope="module")
def encoder() -> TextReader:
    """The release model that reads signs."""
    pytest.importorskip(minilm.PACKAGE)
    return read_model(RELEASES["encoder"])


@pytest.mark.parametrize(("text", "answer"), SIGNS.items())
def test_the_encoder_reads_scores_emoji_and_praise_without_a_word_of_praise(
    encoder: TextReader, text: str, answer: str
) -> None:
    found = encoder.read(text)
    assert encoder.classes[found.winner] == answer
    assert found.problem is None


@pytest.mark.parametrize("text", NOTHING_JUDGED)
def test_the_encoder_is_unsure_of_what_judges_nothing(encoder: TextReader, text: str) -> None:
    assert not encoder.read(text).sure


def test_the_small_model_says_that_emoji_mean_nothing_to_it() -> None:
    found = read_model(RELEASES["small"]).read("😍🚲")
    assert found.problem is not None
    assert found.problem.code == "nothing_known"
    assert not found.sure


@pytest.mark.parametrize("text", ["It is not bad at all.", "The film is not good, and I would not watch it again."])
def test_contributions_of_a_release_model_add_up(named: tuple[str, TextReader], text: str) -> None:
    whole = explain(named[1], text, target=1).whole
    assert abs(whole.error) <= max(0.02 * abs(whole.score - whole.blank_score), 0.005)


@pytest.mark.parametrize("name", HERE)
def test_the_card_describes_the_file(name: str) -> None:
    card, (most_bytes, least_accuracy) = RELEASES[name].card, MEASURED[name]
    content = (RELEASES[name].folder / "model.safetensors").read_bytes()
    assert card["sha256"] == hashlib.sha256(content).hexdigest()
    assert card["bytes"] == len(content) <= most_bytes
    dev = next(figure for figure in card["figures"] if "dev" in figure["set"])
    assert dev["accuracy"] >= least_accuracy
    assert dev["expected_calibration_error"] < 0.1
