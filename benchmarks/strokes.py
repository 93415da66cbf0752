"""The stroke benchmark: pen strokes as `.json` files, answered as `python -m core predict digits` answers files.

    python -m benchmarks.strokes --out FOLDER [--seed 0] [--per-way 25]

writes the set alone: `known/7-crossed-003.json` and so on; the digit begins the name.
"""

import argparse
import json
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import handwriting
from benchmarks.results import Figure, Findings, Options
from core import demos
from core.data.pictures import strokes
from core.data.pictures.pen_strokes import Strokes
from core.terminal import models, predict

TITLE = "Pen strokes"
METHOD = (
    "Share of synthetic pen drawings that the release model answers right, from `.json` stroke files on the path of "
    "`python -m core predict digits`. New ways: arcs and lines with random proportions (`benchmarks/handwriting.py`), "
    "none of whose paths, ways of writing or distributions are in the training's generator. Known ways: the styles of "
    "`core/data/pictures/strokes.py`, which training draws too; held out are only these drawings and their timing as "
    "pen positions (seeds of their own). Both are synthetic: neither says how real people's drawings are read."
)
SEED, PER_WAY, REPEATS = 1000, 25, 3
KNOWN, NEW = "known", "new"


@dataclass(frozen=True)
class Drawing:
    """One drawing of the set."""

    group: str  # KNOWN or NEW
    digit: int
    way: str
    number: int
    strokes: Strokes

    @property
    def file(self) -> Path:
        """Its name in the folder of the set."""
        way = re.sub(r"\W+", "-", self.way)
        return Path(self.group) / f"{self.digit}-{way}-{self.number:03}.json"


def drawings(*, seed: int, per_way: int = PER_WAY) -> Iterator[Drawing]:
    """The set: `per_way` drawings of every way of writing every digit. The same seed gives the same set."""
    rng = np.random.default_rng(seed)
    for digit in range(10):
        for way in strokes.styles(digit):
            for number in range(per_way):
                yield Drawing(KNOWN, digit, way, number, strokes.sample(digit, rng=rng, style=way))
        for way in handwriting.WAYS[digit]:
            for number in range(per_way):
                yield Drawing(NEW, digit, way, number, handwriting.write(digit, way, rng=rng))


def write(folder: Path, chosen: Sequence[Drawing]) -> None:
    """Each drawing as a file that the terminal reads."""
    for drawing in chosen:
        path = folder / drawing.file
        path.parent.mkdir(parents=True, exist_ok=True)
        given = drawing.strokes
        content = {"strokes": given.paths, "size": given.size, "stroke_width": given.stroke_width}
        path.write_text(json.dumps(content))


def right(chosen: Sequence[Drawing], folder: Path, *, model: str = models.RELEASE) -> list[bool]:
    """Which of the written drawings a model answers with their digit; one that it refuses is wrong."""
    demo = demos.find("digits")
    assert demo.answering is not None
    names = [str(folder / drawing.file) for drawing in chosen]
    _, answering_model = models.model(demo, model)
    lines = predict.answers(demo.answering, answering_model, names)
    return [line.get("answer") == str(drawing.digit) for drawing, line in zip(chosen, lines, strict=True)]


def measure(options: Options) -> Findings:
    """Accuracy in all, of the new and of the known ways, and of the ways that are read worst."""
    seeds = range(SEED, SEED + (options.repeats or REPEATS))
    accuracies: dict[str, list[float]] = {"all": [], NEW: [], KNOWN: []}
    of_way: dict[tuple[str, int, str], list[bool]] = defaultdict(list)
    for seed in seeds:
        chosen = list(drawings(seed=seed))
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), chosen)
            answers = right(chosen, Path(folder))
        for drawing, is_right in zip(chosen, answers, strict=True):
            of_way[drawing.group, drawing.digit, drawing.way].append(is_right)
        for group, values in accuracies.items():
            of_group = [a for a, d in zip(answers, chosen, strict=True) if group in ("all", d.group)]
            values.append(100 * sum(of_group) / len(of_group))
    num_ways = {group: sum(way[0] == group for way in of_way) for group in (KNOWN, NEW)}
    sizes = {"all": PER_WAY * len(of_way), **{group: PER_WAY * num for group, num in num_ways.items()}}
    labels = {"all": "all ways", NEW: "ways that training has not seen", KNOWN: "ways that training draws too"}
    figures = [
        Figure(f"Right, {labels[group]} ({sizes[group]:,} drawings a seed)", values, "%", "at least 98.5 %", 2)
        for group, values in accuracies.items()
    ]
    return Findings(figures, list(seeds), [_by_way(of_way)])


def _by_way(of_way: dict[tuple[str, int, str], list[bool]]) -> str:
    """The ways in which some drawing was answered wrong, the worst first, in a sentence."""
    wrong = sorted((sum(answers) / len(answers), way) for way, answers in of_way.items() if not all(answers))
    listed = ", ".join(f"{digit} “{way}” ({group}) {100 * accuracy:.1f} %" for accuracy, (group, digit, way) in wrong)
    perfect = f"{len(of_way) - len(wrong)} of {len(of_way)} ways of writing: every drawing right."
    return f"{perfect} The others, over all seeds: {listed}." if wrong else perfect


def main() -> None:
    """Write the set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--per-way", type=int, default=PER_WAY)
    options = parser.parse_args()
    chosen = list(drawings(seed=options.seed, per_way=options.per_way))
    write(options.out, chosen)
    print(f"{len(chosen):,} drawings in {options.out}")


if __name__ == "__main__":
    main()
