"""Reading a text: from what was typed to probabilities, with what stood in the way and the time it took."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from core.classifier import Classifier, Labelled
from core.data.text import reviews
from core.data.text.typed import MAX_CHARACTERS
from core.demo import PreparedInput
from core.demos.sentiment import signs
from core.demos.sentiment.config import SMALL, SentimentConfig
from core.demos.sentiment.difference import weights_of
from core.demos.sentiment.language import other_language
from core.demos.sentiment.learner import EVALUATION_TOKENS, Network, make_network, tokenizer_from, with_weights
from core.demos.sentiment.network import tokens_of
from core.demos.sentiment.packed import packed
from core.demos.sentiment.sentences import Span, fitting, sentences
from core.demos.sentiment.tokenizer import APOSTROPHES, Encoded, encode, encode_many
from core.errors import Problem
from core.knobs import from_json
from core.release import ReleaseModel
from core.training.supervised import answering_weights

SURE_OF_TWO, SURE_OF_MORE = 0.8, 0.5
WORD = re.compile(rf"[^\W_]+(?:['’{APOSTROPHES}\-][^\W_]+)*")
MOST_FOREIGN = 0.5  # of the letters, outside the Latin alphabet
MOST_BROKEN = 0.45  # of the words
SIGNS = ".,;:!?'\"()-…"
MEANINGLESS = ("other_language", "nothing_known")  # doubts with which no answer is sure


@dataclass(frozen=True)
class Sentence:
    """A part of a text with an answer of its own."""

    start: int  # characters [start, end) of the text
    end: int
    probabilities: tuple[float, ...]  # (K,)
    weight: float  # of its logits in the whole text's


@dataclass(frozen=True)
class Reading:
    """What came out. Where a problem is blocking there is no answer."""

    text: str
    problem: Problem | None
    encoded: Encoded | None  # the first tokens, where it is longer than the network reads at once
    probabilities: tuple[float, ...] | None  # (K,)
    sure: bool
    milliseconds: float
    sentences: tuple[Sentence, ...] = ()  # of a text that was read sentence by sentence

    @property
    def winner(self) -> int:
        """Index of the likeliest class."""
        assert self.probabilities is not None
        return int(np.argmax(self.probabilities))


def find_problem(text: str) -> Problem | None:
    """What keeps a text from being read, known before any network."""
    if not text.strip():
        return Problem("empty", "There is nothing to read yet. Type a sentence, or take an example.", True)
    if len(text) > MAX_CHARACTERS:
        return Problem(
            "too_long",
            f"This text has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read. Give a part of it.",
            True,
        )
    letters = [character for character in text if character.isalpha()]
    if not letters:
        if signs.tells(text):
            return None
        return Problem(
            "no_words",
            "There are no words in this text, only signs or numbers. The network reads words, emoji and scores such as "
            "4/5: write some.",
            True,
        )
    if sum(ord(letter) > 0x24F for letter in letters) > MOST_FOREIGN * len(letters):
        return Problem(
            "other_script",
            "This text is written in letters that the network has never seen. It knows English only: translate it.",
            True,
        )
    return None


class TextReader(Classifier):
    """A trained network behind its tokenizer.

    Args:
        network: (B, L) token ids → (B, K) logits, on the processor.
        tokenizer: its JSON text.
        classes: names of the K classes.
        length: tokens that are read at once.
        data, table: of its config.
        temperature: what logits are divided by.
        answering: what gives the same logits sooner, without gradients; by default the network.
        whole: a longer text is read sentence by sentence, and the mean of their logits is multiplied by this; with 0
            only its beginning is read.
    """

    def __init__(
        self,
        network: Network,
        *,
        tokenizer: str,
        classes: Sequence[str],
        length: int,
        data: str = SentimentConfig.data,
        table: str = "",
        temperature: float = 1.0,
        answering: nn.Module | None = None,
        whole: float = 0.0,
    ) -> None:
        self.network = network.eval()
        self.answering = (answering or network).eval()
        self.tokenizer = tokenizer_from(tokenizer)
        self.classes = tuple(classes)
        self.length = length
        self.data, self.table = data, table
        self.temperature = temperature
        self.whole = whole

    @property
    def sure_from(self) -> float:
        """Probability of the likeliest class from which on an answer is called sure."""
        return SURE_OF_TWO if len(self.classes) == 2 else SURE_OF_MORE

    def logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, K) float32, divided by the temperature. A text that is read sentence by sentence has the whole's."""
        if not len(texts):
            return np.empty((0, len(self.classes)), np.float32)
        spans = [self.parts(text) for text in texts]
        logits = self._logits([text[a:b] for text, parts in zip(texts, spans, strict=True) for a, b in parts])
        return np.stack([self.weights(parts) @ rows for parts, rows in zip(spans, _cut(logits, spans), strict=True)])

    def parts(self, text: str) -> list[Span]:
        """What is read at once: all of a text, or its sentences where it is too long for the network."""
        if not self.whole or encode(self.tokenizer, text, length=self.length).cut is None:
            return [(0, len(text))]
        return self.sentences(text)

    def sentences(self, text: str) -> list[Span]:
        """The sentences of a text, each short enough to be read at once."""

        def cut(part: str) -> int | None:
            return encode(self.tokenizer, part, length=self.length).cut

        return [part for span in sentences(text) for part in fitting(text, span, cut)]

    @torch.inference_mode()
    def _logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, K) float32 of texts that are cut at the length; those of similar length are computed together."""
        ids = torch.from_numpy(encode_many(self.tokenizer, texts, length=self.length))
        lengths = tokens_of(ids).sum(1).numpy()
        order = np.argsort(lengths, kind="stable")
        out = np.empty((len(ids), len(self.classes)), np.float32)
        start = 0
        while start < len(order):
            size = max(1, EVALUATION_TOKENS // 4 // int(lengths[order[min(start + 63, len(order) - 1)]]))
            chosen = order[start : start + size]
            out[chosen] = self.answering(ids[chosen, : int(lengths[chosen].max())]).numpy()
            start += size
        return out / np.float32(self.temperature)

    def probabilities(self, examples: Sequence[str]) -> NDArray[np.float32]:
        """(N, K) float32 of N texts."""
        return torch.from_numpy(self.logits(examples)).softmax(1).numpy()

    def test_set(self) -> Labelled:
        """Test texts."""
        texts = reviews.load(self.data, self.table)
        return Labelled(f"{len(texts.test):,} {texts.label} test {texts.unit}", texts.test.texts, texts.test.labels)

    def official_test_set(self) -> Labelled:
        """The same; of SST-2, the dev set of GLUE."""
        if self.data != "sst2":
            return self.test_set()
        part = reviews.sst2_dev()
        return Labelled(f"{len(part):,} SST-2 dev sentences", part.texts, part.labels)

    def answer(self, values: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        """What it says to texts, JSON-ready; of one that is read sentence by sentence, each sentence's answer too."""
        return [self._said(reading) for reading in self.readings(values)]

    def _said(self, reading: Reading) -> dict[str, Any]:
        assert reading.probabilities is not None
        said = self.in_json(reading.probabilities) | {"sure": reading.sure}
        if reading.sentences:
            said["sentences"] = [
                {"text": reading.text[one.start : one.end], "start": one.start, "end": one.end}
                | self.in_json(one.probabilities)
                for one in reading.sentences
            ]
        if reading.problem is not None:
            said |= {"warning": reading.problem.code, "message": reading.problem.message}
        return said

    def in_json(self, row: Sequence[float] | NDArray[np.float32]) -> dict[str, Any]:
        """The likeliest class, whether it is sure, and all probabilities."""
        said = super().in_json(row)
        return {"answer": said["answer"], "sure": bool(max(row) >= self.sure_from), **said}

    def encode(self, text: str) -> Encoded:
        """The tokens of a text, with the places where they stand and where it is cut."""
        return encode(self.tokenizer, text, length=self.length)

    def read(self, text: str) -> Reading:
        """Answer a text, or say why not."""
        start = time.perf_counter()
        problem = find_problem(text)
        if problem is None:
            return self.readings([text])[0]
        return Reading(text, problem, None, None, False, 1000 * (time.perf_counter() - start))

    def readings(self, texts: Sequence[str]) -> list[Reading]:
        """Answers to texts in which `find_problem` finds nothing; the time is shared out evenly."""
        if not len(texts):
            return []
        start = time.perf_counter()
        spans = [self.parts(text) for text in texts]
        logits = self._logits([text[a:b] for text, parts in zip(texts, spans, strict=True) for a, b in parts])
        answered = list(zip(texts, spans, _cut(logits, spans), strict=True))
        milliseconds = 1000 * (time.perf_counter() - start) / max(len(texts), 1)
        return [self._reading(text, parts, rows, milliseconds) for text, parts, rows in answered]

    def _reading(self, text: str, parts: list[Span], logits: NDArray[np.float32], milliseconds: float) -> Reading:
        encoded = self.encode(text)
        answer = _softmax(self.weights(parts) @ logits)
        problem = self._doubt(text, encoded)
        sure = max(answer) >= self.sure_from and not (problem is not None and problem.code in MEANINGLESS)
        found = () if len(parts) == 1 else self._sentences(parts, logits)
        return Reading(text, problem, encoded, answer, sure, milliseconds, found)

    def answered_sentences(self, text: str) -> tuple[Sentence, ...]:
        """Each sentence of a text with an answer of its own."""
        parts = self.sentences(text)
        return self._sentences(parts, self._logits([text[a:b] for a, b in parts])) if parts else ()

    def _sentences(self, parts: Sequence[Span], logits: NDArray[np.float32]) -> tuple[Sentence, ...]:
        rows = zip(parts, logits, self.weights(parts), strict=True)
        return tuple(Sentence(start, end, _softmax(row), float(weight)) for (start, end), row, weight in rows)

    def weights(self, parts: Sequence[Span]) -> NDArray[np.float32]:
        """How much the logits of each part count in the whole text's, (S,) float32."""
        return np.full(len(parts), self.whole / len(parts) if len(parts) > 1 else 1, np.float32)

    def _doubt(self, text: str, encoded: Encoded) -> Problem | None:
        if all(piece.unknown for piece in encoded.pieces[1:-1]):
            return Problem(
                "nothing_known",
                "This model knows none of these signs, so its answer means nothing. Write words.",
                False,
            )
        language = other_language(text) if self.data != "own" else None
        if language is not None:
            return Problem(
                "other_language",
                f"This looks like {language}. The network knows English only, so its answer means nothing: translate "
                "the text.",
                False,
            )
        if encoded.cut is not None and not self.whole:
            read = len(WORD.findall(text[: encoded.cut]))
            return Problem(
                "cut",
                f"Only the first {read} of {len(WORD.findall(text))} words were read; the rest is cut.",
                False,
            )
        if self.data != "own" and _broken_fraction(encoded) >= MOST_BROKEN:
            return Problem(
                "other_language",
                "Most of these words are not in the vocabulary. If this is not English, the answer means nothing.",
                False,
            )
        return None


def _softmax(logits: NDArray[np.float32]) -> tuple[float, ...]:
    return tuple(torch.from_numpy(logits).softmax(0).tolist())


def _cut(rows: NDArray[np.float32], spans: Sequence[Sequence[Span]]) -> list[NDArray[np.float32]]:
    """Rows of all parts as those of each text."""
    return np.split(rows, np.cumsum([len(parts) for parts in spans])[:-1])


def _broken_fraction(encoded: Encoded) -> float:
    """Share of the words that fall into pieces or are not known at all; 0 where there are fewer than three words."""
    pieces = [piece for piece in encoded.pieces if piece.end > piece.start]
    starts = [i for i, piece in enumerate(pieces) if not piece.text.startswith("##") and piece.text[0] not in SIGNS]
    following = [pieces[i + 1].text if i + 1 < len(pieces) else "" for i in starts]
    broken = sum(pieces[i].unknown or after.startswith("##") for i, after in zip(starts, following, strict=True))
    return broken / len(starts) if len(starts) >= 3 else 0.0


def prepare(given: str) -> PreparedInput:
    """A text as it is, or why it cannot be answered."""
    problem = find_problem(given)
    return PreparedInput(given if problem is None else None, problem)


def read_model(release: ReleaseModel = SMALL) -> TextReader:
    """The reader of a release model.

    Raises:
        DataUnavailableError: there is no model, or it needs the encoder MiniLM, which is not here or not the right one.
    """
    card, config = release.card, release.config(SentimentConfig)
    network = make_network(config, num_classes=len(card["classes"]))
    network.load_state_dict(weights_of(release))
    return TextReader(
        network,
        tokenizer=release.text("tokenizer.json"),
        classes=card["classes"],
        length=card.get("length", config.length),  # it may read more than it was trained with
        data=config.data,
        temperature=card["temperature"],
        answering=packed(network) if config.network == "minilm" else None,  # the small one would take longer
        whole=card.get("whole", 0.0),
    )


def run_reader(config: Mapping[str, Any], learner_state: Mapping[str, Any]) -> TextReader:
    """The network of a run, from its saved config and the learner's part of a checkpoint."""
    known, _ = from_json(SentimentConfig, config)
    classes = learner_state["classes"]
    network = make_network(known, num_classes=len(classes))
    if known.network == "minilm" and known.start == "scratch":
        network = with_weights(network, known)
    network.load_state_dict(answering_weights(learner_state), strict=known.network != "minilm")
    shape = SMALL.config(SentimentConfig) if known.start == "release" else known
    return TextReader(
        network,
        tokenizer=learner_state["tokenizer"],
        classes=classes,
        length=shape.length,
        data=known.data,
        table=known.table,
    )
