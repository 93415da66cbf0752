"""What a run is said to cost, beside what is counted; `python -m benchmarks estimates` compares the seconds."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import Optimizer

from core import demos
from core.contract import Dataset, NetworkCost, Placement, Preset, Split, Training
from core.data import registry
from core.demos.digits.config import DigitsConfig
from core.demos.digits.cost import cost, num_examples
from core.demos.digits.learner import load
from core.demos.generator.losses import LOSSES
from core.demos.sentiment.cost import num_tokens
from core.knobs import Config
from core.training.engine import Loop, train
from core.training.estimate import (
    LAYER_CALLS,
    TINY_CALLS,
    Speed,
    _tiny_step,
    estimate,
    evaluation_seconds,
    machine_speed,
    network_cost,
    step_seconds,
)
from tests.support import tiny_encoder
from tests.support.work import dispatched

DIGITS, VOICE = demos.training("digits"), demos.training("voice")
SPEED = Speed(flops=1e11, calls=2e5)
every_preset = pytest.mark.parametrize("preset", DIGITS.presets, ids=lambda preset: preset.name)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def seconds(config: Config, speed: Speed = SPEED, *, task: Training = DIGITS) -> float:
    return estimate(task, config, speed=speed).seconds


def num_bytes(config: DigitsConfig) -> int:
    return estimate(DIGITS, config, speed=SPEED).bytes


def stand_in(task: Training, config: Any) -> Dataset:
    """Noise of the right shape; texts are as long on average as it is said, some are twice as long."""
    count = task.batch_size(config)
    match task.name:
        case "voice":
            inputs = torch.randn(count, 98, config.num_mels).half()
        case "sentiment":
            tokens = num_tokens(config)
            length = 1 + torch.arange(count) * 2 * tokens // count
            inputs = torch.where(torch.arange(2 * tokens) < length[:, None], 5, 0)
        case "plane":
            inputs = torch.randn(count, 2)
        case _:
            inputs = torch.randint(0, 255, (count, 28, 28), dtype=torch.uint8)
    split = Split(inputs, torch.arange(count) % 2, "")
    return Dataset(split, split, split)


def a_step(task: Training, config: Config, *, threads: int = 1) -> Loop:
    """A loop whose next steps are like all others."""
    placement = Placement(threads=threads, channels_last=True)
    loop = Loop(task, config, stand_in(task, config), task.learner(config, placement), (1_000,))
    loop.advance()
    return loop


def test_flops_and_activations_are_those_counted_by_hand() -> None:
    counted = network_cost(lambda: nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10)), (784,))
    assert counted.flops == 2 * (784 * 128 + 128 * 10)
    assert counted.activations == 128 + 128 + 10
    assert counted.num_layers == 3


def test_a_recurrent_network_can_be_counted() -> None:
    counted = network_cost(lambda: nn.LSTM(8, 16, batch_first=True), (5, 8))
    assert counted.flops >= 2 * 5 * 4 * 16 * (8 + 16)
    assert counted.activations >= 5 * 16
    assert counted.num_layers == 1 + 5
    twice = network_cost(lambda: nn.LSTM(8, 16, num_layers=2, bidirectional=True, batch_first=True), (5, 8))
    assert twice.num_layers == 1 + 4 * 5


COUNTED = [
    *((DIGITS, preset.values) for preset in DIGITS.presets),
    (DIGITS, {"adversarial": 0.1}),
    (DIGITS, {"convolutions": 2, "kernel": 5, "depth": 2}),
    (VOICE, {}),
    (VOICE, {"recurrent": "rnn", "front_end": False, "bidirectional": False, "pooling": "last"}),
    (VOICE, {"recurrent": "gru", "front_end": False, "hidden_size": 32}),
    (demos.training("sentiment"), {}),
    (demos.training("sentiment"), {"width": 64, "layers": 3, "heads": 2}),
    (demos.training("sentiment"), {"network": "lstm"}),
    *((demos.training("generator"), {"loss": loss, "penalty_every": 1}) for loss in LOSSES),
    *((demos.training("generator"), {"loss": loss, "discriminator_steps": 5, "batch_size": 16}) for loss in LOSSES),
    *((demos.training("plane"), {"loss": loss, "discriminator_steps": steps}) for loss in LOSSES for steps in (1, 5)),
]
every_counted = pytest.mark.parametrize(("task", "values"), COUNTED, ids=lambda one: getattr(one, "name", str(one)))


@every_counted
def test_the_flops_and_the_calls_of_a_step_are_those_that_it_makes(task: Training, values: dict[str, Any]) -> None:
    config = task.Config(**values)
    loop = a_step(task, config)
    count = 8 if hasattr(config, "penalty_every") else 1  # a penalty has its turn in each, or once
    steps = [dispatched(loop.advance) for _ in range(count)]
    assert task.cost is not None
    cost = task.cost(config)
    flops = 3 * cost.passes * task.batch_size(config) * cost.network.flops
    assert 0.65 < flops / (sum(step.flops for step in steps) / count) < 1.6, "the gradient of the input is not needed"
    calls = cost.passes * LAYER_CALLS * cost.network.num_layers
    assert 0.4 < calls / (sum(step.calls for step in steps) / count) < 2, (
        "others stand around the layers, some with Python"
    )


@every_preset
def test_counting_leaves_the_network_and_the_random_state_alone(preset: Preset) -> None:
    before = torch.get_rng_state()
    assert cost(DigitsConfig(**preset.values)).network.flops > 0
    assert torch.equal(before, torch.get_rng_state())


def test_the_classic_example_has_the_flops_of_its_two_layers() -> None:
    config = DigitsConfig(network="plain", hidden_layers=1, hidden_size=128)
    assert cost(config).network.flops == 2 * (784 * 128 + 128 * 10)


@pytest.mark.parametrize("share", [100.0, 20.0, 5.7])
def test_the_sizes_are_those_of_the_data(share: float) -> None:
    config = DigitsConfig(share=share)
    dataset = load(config)
    expected = cost(config)
    assert len(dataset.train) == num_examples(config) == expected.num_train
    assert (len(dataset.validation), len(dataset.test)) == (expected.num_validation, expected.num_test)


def test_every_data_set_has_its_sizes() -> None:
    assert set(registry.names("pictures")) == set(DIGITS.Config.__dataclass_fields__["data"].metadata["knob"].options)


def test_adversarial_examples_cost_a_second_pass() -> None:
    plain, attacked = (cost(replace(DigitsConfig(), adversarial=strength)) for strength in (0.0, 0.1))
    assert (plain.passes, attacked.passes) == (1, 2)
    assert attacked.network.learning > plain.network.learning, "the gradient of the pictures is needed too"


@pytest.mark.parametrize("values", [{}, {"averaging": 0.9}, {"share": 2.0, "epochs": 40}], ids=str)
def test_steps_and_evaluations_are_as_many_as_a_run_has(values: dict[str, Any]) -> None:
    config = DigitsConfig(**{"network": "plain", "hidden_size": 8, "epochs": 2, **values})
    learner, done = DIGITS.learner(config, Placement()), Counter[str]()
    step, evaluate = learner.step, learner.evaluate

    def counted_step(*arguments: Any) -> Any:
        done["steps"] += 1
        return step(*arguments)

    def counted_evaluation(split: Split) -> Any:
        done[f"evaluations of {len(split)}"] += 1
        return evaluate(split)

    learner.step, learner.evaluate = counted_step, counted_evaluation  # type: ignore[method-assign]
    for _ in train(DIGITS, config, load(config), learner=learner):
        pass
    known = cost(config)
    assert set(done) == {"steps", "evaluations of 500", "evaluations of 1000"}
    batch_size, parameters = min(config.batch_size, known.num_train), DIGITS.num_parameters(config)
    real = done["steps"] * step_seconds(known, batch_size=batch_size, num_parameters=parameters, speed=SPEED)
    for count in (500, 1000):
        real += done[f"evaluations of {count}"] * evaluation_seconds(known, num_examples=count, speed=SPEED)
    assert seconds(config) == pytest.approx(real)


@pytest.mark.parametrize(
    "changes",
    [
        {"width": 32},
        {"epochs": 10},
        {"augmentation": "strong"},
        {"batch_size": 8},
        {"data": "mnist"},
        {"depth": 4},
        {"kernel": 5},
        {"adversarial": 0.1},
        {"averaging": 0.9},
        {"dropout": 0.3},
    ],
    ids=str,
)
def test_more_work_takes_longer(changes: dict[str, Any]) -> None:
    less = replace(DigitsConfig(), dropout=0.0)
    assert seconds(replace(less, **changes)) > 1.004 * seconds(less)


@pytest.mark.parametrize(
    ("demo", "values", "changes"),
    [
        ("voice", {}, {"hidden_size": 128}),
        ("voice", {}, {"layers": 2}),
        ("voice", {"front_end": False}, {"bidirectional": True}),
        ("sentiment", {}, {"layers": 4}),
        ("sentiment", {}, {"width": 256}),
        ("sentiment", {}, {"data": "imdb", "length": 128}),
        ("sentiment", {"network": "lstm"}, {"layers": 3}),
        ("sentiment", {"network": "lstm"}, {"width": 256}),
        ("sentiment", {"network": "minilm", "tuning": "last", "last_layers": 1}, {"last_layers": 3}),
        ("sentiment", {"network": "minilm", "tuning": "lora"}, {"tuning": "whole"}),
        ("generator", {}, {"width": 32}),
        ("generator", {}, {"penalty_every": 1}),
        ("generator", {"batch_size": 32}, {"batch_size": 16}),
        ("plane", {}, {"batch_size": 32}),
        ("plane", {"penalty_every": 4}, {"penalty_every": 1}),
    ],
    ids=str,
)
def test_more_work_takes_longer_in_every_demo(demo: str, values: dict[str, Any], changes: dict[str, Any]) -> None:
    task = demos.training(demo)
    less = replace(task.Config(), **{"bidirectional": False, **values} if demo == "voice" else values)
    assert seconds(replace(less, **changes), task=task) > 1.02 * seconds(less, task=task)


@pytest.mark.parametrize(
    "changes", [{"width": 64}, {"data": "mnist"}, {"batch_size": 1024}, {"averaging": 0.99}], ids=str
)
def test_more_to_keep_takes_more_memory(changes: dict[str, Any]) -> None:
    assert num_bytes(replace(DigitsConfig(), **changes)) > num_bytes(DigitsConfig())


def test_adam_keeps_two_numbers_more_for_each_weight_than_sgd() -> None:
    adam, sgd = DigitsConfig(optimizer="adam"), DigitsConfig(optimizer="sgd")
    assert num_bytes(adam) - num_bytes(sgd) == 2 * 4 * DIGITS.num_parameters(adam)


def test_a_machine_that_is_faster_at_one_thing_is_faster_by_that_part() -> None:
    config = DigitsConfig()
    slow, quick, handy = (seconds(config, Speed(*speed)) for speed in ((5e10, 1e5), (1e11, 1e5), (5e10, 2e5)))
    assert quick < slow < 2 * quick
    assert handy < slow < 2 * handy
    assert seconds(config, Speed(1e11, 2e5)) == pytest.approx(slow / 2)


def test_fewer_examples_than_a_batch_still_make_one_step_an_epoch() -> None:
    tiny = DigitsConfig(share=0.3, batch_size=1024)  # 10 examples
    assert 0 < seconds(tiny) < seconds(DigitsConfig(batch_size=1024))


def test_the_speed_of_a_machine_is_what_the_clock_says_and_leaves_the_threads_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0}, raising=False)
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += 0.001  # so each piece of work takes 1 ms
        return now

    speed = machine_speed(clock=clock)
    flops = 2 * 64 * 14 * 14 * 32 * 16 * 3 * 3 + 2 * 896 * 128 * 512
    assert speed.flops == pytest.approx(flops / 0.001)
    assert speed.calls == pytest.approx(TINY_CALLS / 0.001)
    assert torch.get_num_threads() == 1


def test_a_tiny_step_makes_as_many_calls_as_it_is_said_to_make() -> None:
    step = _tiny_step("cpu")
    step()
    assert dispatched(step).calls == TINY_CALLS


def test_the_estimate_reports_the_parameters_of_the_task() -> None:
    config = DigitsConfig()
    assert estimate(DIGITS, config, speed=SPEED).num_parameters == DIGITS.num_parameters(config)


@pytest.mark.parametrize(
    ("demo", "values"),
    [
        ("digits", {}),
        ("digits", {"start": "release"}),
        ("digits", {"network": "plain"}),
        ("sentiment", {"share": 5.0}),
        ("sentiment", {"share": 5.0, "network": "lstm"}),
        ("sentiment", {"start": "release", "data": "sst2"}),
        ("sentiment", {"network": "minilm"}),
        ("sentiment", {"network": "minilm", "tuning": "last", "last_layers": 1}),
        ("sentiment", {"network": "minilm", "tuning": "lora"}),
        ("generator", {}),
        ("generator", {"data": "fashion", "conditional": False}),
        ("plane", {}),
    ],
    ids=str,
)
def test_the_trained_numbers_that_are_said_are_those_that_the_optimizers_hold(
    demo: str, values: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_encoder.put_in_place(monkeypatch)
    task = demos.training(demo)
    config = task.Config(**values)
    optimizers = [one for one in vars(task.learner(config, Placement())).values() if isinstance(one, Optimizer)]
    held = sum(value.numel() for one in optimizers for group in one.param_groups for value in group["params"])
    assert task.num_parameters(config) == held > 0


@pytest.mark.parametrize("values", [{}, {"width": 32, "layers": 1}, {"data": "imdb", "width": 256}], ids=str)
def test_packed_sentences_cost_more_than_the_same_network_without_packing(values: dict[str, Any]) -> None:
    task = demos.training("sentiment")
    config = task.Config(network="lstm", **values)
    tokens, width = num_tokens(config), config.width

    def made() -> nn.Module:
        return nn.LSTM(width, width // 2, config.layers, batch_first=True, bidirectional=True)

    def step(network: NetworkCost) -> float:
        cost = replace(task.cost(config), network=network)
        return step_seconds(cost, batch_size=64, num_parameters=0, speed=SPEED)

    plain, packed = step(network_cost(made, (tokens, width))), step(task.cost(config).network)
    assert plain < packed


def test_every_time_step_of_packed_sentences_writes_the_gradient_of_all_gates_anew() -> None:
    tokens, hidden, batch = 12, 8, 4
    lengths = torch.tensor([tokens, tokens - 1, tokens - 2, tokens - 3])
    network = nn.LSTM(hidden, hidden, batch_first=True)

    def numbers_written(lengths: torch.Tensor) -> int:
        inputs = torch.randn(batch, int(lengths.max()), hidden)
        packed = nn.utils.rnn.pack_padded_sequence(inputs, lengths, batch_first=True)
        return dispatched(lambda: network(packed)[0].data.sum().backward()).numbers

    once, twice = numbers_written(lengths), numbers_written(2 * lengths)
    gates = 2 * 4 * hidden * (int(2 * lengths.sum()) * 2 * tokens - int(lengths.sum()) * tokens)  # zeros, and the sum
    assert twice - 2 * once == pytest.approx(gates - 2 * 4 * hidden * int(lengths.sum()) * tokens, rel=0.15)


def test_few_channels_leave_lanes_idle_and_the_first_layer_passes_nothing_back() -> None:
    def learning(channels: int, filters: int, *, passes_back: bool = True) -> int:
        layer = lambda: nn.Conv2d(channels, filters, 3, padding=1)  # noqa: E731
        return network_cost(layer, (channels, 14, 14), passes_back=passes_back).learning

    assert learning(8, 1) > 0.9 * learning(16, 16) / 2
    assert learning(32, 32) == pytest.approx(2 * learning(16, 32), rel=0.1)
    assert learning(1, 16, passes_back=False) < learning(1, 16) / 2


def test_several_steps_of_the_discriminator_take_the_time_of_their_layers_each() -> None:
    task = demos.training("generator")
    pictures = Split(torch.randint(0, 255, (80, 28, 28), dtype=torch.uint8), torch.arange(80) % 10, "")

    def layers_called(config: Any) -> int:
        learner = task.learner(config, Placement())
        calls = 0

        def count(*_: Any) -> None:
            nonlocal calls
            calls += 1

        for network in (learner.generator, learner.discriminator):
            for module in network.modules():
                if not any(module.children()):
                    module.register_forward_hook(count)
        data = Dataset(pictures, pictures, pictures)
        Loop(task, config, data, learner, (1,)).advance()
        return calls

    one, five = (task.Config(loss="non_saturating", batch_size=16, discriminator_steps=steps) for steps in (1, 5))
    assert layers_called(five) > 2 * layers_called(one)
    growth = task.cost(five).network.num_layers / task.cost(one).network.num_layers
    assert growth == pytest.approx(layers_called(five) / layers_called(one), rel=0.35)


@pytest.mark.parametrize("steps", [1, 5])
def test_an_evaluation_of_a_generator_is_estimated_by_what_it_computes(steps: int) -> None:
    task = demos.training("generator")
    config = task.Config(discriminator_steps=steps)
    pictures = Split(torch.randint(0, 255, (500, 28, 28), dtype=torch.uint8), torch.arange(500) % 10, "")
    learner = task.learner(config, Placement())
    learner.evaluate(pictures)  # what is real is looked at once
    flops = dispatched(lambda: learner.evaluate(pictures)).flops
    evaluation = task.cost(config).evaluation
    assert evaluation is not None
    assert evaluation.flops == pytest.approx(flops / 500, rel=0.05)
