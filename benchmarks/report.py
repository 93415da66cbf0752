"""`docs/benchmarks.md` out of the kept results. Nothing is measured here."""

import statistics
from collections.abc import Mapping
from pathlib import Path

from benchmarks import results
from benchmarks.results import Figure, Result

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
ORDER = (
    *("release_digits", "release_gate", "strokes", "pictures", "time_to_accuracy", "reference_mnist"),
    *("serving", "voice", "voice_training", "voice_accuracy", "sentiment", "sentiment_checklist"),
    *("generator", "generator_peer", "start", "estimates", "live", "reporting", "sessions", "memory"),
    *("playground", "more_data"),
)
MOST_LISTED = 5  # values that are shown one by one
HEAD = """# Benchmarks

Written by `python -m benchmarks` from the measurements in `benchmarks/results/`; do not edit. `python -m benchmarks
serving strokes` measures some again, and `python -m benchmarks --help` says what can be chosen. Each section says when,
with which command and seeds, on which machine and under which load it was measured: a load average above the number of
cores means that other processes took part of them.
"""


def write() -> None:
    """Write the page from the results that are kept."""
    PAGE.write_text(page(results.read()))


def page(found: Mapping[str, Result]) -> str:
    """The whole document; sections in a fixed order, others after them."""
    known = [name for name in ORDER if name in found]
    names = known + sorted(set(found) - set(known))
    return "\n".join([HEAD, *(section(found[name]) for name in names)])


def section(found: Result) -> str:
    """Title, method, table and circumstances of one result."""
    rows = [
        "| figure | median | mean | values, one for each repeat or seed | aim |",
        "| --- | --- | --- | --- | --- |",
        *(_row(figure) for figure in found.figures),
    ]
    remarks = [line for remark in found.remarks for line in (remark, "")]
    return "\n".join([f"## {found.title}", "", found.method, "", *rows, "", *remarks, _circumstances(found), ""])


def _row(figure: Figure) -> str:
    def shown(value: float) -> str:
        return f"{value:,.{figure.digits}f}"

    values = list(figure.values)
    listed = ", ".join(shown(value) for value in values)
    if len(values) > MOST_LISTED:
        listed = f"{shown(min(values))} to {shown(max(values))} ({len(values)} values)"
    middle, mean = (
        f"{shown(value)} {figure.unit}".strip() for value in (statistics.median(values), statistics.fmean(values))
    )
    return f"| {figure.label} | {middle} | {mean} | {listed} | {figure.aim} |"


def _circumstances(found: Result) -> str:
    machine = found.machine
    seeds = f", seeds {', '.join(map(str, found.seeds))}" if found.seeds else ""
    card = f", {machine['graphics card']}" if "graphics card" in machine else ""
    nice = f" At niceness {machine['niceness']}, so other processes came first." if machine["niceness"] else ""
    return (
        f"Measured on {found.date} by `{found.command}`{seeds}. Machine: {machine['processor']}, {machine['cores']} "
        f"cores, {machine['memory']}{card}, {machine['system']}, {machine['software']}. Load average "
        f"{found.load[0]:.1f} before and {found.load[1]:.1f} at the end.{nice}"
    )
