"""Text to numbers: a subword tokenizer trained on the data, and the words and pieces of a text. No network here.

A text is cut into words and signs as the Penn Treebank does ("don't" → "do", "n't"), and each word into the pieces
that the vocabulary holds (WordPiece: Schuster and Nakajima 2012; Wu et al. 2016). The library `tokenizers` does it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PADDING, UNKNOWN, START, END = "[PAD]", "[UNK]", "[CLS]", "[SEP]"
SIGNS = (PADDING, UNKNOWN, START, END)  # the first ids
CONTINUED = "##"  # begins a piece that continues a word
ALPHABET = 200  # letters at most
PADDING_ID = 0  # of every tokenizer here, the pretrained encoder's too
APOSTROPHES = "´`ʼ′‘＇"  # that keyboards and phones put into "isn't", beside the typographic one
HALVES = re.compile("[\ud800-\udfff]")  # of characters: surrogates, which no encoding knows alone
_IN_A_WORD = re.compile(rf"(?<=\w)[{APOSTROPHES}](?=\w)")
WORDS = r"\w+?(?=n't\b)|n't\b|'(?:s|re|ve|ll|d|m)\b|\w+|[^\w\s]"

Ids = NDArray[np.int32]


@dataclass(frozen=True)
class Piece:
    """One token of a text."""

    id: int
    text: str  # "##ness" where it continues a word
    start: int  # characters [start, end) of the text; both 0 for a token that stands for no text
    end: int
    unknown: bool


@dataclass(frozen=True)
class Encoded:
    """A text as a network reads it."""

    pieces: tuple[Piece, ...]
    cut: int | None  # first character that no longer fits; None if all is read


def train_tokenizer(texts: Iterable[str], *, vocabulary: int) -> Tokenizer:
    """A tokenizer whose vocabulary are the most useful pieces of these texts. The same texts give the same tokenizer.

    Args:
        texts: what to learn from, the training texts alone.
        vocabulary: pieces at most.
    """
    from tokenizers import models, trainers

    texts = list(texts)
    tokenizer = _tokenizer(models.WordPiece(unk_token=UNKNOWN))
    letters = Counter[str]()
    for text in texts:
        letters.update(tokenizer.normalizer.normalize_str(text))
    common = sorted(letter for letter, _ in letters.most_common(ALPHABET) if not letter.isspace())
    # The trainer numbers what it has not been given in the order of a hash table, another one in each process, and
    # breaks ties by these numbers. So it is given all single letters.
    given = [*SIGNS, *(CONTINUED + letter for letter in common)]
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocabulary, min_frequency=2, special_tokens=given, limit_alphabet=ALPHABET, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return _tokenizer(models.WordPiece(vocab=tokenizer.get_vocab(), unk_token=UNKNOWN))


def read_tokenizer(written: str) -> Tokenizer:
    """A tokenizer from its JSON text. What people type is text to it, "[PAD]" too; that is no part of the JSON."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(written)
    tokenizer.encode_special_tokens = True
    return tokenizer


def portable(written: str) -> str:
    """The JSON text of a tokenizer for other programs: it reads "[PAD]" and the like as text without being told to.

    Such signs are found in what was typed only where they are listed; those around a text have their numbers anyway.
    """
    return json.dumps({**json.loads(written), "added_tokens": []}, ensure_ascii=False)


def _tokenizer(model: Any) -> Tokenizer:
    from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace("’", "'"),
            normalizers.Replace(Regex(r"\s+(?=n't\b)"), ""),  # the treebank writes "do n't"
            normalizers.BertNormalizer(lowercase=True),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(WORDS), "removed", invert=True)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{START} $A {END}", special_tokens=[(START, SIGNS.index(START)), (END, SIGNS.index(END))]
    )
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens(list(SIGNS))
    return read_tokenizer(tokenizer.to_str())


def _plain(text: str) -> str:
    """The same text, letter for letter, with the apostrophe that tokenizers know: "isn´t" is a negation too.

    Halves of characters, which a cut or bytes of another encoding leave behind, become the sign for what is not read.
    """
    return _IN_A_WORD.sub("'", HALVES.sub("\ufffd", text))


def encode(tokenizer: Tokenizer, text: str, *, length: int) -> Encoded:
    """The first `length` tokens of a text, with the places where they stand."""
    whole = tokenizer.encode(_plain(text))
    unknown = tokenizer.token_to_id(UNKNOWN)
    rows = list(zip(whole.ids, whole.tokens, whole.offsets, strict=True))
    kept = [*rows[: length - 1], rows[-1]] if len(rows) > length else rows  # the end sign stays the last
    cut = rows[length - 1][2][0] if len(rows) > length else None
    pieces = tuple(Piece(number, token, start, end, number == unknown) for number, token, (start, end) in kept)
    return Encoded(pieces, cut)


def encode_many(tokenizer: Tokenizer, texts: Sequence[str], *, length: int) -> Ids:
    """Token ids (N, length or less) int32 of texts, cut at `length` and padded with `PADDING_ID` to the longest."""
    rows = []
    for start in range(0, len(texts), 1000):
        for one in tokenizer.encode_batch_fast([_plain(text) for text in texts[start : start + 1000]]):
            ids = one.ids
            rows.append(ids if len(ids) <= length else [*ids[: length - 1], ids[-1]])
    padded = np.full((len(rows), max(map(len, rows), default=1)), PADDING_ID, np.int32)
    for row, ids in zip(padded, rows, strict=True):
        row[: len(ids)] = ids
    return padded
