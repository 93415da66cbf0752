"""Where sentences end, and long texts that are read sentence by sentence."""

import numpy as np
import pytest
import torch

from core.demos.sentiment.config import SentimentConfig
from core.demos.sentiment.learner import make_network
from core.demos.sentiment.reader import TextReader
from core.demos.sentiment.sentences import fitting, sentences
from core.demos.sentiment.tokenizer import train_tokenizer
from core.demos.sentiment.words import score, sentence_values
from tests.support.tiny_encoder import TEXTS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Mr. Smith met Dr. J. Doe. He left.", ["Mr. Smith met Dr. J. Doe.", "He left."]),
        ("bad... really bad. i hate it", ["bad... really bad.", "i hate it"]),
        ("It cost 3.50 dollars. Fine", ["It cost 3.50 dollars.", "Fine"]),
        ('"Why?" she said. (Yes.) No', ['"Why?"', "she said.", "(Yes.)", "No"]),
        ("Great. 😀 Then it broke. :( Bad.", ["Great. 😀", "Then it broke. :(", "Bad."]),
        ("one\ntwo\n\nthree", ["one", "two", "three"]),
        ("It was good.<br /><br />Then <br>not", ["It was good.", "Then", "not"]),
        ("no stop at all", ["no stop at all"]),
        ("!!! ... !!!", ["!!! ... !!!"]),
        (" \n ", []),
    ],
)
def test_a_text_falls_into_its_sentences(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == expected


def test_a_sentence_that_is_too_long_is_cut_between_words() -> None:
    text = "aa bb cccccccc dd"
    parts = fitting(text, (0, len(text)), lambda part: 5 if len(part) > 5 else None)
    assert [text[start:end] for start, end in parts] == ["aa", "bb", "ccccc", "ccc", "dd"]


@pytest.fixture(scope="module")
def reader() -> TextReader:
    """An untrained network that reads 20 tokens at once, and all of a text."""
    torch.manual_seed(5)
    network = make_network(SentimentConfig(vocabulary=500, width=32, layers=2, heads=2), num_classes=2)
    tokenizer = train_tokenizer(TEXTS, vocabulary=500)
    classes = ("negative", "positive")
    return TextReader(network, tokenizer=tokenizer.to_str(), classes=classes, length=20, whole=2.5)


LONG = "A good film with a warm heart. It is dull, long and not funny at all! I liked it, but you may not. Good."


def test_a_long_text_is_read_to_its_end_sentence_by_sentence(reader: TextReader) -> None:
    found = reader.read(LONG)
    assert found.problem is None
    assert [LONG[one.start : one.end] for one in found.sentences] == [LONG[a:b] for a, b in sentences(LONG)]
    for one in found.sentences:
        alone = reader.probabilities([LONG[one.start : one.end]])[0]
        assert alone == pytest.approx(one.probabilities, abs=1e-5)


def test_what_the_sentences_add_is_the_score_of_the_whole(reader: TextReader) -> None:
    found = reader.read(LONG)
    assert found.probabilities is not None
    assert sum(one.weight for one in found.sentences) == pytest.approx(2.5)
    assert sum(sentence_values(found, target=1)) == pytest.approx(score(found.probabilities, 1), abs=1e-4)
    assert reader.probabilities([LONG])[0] == pytest.approx(found.probabilities, abs=1e-6)


def test_a_short_text_is_read_at_once_as_before(reader: TextReader) -> None:
    assert reader.read("A good film. Funny!").sentences == ()
    assert [len(reader.parts(text)) for text in ("A good film. Funny!", LONG)] == [1, 4]


def test_long_and_short_texts_of_a_batch_get_the_answers_that_each_gets_alone(reader: TextReader) -> None:
    texts = [LONG, "good", "word " * 60, TEXTS[0], LONG * 3]
    together = reader.probabilities(texts)
    assert together == pytest.approx(np.concatenate([reader.probabilities([text]) for text in texts]), abs=1e-5)
    assert reader.probabilities([]).shape == (0, 2)


def test_a_model_that_reads_the_beginning_says_so(reader: TextReader) -> None:
    cut = TextReader(reader.network, tokenizer=reader.tokenizer.to_str(), classes=reader.classes, length=20)
    found = cut.read(LONG)
    assert found.problem is not None
    assert found.problem.code == "cut"
    assert found.sentences == ()
    assert cut.probabilities([LONG])[0] == pytest.approx(cut.probabilities([LONG + " Awful."])[0], abs=1e-6)


def test_the_terminal_gets_every_sentence_with_its_place(reader: TextReader) -> None:
    (said,) = reader.answer([LONG])
    assert [LONG[one["start"] : one["end"]] for one in said["sentences"]] == [one["text"] for one in said["sentences"]]
    assert set(said["sentences"][0]["probabilities"]) == {"negative", "positive"}
    assert "sentences" not in reader.answer(["A good film."])[0]
