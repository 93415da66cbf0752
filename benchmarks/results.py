"""What benchmarks found: figures with all their values, as JSON in `benchmarks/results/`, a file for each benchmark.

How they are shown is in `benchmarks/report.py`.
"""

import json
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import machine

FOLDER = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Figure:
    """One number, measured several times."""

    label: str
    values: Sequence[float]  # one for each repeat or seed
    unit: str = ""
    aim: str = ""  # "at most 10 ms"; empty where there is none
    digits: int = 1  # after the decimal point


@dataclass(frozen=True)
class Options:
    """What the command line says; a benchmark uses what concerns it."""

    repeats: int | None = None  # None: the benchmark's own number
    threads: int = 2
    reference_epochs: int = 0  # of the peer that are trained in full; 0 measures its speed on a part of an epoch


@dataclass(frozen=True)
class Findings:
    """What one call of a benchmark found."""

    figures: Sequence[Figure]
    seeds: Sequence[int]
    remarks: Sequence[str] = field(default=())  # what a reader must know beside the figures


@dataclass(frozen=True)
class Result:
    """Findings with all that is needed to judge and repeat them."""

    name: str  # of the benchmark and of its file
    title: str
    method: str
    command: str
    date: str  # UTC
    seeds: Sequence[int]
    machine: dict[str, Any]
    load: Sequence[float]  # of the machine in the minute before the start, and in the last minute
    figures: Sequence[Figure]
    remarks: Sequence[str]


def result(
    name: str, findings: Findings, *, title: str, method: str, load_before: float, command: str | None = None
) -> Result:
    """Findings of this moment, this machine and this command line."""
    return Result(
        name=name,
        title=title,
        method=method,
        command=command or " ".join(["python -m benchmarks", *sys.argv[1:]]),
        date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        seeds=list(findings.seeds),
        machine=machine.describe(),
        load=[load_before, machine.load()],
        figures=list(findings.figures),
        remarks=list(findings.remarks),
    )


def save(found: Result, folder: Path = FOLDER) -> None:
    """Write the file of a result, in place of the one before."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{found.name}.json").write_text(json.dumps(asdict(found), indent=1, ensure_ascii=False) + "\n")


def read(folder: Path = FOLDER) -> dict[str, Result]:
    """All results of a folder by name."""
    found = {}
    for path in sorted(folder.glob("*.json")):
        kept = json.loads(path.read_text())
        found[path.stem] = Result(**{**kept, "figures": [Figure(**figure) for figure in kept["figures"]]})
    return found


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many percent are below, interpolated as `statistics.quantiles` does; needs two values."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
