"""The training loop: exact resume, exact extension, stopping, divergence."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from core import demos
from core.contract import (
    Checkpointed,
    Dataset,
    Ended,
    Evaluated,
    Event,
    Placement,
    Previewed,
    Split,
    Stepped,
    Training,
)
from core.knobs import Choice, Config, knobs
from core.training.engine import steps_per_epoch, train

ALL = [
    *(name for name in demos.names() if demos.find(name).training),
    "toy",
    "rings",
]  # the last two are demos of the tests


@pytest.fixture(autouse=True)
def toy_demos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSBOX_DEMOS", "tests.support.toy_demos")


def small(task: Training, **changes: Any) -> Config:
    """A config of a demo with everything random switched on that the demo has, and few epochs."""
    wanted: dict[str, Any] = {"epochs": 2, "dropout": 0.3, "averaging": 0.9, "batch_size": 32, "adversarial": 0.1}
    augmentation = knobs(task.Config).get("augmentation")
    if isinstance(augmentation, Choice):
        wanted["augmentation"] = list(augmentation.options)[-1]  # the strongest
    known = {name: value for name, value in (wanted | changes).items() if hasattr(task.Config(), name)}
    return replace(task.Config(), **known)


def cut(dataset: Dataset, *, num_train: int = 160) -> Dataset:
    """The first examples of each split."""

    def first(split: Split, count: int) -> Split:
        return Split(inputs=split.inputs[:count], targets=split.targets[:count], name=split.name)

    return Dataset(
        train=first(dataset.train, num_train), validation=first(dataset.validation, 64), test=first(dataset.test, 64)
    )


def run(task: Training, config: Config, dataset: Dataset, **options: Any) -> tuple[list[Event], dict[str, Any]]:
    """All events of a training and the last state of its learner."""
    learner = task.learner(config, Placement(threads=1))
    events = []
    for event in train(task, config, dataset, learner=learner, **options):
        events.append(replace(event, state=snapshot(event.state)) if isinstance(event, Checkpointed) else event)
    return events, snapshot(learner.state_dict())


def snapshot(state: Any) -> Any:
    if isinstance(state, torch.Tensor):
        return state.detach().clone()
    if isinstance(state, dict):
        return {key: snapshot(value) for key, value in state.items()}
    return state


def assert_same(one: Any, other: Any) -> None:
    """Equal bit for bit, tensors included."""
    assert type(one) is type(other)
    if isinstance(one, torch.Tensor):
        assert one.dtype == other.dtype
        assert torch.equal(one, other)
    elif isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            assert_same(one[key], other[key])
    else:
        assert one == other


def measured(events: list[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, Stepped | Evaluated)]


def stop_after(steps: int) -> Any:
    asked = iter(range(1, 10**6))
    return lambda: next(asked) >= steps


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("stop_step", [3, 5, 8])
def test_a_stopped_and_resumed_run_equals_the_uninterrupted_one(name: str, stop_step: int) -> None:
    task = demos.task(name)
    config = small(task)
    dataset = cut(task.load(config))
    config = replace(config, epochs=-(-10 // steps_per_epoch(task, config, dataset)))
    whole_events, whole_state = run(task, config, dataset)

    first, _ = run(task, config, dataset, should_stop=stop_after(stop_step))
    assert isinstance(first[-1], Ended)
    assert first[-1].reason == "stopped"
    saved = [event for event in first if isinstance(event, Checkpointed)][-1]
    assert saved.step == stop_step
    second, resumed_state = run(task, config, dataset, resume=saved.state)

    assert_same(resumed_state, whole_state)
    watched = [[event for event in events if isinstance(event, Previewed)] for events in (whole_events, first, second)]
    assert [event.step for event in watched[1] + watched[2]] == [event.step for event in watched[0]]
    assert measured(first) + measured(second) == measured(whole_events)
    assert second[-1] == whole_events[-1]


def test_a_stop_before_a_long_evaluation_saves_first_and_the_evaluation_follows_after_the_resume(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task = demos.task("toy")
    config, dataset = replace(small(task), epochs=1), cut(task.load(small(task)))
    whole_events, whole_state = run(task, config, dataset)
    monkeypatch.setattr("core.training.engine.SLOW_SECONDS", -1.0)  # every evaluation counts as long
    first, _ = run(task, config, dataset, should_stop=stop_after(3))
    saved = [event for event in first if isinstance(event, Checkpointed)][-1]
    assert saved.step == 3
    assert [event.step for event in first if isinstance(event, Evaluated)] == [0, 1, 2]
    second, resumed_state = run(task, config, dataset, resume=saved.state)
    assert_same(resumed_state, whole_state)
    assert measured(first) + measured(second) == measured(whole_events)
    assert second[-1] == whole_events[-1]


@pytest.mark.parametrize("name", ALL)
def test_an_extended_run_equals_one_that_was_planned_that_way(name: str) -> None:
    task = demos.task(name)
    config = small(task)
    dataset = cut(task.load(config))
    whole_events, whole_state = run(task, config, dataset, phases=(2, 1))

    first, _ = run(task, config, dataset)
    saved = [event for event in first if isinstance(event, Checkpointed)][-1]
    second, extended_state = run(task, config, dataset, phases=(2, 1), resume=saved.state)

    assert_same(extended_state, whole_state)
    assert measured(first) + measured(second) == measured(whole_events)


def test_another_seed_gives_another_run() -> None:
    task = demos.task("digits")
    config = small(task, epochs=1)
    dataset = cut(task.load(config))
    assert measured(run(task, config, dataset)[0]) != measured(run(task, replace(config, seed=1), dataset)[0])


def test_divergence_stops_the_run_and_no_checkpoint_holds_anything_that_is_not_finite() -> None:
    task = demos.task("digits")
    config = small(task, optimizer="sgd", learning_rate=10.0, normalisation=False, schedule="constant", epochs=20)
    dataset = cut(task.load(config))
    poisoned = Split(inputs=dataset.train.inputs.float() * 1e38, targets=dataset.train.targets, name="poisoned")
    events, _ = run(task, config, replace(dataset, train=poisoned))
    assert isinstance(events[-1], Ended)
    assert events[-1].reason == "diverged"
    assert "learning rate" in events[-1].message
    for event in events:
        if isinstance(event, Checkpointed):
            weights = event.state["learner"]["network"]
            assert all(value.isfinite().all() for value in weights.values() if value.is_floating_point())


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize(
    ("split", "step", "where"), [("validation", 10, "in validation"), ("test", 20, "in the test")], ids=str
)
def test_a_measured_loss_that_is_not_finite_ends_the_run_as_diverged(
    value: float, split: str, step: int, where: str
) -> None:
    task = demos.task("toy")
    config = task.Config(epochs=1)
    dataset = task.load(config)
    learner = task.learner(config, Placement())
    told, steps = learner.evaluate, []

    def poisoned(of: Split) -> Any:
        metrics = told(of)
        steps.append(of)
        late = of is dataset.test or steps.count(of) > 5  # the untrained network, then ten evaluations in 20 steps
        return {**metrics, "loss": value} if of is getattr(dataset, split) and late else metrics

    learner.evaluate = poisoned  # type: ignore[method-assign]
    *events, ended = train(task, config, dataset, learner=learner)
    assert isinstance(ended, Ended)
    assert (ended.reason, ended.step, ended.metrics) == ("diverged", step, {})
    assert f"“Loss” {where} is no longer a finite number" in ended.message
    assert all(event.metrics["loss"] < 10 for event in events if isinstance(event, Evaluated))
    assert max(event.step for event in events if isinstance(event, Checkpointed)) == (8 if step == 10 else 20)


def test_weights_that_are_not_finite_are_neither_measured_nor_shown() -> None:
    """Some figures of such a network look good: no point at NaN is far from anything, so all are called covered."""
    task = demos.task("plane")
    config = small(task, epochs=1)
    dataset = cut(task.load(config))
    learner = task.learner(config, Placement())
    step = learner.step

    def breaking(*given: Any) -> Any:
        metrics = step(*given)
        with torch.no_grad():
            next(learner.average.parameters()).fill_(float("nan"))  # type: ignore[attr-defined]
        return metrics

    learner.step = breaking  # type: ignore[method-assign]
    events = list(train(task, config, dataset, learner=learner))
    assert isinstance(events[-1], Ended)
    assert events[-1].reason == "diverged"
    assert "the weights are no longer finite numbers" in events[-1].message
    assert all(event.step == 0 for event in events if isinstance(event, Evaluated | Previewed | Checkpointed))


def test_the_best_weights_are_reported_on_at_the_end() -> None:
    task = demos.task("digits")
    config = small(task, epochs=3, averaging=0.0, adversarial=0.0)
    dataset = cut(task.load(config))
    states: dict[int, Any] = {}
    learner = task.learner(config, Placement(threads=1))
    ended = None
    best_step = 0
    for event in train(task, config, dataset, learner=learner, recall=states.__getitem__):
        if isinstance(event, Checkpointed):
            states[event.step] = snapshot(event.state)
            best_step = event.step if event.best else best_step
        ended = event
    again = task.learner(config, Placement(threads=1))
    again.load_state_dict(states[best_step]["learner"])
    assert isinstance(ended, Ended)
    assert ended.metrics == again.evaluate(dataset.test)


def test_pinned_examples_are_answered_before_the_first_step_and_after_the_last() -> None:
    task = demos.task("digits")
    config = small(task, epochs=1)
    dataset = cut(task.load(config))
    pin = dataset.test.inputs[0].tolist()
    events, _ = run(task, config, dataset, pins=lambda: {"mine": pin})
    previews = [event for event in events if isinstance(event, Previewed)]
    assert [previews[0].step, previews[-1].step] == [0, 5]
    assert sum(previews[-1].answers["mine"]) == pytest.approx(1, abs=1e-3)


def test_a_run_on_adversarial_examples_keeps_its_last_weights_although_validation_is_on_plain_ones() -> None:
    task = demos.task("digits")
    config = small(task, epochs=2, start="release", learning_rate=1e-3)  # nothing here beats the release weights
    events, _ = run(task, config, cut(task.load(config)))
    saved = [event for event in events if isinstance(event, Checkpointed) and event.metrics]
    assert max(event.metrics["accuracy"] for event in saved) == saved[0].metrics["accuracy"]
    assert [event.best for event in saved] == [True] * len(saved)
    plain_events, _ = run(task, replace(config, adversarial=0.0), cut(task.load(config)))
    assert [event.best for event in plain_events if isinstance(event, Checkpointed)].count(True) < len(saved)
