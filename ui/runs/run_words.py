"""What page Runs says about a run: its result with the set it was measured on, when it was, what it is. No widgets."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core import demos
from core.contract import MAJORITY, NO_SKILL, Metric, Task, selecting, skill
from core.demo import Demo
from core.knobs import Choice, knobs
from core.plots.words import number
from core.runs.records import Checkpoint, Place, Run
from ui.frame.services import config_of
from ui.frame.words import duration

FEW = 100  # test examples: of fewer, the right ones are counted, not given in per cent
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0  # seconds


def compared_by(task: Task) -> Metric | None:
    """The metric by which runs of a demo are compared, also those whose best checkpoint nothing picks."""
    return next((metric for metric in task.metrics if metric.name == task.select), None)


def result(task: Task, run: Run, checkpoints: Sequence[Checkpoint]) -> str:
    """How good a run is: on the test set, else at its best epoch so far; empty where nothing was measured.

    "97.8 % on the test set of 5,000 MNIST digits", "96.4 % on validation after epoch 3, the best so far", or "its last
    weights" where these are kept whatever their figure is.

    Args:
        checkpoints: of the run, newest first.
    """
    metric = compared_by(task)
    if metric is None:  # a demo that compares nothing names its first figure
        first = next((metric for metric in task.metrics if metric.name in run.metrics), None)
        return f"{first.label}: {number(run.metrics[first.name], first.unit)}" if first else ""
    if metric.name in run.metrics:
        tested = f"{number(run.metrics[metric.name], metric.unit)} on the test set of {data_label(task, run)}"
        return f"{tested}{no_better_than_guessing(run.metrics)}"
    scored = [checkpoint for checkpoint in checkpoints if metric.name in checkpoint.metrics]
    if not scored:
        return ""
    best = next((checkpoint for checkpoint in scored if checkpoint.best), scored[0])
    which = "the best so far" if selecting(task, config_of(run)) else "its last weights"
    return (
        f"{number(best.metrics[metric.name], metric.unit)} on {task.measured_on} after {task.counted_in} "
        f"{best.epoch:.3g}, {which}{no_better_than_guessing(best.metrics)}"
    )


def no_better_than_guessing(metrics: Mapping[str, float]) -> str:
    """ ", and always saying the most frequent class gets 90.0 %", where an accuracy is hardly more than that."""
    accuracy, majority = metrics.get("accuracy"), metrics.get(MAJORITY.name)
    if accuracy is None or majority is None or skill(accuracy, majority) >= NO_SKILL:
        return ""
    return f", and always saying the most frequent class gets {number(majority, MAJORITY.unit)}"


def side_by_side(accuracies: Mapping[str, float], majority: float | None, *, num_test: int | None) -> str:
    """Figures of the test set side by side, with what guessing gets where they say little.

    "**SVM 98.1 %, this network 97.8 %**."; "**Naive Bayes 6 of 9**. Always saying the most frequent class gets 6 …"

    Args:
        accuracies: in percent, by what reached them; the first is the one that is praised.
        majority: accuracy of always saying the most frequent class; None in runs of before it was recorded.
        num_test: how many examples were answered; None where only about how many is known.
    """
    is_small = num_test is not None and num_test < FEW

    def figure(accuracy: float) -> str:
        return f"{accuracy * num_test / 100:.0f} of {num_test}" if is_small else number(accuracy, "%")  # type: ignore[operator]

    words = [f"**{', '.join(f'{label} {figure(accuracy)}' for label, accuracy in accuracies.items())}**."]
    if majority is not None and (is_small or skill(next(iter(accuracies.values())), majority) < NO_SKILL):
        words.append(f"Always saying the most frequent class gets {figure(majority)}.")
    if is_small:
        words.append("With so few, one more or less may be chance.")
    return " ".join(words)


def data_label(task: Task, run: Run) -> str:
    """The data that a run learned from, in words; the demo's title where it has no choice of data."""
    declared = knobs(task.Config).get("data")
    name = run.config.get("data")
    return declared.options.get(str(name), str(name)) if isinstance(declared, Choice) else demos.find(task.name).title


def facts(run: Run, *, demo: Demo | None, now: float, zone: str | None) -> str:
    """ "run ab12cd · Digits · 5 epochs · 34 s · started 12 min ago"; the demo may be gone."""
    total = sum(run.phases)
    title, unit = (demo.title, demo.task.counted_in) if demo else (run.task, "epoch")
    parts = [f"run {run.id}", title, f"{total} {unit}{'s' if total > 1 else ''}"]
    if run.seconds_used:
        parts.append(duration(run.seconds_used))
    parts.append(
        f"queued {ago(run.queued_at, now=now, zone=zone)}"
        if run.started_at is None
        else f"started {ago(run.started_at, now=now, zone=zone)}"
    )
    return " · ".join(parts)


def waiting(place: Place) -> str:
    """ "Next to start, in about 40 s", "Place 3 in the queue, in about 2 min"."""
    when = "" if place.seconds is None else f", in about {duration(place.seconds)}"
    return f"{'Next to start' if place.position == 1 else f'Place {place.position} in the queue'}{when}"


def ago(moment: float, *, now: float, zone: str | None = None) -> str:
    """A time in the past as people say it: "just now", "12 min ago", "3 h ago", then the date in their time zone."""
    passed = now - moment
    if passed < MINUTE:
        return "just now"
    if passed < HOUR:
        return f"{passed // MINUTE:.0f} min ago"
    if passed < DAY:
        return f"{passed // HOUR:.0f} h ago"
    local = datetime.fromtimestamp(moment, _zone(zone))
    return f"{local.day} {local:%B %Y, %H:%M}"


def _zone(name: str | None) -> ZoneInfo | None:
    """The reader's time zone; None, the server's, where the browser names none that is known here."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


def named(runs: Iterable[Run]) -> dict[str, str]:
    """A short name of each run by id, no two the same: its title, with the id where titles repeat."""
    runs = list(runs)
    titles = [run.title for run in runs]
    return {run.id: run.title if titles.count(run.title) == 1 else f"{run.title} {run.id}" for run in runs}
