"""What places of Foundations train: against plain PyTorch, exact when resumed, and what becomes of what explodes."""

import copy
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from core import demos
from core.contract import Checkpointed, Ended, Evaluated, Event, Placement
from core.knobs import Config
from core.lessons.gradient_flow.figures import LANES, NUM_STEPS, flows
from core.lessons.gradient_flow.training import GradientsConfig
from core.lessons.optimizer_race.figures import EVERY, OPTIMIZERS, RATES, losses
from core.lessons.optimizer_race.training import NUM_DIGITS, RaceConfig
from core.lessons.overfitting.figures import learned
from core.lessons.overfitting.training import NUM_WEIGHTS, OverfittingConfig
from core.lessons.side_by_side import Lane, SideBySide, first, layered, small_digits
from core.training.engine import _Meter, train

NAMES = {RaceConfig: "race", GradientsConfig: "gradients", OverfittingConfig: "overfitting"}
EXPLODING = GradientsConfig(scale=4.0, learning_rate=1.0, first="relu", second="sigmoid")


def events_of(config: Config, **options: Any) -> list[Event]:
    """All events of a training."""
    task = demos.task(NAMES[type(config)])
    learner = task.learner(config, Placement())
    # What is checkpointed is trained on: its receiver copies it at once.
    return [copy.deepcopy(event) for event in train(task, config, task.load(config), learner=learner, **options)]


@pytest.mark.parametrize(
    "config", [RaceConfig(), EXPLODING, OverfittingConfig(examples=20)], ids=lambda config: NAMES[type(config)]
)
def test_a_resumed_training_is_the_uninterrupted_one(config: Config) -> None:
    whole = events_of(config)
    middle = [event for event in whole if isinstance(event, Checkpointed)][2]
    again = events_of(config, resume=middle.state)
    told = [event for event in whole if isinstance(event, Evaluated) and event.step > middle.step]
    assert told
    assert [event for event in again if isinstance(event, Evaluated)] == told
    assert whole[-1] == again[-1]
    assert isinstance(whole[-1], Ended)
    assert whole[-1].reason == "completed"


def test_a_lane_learns_as_a_plain_loop_does() -> None:
    events = events_of(RaceConfig())
    batches: list[torch.Tensor] = []

    class Spy(SideBySide):
        def step(self, batch: Any, progress: Any) -> Any:
            batches.append((batch.chance[:, 0] * NUM_DIGITS).long())
            return super().step(batch, progress)

    task, digits = demos.task("race"), small_digits()[0]
    spy = Spy({}, digits)
    list(train(task, RaceConfig(), task.load(RaceConfig()), learner=spy))
    network = layered([32], torch.nn.ReLU, seed=0)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    for rows in batches:
        optimizer.zero_grad()
        F.cross_entropy(network(digits.inputs[rows]), digits.targets[rows]).backward()
        optimizer.step()
    seen = first(digits, NUM_DIGITS)
    expected = float(F.cross_entropy(network(seen.inputs), seen.targets).detach())
    assert losses(events)["momentum"][0.1][-1][1] == pytest.approx(expected, rel=1e-6)


def test_all_lanes_of_the_race_start_alike_and_are_measured_every_few_steps() -> None:
    events = events_of(RaceConfig())
    found = losses(events)
    assert [list(runs) for runs in found.values()] == [list(RATES)] * len(OPTIMIZERS)
    assert len({line[0] for runs in found.values() for line in runs.values()}) == 1
    assert {event.step for event in events if isinstance(event, Evaluated)} == set(range(0, 61, EVERY))
    assert found["adam"][0.01][-1][1] < found["adam"][0.001][-1][1]


def test_gradients_vanish_in_deep_sigmoid_networks_and_not_in_relu_ones() -> None:
    sigmoid, relu = flows(events_of(GradientsConfig()), depth=8).values()
    assert sigmoid.sizes.shape == (NUM_STEPS, 9)
    assert sigmoid.diverged_at is None
    assert sigmoid.sizes[0, 0] < sigmoid.sizes[0, -1] / 1000
    assert relu.sizes[0, 0] > relu.sizes[0, -1] / 100


def test_the_size_of_a_gradient_is_its_root_mean_square() -> None:
    network = layered([3], torch.nn.Tanh, seed=1)
    lane = Lane(network, torch.optim.SGD(network.parameters(), lr=0.1), 10)
    network(small_digits()[0].inputs[:4]).square().sum().backward()
    weight = network[2].weight.grad
    assert isinstance(weight, torch.Tensor)
    assert float(lane.gradients()["2"]) == pytest.approx(float(np.sqrt(np.mean(weight.numpy() ** 2))), rel=1e-6)


def test_a_network_that_explodes_says_at_which_step_and_the_other_goes_on() -> None:
    events = events_of(EXPLODING)
    relu, sigmoid = (flows(events, depth=8)[lane] for lane in LANES)
    assert relu.diverged_at is not None
    assert len(relu.sizes) == len(relu.losses) == relu.diverged_at - 1
    assert np.isfinite(relu.sizes).all()
    assert len(sigmoid.losses) == NUM_STEPS
    last = [event for event in events if isinstance(event, Checkpointed)][-1]
    assert list(last.state["learner"]["lanes"]) == ["second"]


def test_a_big_network_learns_few_examples_by_heart_and_remedies_help() -> None:
    config = OverfittingConfig(examples=60)
    found = learned(events_of(config), examples=60, more=config.more)
    alone, more = found["none"], found["data"]
    assert (alone.examples, more.examples) == (60, config.more)
    assert len(alone.steps) == 31
    assert alone.train_accuracy[-1] == 100
    assert alone.validation_loss[-1] > 10 * alone.train_loss[-1]
    assert more.test_accuracy[-1] > alone.test_accuracy[-1] + 5
    assert found["l2"].validation_loss[-1] < alone.validation_loss[-1]
    assert alone.validation_loss[alone.best] == min(alone.validation_loss)


def test_the_number_of_weights_that_the_place_names_is_the_networks() -> None:
    task = demos.task("overfitting")
    assert task.num_parameters is not None
    assert task.num_parameters(OverfittingConfig()) == 4 * NUM_WEIGHTS


def test_before_the_first_measurement_there_is_nothing() -> None:
    assert learned([], examples=20, more=200) == {}
    assert all(line == () for runs in losses([]).values() for line in runs.values())
    assert flows([], depth=2)["first"].sizes.shape == (0, 3)


def test_the_last_mean_of_a_network_that_drops_out_is_of_the_steps_that_it_made() -> None:
    meter = _Meter()
    for step in range(4):
        told = {"calm.loss": torch.tensor(1.0), **({"wild.loss": torch.tensor(8.0)} if step < 2 else {})}
        meter.add(told)
        if step == 2:
            meter = _Meter(meter.state())  # stopped and resumed
    assert meter.take() == {"calm.loss": 1.0, "wild.loss": 8.0}  # it was 4.0, as if its loss had fallen
    old = _Meter({"sums": {"loss": torch.tensor(6.0)}, "count": 3})
    assert old.take() == {"loss": 2.0}
