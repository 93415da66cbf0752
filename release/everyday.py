"""Everyday texts made from templates, each with how probably it is positive: scores, emoji, what judges nothing …

The templates are in `everyday.txt`. Every seventh of a kind is held out, so that it can be said how far templates that
were not learned from are understood. What `benchmarks/checklist.txt` asks stands in neither part.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

TEMPLATES = Path(__file__).parent / "everyday.txt"
SLOT = re.compile(r"\{(\w+)\}")
EACH, EACH_FIXED = 30, 6  # texts of a template with gaps, and of one without
HELD_OUT_OF = 7
_NO_APOSTROPHE, _TYPO, _NO_STOP = 0.2, 0.08, 0.3


@dataclass(frozen=True)
class Template:
    """A text with gaps."""

    kind: str
    text: str
    positive: float  # probability


@dataclass(frozen=True)
class Book:
    """All templates of a file, and the words that fill their gaps."""

    templates: tuple[Template, ...]
    words: dict[str, tuple[str, ...]]

    def filled(self, template: Template, random: np.random.RandomState) -> str:
        """The text with a word in each gap; words of a text differ from each other."""
        used: set[str] = set()

        def word(match: re.Match[str]) -> str:
            left = [one for one in self.words[match[1]] if one not in used]
            chosen = left[random.randint(len(left))]
            used.add(chosen)
            return chosen

        return SLOT.sub(word, template.text)


def read(path: Path = TEMPLATES) -> Book:
    """The templates of a file: its first lines say how it is written."""
    templates: list[Template] = []
    words: dict[str, tuple[str, ...]] = {}
    name, kind = "", ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("= "):
            name = line[2:]
        elif line.startswith("# "):
            kind = line[2:].split(":")[0]
        elif name and not re.match(r"(?:0|1|\.\d+|0\.\d+) \| ", line):
            words[name] = tuple(line.split(" | "))
        else:
            positive, text = line.split(" | ", 1)
            templates.append(Template(kind, text, float(positive)))
    return Book(tuple(templates), words)


def texts(book: Book, *, seed: int, held_out: bool) -> tuple[list[str], list[float], list[str]]:
    """Texts of the templates that are learned from, or of those that are held out; how positive each is; its kind.

    Those that are learned from have some typing errors.
    """
    random = np.random.RandomState(seed)
    found: list[str] = []
    positive: list[float] = []
    kinds: list[str] = []
    for index, template in enumerate(book.templates):
        if (index % HELD_OUT_OF == HELD_OUT_OF - 1) != held_out:
            continue
        count = EACH if SLOT.search(template.text) else EACH_FIXED
        made = dict.fromkeys(book.filled(template, random) for _ in range(count)) if held_out else None
        for text in made or [book.filled(template, random) for _ in range(count)]:
            found.append(text if held_out else typed(text, random))
            positive.append(template.positive)
            kinds.append(template.kind)
    return found, positive, kinds


def typed(text: str, random: np.random.RandomState) -> str:
    """The text as somebody in a hurry types it: at times without apostrophes or last stop, or two letters swapped."""
    if random.rand() < _NO_APOSTROPHE:
        text = text.replace("'", "")
    if random.rand() < _NO_STOP:
        text = text.rstrip(".!")
    if random.rand() < _TYPO:
        places = [i for i in range(1, len(text) - 2) if text[i : i + 2].isalpha() and text[i - 1].isalpha()]
        if places:
            i = places[random.randint(len(places))]
            text = text[:i] + text[i + 1] + text[i] + text[i + 2 :]
    return text
