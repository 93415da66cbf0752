"""Figures of release trainings, a seed at a time, kept beside those of the benchmarks. Nothing is trained here."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from benchmarks import report, results
from benchmarks.results import Figure, Findings, Result

TITLE = "Release model: {name}"
METHOD = (
    "The release training with several seeds, each measured with its last weights as the file that ships, in half "
    "precision; no epoch is chosen by its test accuracy. {trained_on}; {epochs} epochs, {parameters:,} parameters."
)


def release(name: str, card: Mapping[str, Any], *, load_before: float) -> Result:
    """Add one seed to the release benchmark of a demo, in place of an earlier one of that seed, and write the page.

    A training with other data, another network or other settings starts a new record.

    Args:
        name: of the demo.
        card: the `model.json` of the trained weights, with its figures.
        load_before: of the machine, before the training.
    """
    config = card["config"]
    parts = {"finish": "finishing", "settle": "settling"}
    last = "".join(f" and {card[part]['epochs']} {word}" for part, word in parts.items() if part in card)
    method = METHOD.format(
        trained_on=f"Trained on {card['trained_on']}",
        epochs=f"{config['epochs']}{last}",
        parameters=card["parameters"],
    )
    kept = results.read().get(f"release_{name}")
    figures = {figure.label: figure for figure in _figures(card)}
    seeds = [config["seed"]]
    if kept is not None and (kept.method, [f.label for f in kept.figures]) == (method, list(figures)):
        earlier = [i for i, seed in enumerate(kept.seeds) if seed != config["seed"]]
        seeds = [*(kept.seeds[i] for i in earlier), *seeds]
        for old in kept.figures:
            values = [old.values[i] for i in earlier]
            figures[old.label] = replace(old, values=[*values, *figures[old.label].values])
    findings = Findings(list(figures.values()), seeds, [f"Each seed trained on: {card['machine']}."])
    found = results.result(
        f"release_{name}",
        findings,
        title=TITLE.format(name=name),
        method=method,
        load_before=load_before,
        command=f"python -m release.{name} --record",
    )
    results.save(found)
    report.write()
    return found


def _figures(card: Mapping[str, Any]) -> list[Figure]:
    measured = [
        Figure(f"{words} {figure['set']}", [figure[kind]], "%", aim(figure["set"]), 2)
        for figure in card["figures"]
        for kind, (words, aim) in _KINDS.items()
        if kind in figure
    ]
    size = Figure("Size of the file", [card["bytes"] / 1e6], "MB", "at most 2 MB", 2)
    return [*measured, size, Figure("Training", [card["minutes"]], "min")]


_AIMS = {"10,000 MNIST test images": "at least 99.65 %", "1,741 kept drawings of Pen-Digits": "at least 95 %"}


def _aim(examples: str) -> str:
    return _AIMS.get(examples, "")


_KINDS: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "accuracy": ("Accuracy on", _aim),
    "lost": ("Digits lost of", lambda examples: "at most 1 %"),
    "rejected": ("Told apart from digits, of", lambda examples: "at least 90 %"),
}
