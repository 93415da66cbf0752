"""Whether a text is in another language than English, by the letters that follow each other in it (py3langid).

Wrong alarms on short English are worse than none on short German, so a language is named only where the text is long
enough, and where English words stand in it only when there is hardly a doubt.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

NAMES = {
    "ca": "Catalan",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "es": "Spanish",
    "et": "Estonian",
    "fi": "Finnish",
    "fr": "French",
    "hr": "Croatian",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "ms": "Malay",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sq": "Albanian",
    "sv": "Swedish",
    "sw": "Swahili",
    "tl": "Tagalog",
    "tr": "Turkish",
    "vi": "Vietnamese",
}  # those in Latin letters that are asked for; others are in letters that the network has never seen
FEWEST_WORDS, FEWEST_LETTERS = 2, 8  # of a text that is asked about
SHORT = 20  # letters; shorter ones have to be surer
SURE, SURE_OF_A_SHORT_ONE, SURE_BESIDE_ENGLISH = 0.5, 0.65, 0.97
ENGLISH = frozenset(
    (
        "the",
        "this",
        "that",
        "and",
        "with",
        "but",
        "very",
        "you",
        "they",
        "my",
        "your",
        "from",
        "what",
        "would",
        "have",
        "has",
        "it's",
        "are",
        "i'm",
        "don't",
        "isn't",
        "doesn't",
        "didn't",
        "by",
        "were",
        "there",
        "here",
        "how",
        "why",
        "never",
    )
)  # common words that hardly stand in another language
LONGEST = 2_000  # characters that are looked at
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|[@#]\w+")


def other_language(text: str) -> str | None:
    """The English name of the language that a text is in; None for English, and where nobody can tell."""
    shown = _ADDRESS.sub(" ", text[:LONGEST])
    written = _WORD.findall(shown)
    words = [word.lower().replace("’", "'") for word in written]
    letters = sum(map(len, words))
    if letters < FEWEST_LETTERS or len(words) < FEWEST_WORDS:
        return None
    english = sum(word in ENGLISH for word in words) + written[1:].count("I")
    if english and (10 * english >= len(words) and shown.isascii()):
        return None
    code, probability = _identifier().classify(" ".join(written))
    needed = SURE_BESIDE_ENGLISH if english else SURE_OF_A_SHORT_ONE if letters < SHORT else SURE
    return NAMES.get(code) if probability >= needed else None


@cache
def _identifier() -> Any:
    """The library's naive Bayes over strings of letters: a second to load, a tenth of a millisecond for a text."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(["en", *NAMES])
    return identifier
