"""What the Sentiment demo reads in a text: what it refuses, its words and their contributions, swaps, calibration."""

import numpy as np
import pytest
import torch

from core.data.text.typed import MAX_CHARACTERS
from core.demos.sentiment import minilm
from core.demos.sentiment.calibration import calibration, fit_temperature
from core.demos.sentiment.config import RELEASES, SentimentConfig
from core.demos.sentiment.learner import make_network
from core.demos.sentiment.reader import TextReader, find_problem, read_model
from core.demos.sentiment.tokenizer import train_tokenizer
from core.demos.sentiment.words import attack, explain, flipped, looks, replaced, words_of
from core.explain.words import contributions
from tests.support.tiny_encoder import TEXTS


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("!!! 12 (…)", "no_words"),
        ("Это очень хороший фильм", "other_script"),
        ("这部电影很好看", "other_script"),
        ("a" * (MAX_CHARACTERS + 1), "too_long"),
        ("x " * 50_000, "too_long"),
    ],
)
def test_a_text_that_cannot_be_read_is_said_to_be_so(text: str, code: str) -> None:
    problem = find_problem(text)
    assert problem is not None
    assert problem.code == code
    assert problem.blocking


@pytest.fixture(scope="module")
def reader() -> TextReader:
    """An untrained network behind a tokenizer of few words."""
    torch.manual_seed(5)
    network = make_network(SentimentConfig(vocabulary=500, width=32, layers=2, heads=2), num_classes=2)
    tokenizer = train_tokenizer(TEXTS, vocabulary=500)
    return TextReader(network, tokenizer=tokenizer.to_str(), classes=("negative", "positive"), length=24)


def test_contributions_add_up_to_the_difference_of_the_scores(reader: TextReader) -> None:
    found = explain(reader, "a good film, but dull!", target=1)
    whole = found.whole
    difference = whole.score - whole.blank_score
    assert abs(whole.error) < 1e-3 * max(abs(difference), 0.1)
    assert sum(found.values) == pytest.approx(difference, abs=1e-3)
    logits = reader.logits(["a good film, but dull!"])[0]
    assert whole.score == pytest.approx(float(logits[1] - logits[0]), abs=1e-4)


def test_contributions_of_a_linear_score_are_its_terms() -> None:
    weights = torch.tensor([1.0, -2.0])

    def scores(points: torch.Tensor) -> torch.Tensor:
        return torch.stack([torch.zeros(len(points)), (points @ weights).sum(1)], 1)

    embedded = torch.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, 2.0]])
    found = contributions(scores, embedded, torch.zeros(3, 2), target=1)
    assert found.values.tolist() == pytest.approx([1, -2, -2], abs=1e-5)
    assert found.error == pytest.approx(0, abs=1e-5)


def test_words_have_their_pieces_and_unknown_ones_are_marked(reader: TextReader) -> None:
    text = "A good, zorblaxian film!"
    words = words_of(text, reader.encode(text))
    assert [word.text for word in words] == ["A", "good", ",", "zorblaxian", "film", "!"]
    assert [word.known for word in words][1] is True
    assert not words[3].known
    assert all(text[word.start : word.end] == word.text for word in words)


@pytest.mark.parametrize(
    ("index", "by", "expected"),
    [
        (2, "", "It is good, really."),
        (2, "very", "It is very good, really."),
        (0, "", "is not good, really."),
        (5, "", "It is not good,."),
    ],
)
def test_a_word_is_deleted_or_replaced(reader: TextReader, index: int, by: str, expected: str) -> None:
    text = "It is not good, really."
    words = words_of(text, reader.encode(text))
    assert replaced(text, words[index], by) == expected


def test_the_attack_lowers_the_answer_and_says_whether_it_flipped(reader: TextReader) -> None:
    text = "a good film , warm and funny"
    before = reader.probabilities([text])[0]
    swaps = attack(reader, text)
    assert swaps
    assert swaps[0].probability < float(before.max())
    after = reader.probabilities([swaps[-1].text])[0]
    assert float(after[before.argmax()]) == pytest.approx(swaps[-1].probability, abs=1e-5)
    assert flipped(reader, swaps, text) == (after.argmax() != before.argmax())


def test_the_last_layers_answer_is_the_answer(reader: TextReader) -> None:
    found = looks(reader, TEXTS[0])
    assert found is not None
    assert found.answers.shape == (3, 2)
    assert found.answers[-1] == pytest.approx(reader.probabilities([TEXTS[0]])[0], abs=1e-5)
    assert found.weights[0].shape == (2, len(found.tokens), len(found.tokens))


def test_many_texts_get_the_answers_that_each_gets_alone(reader: TextReader) -> None:
    texts = ["good", *TEXTS, "a " * 100]
    together = reader.probabilities(texts)
    alone = np.concatenate([reader.probabilities([text]) for text in texts])
    assert together == pytest.approx(alone, abs=1e-5)


@pytest.fixture(scope="module", params=["trained here", "encoder", "small"])
def any_reader(request: pytest.FixtureRequest, reader: TextReader) -> TextReader:
    """Each kind of tokenizer: trained on a run's texts, MiniLM's, the release model's."""
    if request.param == "trained here":
        return reader
    if request.param == "encoder":
        pytest.importorskip(minilm.PACKAGE)
    return read_model(RELEASES[request.param])


@pytest.mark.parametrize("sign", ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]", "[pad]", "[Sep]"])
def test_what_is_typed_is_never_a_control_sign(any_reader: TextReader, sign: str) -> None:
    signs = {any_reader.tokenizer.token_to_id(name) for name in ("[PAD]", "[CLS]", "[SEP]", "[MASK]")}
    for text in (sign, f"{sign} a good film", f"a good {sign} film", f"a good{sign}film {sign}{sign}"):
        inside = [piece.id for piece in any_reader.encode(text).pieces[1:-1]]
        assert inside
        assert not signs & set(inside)
        assert inside == [piece.id for piece in any_reader.encode(text.lower()).pieces[1:-1]]  # it knows no capitals


def test_half_a_character_is_read_as_nothing_in_the_place_where_it_stands(any_reader: TextReader) -> None:
    text = "a good\udcff \ud83d film"
    found = any_reader.read(text)
    assert found.encoded is not None
    assert [(piece.text, piece.start) for piece in found.encoded.pieces if piece.text == "film"] == [("film", 10)]
    assert any_reader.probabilities([text])[0] == pytest.approx(found.probabilities, abs=1e-6)


def test_a_text_with_control_signs_is_answered_alone_as_in_any_batch(any_reader: TextReader) -> None:
    random = np.random.default_rng(0)
    parts = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]", "[pad]", "[Pad]", "a", "good", "film", "not", "dull", ","]
    texts = [" ".join(random.choice(parts, random.integers(1, 18))) for _ in range(40)]
    together = any_reader.probabilities(texts)
    alone = np.concatenate([any_reader.probabilities([text]) for text in texts])
    assert together == pytest.approx(alone, abs=1e-5)
    order = random.permutation(len(texts))[:9]
    assert any_reader.probabilities([texts[i] for i in order]) == pytest.approx(alone[order], abs=1e-5)


def test_a_text_with_control_signs_is_explained_word_by_word(reader: TextReader) -> None:
    text = "[PAD] a good [SEP] film [PAD]"
    found = explain(reader, text, target=1)
    assert [word.text for word in found.words][:3] == ["[", "PAD", "]"]
    assert found.whole.score - found.whole.blank_score == pytest.approx(sum(found.values), abs=1e-3)
    seen = looks(reader, text)
    assert seen is not None
    assert len(seen.tokens) == len(reader.encode(text).pieces) == seen.weights[0].shape[2]


def test_calibration_compares_claims_with_truth() -> None:
    probabilities = np.array([[0.9, 0.1]] * 10 + [[0.4, 0.6]] * 10, np.float32)
    labels = np.array([0] * 7 + [1] * 3 + [1] * 6 + [0] * 4)
    found = calibration(probabilities, labels)
    assert found.error == pytest.approx(0.5 * 0.2 + 0.5 * 0.0, abs=1e-6)
    assert sum(found.counts) == 20


def test_the_temperature_of_logits_that_are_twice_too_sure_is_two() -> None:
    torch.manual_seed(0)
    logits = torch.randn(4000, 2) * 2
    labels = torch.multinomial(logits.softmax(1), 1)[:, 0]
    assert fit_temperature(2 * logits, labels) == pytest.approx(2, rel=0.1)
