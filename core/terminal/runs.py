"""`runs`: every run as one line, newest first; and how a run looks in JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core import demos
from core.contract import MAJORITY
from core.errors import InvalidSettingError, NotFoundError
from core.runs.records import Run, State
from core.runs.store import open_store
from core.terminal import output

MOST = 1_000_000  # runs


def run(*, demo: str | None, state: State | None, limit: int) -> int:
    """List the runs that meet every given condition; returns 0.

    Raises:
        InvalidSettingError: `limit` is not 1 to a million.
        StorageError: the run store cannot be read.
    """
    if not 1 <= limit <= MOST:
        raise InvalidSettingError(f"--limit is {limit}; allowed is 1 to {MOST:,}.")
    found = open_store().book.find(task=demo, states=[state] if state else [], limit=limit)
    for one in found:
        output.answer(described(one))
    if not found:
        output.say("There is no such run yet. Start one: python -m core train DEMO")
    return 0


def described(run: Run) -> dict[str, Any]:
    """A run, JSON-ready. Metrics in per cent become fractions in [0, 1], as everywhere in the terminal."""
    progress = run.progress
    return {
        "run": run.id,
        "demo": run.task,
        "title": run.title,
        "state": run.state,
        "reason": run.reason,
        "notices": list(run.notices),
        "epochs": sum(run.phases),
        "epochs_done": round(progress.epoch, 3) if progress else 0,
        "metrics": _fractions(run.task, run.metrics),
        "parameters": run.num_parameters,
        "seconds": round(run.seconds_used, 1),
        "created": datetime.fromtimestamp(run.created_at, UTC).isoformat(timespec="seconds"),
        "owner": run.owner,
        "parent": run.parent,
        "config": run.config,
    }


def _fractions(task: str, metrics: dict[str, float]) -> dict[str, float]:
    try:
        in_per_cent = {metric.name for metric in (*demos.task(task).metrics, MAJORITY) if metric.unit == "%"}
    except NotFoundError:  # an old run of a demo that is gone
        return metrics
    return {name: round(value / 100 if name in in_per_cent else value, 6) for name, value in metrics.items()}
