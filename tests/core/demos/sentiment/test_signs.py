"""Emoji, emoticons, stars and scores become words, and every piece still knows where it came from."""

import pytest
from tokenizers import Tokenizer

from core.demos.sentiment.signs import EMOJI, reading_signs, tells
from core.demos.sentiment.tokenizer import encode, portable, read_tokenizer, train_tokenizer
from core.demos.sentiment.words import words_of

WORDS = "happy love sad angry awful good amazing disappointed so out of stars thank you great film is not isn do heart"
TEXTS = [*WORDS.split(), "0 1 2 3 4 5 6 7 8 9 10 . , / - : ( ) ! ' t n't don't isn't it on size", "the broken film"] * 4


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    """A small one that reads signs."""
    return reading_signs(train_tokenizer(TEXTS, vocabulary=500))


def read(tokenizer: Tokenizer, text: str) -> str:
    return tokenizer.decode(tokenizer.encode(text).ids)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("great😀!", "great happy!"),
        ("👍🏽👍🏽", "good"),
        ("❤️ film", "love film"),
        ("film ❤", "film love"),
        ("😡", "angry"),
        ("great :)", "great happy"),
        ("great:-)", "great happy"),
        ("film :-(", "film sad"),
        ("<3", "love"),
        (">:(", "angry"),
        ("film :/", "film disappointed"),
        ("5/5", "5 out of 5 stars"),
        ("10/10 film", "5 out of 5 stars film"),
        ("8 / 10", "4 out of 5 stars"),
        ("7,5/10", "4 out of 5 stars"),
        ("4.5/5", "5 out of 5 stars"),
        ("2 out of 5 stars", "2 out of 5 stars"),
        ("one out of ten", "1 out of 5 stars"),
        ("0/10", "0 out of 5 stars"),
        ("11/10", "5 out of 5 stars"),
        ("35/100", "2 out of 5 stars"),
        ("3.5/4 stars", "4 out of 5 stars"),
        ("★★☆☆☆ film", "2 out of 5 stars film"),
        ("★ ★ ★ ☆ ☆", "3 out of 5 stars"),
        ("★★★½", "4 out of 5 stars"),
        ("⭐️⭐️⭐️⭐️⭐️", "5 out of 5 stars"),
        ("5 ⭐", "5 out of 5 stars"),
        ("4⭐️ film", "4 out of 5 stars film"),
        ("3 1/2 stars", "4 out of 5 stars"),
        ("5️⃣/5️⃣", "5 out of 5 stars"),
        ("film :-((", "film sad"),
        ("film :'-(", "film sad"),
        ("¯\\_(ツ)_/¯", "so so"),
    ],
)
def test_signs_are_read_as_words(tokenizer: Tokenizer, text: str, expected: str) -> None:
    assert read(tokenizer, text) == expected


@pytest.mark.parametrize(
    "text", ["on 5/10", "5/10/2019", "24/7", "9/11", "50/50", "3/4", "size 5/6", "10:30", "it (on 5)", "1/5/10"]
)
def test_dates_and_fractions_are_no_scores(tokenizer: Tokenizer, text: str) -> None:
    assert "stars" not in read(tokenizer, text)
    assert not tells(text)


@pytest.mark.parametrize("text", ["http://it", "note:(do)", "8:0", "C:\\film", "a:b"])
def test_addresses_and_colons_are_no_emoticons(tokenizer: Tokenizer, text: str) -> None:
    assert not {"sad", "disappointed", "happy"} & set(read(tokenizer, text).split())


@pytest.mark.parametrize("sign", list("'’´`‘ʼ′＇ʹ"))
def test_every_apostrophe_makes_the_same_negation(tokenizer: Tokenizer, sign: str) -> None:
    assert tokenizer.encode(f"isn{sign}t it").ids == tokenizer.encode("isn't it").ids


@pytest.mark.parametrize("text", ["isn ' t it", "isn ’ t it", "is n't it", "isnt it", "isn&#39;t it"])
def test_a_negation_is_found_however_it_is_typed(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.encode(text).ids == tokenizer.encode("isn't it").ids


def test_an_emoji_without_a_word_stands_alone(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("film🚗great").tokens == ["[CLS]", "film", "[UNK]", "great", "[SEP]"]


@pytest.mark.parametrize(
    ("text", "sign"),
    [("a 😀 film", "😀"), ("film :) great", ":)"), ("It is 4/5, great", "4/5"), ("★★☆☆☆ film", "★★☆☆☆")],
)
def test_the_pieces_of_a_sign_belong_to_its_characters(tokenizer: Tokenizer, text: str, sign: str) -> None:
    encoded = encode(tokenizer, text, length=64)
    word = next(word for word in words_of(text, encoded) if word.text == sign)
    assert word.pieces
    outside = [piece for i, piece in enumerate(encoded.pieces) if i not in word.pieces and piece.end]
    assert all(piece.end <= word.start or piece.start >= word.end for piece in outside)


def test_no_emoji_has_two_words() -> None:
    signs = [sign for group in EMOJI.values() for sign in group if ord(sign) > 0x2000 and sign not in "\ufe0f\u200d"]
    assert len(signs) == len(set(signs))


def test_an_exported_tokenizer_reads_signs_too_and_one_of_before_reads_as_before(tokenizer: Tokenizer) -> None:
    written = tokenizer.to_str()
    text = "great 😀 5/5 :("
    assert Tokenizer.from_str(portable(written)).encode(text).ids == tokenizer.encode(text).ids
    before = train_tokenizer(TEXTS, vocabulary=500)
    again = read_tokenizer(before.to_str())
    assert again.encode(text).ids == before.encode(text).ids != tokenizer.encode(text).ids
