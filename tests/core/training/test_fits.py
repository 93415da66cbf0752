"""Jobs of several fits: exact resume, extension, a stop between two fits, and checkpoints of before they were jobs."""

import copy
from dataclasses import dataclass, replace
from typing import Any

import pytest

from core import demos
from core.contract import Checkpointed, Dataset, Ended, Evaluated, Event, Fits, Fitted, Metric, Split, Stepped
from core.knobs import Config, Integer, knob
from core.training.fits import fit_all

ALL = [name for name in demos.names() if demos.find(name).fits is not None]


def cut(dataset: Dataset) -> Dataset:
    """The first examples of each split."""

    def first(split: Split, count: int) -> Split:
        return Split(inputs=split.inputs[:count], targets=split.targets[:count], name=split.name)

    return Dataset(
        train=first(dataset.train, 160), validation=first(dataset.validation, 64), test=first(dataset.test, 64)
    )


def run(task: Fits, config: Config, dataset: Dataset, **options: Any) -> list[Event]:
    return [
        replace(event, state=copy.deepcopy(event.state)) if isinstance(event, Checkpointed) else event
        for event in fit_all(task, config, dataset, fitter=task.fitter(config, dataset), **options)
    ]


def measured(events: list[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, Stepped | Evaluated)]


def newest(events: list[Event]) -> dict[str, Any]:
    return next(event.state for event in reversed(events) if isinstance(event, Checkpointed))


def stop_after(fits: int) -> Any:
    asked = iter(range(1, 10**6))
    return lambda: next(asked) >= fits


def without_seconds(state: dict[str, Any]) -> dict[str, Any]:
    return {"fits": {**state["fits"], "seconds": 0.0}}


def test_there_are_jobs_of_fits_and_none_of_them_is_a_training_too() -> None:
    assert ALL == ["classical", "classical_sentiment", "classical_voice", "more_data"]
    kinds = [(demos.find(name).training is None, demos.find(name).fits is None) for name in demos.names()]
    assert all(sorted(kind) == [False, True] for kind in kinds)


@pytest.mark.parametrize("name", ALL)
def test_a_stopped_and_resumed_job_equals_the_uninterrupted_one_and_so_does_an_extended_one(name: str) -> None:
    task = demos.find(name).fits
    config = replace(task.Config(), epochs=3)
    dataset = cut(task.load(config))
    whole = run(task, config, dataset)
    assert [event.step for event in whole if isinstance(event, Evaluated)] == [0, 1, 2, 3]
    for stop in (1, 2):
        first = run(task, config, dataset, should_stop=stop_after(stop))
        assert first[-1] == Ended(stop, stop, "stopped", "Stopped.", {})
        second = run(task, config, dataset, resume=newest(first))
        assert measured(first) + measured(second) == measured(whole)
        assert second[-1] == whole[-1]
        assert without_seconds(newest(second)) == without_seconds(newest(whole))
    short = run(task, replace(config, epochs=2), dataset)
    longer = run(task, replace(config, epochs=2), dataset, phases=(2, 1), resume=newest(short))
    assert measured(short) + measured(longer) == measured(whole)
    assert longer[-1] == whole[-1]


# Three fits on one example of each split: what each of them reaches is known before.
SPLIT = {part: Split([part], [part], part) for part in ("train", "validation", "test")}  # type: ignore[arg-type]
DATA = Dataset(**SPLIT)
REACHED = {"validation": (60.0, 80.0, 80.0, 70.0), "test": (61.0, 79.0, 90.0, 71.0)}


@dataclass(frozen=True)
class ToyConfig(Config):
    epochs: int = knob(Integer(label="Fits", help="To do.", low=1, high=4), 4)


class ToyFitter:
    def __init__(self) -> None:
        self.done: list[int] = []

    def guess(self, split: Split) -> dict[str, float]:
        return {"accuracy": 95.0}  # better than any fit: it must not be chosen

    def fit(self, index: int) -> Fitted:
        self.done.append(index)
        return Fitted(
            seconds=1.0, told={"bytes": index}, evaluate=lambda split: {"accuracy": REACHED[split.name][index]}
        )


def toy(**changes: Any) -> Fits:
    task = Fits(
        name="toy_fits",
        Config=ToyConfig,
        presets=(),
        metrics=(Metric("accuracy", "Accuracy", "%", "max"),),
        select="accuracy",
        load=lambda config: DATA,
        fitter=lambda config, dataset: ToyFitter(),
    )
    return replace(task, **changes)


def test_the_first_of_the_best_on_validation_is_the_one_that_is_tested() -> None:
    fitter = ToyFitter()
    events = list(fit_all(toy(), ToyConfig(), DATA, fitter=fitter))
    assert [event.metrics["accuracy"] for event in events if isinstance(event, Evaluated)] == [
        95.0,
        60.0,
        80.0,
        80.0,
        70.0,
    ]
    assert events[-1] == Ended(4, 4, "completed", "Completed.", {"accuracy": 79.0})
    assert [event.step for event in events if isinstance(event, Checkpointed) and event.best] == [1, 2]
    assert fitter.done == [0, 1, 2, 3]  # the best was kept, not done again
    resumed = ToyFitter()
    first = list(fit_all(toy(), ToyConfig(), DATA, fitter=ToyFitter(), should_stop=stop_after(3)))
    assert list(fit_all(toy(), ToyConfig(), DATA, fitter=resumed, resume=newest(first)))[-1] == events[-1]
    assert resumed.done == [3, 1]  # what is left, and the best once more


def test_where_nothing_chooses_each_fit_is_measured_on_the_test_split_and_the_last_is_reported() -> None:
    task = toy(select=None, measured_on="test")
    events = list(fit_all(task, ToyConfig(), DATA, fitter=ToyFitter()))
    found = [event.metrics["accuracy"] for event in events if isinstance(event, Evaluated)]
    assert found[1:] == list(REACHED["test"])
    assert events[-1].metrics == {"accuracy": 71.0}  # type: ignore[union-attr]


def test_a_stop_is_heard_after_a_fit_was_saved_and_one_after_the_last_changes_nothing() -> None:
    events = list(fit_all(toy(), ToyConfig(), DATA, fitter=ToyFitter(), should_stop=stop_after(2)))
    assert isinstance(events[-2], Checkpointed)
    assert events[-2].step == 2
    events = list(fit_all(toy(), ToyConfig(), DATA, fitter=ToyFitter(), should_stop=stop_after(4)))
    assert events[-1].reason == "completed"  # type: ignore[union-attr]


def old_state(step: int, best_step: int, best_value: float, *, owes: bool = False) -> dict[str, Any]:
    """A checkpoint as the training engine wrote it when a fit was a step."""
    return {
        "engine": {
            "step": step,
            "best_step": best_step,
            "best_value": best_value,
            "meter": {"sums": {}, "count": {}},
            "trained_seconds": float(step),
            "obeyed": 0,
            "owes_evaluation": owes,
        },
        "learner": {"num_fits": step},
    }


@pytest.mark.parametrize(
    ("state", "steps", "fits"),
    [
        (old_state(3, 2, 80.0), [4], [3, 1]),
        (old_state(3, 2, 80.0, owes=True), [3, 4], [2, 3, 1]),  # it was saved before it was measured
        (old_state(0, 0, 95.0), [1, 2, 3, 4], [0, 1, 2, 3]),  # guessing was among the choices
        (old_state(4, 2, 80.0), [], [1]),
    ],
)
def test_a_checkpoint_of_before_fits_were_jobs_goes_on_as_if_nothing_had_changed(
    state: dict[str, Any], steps: list[int], fits: list[int]
) -> None:
    fitter = ToyFitter()
    events = list(fit_all(toy(), ToyConfig(), DATA, fitter=fitter, resume=state))
    evaluated = [event for event in events if isinstance(event, Evaluated)]
    assert [event.step for event in evaluated] == steps
    assert [event.trained_seconds for event in evaluated] == [float(step) for step in steps]
    assert fitter.done == fits
    assert events[-1] == Ended(4, 4, "completed", "Completed.", {"accuracy": 79.0})
