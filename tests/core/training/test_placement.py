"""How a placement is picked; the seconds are made up, so nothing is trained."""

import pytest
import torch

from core import demos
from core.contract import Dataset, Placement, Split, Training
from core.knobs import Config
from core.training import placement

ALL = 4  # threads


@pytest.mark.parametrize(
    ("together", "channels_last", "budget", "chosen"),
    [
        (0.6, 0.9, 9.0, (ALL, True)),
        (0.9, 1.1, 9.0, (1, False)),  # more threads that save next to nothing
        (0.1, 0.1, -1.0, (ALL, False)),  # too long steps to try anything else
    ],
)
def test_more_threads_must_save_time_and_are_always_tried(
    together: float, channels_last: float, budget: float, chosen: tuple[int, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    def seconds(task: Training, config: Config, dataset: Dataset, candidate: Placement) -> float:
        return (together if candidate.threads == ALL else 1.0) * (channels_last if candidate.channels_last else 1.0)

    monkeypatch.setattr(placement, "seconds_per_step", seconds)
    monkeypatch.setattr(placement, "BUDGET_SECONDS", budget)
    monkeypatch.setattr(placement, "device_for", lambda wanted: "cpu")
    monkeypatch.setattr(placement, "has_bfloat16_units", lambda: False)
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: set(range(ALL)), raising=False)
    task = demos.task("digits")
    found = placement.measure(task, task.Config(), _nothing())
    assert (found.threads, found.channels_last) == chosen


def test_one_thread_that_was_measured_in_a_busy_moment_gets_a_second_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = iter([3.0, 1.0])

    def seconds(task: Training, config: Config, dataset: Dataset, candidate: Placement) -> float:
        return 0.9 if candidate.threads == ALL else next(alone, 2.0)

    monkeypatch.setattr(placement, "seconds_per_step", seconds)
    monkeypatch.setattr(placement, "device_for", lambda wanted: "cpu")
    monkeypatch.setattr(placement, "has_bfloat16_units", lambda: False)
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: set(range(ALL)), raising=False)
    task = demos.task("digits")
    assert placement.measure(task, task.Config(), _nothing()) == Placement()


def _nothing() -> Dataset:
    split = Split(torch.empty(0), torch.empty(0), "nothing")
    return Dataset(split, split, split)
