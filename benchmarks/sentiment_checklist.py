"""Sentiment: what the release models understand, capability by capability.

    python -m benchmarks.sentiment_checklist      prints the table of the model cards and writes nothing

The templates of `checklist.txt` were written for it; nothing is trained or chosen on them, and a test compares them
with what is trained on. The method is that of M. T. Ribeiro et al., Beyond Accuracy: Behavioral Testing of NLP Models
with CheckList, ACL 2020, https://arxiv.org/abs/2005.04118.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.results import Figure, Findings, Options
from core.demos.sentiment.config import RELEASES
from core.demos.sentiment.reader import TextReader, read_model

TITLE = "Sentiment: capabilities"
METHOD = (
    "345 templates of sixteen capabilities, at least 20 each, with their gaps filled in up to three ways. An answer to "
    "what is positive or negative is right where that class is the likelier one; to what does not judge, where it is "
    "unsure. Each template counts once, with the share of its texts that are right."
)
TEMPLATES = Path(__file__).parent / "checklist.txt"
UNSURE = "unsure"
TEXTS = 3  # of a template
LABELS = {"small": "from scratch", "encoder": "MiniLM"}
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Item:
    """A template with what is right."""

    capability: str
    answer: str  # of a class, or UNSURE
    texts: tuple[str, ...]


def read(path: Path = TEMPLATES, *, texts: int = TEXTS) -> list[Item]:
    """The templates, filled; the n-th text has the n-th next word of each list."""
    words: dict[str, list[str]] = {}
    found: list[Item] = []
    name = capability = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("= "):
            name = line[2:]
        elif line.startswith("# "):
            capability = line[2:]
        elif (parts := line.split(" | ", 1))[0] in ("positive", "negative", UNSURE):
            found.append(Item(capability, parts[0], _filled(parts[1], words, len(found), texts)))
        else:
            words[name] = line.split(" | ")
    return found


def _filled(template: str, words: Mapping[str, Sequence[str]], number: int, count: int) -> tuple[str, ...]:
    def text(place: int) -> str:
        return _SLOT.sub(lambda slot: words[slot[1]][(number + 3 * place) % len(words[slot[1]])], template)

    return tuple(dict.fromkeys(text(place) for place in range(count)))


def scores(reader: TextReader, items: Sequence[Item]) -> dict[str, float]:
    """Share of each capability that is understood, in percent, in the order of the file."""
    readings = iter(reader.readings([text for item in items for text in item.texts]))
    right: dict[str, list[float]] = {}
    for item in items:
        said = [next(readings) for _ in item.texts]
        good = [not one.sure if item.answer == UNSURE else reader.classes[one.winner] == item.answer for one in said]
        right.setdefault(item.capability, []).append(float(np.mean(good)))
    return {capability: 100 * float(np.mean(shares)) for capability, shares in right.items()}


def measure(options: Options) -> Findings:
    """Scores of the release models that are here."""
    items, figures = read(), []
    for name, model in RELEASES.items():
        found = scores(read_model(model), items)
        overall = float(np.mean([*found.values()]))
        figures.append(Figure(f"Mean of all capabilities, {LABELS[name]}", [overall], "%"))
        figures += [Figure(f"{kind.capitalize()}, {LABELS[name]}", [score], "%") for kind, score in found.items()]
    return Findings(figures, [0])


def main() -> None:
    """Print the table."""
    items = read()
    found = {name: scores(read_model(model), items) for name, model in RELEASES.items()}
    print("| capability | templates |", " | ".join(found), "|\n|---|---|" + "---|" * len(found))
    for kind in dict.fromkeys(item.capability for item in items):
        count = sum(item.capability == kind for item in items)
        print(f"| {kind} | {count} |", " | ".join(f"{score[kind]:.0f} %" for score in found.values()), "|")
    print("| mean | |", " | ".join(f"{np.mean([*score.values()]):.1f} %" for score in found.values()), "|")


if __name__ == "__main__":
    main()
